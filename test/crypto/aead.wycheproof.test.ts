/** Known answers and forgeries of Wycheproof for the AEADs. */

import { expect, test } from 'vitest';
import { AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305 } from '../../src/crypto/aead.ts';
import { noble } from '../../src/crypto/noble.ts';
import type { Aead } from '../../src/crypto/provider.ts';
import { nodeCrypto } from '../../src/node-crypto/index.ts';
import { equal, fromHex } from '../../src/wire/bytes.ts';
import { type Case, describeVectors, misbehaving, type Wycheproof } from '../support/wycheproof.ts';

interface AeadCase extends Case {
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
}

/** Sizes in bits. */
interface Group {
  readonly keySize: number;
  readonly ivSize: number;
  readonly tagSize: number;
  readonly tests: readonly AeadCase[];
}

/**
 * How many cases there are for each AEAD with the 96-bit nonce of TLS, and how many with another, which the AEAD
 * takes for a mistake of its caller: no cipher suite makes one (RFC 5288 §3, RFC 7905 §2).
 */
const files = [
  { path: 'aes_gcm', aead: AES_128_GCM, withNonceOfTls: 67, withAnother: 41 },
  { path: 'aes_gcm', aead: AES_256_GCM, withNonceOfTls: 66, withAnother: 39 },
  { path: 'chacha20_poly1305', aead: CHACHA20_POLY1305, withNonceOfTls: 316, withAnother: 9 },
];

const rows = [noble, nodeCrypto].flatMap((provider) =>
  files.map((file) => ({ ...file, provider: provider.name, aead: provider.aead(file.aead) })),
);

for (const { path, provider, aead, withNonceOfTls, withAnother } of rows) {
  describeVectors<[Wycheproof<Group>]>(
    `${aead.name} of ${provider} by Wycheproof`,
    [`wycheproof/${path}_test.json`],
    (vectors) => {
      const groups = vectors.testGroups.filter(({ keySize }) => keySize === 8 * aead.keyLength);
      const ofTls = groups.filter(({ ivSize }) => ivSize === 96).flatMap(({ tests }) => tests);
      const others = groups.filter(({ ivSize }) => ivSize !== 96).flatMap(({ tests }) => tests);

      test('every case is counted, and every tag is of 16 bytes', () => {
        expect([ofTls.length, others.length]).toEqual([withNonceOfTls, withAnother]);
        expect(groups.every(({ tagSize }) => tagSize === 8 * aead.tagLength)).toBe(true);
      });

      test('a valid record is what sealing gives and what opens; an invalid one does not open', () => {
        expect(misbehaving(ofTls, (each) => sealsAndOpens(aead, each))).toEqual([]);
      });

      test('a nonce of another length than TLS makes is the caller’s mistake', () => {
        for (const each of others) expect(() => sealsAndOpens(aead, each)).toThrow(RangeError);
      });
    },
  );
}

describeVectors<[Wycheproof<Group>]>('AES-192', ['wycheproof/aes_gcm_test.json'], (vectors) => {
  test('is no cipher of TLS: its keys fit neither AEAD', () => {
    const cases = vectors.testGroups.filter(({ keySize }) => keySize === 192).flatMap(({ tests }) => tests);
    expect(cases).toHaveLength(103);
    for (const { key } of cases) {
      expect(() => AES_128_GCM.create(fromHex(key))).toThrow(RangeError);
      expect(() => AES_256_GCM.create(fromHex(key))).toThrow(RangeError);
    }
  });
});

function sealsAndOpens(aead: Aead, { result, ...hexadecimal }: AeadCase): boolean {
  const key = aead.create(fromHex(hexadecimal.key));
  const [nonce, additionalData] = [fromHex(hexadecimal.iv), fromHex(hexadecimal.aad)];
  const [plaintext, sealed] = [fromHex(hexadecimal.msg), fromHex(hexadecimal.ct + hexadecimal.tag)];
  const opened = key.open(nonce, additionalData, sealed);
  if (result === 'invalid') return opened === undefined;
  const output = new Uint8Array(plaintext.length + aead.tagLength);
  key.seal(nonce, additionalData, plaintext, output);
  return equal(output, sealed) && opened !== undefined && equal(opened, plaintext);
}
