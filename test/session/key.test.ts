/** The key that a session is stored under. */

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Hash } from '../../src/crypto/provider.ts';
import { storeKey } from '../../src/session/key.ts';
import { concat, fromHex, hex, utf8 } from '../../src/wire/bytes.ts';

const unused = (): never => {
  throw new Error('store keys need nothing but a digest');
};

const sha256: Hash = {
  name: 'SHA-256',
  outputLength: 32,
  digest: (message) => new Uint8Array(createHash('sha256').update(message).digest()),
  create: unused,
  hmac: unused,
};

const sessionIds = fc.uint8Array({ minLength: 1, maxLength: 32 });

describe('the store key', () => {
  test('is SHA-256 over a label and the session ID, each behind its length', () => {
    fc.assert(
      fc.property(sessionIds, (sessionId) => {
        const label = utf8('reprise session id');
        const input = concat(new Uint8Array([18]), label, new Uint8Array([sessionId.length]), sessionId);
        expect(storeKey(sha256, sessionId)).toBe(hex(sha256.digest(input)));
      }),
    );
  });

  test('is the same in every release, so that servers of different ones can share a store', () => {
    const sessionId = fromHex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
    expect(storeKey(sha256, sessionId)).toBe(
      '500f83415ed9ae9b488036754bc1b6224f6877f07a1c2dfd745c80438ef8a12f',
    );
  });

  test('does not show the session ID', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 32 }), (sessionId) => {
        const key = storeKey(sha256, sessionId);
        expect(key).toMatch(/^[0-9a-f]{64}$/);
        expect(key).not.toContain(hex(sessionId));
      }),
    );
  });

  test('differs wherever the session ID differs, in length alone too', () => {
    fc.assert(
      fc.property(fc.uniqueArray(sessionIds, { selector: hex, minLength: 2 }), (ids) => {
        expect(new Set(ids.map((id) => storeKey(sha256, id))).size).toBe(ids.length);
      }),
    );
    expect(storeKey(sha256, new Uint8Array(31))).not.toBe(storeKey(sha256, new Uint8Array(32)));
  });

  test('is never made of an empty ID, nor of one longer than 32 bytes (RFC 5246 §7.4.1.2)', () => {
    for (const length of [0, 33, 256]) {
      expect(() => storeKey(sha256, new Uint8Array(length))).toThrow(RangeError);
    }
  });

  test('is never made with another hash, for servers that share a store must agree', () => {
    expect(() => storeKey({ ...sha256, name: 'SHA-384' }, new Uint8Array(32))).toThrow(RangeError);
  });
});
