/** Known answers and forgeries of Wycheproof for HMAC. */

import { expect, test } from 'vitest';
import { sha256, sha384 } from '../../src/crypto/hash.ts';
import { equal, fromHex } from '../../src/wire/bytes.ts';
import { type Case, describeVectors, misbehaving, type Wycheproof } from '../support/wycheproof.ts';

interface MacCase extends Case {
  readonly key: string;
  readonly msg: string;
  readonly tag: string;
}

/** Size in bits. A tag may be the beginning of the HMAC (RFC 2104 §5). */
interface Group {
  readonly tagSize: number;
  readonly tests: readonly MacCase[];
}

for (const { path, hash } of [
  { path: 'hmac_sha256', hash: sha256 },
  { path: 'hmac_sha384', hash: sha384 },
]) {
  describeVectors<[Wycheproof<Group>]>(
    `HMAC with ${hash.name} by Wycheproof`,
    [`wycheproof/${path}_test.json`],
    ({ numberOfTests, testGroups }) => {
      test('a tag is equal exactly where the case is valid', () => {
        let counted = 0;
        for (const { tagSize, tests } of testGroups) {
          counted += tests.length;
          const failures = misbehaving(tests, ({ key, msg, tag, result }) => {
            const computed = hash
              .hmac(fromHex(key))
              .compute(fromHex(msg))
              .subarray(0, tagSize / 8);
            return equal(computed, fromHex(tag)) === (result === 'valid');
          });
          expect(failures).toEqual([]);
        }
        expect(counted).toBe(numberOfTests);
      });
    },
  );
}
