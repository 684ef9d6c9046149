/** Known answers of Wycheproof for ECDSA and Ed25519, and its signatures in every form that must not verify. */

import { expect, test } from 'vitest';
import type { EcdsaCurve, PublicKey } from '../../src/crypto/keys.ts';
import { os2ip } from '../../src/crypto/modular.ts';
import { noble } from '../../src/crypto/noble.ts';
import {
  ecdsa_secp256r1_sha256,
  ecdsa_secp384r1_sha384,
  ecdsa_secp521r1_sha512,
  ed25519,
  rsa_pkcs1_sha256,
  rsa_pkcs1_sha384,
  rsa_pkcs1_sha512,
  rsa_pss_rsae_sha256,
  rsa_pss_rsae_sha384,
  rsa_pss_rsae_sha512,
} from '../../src/crypto/signature-schemes.ts';
import { nodeCrypto } from '../../src/node-crypto/index.ts';
import { fromHex } from '../../src/wire/bytes.ts';
import { type Case, describeVectors, misbehaving, type Wycheproof } from '../support/wycheproof.ts';

interface SignatureCase extends Case {
  readonly msg: string;
  readonly sig: string;
}

interface Group {
  readonly publicKey: {
    readonly uncompressed?: string;
    readonly pk?: string;
    readonly modulus?: string;
    readonly publicExponent?: string;
  };
  readonly tests: readonly SignatureCase[];
}

/** The default's RSA has a file of its own, rsa.wycheproof.test.ts. */
const rsaRows = [
  { path: 'rsa_signature_2048_sha256', scheme: rsa_pkcs1_sha256 },
  { path: 'rsa_signature_2048_sha384', scheme: rsa_pkcs1_sha384 },
  { path: 'rsa_signature_2048_sha512', scheme: rsa_pkcs1_sha512 },
  { path: 'rsa_signature_3072_sha256', scheme: rsa_pkcs1_sha256 },
  { path: 'rsa_signature_4096_sha256', scheme: rsa_pkcs1_sha256 },
  { path: 'rsa_pss_2048_sha256_mgf1_32', scheme: rsa_pss_rsae_sha256 },
  { path: 'rsa_pss_2048_sha384_mgf1_48', scheme: rsa_pss_rsae_sha384 },
  { path: 'rsa_pss_4096_sha512_mgf1_64', scheme: rsa_pss_rsae_sha512 },
].map(({ path, scheme }) => ({ path, provider: nodeCrypto, scheme, keyOf: rsaKey }));

const curveRows = [
  { path: 'ecdsa_secp256r1_sha256', scheme: ecdsa_secp256r1_sha256, keyOf: ecdsaKey('secp256r1') },
  { path: 'ecdsa_secp384r1_sha384', scheme: ecdsa_secp384r1_sha384, keyOf: ecdsaKey('secp384r1') },
  { path: 'ecdsa_secp521r1_sha512', scheme: ecdsa_secp521r1_sha512, keyOf: ecdsaKey('secp521r1') },
  { path: 'ed25519', scheme: ed25519, keyOf: ed25519Key },
].flatMap((row) => [noble, nodeCrypto].map((provider) => ({ ...row, provider })));

for (const { path, provider, scheme: plain, keyOf } of [...curveRows, ...rsaRows]) {
  const scheme = provider.signatureScheme(plain);
  describeVectors<[Wycheproof<Group>]>(
    `${scheme.name} of ${provider.name} by Wycheproof, ${path}`,
    [`wycheproof/${path}_test.json`],
    ({ numberOfTests, testGroups }) => {
      test('a signature verifies exactly where the case is valid', () => {
        let counted = 0;
        for (const { publicKey, tests } of testGroups) {
          counted += tests.length;
          const key = keyOf(publicKey);
          const failures = misbehaving(
            tests,
            ({ msg, sig, result }) => scheme.verify(key, fromHex(msg), fromHex(sig)) === (result === 'valid'),
          );
          expect(failures).toEqual([]);
        }
        expect(counted).toBe(numberOfTests);
      });
    },
  );
}

function ecdsaKey(curve: EcdsaCurve): (publicKey: Group['publicKey']) => PublicKey {
  return ({ uncompressed = '' }) => ({ type: 'ecdsa', curve, point: fromHex(uncompressed) });
}

function rsaKey({ modulus = '', publicExponent = '' }: Group['publicKey']): PublicKey {
  return {
    type: 'rsa',
    modulus: os2ip(fromHex(modulus)),
    publicExponent: os2ip(fromHex(publicExponent)),
  };
}

function ed25519Key({ pk = '' }: Group['publicKey']): PublicKey {
  return { type: 'ed25519', point: fromHex(pk) };
}
