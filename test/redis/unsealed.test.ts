/** Sessions in Redis as they are: which commands go out for each verb, and what comes of each reply. */

import fc from 'fast-check';
import type { Cluster, Redis } from 'ioredis';
import type { createClient, createClientPool, createCluster, createSentinel } from 'redis';
import { type RedisClient, UnsealedRedisSessionStore } from 'reprise-tls/redis';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { fakeClients } from '../support/fake-redis.ts';

const state = Uint8Array.of(0, 1, 127, 128, 255);
const everyByte = Uint8Array.from({ length: 256 }, (_, value) => value);

describe.each(fakeClients)('on a client of %s', (_, fake) => {
  function made(options?: ConstructorParameters<typeof UnsealedRedisSessionStore>[1]) {
    const redis = fake();
    return { redis, store: new UnsealedRedisSessionStore(redis.client, options) };
  }

  test('each verb is one command with one key', async () => {
    const { redis, store } = made();
    await store.set('k', state, 60);
    await store.get('k');
    await store.take('k');
    await store.delete('k');
    expect(redis.sent).toEqual([
      ['SET', 'reprise:k', Buffer.from(state), 'PX', '60000'],
      ['GET', 'reprise:k'],
      ['GETDEL', 'reprise:k'],
      ['DEL', 'reprise:k'],
    ]);
  });

  test('every key begins with the prefix, whatever that is, and an empty one is none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string({ minLength: 1 }), async (prefix, key) => {
        const { redis, store } = made({ prefix });
        await store.set(key, state, 1);
        await store.get(key);
        await store.take(key);
        await store.delete(key);
        expect(redis.sent.map(([, sentKey]) => sentKey)).toEqual(new Array(4).fill(prefix + key));
      }),
    );
  });

  test('a state comes back as it was, every value of a byte included', async () => {
    const { store } = made();
    await store.set('all', everyByte, 60);
    expect(await store.get('all')).toStrictEqual(everyByte);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async (bytes) => {
        await store.set('k', bytes, 60);
        expect(await store.get('k')).toStrictEqual(bytes);
        expect(await store.take('k')).toStrictEqual(bytes);
        expect(await store.get('k')).toBeUndefined();
      }),
    );
  });

  test('of a view into larger memory only what it shows is kept, and of a Buffer the same', async () => {
    const { redis, store } = made();
    for (const view of [everyByte.subarray(100, 110), Buffer.from(everyByte).subarray(100, 110)]) {
      await store.set('k', view, 60);
      expect(redis.entries.get('reprise:k')).toEqual(Buffer.from(everyByte.subarray(100, 110)));
    }
  });

  test('what becomes of the array after the call is not what is stored', async () => {
    const { redis, store } = made();
    const bytes = Uint8Array.from(state);
    const stored = store.set('k', bytes, 60);
    bytes.fill(0);
    await stored;
    expect(redis.entries.get('reprise:k')).toEqual(Buffer.from(state));
  });

  test('a lifetime goes out in whole milliseconds, and never longer than it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0.001, max: 1e9, noNaN: true }), async (lifetime) => {
        const { redis, store } = made();
        await store.set('k', state, lifetime);
        const [name, , , unit, sent] = redis.sent[0] ?? [];
        expect([name, unit]).toEqual(['SET', 'PX']);
        expect(sent).toMatch(/^[1-9][0-9]*$/);
        expect(Number(sent)).toBeLessThanOrEqual(lifetime * 1000);
        expect(Number(sent)).toBeGreaterThan(lifetime * 1000 - 1);
      }),
    );
  });

  test('a lifetime without end is the longest that a number can say', async () => {
    const { redis, store } = made();
    await store.set('k', state, Number.POSITIVE_INFINITY);
    expect(redis.sent[0]?.[4]).toBe(`${Number.MAX_SAFE_INTEGER}`);
  });

  test('with a lifetime of less than a millisecond nothing is kept, nor what was there before', async () => {
    for (const lifetime of [0.0009, 0, -0, -1, Number.NEGATIVE_INFINITY]) {
      const { redis, store } = made();
      await store.set('k', state, 60);
      await store.set('k', state, lifetime);
      expect(redis.sent.slice(1), `${lifetime}`).toEqual([['DEL', 'reprise:k']]);
    }
  });

  test('what is no state, and what is no lifetime, goes nowhere', async () => {
    const { redis, store } = made();
    await expect(store.set('k', 'state' as never, 60)).rejects.toThrow(TypeError);
    await expect(store.set('k', state, Number.NaN)).rejects.toThrow(RangeError);
    await expect(store.set('k', state, '60' as never)).rejects.toThrow(RangeError);
    expect(redis.sent).toEqual([]);
  });

  test('what Redis has not is undefined, not null', async () => {
    const { store } = made();
    expect(await store.get('k')).toBeUndefined();
    expect(await store.take('k')).toBeUndefined();
  });

  test('a reply that is no bytes is refused', async () => {
    for (const reply of ['text', 7, [state], {}]) {
      const { redis, store } = made();
      redis.does = () => Promise.resolve(reply);
      await expect(store.get('k')).rejects.toThrow('expected a Uint8Array');
      await expect(store.take('k')).rejects.toThrow('expected a Uint8Array');
    }
  });

  test('a client that rejects, or throws, makes each verb reject', async () => {
    for (const does of [() => Promise.reject(new Error('down')), raise]) {
      const { redis, store } = made({ maxPending: 1 });
      redis.does = does;
      await expect(store.get('k')).rejects.toThrow('down');
      await expect(store.set('k', state, 60)).rejects.toThrow('down');
      await expect(store.take('k')).rejects.toThrow('down');
      await expect(store.delete('k')).rejects.toThrow('down');
    }
  });

  test('no more commands than may be pending ever wait for Redis, whatever is asked for', async () => {
    const { redis, store } = made({ maxPending: 3 });
    const waiting: (() => void)[] = [];
    redis.does = () => new Promise((resolve) => waiting.push(() => resolve(null)));
    const asked = Array.from({ length: 10 }, (_, i) => (i % 2 ? store.get('k') : store.set('k', state, 60)));
    const outcomes = Promise.allSettled(asked);
    expect(redis.sent).toHaveLength(3);
    await expect(store.delete('k')).rejects.toThrow(
      'expected replies from Redis, got none to 3 commands yet',
    );
    for (const answer of waiting) answer();
    expect((await outcomes).map(({ status }) => status)).toEqual([
      ...new Array(3).fill('fulfilled'),
      ...new Array(7).fill('rejected'),
    ]);
    redis.does = () => Promise.resolve(null);
    expect(await store.get('k')).toBeUndefined();
  });

  test('a prefix or a bound that is none is refused', () => {
    expect(() => made({ prefix: 7 as never })).toThrow(TypeError);
    for (const maxPending of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '9' as never]) {
      expect(() => made({ maxPending })).toThrow(RangeError);
    }
  });
});

test('what is a client of neither package is refused, and told what was expected', () => {
  const oldClient = { get() {}, set() {}, del() {}, getDel() {} };
  for (const client of [undefined, null, 7, 'redis://localhost', {}, new Map(), oldClient]) {
    expect(() => new UnsealedRedisSessionStore(client as unknown as RedisClient)).toThrow(
      'expected a client of the package redis, from version 5, or of ioredis',
    );
  }
});

test('every client that the packages make is one, and so says its type', () => {
  expectTypeOf<ReturnType<typeof createClient>>().toExtend<RedisClient>();
  expectTypeOf<ReturnType<typeof createClientPool>>().toExtend<RedisClient>();
  expectTypeOf<ReturnType<typeof createCluster>>().toExtend<RedisClient>();
  expectTypeOf<ReturnType<typeof createSentinel>>().toExtend<RedisClient>();
  expectTypeOf<Redis>().toExtend<RedisClient>();
  expectTypeOf<Cluster>().toExtend<RedisClient>();
  expectTypeOf<Map<string, string>>().not.toExtend<RedisClient>();
});

function raise(): never {
  throw new Error('down');
}
