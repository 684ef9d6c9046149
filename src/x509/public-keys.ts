/**
 * Public keys as certificates carry them: SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) of RSA (RFC 3279 §2.3.1), of the
 * NIST curves (RFC 5480 §2) and of Ed25519 (RFC 8410 §4).
 *
 * Here a key is read and held to its form and size. Whether a point lies on its curve is for the signature scheme to
 * find out, which has the curve's arithmetic and decompresses the point in any case.
 */

import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import type { EcdsaCurve, PrivateKey, PublicKey, RsaPublicKey } from '../crypto/keys.ts';
import { bitLength } from '../crypto/modular.ts';
import { rsaExponentBound, rsaModulusBits } from '../crypto/rsa.ts';
import { equal } from '../wire/bytes.ts';
import { fault, TlsError } from '../wire/error.ts';
import { DerError, DerReader, describe, Tag } from './der.ts';
import * as der from './der-writer.ts';
import { keyOidName, keyOids } from './key-oids.ts';

/** What is read before it is refused for its size: any key that is met, such as RSA of 16384 bits. */
const maxIntegerLength = 2048;

/** The curves of RFC 5480 §2.1.1.1 that TLS uses, with the bytes of a coordinate. */
const coordinateLengths: Readonly<Record<EcdsaCurve, number>> = {
  secp256r1: 32,
  secp384r1: 48,
  secp521r1: 66,
};

/** @throws TlsError `bad_certificate` on a broken key, `unsupported_certificate` on one of another kind or size */
export function parseSubjectPublicKeyInfo(bytes: Uint8Array): PublicKey {
  try {
    const reader = new DerReader(bytes);
    const key = readSubjectPublicKeyInfo(reader);
    reader.end();
    return key;
  } catch (error) {
    if (error instanceof TlsError) throw error;
    if (error instanceof DerError) throw fault('bad_certificate', `public key: ${describe(error, bytes)}`);
    throw error;
  }
}

export function encodeSubjectPublicKeyInfo(key: PublicKey): Uint8Array {
  switch (key.type) {
    case 'rsa': {
      const rsaPublicKey = der.sequence(der.integer(key.modulus), der.integer(key.publicExponent));
      return spki([der.oid(keyOids.rsaEncryption), der.nullValue()], rsaPublicKey);
    }
    case 'ecdsa':
      return spki([der.oid(keyOids['id-ecPublicKey']), der.oid(keyOids[key.curve])], key.point);
    case 'ed25519':
      return spki([der.oid(keyOids['id-Ed25519'])], key.point);
  }
}

/** @throws RangeError where the private key is none, such as a scalar out of range */
export function publicKeyOf(key: PrivateKey): PublicKey {
  switch (key.type) {
    case 'rsa':
      return { type: 'rsa', modulus: key.modulus, publicExponent: key.publicExponent };
    case 'ecdsa': {
      const curve = curves[key.curve];
      if (!curve.utils.isValidSecretKey(key.scalar)) {
        throw new RangeError(`expected a scalar of ${key.curve}, from 1 to below the order of the group`);
      }
      return { type: 'ecdsa', curve: key.curve, point: curve.getPublicKey(key.scalar, false) };
    }
    case 'ed25519':
      return { type: 'ed25519', point: ed25519.getPublicKey(key.seed) };
  }
}

export function samePublicKey(a: PublicKey, b: PublicKey): boolean {
  if (a.type === 'rsa') {
    return b.type === 'rsa' && a.modulus === b.modulus && a.publicExponent === b.publicExponent;
  }
  if (a.type === 'ecdsa') return b.type === 'ecdsa' && a.curve === b.curve && equal(a.point, b.point);
  return b.type === 'ed25519' && equal(a.point, b.point);
}

/** The curve that an object identifier names, where it is one of ours. */
export function curveOf(oid: string): EcdsaCurve | undefined {
  return curveNames.find((curve) => keyOids[curve] === oid);
}

const curves = { secp256r1: p256, secp384r1: p384, secp521r1: p521 } as const;
const curveNames = ['secp256r1', 'secp384r1', 'secp521r1'] as const satisfies readonly EcdsaCurve[];

function readSubjectPublicKeyInfo(reader: DerReader): PublicKey {
  const info = reader.enter(Tag.SEQUENCE);
  const algorithm = info.enter(Tag.SEQUENCE);
  const oid = algorithm.oid();
  switch (oid) {
    case keyOids.rsaEncryption: {
      algorithm.null();
      algorithm.end();
      return readRsaPublicKey(new DerReader(subjectPublicKey(info)));
    }
    case keyOids['id-ecPublicKey']: {
      if (algorithm.next !== Tag['OBJECT IDENTIFIER']) {
        throw fault('unsupported_certificate', 'public key: expected a named curve (RFC 5480 §2.1.1)');
      }
      const curve = algorithm.oid();
      algorithm.end();
      return ecdsaPublicKey(curve, subjectPublicKey(info));
    }
    case keyOids['id-Ed25519']: {
      algorithm.end();
      const point = subjectPublicKey(info);
      if (point.length !== 32) throw info.error(`expected an Ed25519 key of 32 bytes, found ${point.length}`);
      return { type: 'ed25519', point };
    }
    default:
      throw fault(
        'unsupported_certificate',
        `public key: expected RSA, ECDSA or Ed25519, found ${keyOidName(oid)}`,
      );
  }
}

function subjectPublicKey(info: DerReader): Uint8Array {
  const bytes = info.wholeBits();
  info.end();
  return bytes;
}

/** RSAPublicKey (RFC 8017 Appendix A.1.1). */
function readRsaPublicKey(reader: DerReader): RsaPublicKey {
  const fields = reader.enter(Tag.SEQUENCE);
  reader.end();
  const modulus = fields.bigint(maxIntegerLength);
  const publicExponent = fields.bigint(maxIntegerLength);
  fields.end();
  const bits = bitLength(modulus);
  if (bits < rsaModulusBits.min || bits > rsaModulusBits.max) {
    const { min, max } = rsaModulusBits;
    throw fault(
      'unsupported_certificate',
      `public key: expected RSA of ${min} to ${max} bits, found ${bits}`,
    );
  }
  if (publicExponent < 3n || publicExponent >= rsaExponentBound) {
    throw fault('unsupported_certificate', 'public key: expected an RSA exponent of 3 to 2^32');
  }
  if (modulus % 2n === 0n || publicExponent % 2n === 0n) {
    throw fields.error('expected an odd modulus and exponent');
  }
  return { type: 'rsa', modulus, publicExponent };
}

/** ECPoint (RFC 5480 §2.2): uncompressed, as RFC 8422 §5.1.2 has TLS use it. */
function ecdsaPublicKey(oid: string, point: Uint8Array): PublicKey {
  const curve = curveOf(oid);
  if (curve === undefined) {
    throw fault('unsupported_certificate', `public key: expected P-256, P-384 or P-521, found curve ${oid}`);
  }
  if (point[0] === 0x02 || point[0] === 0x03) {
    throw fault('unsupported_certificate', 'public key: expected an uncompressed point (RFC 8422 §5.1.2)');
  }
  if (point[0] !== 0x04 || point.length !== 1 + 2 * coordinateLengths[curve]) {
    throw fault('bad_certificate', `public key: expected an uncompressed point of ${curve}`);
  }
  return { type: 'ecdsa', curve, point };
}

function spki(algorithm: readonly Uint8Array[], subjectPublicKey: Uint8Array): Uint8Array {
  return der.sequence(der.sequence(...algorithm), der.bitString(subjectPublicKey));
}
