/**
 * Servers with a tier nearby each, in front of one store that is sealed and far, behind real connections: what clients
 * meet when they come back elsewhere, and when the store, the clocks or a session come to an end.
 */

import {
  type ClientConfig,
  MemoryClientSessionCache,
  MemorySessionStore,
  type Report,
  SealedSessionStore,
  type ServerConfig,
  type SessionStore,
  TieredSessionStore,
} from 'reprise-tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { randomness } from '../support/randomness.ts';
import { accepted, clientConfig, meet, reporter, serverConfig } from '../support/resumption.ts';
import { playClient } from '../support/scripted.ts';
import { remote } from '../support/stores.ts';

const keys = [{ id: 'test', secret: randomness(3)(32) }];
const start = 1_700_000_000_000;
const hour = 3_600_000;

/** Four servers that share a store, whose clocks go together; `shared` is what is between them and it. */
function servers(shared: (store: SessionStore) => SessionStore = remote) {
  const time = { now: start };
  const clock = () => time.now;
  const far = shared(new MemorySessionStore({ clock }));
  const reports: Report[] = [];
  const configs = [1, 2, 3, 4].map(() => {
    const near = new MemorySessionStore({ clock, capacity: 100 });
    const sessionStore = new TieredSessionStore(near, new SealedSessionStore(far, { keys }), { clock });
    return serverConfig({ sessionStore, clock, report: (report) => reports.push(report) });
  });
  const [first = serverConfig(), second = serverConfig()] = configs;
  return { time, far, reports, configs, first, second };
}

function returningClient(): ClientConfig {
  return clientConfig({ sessionCache: new MemoryClientSessionCache() });
}

async function visit(client: ClientConfig, server: ServerConfig) {
  const { serverEnd, clientEnd } = await meet(client, server);
  expect(serverEnd.closed?.error ?? clientEnd.closed?.error).toBeUndefined();
  return serverEnd.info;
}

afterEach(() => {
  vi.useRealTimers();
});

describe('sessions behind two tiers', () => {
  test('resume on every server, and a client that opens six connections there is asked after once', async () => {
    const { configs, far, first, reports } = servers();
    const get = vi.spyOn(far, 'get');
    const client = returningClient();
    await visit(client, first);
    for (const config of configs) {
      for (let i = 0; i < 6; i++) expect(await visit(client, config)).toMatchObject(accepted);
    }
    expect(get).toHaveBeenCalledTimes(configs.length - 1);
    expect(reports).toEqual([]);
  });

  test('resume while the far store is away, as long as there is a copy nearby, and are then a full handshake', async () => {
    let away = false;
    const { time, first, reports } = servers((store) => ({
      ...remote(store),
      get: async (key) => {
        if (away) throw new Error('away');
        return await store.get(key);
      },
    }));
    const client = returningClient();
    await visit(client, first);
    away = true;
    expect(await visit(client, first)).toMatchObject(accepted);
    expect(reports).toEqual([]);
    time.now += 5000;
    expect(await visit(client, first)).toMatchObject({ resumed: false, resumption: 'store-failed' });
    expect(reports).toMatchObject([{ kind: 'store-failed', operation: 'get', error: new Error('away') }]);
  });

  test('that a fatal alert ended on one server are refused by the others within the staleness', async () => {
    const { time, first, second } = servers();
    const { result: session } = await playClient(first, (client) => client.full());
    const resumes = async (config: ServerConfig) =>
      (await playClient(config, (client) => client.reconnect(session))).result;
    expect(await resumes(second)).toBe(true);
    await playClient(first, async (client) => {
      expect(await client.reconnect(session)).toBe(true);
      client.raw(Uint8Array.of(99)); // no record starts so
      await client.settle();
    });
    expect(await resumes(first)).toBe(false);
    time.now += 4999;
    expect(await resumes(second)).toBe(true);
    time.now += 1;
    expect(await resumes(second)).toBe(false);
  });

  test('come to no harm by clocks that jump an hour and back, either way: full handshakes, and no connection fails', async () => {
    const { time, first, second, reports } = servers();
    const [client, patient] = [returningClient(), returningClient()];
    await visit(patient, first);
    for (const jump of [hour, 0, -hour, 0, -hour, hour, 0]) {
      time.now = start + jump;
      for (const config of [first, second, second, first]) {
        const info = await visit(client, config);
        expect(['accepted', 'not-offered', 'not-found', 'expired', 'from-the-future']).toContain(
          info?.resumption,
        );
      }
      expect(await visit(client, second)).toMatchObject(accepted);
    }
    expect(reports).toEqual([]);
    expect((await visit(patient, first))?.resumption).toMatch(/^(accepted|not-found)$/);
  });
});

describe('a store that hangs', () => {
  const deadline = 20;

  test('costs its deadline five times and then no more, and serves again when it is back', async () => {
    vi.useFakeTimers();
    let hangs = false;
    const memory = new MemorySessionStore();
    const asked = vi.fn();
    const hanging =
      <A extends unknown[], T>(verb: (...args: A) => T) =>
      (...args: A): T | Promise<T> => {
        asked();
        return hangs ? new Promise<T>(() => {}) : verb(...args);
      };
    const store: SessionStore = {
      get: hanging((key: string) => memory.get(key)),
      set: hanging((key: string, state: Uint8Array, lifetime: number) => memory.set(key, state, lifetime)),
      delete: hanging((key: string) => memory.delete(key)),
    };
    const { reports, report } = reporter();
    const server = serverConfig({ sessionStore: store, sessionStoreDeadline: deadline, report });
    const client = returningClient();
    await visit(client, server);
    hangs = true;
    asked.mockClear();
    for (let i = 0; i < 20; i++) {
      const visiting = visit(client, server);
      await vi.advanceTimersByTimeAsync(i < 5 ? 2 * deadline : 0);
      expect(await visiting).toMatchObject({ resumed: false });
    }
    expect(asked).toHaveBeenCalledTimes(5);
    expect(reports.map(({ kind }) => kind)).toEqual([
      ...new Array(5).fill('store-failed'),
      'store-suspended',
    ]);
    hangs = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(await visit(client, server)).toMatchObject({ resumption: 'not-found' });
    expect(await visit(client, server)).toMatchObject(accepted);
    expect(reports.at(-1)?.kind).toBe('store-resumed');
    expect(vi.getTimerCount()).toBe(0);
  });
});
