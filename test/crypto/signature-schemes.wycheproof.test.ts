/** Known answers of Wycheproof for ECDSA and Ed25519, and its signatures in every form that must not verify. */

import { expect, test } from 'vitest';
import type { EcdsaCurve, PublicKey } from '../../src/crypto/keys.ts';
import {
  ecdsa_secp256r1_sha256,
  ecdsa_secp384r1_sha384,
  ecdsa_secp521r1_sha512,
  ed25519,
} from '../../src/crypto/signature-schemes.ts';
import { fromHex } from '../../src/wire/bytes.ts';
import { type Case, describeVectors, misbehaving, type Wycheproof } from '../support/wycheproof.ts';

interface SignatureCase extends Case {
  readonly msg: string;
  readonly sig: string;
}

interface Group {
  readonly publicKey: { readonly uncompressed?: string; readonly pk?: string };
  readonly tests: readonly SignatureCase[];
}

for (const { path, scheme, keyOf } of [
  { path: 'ecdsa_secp256r1_sha256', scheme: ecdsa_secp256r1_sha256, keyOf: ecdsaKey('secp256r1') },
  { path: 'ecdsa_secp384r1_sha384', scheme: ecdsa_secp384r1_sha384, keyOf: ecdsaKey('secp384r1') },
  { path: 'ecdsa_secp521r1_sha512', scheme: ecdsa_secp521r1_sha512, keyOf: ecdsaKey('secp521r1') },
  { path: 'ed25519', scheme: ed25519, keyOf: ed25519Key },
]) {
  describeVectors<[Wycheproof<Group>]>(
    `${scheme.name} by Wycheproof`,
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

function ed25519Key({ pk = '' }: Group['publicKey']): PublicKey {
  return { type: 'ed25519', point: fromHex(pk) };
}
