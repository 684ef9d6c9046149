/**
 * Keys as values into `KeyObject`s, each once. A public key that the default would not verify with is none here either.
 */

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import type { PrivateKey, PublicKey } from '../crypto/keys.ts';
import { checkRsaPublicKey } from '../crypto/rsa.ts';
import * as der from '../x509/der-writer.ts';
import { oids } from '../x509/oids.ts';
import { encodeSubjectPublicKeyInfo } from '../x509/public-keys.ts';

const publicKeys = new WeakMap<PublicKey, KeyObject | 'unfit'>();
const privateKeys = new WeakMap<PrivateKey, KeyObject>();

/** Undefined where nothing verifies with it: it is too short, off its curve, of small order. */
export function publicKeyObject(key: PublicKey): KeyObject | undefined {
  const known = publicKeys.get(key) ?? readPublicKey(key) ?? 'unfit';
  publicKeys.set(key, known);
  return known === 'unfit' ? undefined : known;
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
    const spki = Buffer.from(encodeSubjectPublicKeyInfo(key));
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

function readPrivateKey(key: PrivateKey): KeyObject {
  if (key.type === 'rsa') checkRsaPublicKey(key);
  const pkcs8 = Buffer.from(encodePrivateKey(key));
  try {
    return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new RangeError(`expected a private key of type ${key.type} that is whole`, { cause });
  } finally {
    pkcs8.fill(0);
  }
}

/** PrivateKeyInfo (RFC 5208 §5) of RSAPrivateKey (RFC 8017 A.1.2), ECPrivateKey (RFC 5915 §3), CurvePrivateKey (RFC 8410 §7). */
function encodePrivateKey(key: PrivateKey): Uint8Array {
  switch (key.type) {
    case 'rsa': {
      const { modulus, publicExponent, privateExponent, prime1, prime2, exponent1, exponent2, coefficient } =
        key;
      const numbers = [
        modulus,
        publicExponent,
        privateExponent,
        prime1,
        prime2,
        exponent1,
        exponent2,
        coefficient,
      ];
      const rsaPrivateKey = der.sequence(...[0, ...numbers].map(der.integer));
      return privateKeyInfo([der.oid(oids.rsaEncryption), der.nullValue()], rsaPrivateKey);
    }
    case 'ecdsa': {
      const ecPrivateKey = der.sequence(der.integer(1), der.octetString(key.scalar));
      return privateKeyInfo([der.oid(oids['id-ecPublicKey']), der.oid(oids[key.curve])], ecPrivateKey);
    }
    case 'ed25519':
      return privateKeyInfo([der.oid(oids['id-Ed25519'])], der.octetString(key.seed));
  }
}

function privateKeyInfo(algorithm: readonly Uint8Array[], privateKey: Uint8Array): Uint8Array {
  return der.sequence(der.integer(0), der.sequence(...algorithm), der.octetString(privateKey));
}
