/** The AEADs by OpenSSL, but for small records under AES-GCM and for what the platform's `node:crypto` lacks. */

import { type CipherGCMTypes, createCipheriv, createDecipheriv, getCiphers } from 'node:crypto';
import { checkedAeadKey } from '../crypto/aead.ts';
import { GcmKey } from '../crypto/gcm.ts';
import type { Aead, AeadKey } from '../crypto/provider.ts';
import { wipe } from '../wire/bytes.ts';

/** Up to so many bytes the call into OpenSSL, some five microseconds, costs more than the work in JavaScript. */
const smallRecord = 256;

const names = {
  AES_128_GCM: 'aes-128-gcm',
  AES_256_GCM: 'aes-256-gcm',
  // The types know its options by GCM's name alone; they are the same.
  CHACHA20_POLY1305: 'chacha20-poly1305' as CipherGCMTypes,
} as const satisfies Record<Aead['name'], CipherGCMTypes>;

export function nodeAead(aead: Aead): Aead {
  const name = names[aead.name];
  if (!getCiphers().includes(name)) return aead; // As ChaCha20-Poly1305 in Bun.
  const make = (key: Uint8Array) =>
    aead.name === 'CHACHA20_POLY1305' ? nodeKey(name, key) : twofoldKey(nodeKey(name, key), key);
  const given: Aead = { ...aead, create: (key) => checkedAeadKey(given, key, make) };
  return given;
}

const tagLength = 16;

function nodeKey(name: CipherGCMTypes, key: Uint8Array): AeadKey {
  const own = key.slice();
  return {
    seal(nonce, additionalData, plaintext, output) {
      const cipher = createCipheriv(name, own, nonce, { authTagLength: tagLength });
      cipher.setAAD(additionalData, { plaintextLength: plaintext.length });
      output.set(cipher.update(plaintext));
      cipher.final();
      output.set(cipher.getAuthTag(), plaintext.length);
    },
    open(nonce, additionalData, sealed) {
      const length = sealed.length - tagLength;
      const decipher = createDecipheriv(name, own, nonce, { authTagLength: tagLength });
      decipher.setAAD(additionalData, { plaintextLength: length });
      decipher.setAuthTag(sealed.subarray(length));
      const { buffer, byteOffset } = decipher.update(sealed.subarray(0, length));
      try {
        decipher.final();
      } catch {
        return undefined; // The tag does not hold, which is all that can fail here.
      }
      return new Uint8Array(buffer, byteOffset, length);
    },
    destroy: () => wipe(own),
  };
}

/** AES-GCM in two ways under one key, by the length of the record. */
function twofoldKey(long: AeadKey, key: Uint8Array): AeadKey {
  const short = new GcmKey(key);
  const of = (length: number): AeadKey => (length <= smallRecord ? short : long);
  return {
    seal: (nonce, additionalData, plaintext, output) =>
      of(plaintext.length).seal(nonce, additionalData, plaintext, output),
    open: (nonce, additionalData, sealed) =>
      of(sealed.length - tagLength).open(nonce, additionalData, sealed),
    destroy() {
      short.destroy();
      long.destroy();
    },
  };
}
