/**
 * A sealed store behind real connections: sessions resume through it on any server that has the key, and whatever
 * becomes of the entries or the keys costs one full handshake.
 */

import {
  MemoryClientSessionCache,
  MemorySessionStore,
  SealedSessionStore,
  type SealingKey,
  type SealReport,
  type SessionStore,
} from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { randomness } from '../support/randomness.ts';
import { accepted, clientConfig, meet, OpenStore, reporter, serverConfig } from '../support/resumption.ts';
import { playClient } from '../support/scripted.ts';
import { remote } from '../support/stores.ts';

const random = randomness(4);
const keys: SealingKey[] = ['one', 'two', 'three', 'four', 'five'].map((id) => ({ id, secret: random(32) }));
const some = (from: number, to: number) => keys.slice(from, to);

/** A server of its own, with a sealed store of its own, over what all of them share. */
function server(shared: SessionStore, listed: readonly SealingKey[]) {
  const seals: SealReport[] = [];
  const store = new SealedSessionStore(shared, { keys: listed, report: (report) => seals.push(report) });
  const { reports, report } = reporter();
  return { store, seals, reports, config: serverConfig({ sessionStore: store, report }) };
}

describe('sessions in a sealed store', () => {
  test('resume on every server that has the key', async () => {
    const shared = remote(new MemorySessionStore());
    const client = clientConfig({ sessionCache: new MemoryClientSessionCache() });
    const servers = [1, 2, 3, 4].map(() => server(shared, some(0, 1)));
    const [first, ...others] = servers;
    const { serverEnd } = await meet(client, first?.config ?? serverConfig());
    expect(serverEnd.info).toMatchObject({ resumed: false, resumption: 'not-offered' });
    for (const { config } of others)
      expect((await meet(client, config)).serverEnd.info).toMatchObject(accepted);
    expect(servers.flatMap(({ seals, reports }) => [...seals, ...reports])).toEqual([]);
  });

  test('that were damaged in any byte, cut short or exchanged are a full handshake each, and told of', async () => {
    const shared = new OpenStore();
    const { result: session } = await playClient(server(shared, some(0, 1)).config, (client) =>
      client.full(),
    );
    const other = new OpenStore();
    await playClient(server(other, some(0, 1)).config, (client) => client.full());
    const { key, state } = shared.only;
    const changed = [other.only.state, state.subarray(0, 99), new Uint8Array(0)];
    for (let index = 0; index < state.length; index += 3) {
      changed.push(state.map((byte, at) => (at === index ? byte ^ (1 << (index % 8)) : byte)));
    }
    for (const bytes of changed) {
      const store = new OpenStore();
      store.entries.set(key, bytes);
      const { config, seals, reports, store: opening } = server(store, some(0, 1));
      const { result: resumed, end } = await playClient(config, (client) => client.reconnect(session));
      expect([resumed, end.info?.resumption]).toEqual([false, 'not-found']);
      expect(seals.length + opening.counters.keyUnknown).toBe(1);
      expect(reports).toEqual([]);
    }
    const { config } = server(shared, some(0, 1));
    expect(await playClient(config, (client) => client.reconnect(session))).toMatchObject({ result: true });
  });

  test('do not suspend the store, however many of them are forged', async () => {
    const store = new OpenStore();
    const { config, seals, reports } = server(store, some(0, 1));
    for (let i = 0; i < 20; i++) {
      const { result: session } = await playClient(config, (client) => client.full());
      for (const [key, state] of store.entries) store.entries.set(key, state.fill(0, -16));
      await playClient(config, (client) => client.reconnect(session));
    }
    expect([seals.length, reports]).toEqual([20, []]);
  });

  test('survive rotations under load, on two servers that do not rotate at once: no connection fails, and what a retired key sealed is refused', async () => {
    const memory = new MemorySessionStore();
    const one = server(remote(memory), some(0, 1));
    const two = server(remote(memory), some(0, 1));
    const clients = Array.from({ length: 8 }, () =>
      clientConfig({ sessionCache: new MemoryClientSessionCache() }),
    );
    const visits = async ({ config }: typeof one) => {
      const pairs = await Promise.all(clients.map((client) => meet(client, config)));
      return pairs.map(({ serverEnd }) => serverEnd.info?.resumption);
    };
    const all = (resumption: string) => clients.map(() => resumption);
    expect(await visits(one)).toEqual(all('not-offered'));
    for (let turn = 0; turn < 3; turn++) {
      // The new key is listed everywhere before it seals anywhere; connections are in mid-handshake meanwhile.
      const old = some(turn, turn + 1);
      const fresh = some(turn + 1, turn + 2);
      for (const list of [
        [...old, ...fresh],
        [...fresh, ...old],
      ]) {
        for (const [rotated, other] of [
          [one, two],
          [two, one],
        ] as const) {
          const visiting = visits(other);
          rotated.store.rotate(list);
          expect(await visiting).toEqual(all('accepted'));
          expect(await visits(rotated)).toEqual(all('accepted'));
        }
      }
      for (const { store } of [one, two]) store.rotate(fresh);
      expect(await visits(two)).toEqual(all('not-found'));
      expect(await visits(one)).toEqual(all('accepted'));
    }
    expect([...one.seals, ...two.seals, ...one.reports, ...two.reports]).toEqual([]);
    expect(two.store.counters.keyUnknown).toBe(3 * clients.length);
  });
});
