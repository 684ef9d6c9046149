/**
 * Trust in whom one knows already, without names, dates or authorities: by the certificate, or by its key as RFC 7858
 * §4.2 pins it. It is believed for as long as it stands in the configuration, and nothing else of a certificate is looked
 * at: not its dates, nor what it says that its key may be used for.
 */

import { sha256 } from '../crypto/hash.ts';
import type { PublicKey } from '../crypto/keys.ts';
import { contextDigest } from '../handshake/context-digest.ts';
import type { Leaf, PeerCertificates, Trust } from '../handshake/parameters.ts';
import { equalInConstantTime, fromHex, hex, utf8 } from '../wire/bytes.ts';
import { type CertificateKey, parseCertificateKey } from '../x509/certificate-key.ts';

/** A certificate of which nothing is read but its key. */
type KeyOnly = Leaf & CertificateKey;

/** A SHA-256 digest: its 32 bytes, or their hexadecimal digits, with colons between or without. */
export type Pin = Uint8Array | string;

/**
 * Trusts whoever shows one of these certificates: each pin is the SHA-256 of one in DER, which
 * `openssl x509 -fingerprint -sha256` prints.
 * @throws TypeError on no pin, RangeError on what is none
 */
export function pinnedCertificate(...pins: readonly Pin[]): Trust {
  return pinned('certificate', pins, ({ der }) => der);
}

/**
 * Trusts whoever shows a certificate for one of these keys, so that it may be renewed: each pin is the SHA-256 of a
 * SubjectPublicKeyInfo (RFC 7469 §2.4).
 * @throws TypeError on no pin, RangeError on what is none
 */
export function pinnedKey(...pins: readonly Pin[]): Trust {
  return pinned('key', pins, ({ subjectPublicKeyInfo }) => subjectPublicKeyInfo);
}

/**
 * Trusts whoever signs with this key, whatever certificate is shown, which is not even read: a client that has the key
 * itself needs no X.509. Without the certificate there is no `tls-server-end-point`.
 */
export function knownKey(publicKey: PublicKey): Trust {
  return {
    readLeaf: (der) => ({ der, publicKey, keyUsage: undefined, signatureAlgorithm: undefined }),
    verify: () => true,
    digest: contextDigest(sha256, 'reprise known key', [[publicKey.type, ...partsOf(publicKey)]]),
  };
}

function pinned(
  what: 'certificate' | 'key',
  given: readonly Pin[],
  pinnedPart: (leaf: KeyOnly) => Uint8Array,
): Trust {
  if (given.length === 0) throw new TypeError(`pinned ${what}: expected at least one pin, got none`);
  const pins = given.map((pin) => readPin(what, pin));
  const trust: Trust<KeyOnly> = {
    readLeaf: (der) => ({ der, ...parseCertificateKey(der), keyUsage: undefined }),
    verify: ({ leaf }: PeerCertificates<KeyOnly>) => {
      const digest = sha256.digest(pinnedPart(leaf));
      // All are looked at, in constant time: how long it takes says nothing of the pins.
      if (pins.map((pin) => equalInConstantTime(pin, digest)).includes(true)) return true;
      const message = `expected a pinned ${what}, got one with SHA-256 ${hex(digest)}`;
      return { alert: 'certificate_unknown', message };
    },
    digest: contextDigest(sha256, 'reprise pins', [[what, ...pins]]),
  };
  return trust;
}

function readPin(what: string, pin: Pin): Uint8Array {
  if (pin instanceof Uint8Array && pin.length === 32) return new Uint8Array(pin);
  const digits = typeof pin === 'string' ? pin.replaceAll(':', '') : '';
  if (/^[\da-f]{64}$/i.test(digits)) return fromHex(digits);
  throw new RangeError(`pinned ${what}: expected a SHA-256 digest, 32 bytes or 64 hexadecimal digits`);
}

function partsOf(key: PublicKey): Uint8Array[] {
  switch (key.type) {
    case 'rsa':
      return [utf8(`${key.modulus}`), utf8(`${key.publicExponent}`)];
    case 'ecdsa':
      return [utf8(key.curve), key.point];
    case 'ed25519':
      return [key.point];
  }
}
