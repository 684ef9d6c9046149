/**
 * Two servers that share a Redis, one through each package's client, and clients that come to them in turn: the stage
 * for whether a session that was made on one server resumes on the other.
 */

import {
  type ConnectionInfo,
  MemoryClientSessionCache,
  type Report,
  type SealReport,
  type SessionStore,
} from 'reprise-tls';
import { type RedisClient, RedisSessionStore, UnsealedRedisSessionStore } from 'reprise-tls/redis';
import { expect, type onTestFinished, vi } from 'vitest';
import { redisClients } from './redis-clients.ts';
import { RedisServer } from './redis-server.ts';
import { clientConfig, meet, serverConfig } from './resumption.ts';

/** Where a test, perhaps one of several at once, says what is to be done when it is over. */
export type Finished = typeof onTestFinished;

type AnyReport = Report | SealReport;

const makeStores = {
  sealed: (client: RedisClient, report: (report: AnyReport) => void): SessionStore =>
    new RedisSessionStore(client, { keys: [{ id: 'one', secret: new Uint8Array(32).fill(1) }], report }),
  unsealed: (client: RedisClient): SessionStore => new UnsealedRedisSessionStore(client),
} as const;

export interface SharingOptions {
  readonly port: number;
  /** How long a handshake may wait for the store each time that it asks, in milliseconds. */
  readonly deadline: number;
  readonly store?: keyof typeof makeStores;
}

export interface Visit {
  readonly info: ConnectionInfo | undefined;
  /** What ended the connection, at either end. */
  readonly error: Error | undefined;
  readonly milliseconds: number;
}

export type Sharing = Awaited<ReturnType<typeof startSharing>>;

export async function startSharing(finished: Finished, { port, deadline, store = 'sealed' }: SharingOptions) {
  const servers = await Promise.all(
    redisClients.map(async ([, connect]) => {
      const { client, close } = await connect(port);
      finished(close);
      const reports: AnyReport[] = [];
      const report = (each: AnyReport) => reports.push(each);
      const sessionStore = makeStores[store](client, report);
      return { reports, config: serverConfig({ sessionStore, sessionStoreDeadline: deadline, report }) };
    }),
  );
  let visitors = 0;

  /** A client; each call is a connection of it, to the other server than the one before. */
  function visitor(): () => Promise<Visit> {
    const config = clientConfig({ sessionCache: new MemoryClientSessionCache() });
    let turn = visitors++;
    return async () => {
      const began = performance.now();
      const server = servers[turn++ % servers.length]?.config ?? serverConfig();
      const { serverEnd, clientEnd } = await meet(config, server);
      const error = serverEnd.closed?.error ?? clientEnd.closed?.error;
      return { info: serverEnd.info, error, milliseconds: performance.now() - began };
    };
  }

  /** Soon, what either server made the other resumes. */
  async function recover(): Promise<void> {
    await soon(async () => {
      for (const visit of Array.from({ length: 4 }, visitor)) {
        const infos = [(await visit()).info, (await visit()).info, (await visit()).info];
        expect(infos).toMatchObject([{ resumed: false }, { resumed: true }, { resumed: true }]);
      }
    });
  }

  return { reports: servers.map(({ reports }) => reports), visitor, recover };
}

export async function startRedis(finished: Finished, ...options: readonly string[]): Promise<RedisServer> {
  const redis = await RedisServer.start(...options);
  finished(() => redis.stop());
  return redis;
}

export async function soon(expectation: () => unknown): Promise<void> {
  await vi.waitFor(expectation, 20_000);
}

/** Visits one after the other, with a pause of some milliseconds after each, until it is stopped. */
export function keepComing<T>(visit: () => Promise<T>, pause: number) {
  const visits: T[] = [];
  let stopped = false;
  const coming = (async () => {
    while (!stopped) {
      visits.push(await visit());
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  })();
  // Whoever waits for it is told.
  coming.catch(() => {});
  return {
    /** Those that are over. */
    visits: visits as readonly T[],
    /** So many times more. */
    async comes(times: number): Promise<void> {
      const enough = visits.length + times;
      await Promise.race([coming, soon(() => expect(visits.length).toBeGreaterThanOrEqual(enough))]);
    },
    /** It rejects if a visit did. */
    async stop(): Promise<void> {
      stopped = true;
      await coming;
    },
  };
}
