/**
 * The signature schemes by OpenSSL, with what the default demands of keys beyond it; and signers for keys that are
 * `KeyObject`s and stay so, which is where a key can be kept out of JavaScript's reach.
 */

import { constants, type KeyObject, sign, verify } from 'node:crypto';
import type { Signer } from '../connection/config.ts';
import type { PrivateKey, PublicKey } from '../crypto/keys.ts';
import type { SignatureScheme } from '../crypto/provider.ts';
import { knownCurves } from './groups.ts';
import { privateKeyObject, publicKeyObject } from './keys.ts';

type Name = SignatureScheme['name'];

/** What `sign` and `verify` of node:crypto are given beside the key. */
interface Method {
  readonly hash: string | null;
  readonly options: { readonly padding?: number; readonly saltLength?: number; readonly dsaEncoding?: 'der' };
}

const ecdsa = { dsaEncoding: 'der' } as const;
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
const pkcs1 = { padding: constants.RSA_PKCS1_PADDING };

const methods: Readonly<Record<Name, Method>> = {
  ecdsa_secp256r1_sha256: { hash: 'sha256', options: ecdsa },
  ecdsa_secp384r1_sha384: { hash: 'sha384', options: ecdsa },
  ecdsa_secp521r1_sha512: { hash: 'sha512', options: ecdsa },
  ed25519: { hash: null, options: {} },
  rsa_pss_rsae_sha256: { hash: 'sha256', options: pss },
  rsa_pss_rsae_sha384: { hash: 'sha384', options: pss },
  rsa_pss_rsae_sha512: { hash: 'sha512', options: pss },
  rsa_pkcs1_sha256: { hash: 'sha256', options: pkcs1 },
  rsa_pkcs1_sha384: { hash: 'sha384', options: pkcs1 },
  rsa_pkcs1_sha512: { hash: 'sha512', options: pkcs1 },
};

/** OpenSSL draws its own random bytes for ECDSA and PSS: such signatures do not replay. */
export function nodeScheme(scheme: SignatureScheme): SignatureScheme {
  const { hash, options } = methods[scheme.name];
  return {
    ...scheme,
    verify(key, message, signature) {
      if (key.type !== scheme.keyType) return false;
      if (isBeyond(key)) return scheme.verify(key, message, signature);
      const publicKey = publicKeyObject(key);
      return publicKey !== undefined && verify(hash, message, { key: publicKey, ...options }, signature);
    },
    sign(key, message, randomBytes) {
      if (key.type !== scheme.keyType) {
        throw new RangeError(
          `${scheme.name} expected a key of type ${scheme.keyType}, got one of type ${key.type}`,
        );
      }
      if (isBeyond(key)) return scheme.sign(key, message, randomBytes);
      return new Uint8Array(sign(hash, message, { key: privateKeyObject(key), ...options }));
    },
  };
}

/** True of a key that the platform's `node:crypto` does not know the curve of. The default takes such keys. */
function isBeyond(key: PublicKey | PrivateKey): boolean {
  return key.type === 'ecdsa' && !knownCurves.has(key.curve);
}

/**
 * What signs for a certificate whose key is a `KeyObject`: give it as the certificate's `privateKey`.
 * @throws TypeError on a key that is not private, or of a kind that no signature scheme here has
 */
export function keyObjectSigner(privateKey: KeyObject): Signer {
  const keyType = keyTypes[privateKey.asymmetricKeyType ?? ''];
  if (privateKey.type !== 'private' || keyType === undefined) {
    const got = `a ${privateKey.type} key of type ${privateKey.asymmetricKeyType}`;
    throw new TypeError(`expected a private key of type rsa, ec or ed25519, got ${got}`);
  }
  return {
    signatureSchemes: (Object.keys(methods) as Name[]).filter((name) => name.startsWith(keyType)),
    sign(name, message) {
      const { hash, options } = methods[name];
      return new Uint8Array(sign(hash, message, { key: privateKey, ...options }));
    },
  };
}

const keyTypes: Readonly<Record<string, string>> = { rsa: 'rsa', ec: 'ecdsa', ed25519: 'ed25519' };
