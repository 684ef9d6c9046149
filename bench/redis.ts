/**
 * What a Redis takes for sessions, sealed as a RedisSessionStore seals them: the time that one question takes, how many
 * are answered a second, what each costs the processors on both sides, and how many bytes an entry has in it. It needs
 * redis-server, or what REDIS_SERVER names; on the loopback, so that the network is still to be added.
 */

import { createClient } from 'redis';
import type { SessionStore } from '../src/index.ts';
import { hasRedis, RedisServer } from '../test/support/redis-server.ts';
import { built } from './built.ts';
import { suiteNames } from './contestants/contestant.ts';
import { createSetting } from './contestants/index.ts';
import { configsFor, handshake, reprise } from './contestants/reprise.ts';
import { type MeasureOptions, median } from './measure.ts';
import { type Figures, printTable, round } from './table.ts';

const { RedisSessionStore }: typeof import('../src/redis/index.ts') = await import(built('redis/index.js'));

const entries = 20_000;
/** Questions that are on their way at once, where as many as can be are answered. */
const width = 100;

/** Empty where there is no Redis. */
export async function redisBenchmark({ rounds, slice }: MeasureOptions): Promise<Figures<'redis'>> {
  if (!hasRedis) {
    console.log('\nno Redis is installed, so its figures are left out');
    return { redis: {} };
  }
  const redis = await RedisServer.start();
  const client = await createClient({ socket: { port: redis.port } }).connect();
  try {
    const keys = [{ id: 'bench', secret: crypto.getRandomValues(new Uint8Array(32)) }];
    const store = new RedisSessionStore(client, { keys });
    const state = await storedState();
    const info = async (section: string, field: string) =>
      Number(`${await client.info(section)}`.match(new RegExp(`^${field}:([0-9.]+)`, 'm'))?.[1]);
    const processorTime = async () =>
      (await info('cpu', 'used_cpu_user')) + (await info('cpu', 'used_cpu_sys'));

    const before = await info('memory', 'used_memory');
    const writing = await cost(processorTime, entries, (n) => store.set(keyOf(n), state, 3600));
    const bytes = ((await info('memory', 'used_memory')) - before) / entries;

    const alone: number[] = [];
    const answered: Cost[] = [];
    for (let turn = 0; turn < rounds; turn++) {
      for (const end = performance.now() + slice / 2; performance.now() < end; ) {
        const began = performance.now();
        await found(store, alone.length);
        alone.push(1000 * (performance.now() - began));
      }
      answered.push(await cost(processorTime, entries / 2, (n) => found(store, n)));
    }
    const part = (of: keyof Cost) => median(answered.map((each) => each[of]));
    const figures = {
      'get, alone, microseconds': alone.length > 0 ? median(alone) : Number.NaN,
      'gets a second, many at once': part('rate'),
      'get, processor of Redis, microseconds': part('redis'),
      'get, processor of the server, microseconds': part('own'),
      'set, processor of Redis, microseconds': writing.redis,
      'set, processor of the server, microseconds': writing.own,
      'bytes of a state': state.length,
      'bytes of an entry': bytes,
    };
    const rounded = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, round(value)]));
    printTable(
      'a Redis on the loopback, sessions sealed',
      Object.entries(rounded).map(([name, value]) => [name, `${value}`]),
    );
    return { redis: rounded };
  } finally {
    client.destroy();
    await redis.stop();
  }
}

interface Cost {
  /** Questions a second. */
  readonly rate: number;
  /** Microseconds of the processor's for a question, there and here. */
  readonly redis: number;
  readonly own: number;
}

/** So many questions, of which `width` are always on their way. */
async function cost(
  processorTime: () => Promise<number>,
  count: number,
  question: (n: number) => unknown,
): Promise<Cost> {
  const there = await processorTime();
  const here = process.cpuUsage();
  const began = performance.now();
  let next = 0;
  const askOn = async () => {
    while (next < count) await question(next++);
  };
  await Promise.all(Array.from({ length: width }, askOn));
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(here);
  return {
    rate: count / seconds,
    redis: (1e6 * ((await processorTime()) - there)) / count,
    own: (user + system) / count,
  };
}

async function found(store: SessionStore, n: number): Promise<void> {
  if ((await store.get(keyOf(n % entries))) === undefined)
    throw new Error('expected a session that is in Redis, got none');
}

/** 64 hexadecimal digits, as the keys of sessions have. */
function keyOf(n: number): string {
  return n.toString(16).padStart(64, '5');
}

/** What a server stores of a handshake. */
async function storedState(): Promise<Uint8Array> {
  const { server, forgetful } = configsFor(createSetting(suiteNames[0]), reprise.noble);
  let stored: Uint8Array | undefined;
  const sessionStore: SessionStore = {
    get: () => stored,
    set: (_, state) => {
      stored = state.slice();
    },
    delete: () => {},
  };
  await handshake('reprise', forgetful, { ...server, sessionStore }, 'full');
  if (stored === undefined) throw new Error('expected a session to be stored, there was none');
  return stored;
}
