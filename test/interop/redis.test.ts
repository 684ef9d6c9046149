/** Sessions in a real Redis, through the real clients of both packages: on a single server, and on a cluster. */

import fc from 'fast-check';
import { UnsealedRedisSessionStore } from 'reprise-tls/redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { empty, equal } from '../../src/wire/bytes.ts';
import { type Connected, redisClients, redisClusterClients } from '../support/redis-clients.ts';
import { hasRedis, RedisServer } from '../support/redis-server.ts';

const everyByte = Uint8Array.from({ length: 256 }, (_, value) => value);

const installations = [
  ...redisClients.map(([name, connect]) => ({ name, connect, start: () => RedisServer.start() })),
  ...redisClusterClients.map(([name, connect]) => ({
    name: `${name}, to a cluster`,
    connect,
    start: () => RedisServer.startCluster(),
  })),
];

describe.skipIf(!hasRedis).each(installations)('Redis, through $name', ({ start, connect }) => {
  let server: RedisServer;
  let connected: Connected;
  let store: UnsealedRedisSessionStore;

  beforeAll(async () => {
    server = await start();
    connected = await connect(server.port);
    store = new UnsealedRedisSessionStore(connected.client);
  });

  afterAll(async () => {
    connected?.close();
    await server?.stop();
  });

  test('a state comes back as it was, every value of a byte included, as plain bytes', async () => {
    await store.set('all', everyByte, 60);
    expect(await store.get('all')).toStrictEqual(everyByte);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.string(), async (state, key) => {
        await store.set(key, state, 60);
        expect(await store.get(key)).toStrictEqual(state);
      }),
      { numRuns: 50 },
    );
  });

  test('the longest state that a server gives to its store comes back too', async () => {
    const longest = Uint8Array.from({ length: 0x40000 }, (_, i) => i * 31);
    await store.set('longest', longest, 60);
    expect(equal((await store.get('longest')) ?? empty, longest)).toBe(true);
  });

  test('what was taken or deleted is gone, and so is what never was', async () => {
    await store.set('k', everyByte, 60);
    expect(await store.take('k')).toStrictEqual(everyByte);
    expect(await store.take('k')).toBeUndefined();
    await store.set('k', everyByte, 60);
    await store.delete('k');
    await store.delete('k');
    expect(await store.get('k')).toBeUndefined();
  });

  test('of many that take at once, one gets the state', async () => {
    await store.set('k', everyByte, 60);
    const taken = await Promise.all(Array.from({ length: 20 }, () => store.take('k')));
    expect(taken.filter((state) => state !== undefined)).toStrictEqual([everyByte]);
  });

  test('Redis itself knows when a session ends, to the millisecond, and forgets it then', async () => {
    await store.set('k', everyByte, 3599.9996);
    const left = await server.command('PTTL', 'reprise:k');
    expect(left).toBeGreaterThan(3590_000);
    expect(left).toBeLessThanOrEqual(3599_999);
    await store.set('k', everyByte, 0.02);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await store.get('k')).toBeUndefined();
    await store.set('k', everyByte, Number.POSITIVE_INFINITY);
    expect(await store.get('k')).toStrictEqual(everyByte);
  });

  test('keys stand under their prefix, and stores with two prefixes share nothing', async () => {
    const other = new UnsealedRedisSessionStore(connected.client, { prefix: 'other:' });
    await store.set('k', everyByte, 60);
    await other.set('k', Uint8Array.of(1), 60);
    await other.delete('k');
    expect(await store.get('k')).toStrictEqual(everyByte);
    expect(await server.command('EXISTS', 'reprise:k')).toBe(1);
  });

  test('a value of another type is a failure, and no state', async () => {
    await server.command('DEL', 'reprise:k');
    await server.command('RPUSH', 'reprise:k', 'a');
    await expect(store.get('k')).rejects.toThrow('WRONGTYPE');
  });
});
