/**
 * Known answers and attacks of the Wycheproof project on RSA signatures: forged paddings, other hashes and schemes,
 * small exponents, special hash values.
 */

import { createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sha256, sha384, sha512 } from '../../src/crypto/hash.ts';
import type { RsaPrivateKey, RsaPublicKey } from '../../src/crypto/keys.ts';
import { os2ip } from '../../src/crypto/modular.ts';
import type { Hash } from '../../src/crypto/provider.ts';
import { checkRsaPrivateKey, rsaSign, rsaVerify } from '../../src/crypto/rsa.ts';
import { type EncodingMethod, emsaPkcs1, emsaPssWithSaltLength } from '../../src/crypto/rsa-padding.ts';
import { fromHex, hex } from '../../src/wire/bytes.ts';

const folder = new URL('../../../shared/data/wycheproof/', import.meta.url);
const describeIfPresent = describe.skipIf(!existsSync(folder));

interface Case {
  readonly tcId: number;
  readonly msg: string;
  readonly sig: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly flags: readonly string[];
}

interface HexPublicKey {
  readonly modulus: string;
  readonly publicExponent: string;
}

interface Group {
  readonly sha: string;
  readonly mgfSha?: string;
  readonly sLen?: number;
  readonly publicKey?: HexPublicKey;
  readonly privateKey?: HexPublicKey;
  readonly privateKeyPem?: string;
  readonly tests: readonly Case[];
}

const hashes = [sha256, sha384, sha512];

/**
 * What each file holds, and what of it is left out: cases with SHA-1 or SHA-224, which the library does not have, and
 * those with another hash for MGF1 than for the message, where RFC 8446 §4.2.3 wants one for both.
 */
const pkcs1Files = [
  { file: 'rsa_signature_2048_sha256_test.json', cases: 259, weakHash: 0 },
  { file: 'rsa_signature_2048_sha384_test.json', cases: 258, weakHash: 0 },
  { file: 'rsa_signature_2048_sha512_test.json', cases: 259, weakHash: 0 },
  { file: 'rsa_signature_3072_sha256_test.json', cases: 259, weakHash: 0 },
  { file: 'rsa_signature_4096_sha256_test.json', cases: 258, weakHash: 0 },
];
const generationFiles = [
  { file: 'rsa_pkcs1_2048_sig_gen_test.json', cases: 43, weakHash: 16 },
  { file: 'rsa_pkcs1_3072_sig_gen_test.json', cases: 26, weakHash: 0 },
  { file: 'rsa_pkcs1_4096_sig_gen_test.json', cases: 24, weakHash: 0 },
];
const pssFiles = [
  { file: 'rsa_pss_2048_sha256_mgf1_32_test.json', cases: 108, weakHash: 0, otherMgfHash: 0 },
  { file: 'rsa_pss_2048_sha384_mgf1_48_test.json', cases: 141, weakHash: 0, otherMgfHash: 0 },
  { file: 'rsa_pss_4096_sha512_mgf1_64_test.json', cases: 179, weakHash: 0, otherMgfHash: 0 },
  { file: 'rsa_pss_misc_test.json', cases: 150, weakHash: 60, otherMgfHash: 72 },
];

/** What is `acceptable` to Wycheproof, and what it is to us. */
const acceptable: Readonly<Record<string, boolean>> = {
  MissingNull: false, // one encoding of the DigestInfo alone is compared with: see rsa-padding.ts
  SmallPublicKey: true, // e = 3 is weak only under a verifier that parses, and roots of trust have it
};

describeIfPresent('RSASSA-PKCS1-v1_5 (Wycheproof)', () => {
  test.each(pkcs1Files)('$file: what is valid verifies, all else is refused', ({ file, cases, weakHash }) => {
    const groups = load(file);
    expect(count(groups)).toBe(cases);
    expect(count(groups.filter(isWeakHash))).toBe(weakHash);
    for (const group of groups) {
      for (const vector of group.tests) expectVerdict(emsaPkcs1, group, vector);
    }
  });

  test.each(generationFiles)('$file: we sign as it says, and it verifies', ({ file, cases, weakHash }) => {
    const groups = load(file);
    expect(count(groups)).toBe(cases);
    expect(count(groups.filter(isWeakHash))).toBe(weakHash);
    for (const group of groups.filter((group) => !isWeakHash(group))) {
      const key = privateKey(group);
      checkRsaPrivateKey(key);
      for (const vector of group.tests) {
        const signature = rsaSign(emsaPkcs1, hashOf(group), key, fromHex(vector.msg), someBytes);
        expect(hex(signature), name(vector)).toBe(vector.sig);
        expectVerdict(emsaPkcs1, group, vector);
      }
    }
  });
});

describeIfPresent('RSASSA-PSS (Wycheproof)', () => {
  test.each(pssFiles)('$file: what is valid verifies, all else is refused', (expected) => {
    const groups = load(expected.file);
    const strong = groups.filter((group) => !isWeakHash(group));
    const fitting = strong.filter((group) => group.mgfSha === group.sha);
    expect(count(groups)).toBe(expected.cases);
    expect(count(groups) - count(strong)).toBe(expected.weakHash);
    expect(count(strong) - count(fitting)).toBe(expected.otherMgfHash);
    for (const group of fitting) {
      for (const vector of group.tests) expectVerdict(emsaPssWithSaltLength(group.sLen), group, vector);
    }
  });
});

function expectVerdict(method: EncodingMethod, group: Group, vector: Case): void {
  const verdict = rsaVerify(
    method,
    hashOf(group),
    publicKey(group),
    fromHex(vector.msg),
    fromHex(vector.sig),
  );
  expect(verdict, name(vector)).toBe(isExpected(vector));
}

function isExpected({ result, flags }: Case): boolean {
  if (result !== 'acceptable') return result === 'valid';
  const decisions = flags.map((flag) => acceptable[flag]);
  if (decisions.includes(undefined)) throw new Error(`no decision on ${flags.join(', ')}`);
  return !decisions.includes(false);
}

function load(file: string): readonly Group[] {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8')).testGroups;
}

function count(groups: readonly Group[]): number {
  return groups.reduce((sum, group) => sum + group.tests.length, 0);
}

function isWeakHash({ sha }: Group): boolean {
  return sha === 'SHA-1' || sha === 'SHA-224';
}

function hashOf({ sha }: Group): Hash {
  const hash = hashes.find(({ name }) => name === sha);
  if (hash === undefined) throw new Error(`no hash ${sha}`);
  return hash;
}

function publicKey(group: Group): RsaPublicKey {
  const key = group.publicKey ?? group.privateKey;
  if (key === undefined) throw new Error('a group without a key');
  const { modulus, publicExponent } = key;
  return { type: 'rsa', modulus: BigInt(`0x${modulus}`), publicExponent: BigInt(`0x${publicExponent}`) };
}

function privateKey(group: Group): RsaPrivateKey {
  const jwk = createPrivateKey(group.privateKeyPem ?? '').export({ format: 'jwk' });
  const integer = (text = '') => os2ip(Buffer.from(text, 'base64url'));
  return {
    ...publicKey(group),
    privateExponent: integer(jwk.d),
    prime1: integer(jwk.p),
    prime2: integer(jwk.q),
    exponent1: integer(jwk.dp),
    exponent2: integer(jwk.dq),
    coefficient: integer(jwk.qi),
  };
}

function someBytes(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => 151 * i + 7);
}

function name({ tcId, flags }: Case): string {
  return `tcId ${tcId} (${flags.join(', ')})`;
}
