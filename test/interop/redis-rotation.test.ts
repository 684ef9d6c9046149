/**
 * Two server processes that share Redis while their sealing keys are rotated three times under load: no connection is
 * lost, a session resumes on either of them as long as the key that sealed it is listed, and never once it is not.
 */

import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { SealingKey } from 'reprise-tls';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { hasRedis, RedisServer } from '../support/redis-server.ts';
import { keepComing } from '../support/sharing.ts';
import type { Beginning, News } from '../support/sharing-server.ts';
import { tsxArguments, tsxEnvironment } from '../support/tsx.ts';
import { repriseVisitor } from '../support/visitors.ts';
import { credentials } from './rows.ts';
import { repriseCredential } from './visits.ts';

describe.skipIf(!hasRedis)('Two processes that share Redis', () => {
  let redis: RedisServer;
  let servers: readonly SharingServer[];
  const first = newKey('2026-01');

  beforeAll(async () => {
    redis = await RedisServer.start();
    const certificate = repriseCredential(credentials['ecdsa-p256']);
    const beginning = { redisPort: redis.port, certificate, keys: [first] };
    servers = await Promise.all([startServer(beginning), startServer(beginning)]);
  });

  afterAll(async () => {
    for (const server of servers ?? []) server.stop();
    await redis?.stop();
  });

  /** A client; each call is a connection of it, to the other server than the one before: was it a resumption? */
  function visitor(): () => Promise<boolean> {
    const visit = repriseVisitor();
    let turn = 0;
    return () => visit(servers[turn++ % servers.length]?.port ?? 0);
  }

  async function rotate(...keys: readonly SealingKey[]): Promise<void> {
    for (const server of servers) await server.rotate(keys);
  }

  test('rotate their keys three times, lose nothing, and refuse what a retired key has sealed', async () => {
    const clients = Array.from({ length: 6 }, () => keepComing(visitor(), 40));
    let old = first;
    for (const key of [newKey('2026-02'), newKey('2026-03'), newKey('2026-04')]) {
      const known = Array.from({ length: 5 }, visitor);
      const visits = () => Promise.all(known.map((visit) => visit()));
      expect(await visits()).toEqual([false, false, false, false, false]);
      await rotate(old, key);
      await rotate(key, old);
      expect(await visits()).toEqual([true, true, true, true, true]);
      await rotate(key);
      expect(await visits()).toEqual([false, false, false, false, false]);
      expect(await visits()).toEqual([true, true, true, true, true]);
      for (const client of clients) await client.comes(4);
      old = key;
    }
    for (const client of clients) {
      await client.stop();
      // The first time, and each time that the key was retired which had sealed its session.
      expect(client.visits.filter((resumed) => !resumed)).toHaveLength(1 + 3);
      expect(client.visits.length).toBeGreaterThan(12);
    }
    for (const { reports } of servers) expect(reports).toEqual([]);
  });
});

type SharingServer = Awaited<ReturnType<typeof startServer>>;

function newKey(id: string): SealingKey {
  return { id, secret: new Uint8Array(randomBytes(32)) };
}

async function startServer(beginning: Beginning) {
  const program = fileURLToPath(new URL('../support/sharing-server.ts', import.meta.url));
  const child = fork(program, [], {
    execArgv: [...tsxArguments],
    env: tsxEnvironment,
    serialization: 'advanced',
  });
  const news: News[] = [];
  child.on('message', (each: News) => news.push(each));
  child.once('exit', (code) => news.push({ kind: 'report', report: `ended with ${code}` }));
  child.send(beginning);
  const told = await vi.waitUntil(() => news.find(({ kind }) => kind !== 'rotated'), 20_000);
  if (told.kind !== 'listening') throw new Error(`expected it to listen, it told ${JSON.stringify(told)}`);

  /** It has these keys when this is done. */
  async function rotate(keys: readonly SealingKey[]): Promise<void> {
    const rotations = () => news.filter(({ kind }) => kind === 'rotated').length;
    const before = rotations();
    child.send(keys);
    await vi.waitUntil(() => rotations() > before, 20_000);
  }

  return {
    port: told.port,
    rotate,
    stop: () => child.kill(),
    get reports() {
      return news.flatMap((each) => (each.kind === 'report' ? [each.report] : []));
    },
  };
}
