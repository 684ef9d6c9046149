/**
 * Sessions under keys whose hashes are alike: each has its own state, and what was not stored is not found. Were they
 * confounded, one client would resume another's session.
 */

import { MemorySessionStore } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { isPromiseLike } from '../../src/session/asking.ts';
import { utf8 } from '../../src/wire/bytes.ts';

/** FNV-1a of 32 bits, by which the store looks for keys: words that are known to have the same. */
const alike = [
  ['declinate', 'macallums'],
  ['costarring', 'liquid'],
  ['altarage', 'zinke'],
] as const;

function fnv1a(text: string): number {
  return utf8(text).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5) >>> 0;
}

describe.each(alike)('%s and %s', (one, other) => {
  test('have one hash', () => {
    expect(fnv1a(one)).toBe(fnv1a(other));
  });

  test('where one is stored, the other is not found', () => {
    for (const [stored, asked] of [
      [one, other],
      [other, one],
    ] as const) {
      const store = new MemorySessionStore();
      store.set(stored, Uint8Array.of(1), 60);
      expect(store.get(asked)).toBeUndefined();
      store.delete(asked);
      expect(store.get(stored)).toEqual(Uint8Array.of(1));
    }
  });

  test('where both are stored each has its own, among any number of others, and goes by itself', () => {
    for (const others of [0, 1, 100]) {
      const store = new MemorySessionStore();
      for (let i = 0; i < others; i++) store.set(`other ${i}`, Uint8Array.of(9), 60);
      store.set(one, Uint8Array.of(1), 60);
      store.set(other, Uint8Array.of(2), 60);
      expect([store.get(one), store.get(other)]).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
      store.set(one, Uint8Array.of(3), 60);
      expect([store.get(one), store.get(other)]).toEqual([Uint8Array.of(3), Uint8Array.of(2)]);
      store.delete(one);
      expect([store.get(one), store.get(other)]).toEqual([undefined, Uint8Array.of(2)]);
      store.delete(other);
      expect([store.get(one), store.get(other), store.size]).toEqual([undefined, undefined, others]);
    }
  });
});

test('a key is found by all of its bytes, however long, though it differs in any one from another', () => {
  for (const length of [1, 7, 8, 40, 64, 300]) {
    const store = new MemorySessionStore();
    const key = 'k'.repeat(length);
    store.set(key, Uint8Array.of(1), 60);
    for (let at = 0; at < length; at++) {
      expect(store.get(`${key.slice(0, at)}x${key.slice(at + 1)}`)).toBeUndefined();
    }
    for (const near of [key.slice(1), `${key}k`]) expect(store.get(near)).toBeUndefined();
    expect(store.get(key)).toEqual(Uint8Array.of(1));
  }
});

test('an answer is yet to come where it has a then that can be called, whatever else it is', () => {
  const having = (then: unknown, answer: object = {}) =>
    Object.assign(answer, Object.fromEntries([['then', then]]));
  const callable = () => {};
  for (const answer of [Promise.resolve(), having(callable), having(callable, () => {})]) {
    expect(isPromiseLike<unknown>(answer)).toBe(true);
  }
  for (const answer of [
    undefined,
    null,
    1,
    'then',
    {},
    having(1),
    having(undefined),
    callable,
    new Uint8Array(1),
  ]) {
    expect(isPromiseLike<unknown>(answer)).toBe(false);
  }
});
