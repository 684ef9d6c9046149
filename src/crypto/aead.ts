/**
 * The AEADs of the cipher suites on noble-ciphers: AES-GCM (NIST SP 800-38D, RFC 5288), which keeps what it makes of its
 * key, and ChaCha20-Poly1305 (RFC 8439, RFC 7905). How a record's nonce and additional data are made is the matter of
 * the record layer.
 *
 * Lengths are checked here, so that the one error that is left for noble to raise is a tag that does not hold.
 */

import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { wipe } from '../wire/bytes.ts';
import { GcmKey } from './gcm.ts';
import type { Aead, AeadKey } from './provider.ts';

export const AES_128_GCM: Aead = /* @__PURE__ */ aesGcm('AES_128_GCM', 16);
export const AES_256_GCM: Aead = /* @__PURE__ */ aesGcm('AES_256_GCM', 32);

export const CHACHA20_POLY1305: Aead = /* @__PURE__ */ chacha20Poly1305();

function aesGcm(name: 'AES_128_GCM' | 'AES_256_GCM', keyLength: number): Aead {
  const aead: Aead = {
    name,
    keyLength,
    fixedIvLength: 4,
    recordIvLength: 8,
    tagLength: 16,
    // 2^24.5 records of full size keep an attacker's advantage at 2^-57 (RFC 8446 §5.5). TLS 1.2 names no
    // figure and has no KeyUpdate, but the cipher is the same (RFC 9325 §4.4).
    maxRecords: 23_726_566,
    create: (key) => checkedAeadKey(aead, key, (key) => new GcmKey(key)),
  };
  return aead;
}

function chacha20Poly1305(): Aead {
  const aead: Aead = {
    name: 'CHACHA20_POLY1305',
    keyLength: 32,
    fixedIvLength: 12,
    recordIvLength: 0,
    tagLength: 16,
    // RFC 8446 §5.5 sets no limit that the sequence number would not reach first; ours is a number, exact up to here.
    maxRecords: Number.MAX_SAFE_INTEGER,
    create: (key) => checkedAeadKey(aead, key, chachaKey),
  };
  return aead;
}

/** ChaCha20 makes nothing of its key that could be kept. */
function chachaKey(key: Uint8Array): AeadKey {
  const own = key.slice();
  return {
    seal: (nonce, additionalData, plaintext, output) => {
      chacha20poly1305(own, nonce, additionalData).encrypt(plaintext, output);
    },
    open: (nonce, additionalData, ciphertext) => {
      try {
        return chacha20poly1305(own, nonce, additionalData).decrypt(ciphertext);
      } catch (error) {
        if (error instanceof Error && error.message.endsWith('invalid tag')) return undefined;
        throw error;
      }
    },
    destroy: () => wipe(own),
  };
}

const nonceLength = 12;

/** The key that `make` makes, with every length looked at before it is used, and no use after its end. */
export function checkedAeadKey(
  aead: Aead,
  givenKey: Uint8Array,
  make: (key: Uint8Array) => AeadKey,
): AeadKey {
  expectLength(`a key of ${aead.name}`, aead.keyLength, givenKey);
  const key = make(givenKey);
  let destroyed = false;

  /** A wiped key is a key that everybody knows: it must not protect anything. */
  function live(): AeadKey {
    if (destroyed) throw new TypeError(`expected a live key of ${aead.name}, got one that was destroyed`);
    return key;
  }

  return {
    seal(nonce, additionalData, plaintext, output) {
      expectLength('a nonce', nonceLength, nonce);
      expectLength('an output', plaintext.length + aead.tagLength, output);
      live().seal(nonce, additionalData, plaintext, output);
    },
    open(nonce, additionalData, ciphertext) {
      expectLength('a nonce', nonceLength, nonce);
      if (ciphertext.length < aead.tagLength) return undefined;
      return live().open(nonce, additionalData, ciphertext);
    },
    destroy() {
      destroyed = true;
      key.destroy();
    },
  };
}

function expectLength(what: string, length: number, bytes: Uint8Array): void {
  if (bytes.length !== length)
    throw new RangeError(`expected ${what} of ${length} bytes, got ${bytes.length}`);
}
