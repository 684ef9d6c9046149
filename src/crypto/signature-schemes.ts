/**
 * The signature schemes of TLS 1.2 under their IANA names: ECDSA and Ed25519 on noble-curves (RFC 8422 §5.1.3, §5.4,
 * §5.10), RSA on rsa.ts (RFC 5246 §7.4.1.4.1; RFC 8446 §4.2.3 for the PSS code points in TLS 1.2).
 *
 * SHA-1 is absent: RFC 9155 takes it from TLS 1.2.
 */

import { ed25519 as nobleEd25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { sha256, sha384, sha512 } from './hash.ts';
import type { EcdsaCurve, PrivateKey } from './keys.ts';
import type { Hash, SignatureScheme } from './provider.ts';
import { rsaSign, rsaVerify } from './rsa.ts';
import { type EncodingMethod, emsaPkcs1, emsaPss, emsaPssWithSaltLength } from './rsa-padding.ts';

type Name = SignatureScheme['name'];

export const ecdsa_secp256r1_sha256: SignatureScheme = /* @__PURE__ */ ecdsa(
  'ecdsa_secp256r1_sha256',
  0x0403,
  sha256,
);
export const ecdsa_secp384r1_sha384: SignatureScheme = /* @__PURE__ */ ecdsa(
  'ecdsa_secp384r1_sha384',
  0x0503,
  sha384,
);
export const ecdsa_secp521r1_sha512: SignatureScheme = /* @__PURE__ */ ecdsa(
  'ecdsa_secp521r1_sha512',
  0x0603,
  sha512,
);

export const ed25519: SignatureScheme = {
  name: 'ed25519',
  id: 0x0807,
  keyType: 'ed25519',
  verify(key, message, signature) {
    if (key.type !== 'ed25519' || key.point.length !== 32 || signature.length !== 64) return false;
    // Strict: points in canonical form only and no keys of small order, under which one signature fits many messages.
    return nobleEd25519.verify(signature, message, key.point, { zip215: false });
  },
  sign(key, message) {
    if (key.type !== 'ed25519') throw wrongKey('ed25519', 'an ed25519 key', key);
    if (key.seed.length !== 32) throw new RangeError(`expected a seed of 32 bytes, got ${key.seed.length}`);
    return nobleEd25519.sign(message, key.seed);
  },
};

export const rsa_pss_rsae_sha256: SignatureScheme = /* @__PURE__ */ rsaPss(
  'rsa_pss_rsae_sha256',
  0x0804,
  sha256,
);
export const rsa_pss_rsae_sha384: SignatureScheme = /* @__PURE__ */ rsaPss(
  'rsa_pss_rsae_sha384',
  0x0805,
  sha384,
);
export const rsa_pss_rsae_sha512: SignatureScheme = /* @__PURE__ */ rsaPss(
  'rsa_pss_rsae_sha512',
  0x0806,
  sha512,
);
export const rsa_pkcs1_sha256: SignatureScheme = /* @__PURE__ */ rsa(
  'rsa_pkcs1_sha256',
  0x0401,
  emsaPkcs1,
  sha256,
);
export const rsa_pkcs1_sha384: SignatureScheme = /* @__PURE__ */ rsa(
  'rsa_pkcs1_sha384',
  0x0501,
  emsaPkcs1,
  sha384,
);
export const rsa_pkcs1_sha512: SignatureScheme = /* @__PURE__ */ rsa(
  'rsa_pkcs1_sha512',
  0x0601,
  emsaPkcs1,
  sha512,
);

const curves = { secp256r1: p256, secp384r1: p384, secp521r1: p521 } as const satisfies Record<
  EcdsaCurve,
  unknown
>;

/**
 * The code point gives the hash and the key gives the curve: TLS 1.2 pairs them freely (RFC 8446 §4.2.3). A signature is
 * a DER Ecdsa-Sig-Value (RFC 8422 §5.4); X9.62 knows no rule of low s.
 */
function ecdsa(name: Name, id: number, hash: Hash): SignatureScheme {
  const form = { prehash: false, lowS: false, format: 'der' } as const;
  return {
    name,
    id,
    keyType: 'ecdsa',
    verify(key, message, signature) {
      if (key.type !== 'ecdsa') return false;
      return curves[key.curve].verify(signature, hash.digest(message), key.point, form);
    },
    sign(key, message, randomBytes) {
      if (key.type !== 'ecdsa') throw wrongKey(name, 'an ecdsa key', key);
      const curve = curves[key.curve];
      if (!curve.utils.isValidSecretKey(key.scalar)) {
        throw new RangeError(`expected a scalar of ${key.curve} below its order, as long as it`);
      }
      // The nonce comes from key, message and fresh bytes (RFC 6979 §3.6): it repeats for no weak generator, and a
      // fault in one of two computations does not give the key away.
      return curve.sign(hash.digest(message), key.scalar, { ...form, extraEntropy: randomBytes(32) });
    },
  };
}

function rsa(name: Name, id: number, method: EncodingMethod, hash: Hash): SignatureScheme {
  return {
    name,
    id,
    keyType: 'rsa',
    verify: (key, message, signature) =>
      key.type === 'rsa' && rsaVerify(method, hash, key, message, signature),
    sign(key, message, randomBytes) {
      if (key.type !== 'rsa') throw wrongKey(name, 'an rsa key', key);
      return rsaSign(method, hash, key, message, randomBytes);
    },
  };
}

function rsaPss(name: Name, id: number, hash: Hash): SignatureScheme {
  return {
    ...rsa(name, id, emsaPss, hash),
    withSaltLength: (saltLength) => rsa(name, id, emsaPssWithSaltLength(saltLength), hash),
  };
}

function wrongKey(name: Name, expected: string, { type }: PrivateKey): RangeError {
  return new RangeError(`${name} expected ${expected}, got one of type ${type}`);
}
