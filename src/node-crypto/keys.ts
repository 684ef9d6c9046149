/**
 * Keys as values into `KeyObject`s. A public key that the default would not verify with is none here either.
 *
 * OpenSSL takes as long to read a public key as to verify with it, and who visits a server again has its certificate, and
 * with that the key, as a new object each time: so public keys are known again by their value. Private ones are not kept
 * longer than whoever holds them does.
 */

import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import type { PrivateKey, PublicKey } from '../crypto/keys.ts';
import { checkRsaPublicKey } from '../crypto/rsa.ts';
import { publicKeyOf } from '../x509/public-keys.ts';

/** Those used last, in the order of their use. */
const publicKeys = new Map<string, KeyObject | undefined>();
const publicKeysKept = 64;
const privateKeys = new WeakMap<PrivateKey, KeyObject>();

/** Undefined where nothing verifies with it: it is too short, off its curve, of small order. */
export function publicKeyObject(key: PublicKey): KeyObject | undefined {
  const value = identityOf(key);
  const read = publicKeys.has(value) ? publicKeys.get(value) : readPublicKey(key);
  publicKeys.delete(value);
  publicKeys.set(value, read);
  const [eldest] = publicKeys.keys();
  if (publicKeys.size > publicKeysKept && eldest !== undefined) publicKeys.delete(eldest);
  return read;
}

/** Text that no other key has. */
function identityOf(key: PublicKey): string {
  switch (key.type) {
    case 'rsa':
      return `rsa ${key.modulus.toString(36)} ${key.publicExponent}`;
    case 'ecdsa':
      return `${key.curve} ${base64url(key.point)}`;
    case 'ed25519':
      return `ed25519 ${base64url(key.point)}`;
  }
}

/** @throws RangeError on a key that is not whole */
export function privateKeyObject(key: PrivateKey): KeyObject {
  const known = privateKeys.get(key) ?? readPrivateKey(key);
  privateKeys.set(key, known);
  return known;
}

function readPublicKey(key: PublicKey): KeyObject | undefined {
  try {
    if (key.type === 'rsa') checkRsaPublicKey(key);
    // OpenSSL takes points that RFC 8032 has no use for: under those of small order one signature fits many messages.
    if (key.type === 'ed25519' && ed25519.Point.fromBytes(key.point, false).isSmallOrder()) return undefined;
    return createPublicKey({ key: publicJwk(key), format: 'jwk' });
  } catch {
    return undefined;
  }
}

function readPrivateKey(key: PrivateKey): KeyObject {
  if (key.type === 'rsa') checkRsaPublicKey(key);
  try {
    return createPrivateKey({ key: privateJwk(key), format: 'jwk' });
  } catch (cause) {
    throw new RangeError(`expected a private key of type ${key.type} that is whole`, { cause });
  }
}

/** A key of X25519 from its 32 bytes. Of a private one the public half is not asked for, and computed by OpenSSL. */
export function x25519Key(half: 'x' | 'd', bytes: Uint8Array): KeyObject {
  const key = { kty: 'OKP', crv: 'X25519', x: '', [half]: base64url(bytes) };
  return half === 'd' ? createPrivateKey({ key, format: 'jwk' }) : createPublicKey({ key, format: 'jwk' });
}

/** JSON Web Keys (RFC 7518 §6, RFC 8037 §2): OpenSSL 3 takes a tenth of a millisecond to read any key in DER. */
function publicJwk(key: PublicKey): JsonWebKey {
  switch (key.type) {
    case 'rsa':
      return { kty: 'RSA', n: integer(key.modulus), e: integer(key.publicExponent) };
    case 'ecdsa': {
      const length = (key.point.length - 1) / 2;
      const x = base64url(key.point.subarray(1, 1 + length));
      return { kty: 'EC', crv: curves[key.curve], x, y: base64url(key.point.subarray(1 + length)) };
    }
    case 'ed25519':
      return { kty: 'OKP', crv: 'Ed25519', x: base64url(key.point) };
  }
}

function privateJwk(key: PrivateKey): JsonWebKey {
  const own = publicJwk(publicKeyOf(key));
  switch (key.type) {
    case 'rsa':
      return {
        ...own,
        d: integer(key.privateExponent),
        p: integer(key.prime1),
        q: integer(key.prime2),
        dp: integer(key.exponent1),
        dq: integer(key.exponent2),
        qi: integer(key.coefficient),
      };
    case 'ecdsa':
      return { ...own, d: base64url(key.scalar) };
    case 'ed25519':
      return { ...own, d: base64url(key.seed) };
  }
}

const curves = { secp256r1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' } as const;

function integer(value: bigint): string {
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex').toString('base64url');
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}
