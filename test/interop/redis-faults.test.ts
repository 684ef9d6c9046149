/**
 * Two Reprise servers that share a real Redis while it fails: the server, its machine, its memory, the network on the
 * way. Whatever happens, every connection comes about, none waits for the store longer than its deadline allows, each
 * fault is reported, and when it is over sessions resume again.
 */

import type { ConnectionInfo, Report } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { hasRedis, type RedisServer } from '../support/redis-server.ts';
import { startRelay } from '../support/relay.ts';
import { keepComing, type Sharing, soon, startRedis, startSharing, type Visit } from '../support/sharing.ts';

/** How long a handshake may wait for the store each time that it asks, in milliseconds: where Redis is silent … */
const deadline = 300;
/** … and where its faults are answered, so that nobody needs to wait, and whoever does is found out. */
const patience = 10_000;
/** What a handshake may take beside its waits: far more than it does, for machines that are busy. */
const computing = 4000;

/** The options of a Redis with little room; what it does when there is none follows them. */
const small = ['--maxmemory', '2mb', '--maxmemory-policy'] as const;

describe.skipIf(!hasRedis)('Servers that share Redis', { timeout: 60_000 }, () => {
  test.concurrent('go on while it is killed and started again', async ({ onTestFinished }) => {
    const redis = await startRedis(onTestFinished);
    const servers = await startSharing(onTestFinished, { port: redis.port, deadline: patience });
    const visits = await loaded(servers, async () => {
      await redis.kill();
      await soon(() => expectReports(servers, failed('get'), failed('set')));
      await redis.start();
    });
    expectUnharmed(visits);
    await servers.recover();
  });

  test.concurrent('go on while it is frozen for five seconds', async ({ onTestFinished }) => {
    const redis = await startRedis(onTestFinished);
    const servers = await startSharing(onTestFinished, { port: redis.port, deadline });
    const visits = await loaded(servers, async () => {
      redis.freeze();
      await new Promise((resolve) => setTimeout(resolve, 5000));
      redis.thaw();
    });
    expectUnharmed(visits, deadline);
    const late = `expected an answer within ${deadline} ms`;
    expectReports(servers, failed('get', late), failed('set', late));
    await servers.recover();
  });

  test.concurrent('go on while its replies are cut in the middle', async ({ onTestFinished }) => {
    const redis = await startRedis(onTestFinished);
    const relay = await startRelay(redis.port);
    onTestFinished(() => relay.stop());
    const servers = await startSharing(onTestFinished, { port: relay.port, deadline: patience });
    const visits = await loaded(servers, async () => {
      relay.cutEvery = 5;
      await soon(() => expectReports(servers, failed()));
      expect(relay.cuts).toBeGreaterThan(1);
      relay.cutEvery = Number.POSITIVE_INFINITY;
    });
    expectUnharmed(visits);
    await servers.recover();
  });

  test.concurrent('go on while it evicts sessions for want of memory', async ({ onTestFinished }) => {
    const redis = await startRedis(onTestFinished, ...small, 'allkeys-lru');
    const servers = await startSharing(onTestFinished, { port: redis.port, deadline: patience });
    const visits = await loaded(servers, async (seen) => {
      await soon(async () => {
        await fill(redis);
        expect(seen()).toContainEqual(missed('not-found'));
      });
    });
    expectUnharmed(visits);
    expectReports(servers);
    await servers.recover();
  });

  test.concurrent('go on while it is full, and resume what it has', async ({ onTestFinished }) => {
    const redis = await startRedis(onTestFinished, ...small, 'noeviction');
    const servers = await startSharing(onTestFinished, { port: redis.port, deadline: patience });
    const known = servers.visitor();
    await known();
    await fill(redis);
    expect((await known()).info).toMatchObject({ resumed: true });
    const visits = await loaded(servers, () => soon(() => expectReports(servers, failed('set', 'OOM'))));
    expectUnharmed(visits);
    await redis.command('FLUSHALL');
    await servers.recover();
  });

  test.concurrent('go on when all that it has is flushed', async ({ onTestFinished }) => {
    const redis = await startRedis(onTestFinished);
    const servers = await startSharing(onTestFinished, { port: redis.port, deadline: patience });
    const visits = await loaded(servers, async (seen) => {
      await redis.command('FLUSHALL');
      await soon(() => expect(seen()).toContainEqual(missed('not-found')));
    });
    expectUnharmed(visits);
    expectReports(servers);
    await servers.recover();
  });
});

/** The visits of clients that keep coming, whatever becomes of them, before the fault, while it lasts, and after. */
async function loaded(
  { visitor }: Sharing,
  fault: (seen: () => readonly Visit[]) => Promise<void>,
): Promise<readonly Visit[]> {
  const clients = Array.from({ length: 3 }, () => keepComing(visitor(), 200));
  const allCome = () => Promise.all(clients.map((client) => client.comes(2)));
  const seen = () => clients.flatMap(({ visits }) => visits);
  await allCome();
  await fault(seen);
  await allCome();
  await Promise.all(clients.map((client) => client.stop()));
  return seen();
}

/** All came about, and none took longer than it must when the store keeps it waiting for so long each time. */
function expectUnharmed(visits: readonly Visit[], wait = 0): void {
  for (const { error, info, milliseconds } of visits) {
    expect(error).toBeUndefined();
    expect(info).toBeDefined();
    // One wait to find the session, one to keep another.
    expect(milliseconds).toBeLessThan(2 * wait + computing);
  }
}

/** Of either server these, or none at all. */
function expectReports({ reports }: Sharing, ...expected: readonly Report[]): void {
  for (const each of reports) {
    if (expected.length === 0) expect(each).toEqual([]);
    for (const report of expected) expect(each).toContainEqual(report);
  }
}

function failed(operation: 'get' | 'set' = expect.any(String), message = ''): Report {
  const error = expect.objectContaining({ message: expect.stringContaining(message) });
  return { kind: 'store-failed', operation, error };
}

function missed(resumption: ConnectionInfo['resumption']): unknown {
  return expect.objectContaining({ info: expect.objectContaining({ resumed: false, resumption }) });
}

/** Puts two megabytes there, under keys that nobody had before. */
async function fill(redis: RedisServer): Promise<void> {
  const script = "for i = 1, 100 do redis.call('SET', ARGV[1] .. i, string.rep('x', 20000)) end";
  await redis.command('EVAL', script, '0', `filler${performance.now()}:`);
}
