/** The suite for stores, on both of Redis, through both packages' clients: what every store owes, they owe too. */

import { type RedisClient, RedisSessionStore, UnsealedRedisSessionStore } from 'reprise-tls/redis';
import { describeSessionStore } from 'reprise-tls/testing';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Connected, redisClients } from '../support/redis-clients.ts';
import { hasRedis, RedisServer } from '../support/redis-server.ts';

const keys = [{ id: 'one', secret: new Uint8Array(32).fill(1) }];

const stores = [
  ['RedisSessionStore', (client: RedisClient) => new RedisSessionStore(client, { keys })],
  ['UnsealedRedisSessionStore', (client: RedisClient) => new UnsealedRedisSessionStore(client)],
] as const;

// At once, for lifetimes pass in real time.
describe.skipIf(!hasRedis).concurrent('The stores of Redis', () => {
  let server: RedisServer;
  const connected = new Map<string, Connected>();

  beforeAll(async () => {
    server = await RedisServer.start();
    for (const [name, connect] of redisClients) connected.set(name, await connect(server.port));
  });

  afterAll(async () => {
    for (const { close } of connected.values()) close();
    await server?.stop();
  });

  for (const [client] of redisClients) {
    for (const [store, make] of stores) {
      const makeStore = () => make(connected.get(client)?.client as RedisClient);
      describeSessionStore(`${store}, through ${client}`, makeStore, {
        describe,
        it: test.concurrent,
        lossless: true,
        numRuns: 20,
      });
    }
  }
});
