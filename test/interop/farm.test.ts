/**
 * A farm: four servers, each with a store and a connection to Redis of its own, behind the balancer of the README, and
 * clients of Reprise and of `node:tls` that come back. What brings every one of them back to its session is a store
 * that the servers share, or a balancer that steers by ID; without either it is chance, one in four.
 */

import type { SessionStore } from 'reprise-tls';
import { SteeringIds } from 'reprise-tls/persistence';
import { RedisSessionStore } from 'reprise-tls/redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBalancer } from '../examples/balancer.mts';
import { redisClients } from '../support/redis-clients.ts';
import { hasRedis } from '../support/redis-server.ts';
import { startRedis } from '../support/sharing.ts';
import { type Serving, serve } from '../support/tcp.ts';
import { share, visit } from '../support/visitors.ts';
import { repriseServer } from './visits.ts';

const size = 4;

/** Sealing keys are drawn elsewhere and brought to each server; here they are the same by being these. */
const keys = [{ id: 'today', secret: new Uint8Array(32).map((_, i) => 3 * i + 1) }];
const steering = new SteeringIds({ keys: [new Uint8Array(32).map((_, i) => 5 * i + 2)] });

interface Plan {
  readonly store?: (number: number) => Promise<SessionStore>;
  readonly steers?: boolean;
}

/** The port of the balancer, and the servers behind it. */
async function startFarm({ store, steers = false }: Plan) {
  const servers: Serving[] = [];
  for (let number = 0; number < size; number++) {
    const server = await serve(
      repriseServer({
        ...(store === undefined ? {} : { sessionStore: await store(number), sessionStoreDeadline: 5000 }),
        ...(steers ? { sessionIds: steering.generatorFor(number) } : {}),
      }),
    );
    onTestFinished(() => server.stop());
    servers.push(server);
  }
  const steer = ({ sessionId }: { readonly sessionId: Uint8Array }) => {
    const number = steering.serverOf(sessionId);
    return number === undefined ? undefined : servers[number];
  };
  const balancer = await startBalancer({ backends: servers, ...(steers ? { steering: { steer } } : {}) });
  onTestFinished(() => balancer.close());
  return { port: balancer.port, servers };
}

/** All clients came, all servers had their part of them, and nobody saw an error. */
function expectAllServed(servers: readonly Serving[], connections: number): void {
  const counts = servers.map(({ infos }) => infos.length);
  expect(counts.reduce((sum, count) => sum + count)).toBe(connections);
  for (const count of counts) expect(count).toBeGreaterThan(connections / size / 4);
  for (const { errors } of servers) expect(errors).toEqual([]);
}

describe('four servers behind a balancer', () => {
  it.skipIf(!hasRedis)(
    'that share a Redis resume every returning client, of 2000 connections',
    async () => {
      const redis = await startRedis(onTestFinished);
      const { port, servers } = await startFarm({
        // Through either package's client, in turn.
        store: async (number) => {
          const [, connect] = redisClients[number % 2 === 0 ? 0 : 1];
          const { client, close } = await connect(redis.port);
          onTestFinished(close);
          return new RedisSessionStore(client, { keys });
        },
      });
      const [first = [], ...later] = await visit(port, { clients: 100, visits: 20 });
      expect(share(first)).toBe(0);
      expect(later.map(share)).toEqual(new Array(19).fill(1));
      expectAllServed(servers, 2000);
    },
    120_000,
  );

  it('that share nothing resume who by chance comes to the same again, about a quarter', async () => {
    const { port, servers } = await startFarm({});
    const [, ...later] = await visit(port, { clients: 60, visits: 5 });
    const resumed = share(later.flat());
    expect(resumed).toBeGreaterThan(0.12);
    expect(resumed).toBeLessThan(0.4);
    expectAllServed(servers, 300);
  }, 60_000);

  it('that share nothing, to each of which its own IDs lead, resume every returning client', async () => {
    const { port, servers } = await startFarm({ steers: true });
    const [first = [], ...later] = await visit(port, { clients: 60, visits: 5 });
    expect(share(first)).toBe(0);
    expect(later.map(share)).toEqual([1, 1, 1, 1]);
    expectAllServed(servers, 300);
  }, 60_000);
});
