/** The PRF against its definition (RFC 5246 §5). */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256, sha384, sha512 } from '../../src/crypto/hash.ts';
import { Prf } from '../../src/crypto/prf.ts';
import { concat, fromHex } from '../../src/wire/bytes.ts';
import { referencePrf } from '../support/prf-reference.ts';

const anySecret = fc.uint8Array({ maxLength: 150 });
const anyLabel = fc.string({ maxLength: 30 });
const anySeed = fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 4 });
const anyLength = fc.nat(300);

describe.each([sha256, sha384, sha512])('P_$name', (hash) => {
  test('it is P_hash(secret, label + seed) as the RFC writes it (RFC 5246 §5)', () => {
    fc.assert(
      fc.property(anySecret, anyLabel, anySeed, anyLength, (secret, label, seed, length) => {
        const expected = referencePrf(hash.name, secret, label, concat(...seed), length);
        expect(new Prf(hash, secret).derive(label, length, ...seed)).toEqual(expected);
      }),
    );
  });

  test('a shorter output is the beginning of a longer one (RFC 5246 §5)', () => {
    fc.assert(
      fc.property(anySecret, anyLength, anyLength, (secret, one, other) => {
        const prf = new Prf(hash, secret);
        const [short, long] = [Math.min(one, other), Math.max(one, other)];
        expect(prf.derive('test', short)).toEqual(prf.derive('test', long).subarray(0, short));
      }),
    );
  });

  test('one Prf serves many labels, each as if it were the first', () => {
    fc.assert(
      fc.property(anySecret, fc.array(anyLabel, { maxLength: 6 }), (secret, labels) => {
        const prf = new Prf(hash, secret);
        for (const label of labels)
          expect(prf.derive(label, 48)).toEqual(new Prf(hash, secret).derive(label, 48));
      }),
    );
  });
});

test('P_SHA256 gives the known answer that the TLS working group’s list has passed around since 2009', () => {
  const prf = new Prf(sha256, fromHex('9bbe436ba940f017b17652849a71db35'));
  const output = prf.derive('test label', 100, fromHex('a0ba9f936cda311827a6f796ffd5198c'));
  expect(output).toEqual(
    fromHex(
      'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af' +
        '0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701' +
        '87347b66',
    ),
  );
});

test('a length that is none is the caller’s mistake', () => {
  for (const length of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => new Prf(sha256, new Uint8Array(0)).derive('test', length)).toThrow(RangeError);
  }
});

test('a destroyed Prf derives nothing', () => {
  const prf = new Prf(sha256, fromHex('01'));
  prf.destroy();
  expect(() => prf.derive('test', 1)).toThrow();
});
