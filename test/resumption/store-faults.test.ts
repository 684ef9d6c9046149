/**
 * S32 through real connections: a store or a cache that fails in any way costs one full handshake and a report. No
 * connection fails for it, and no rejection is left over.
 */

import fc from 'fast-check';
import {
  type ClientConfig,
  MemoryClientSessionCache,
  MemorySessionStore,
  type ServerConfig,
  type SessionStore,
} from 'reprise-tls';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { sha256 } from '../../src/crypto/hash.ts';
import { withChecksum } from '../../src/session/keeper.ts';
import { encodeSession } from '../../src/session/session.ts';
import { makePair, type Pair } from '../support/pair.ts';
import {
  clientConfig,
  meet,
  OpenStore,
  reporter,
  serverConfig,
  sessionIn,
  stage,
} from '../support/resumption.ts';
import { playClient, playServer, type ScriptedSession } from '../support/scripted.ts';

type Operation = 'get' | 'set' | 'delete';

/** A store whose operations do as told, and else work. */
class FlakyStore extends OpenStore {
  does: Partial<Record<Operation, () => unknown>> = {};

  override get(key: string) {
    return this.does.get ? (this.does.get() as Uint8Array) : super.get(key);
  }
  override set(key: string, state: Uint8Array, lifetime: number) {
    return this.does.set ? (this.does.set() as undefined) : super.set(key, state, lifetime);
  }
  override delete(key: string) {
    return this.does.delete ? (this.does.delete() as undefined) : super.delete(key);
  }
}

const failures: readonly (readonly [string, () => unknown])[] = [
  [
    'throws',
    () => {
      throw new Error('the store is down');
    },
  ],
  ['rejects', () => Promise.reject(new Error('the store is down'))],
  ['rejects with nothing', () => Promise.reject()],
  ['never answers', () => new Promise(() => {})],
  // biome-ignore lint/suspicious/noThenProperty: what a store may come to.
  ['answers with a thenable that calls nobody back', () => ({ then() {} })],
];

const rubbish: readonly unknown[] = [
  'state',
  42,
  true,
  {},
  [],
  new ArrayBuffer(64),
  () => {},
  new Uint8Array(1 << 20),
];

const deadline = 5;
const unhandled = vi.fn();
beforeAll(() => {
  process.on('unhandledRejection', unhandled);
});
afterAll(async () => {
  await new Promise((resolve) => setTimeout(resolve, 4 * deadline));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

function flaky(side: 'server' | 'client') {
  const store = new FlakyStore();
  const { reports, report } = reporter();
  const own = { sessionStoreDeadline: deadline, report };
  const { server, client } = stage(
    side === 'server'
      ? { server: { sessionStore: store, ...own } }
      : { client: { sessionCache: store, ...own } },
  );
  return { store, reports, server, client };
}

function expectSecure({ clientEnd, serverEnd }: Pair): void {
  expect(clientEnd.closed?.error ?? serverEnd.closed?.error).toBeUndefined();
  expect(clientEnd.info).toBeDefined();
  expect(serverEnd.info).toBeDefined();
}

describe.each(['server', 'client'] as const)('S32: the store of the %s', (side) => {
  describe.each(failures)('%s', (_, fails) => {
    test('at get: a full handshake, reported as store-failed', async () => {
      const { store, reports, server, client } = flaky(side);
      await meet(client, server);
      store.does = { get: fails };
      const pair = await meet(client, server);
      expectSecure(pair);
      const end = side === 'server' ? pair.serverEnd : pair.clientEnd;
      expect(end.info?.resumption).toBe('store-failed');
      expect(reports).toMatchObject([{ kind: 'store-failed', operation: 'get', error: expect.any(Error) }]);
    });

    test('at set: a good handshake, reported, and the next one is full', async () => {
      const { store, reports, server, client } = flaky(side);
      store.does = { set: fails };
      expectSecure(await meet(client, server));
      // A client does not wait for its cache, nor does the report.
      await vi.waitFor(() => expect(reports).toMatchObject([{ kind: 'store-failed', operation: 'set' }]));
      const pair = await meet(client, server);
      expectSecure(pair);
      const end = side === 'server' ? pair.serverEnd : pair.clientEnd;
      expect(end.info).toMatchObject({ resumed: false, resumption: 'not-found' });
    });

    test('at delete: the connection ends as it would have, and the fault is reported', async () => {
      const { store, reports, server, client } = flaky(side);
      const pair = await meet(client, server);
      store.does = { delete: fails };
      const { connection, end } = ended(pair, side);
      connection.feed(Uint8Array.of(99)); // no record starts so
      await new Promise((resolve) => setTimeout(resolve, 2 * deadline));
      expect(end.closed?.error?.alert).toBe('unexpected_message');
      expect(reports).toMatchObject([{ kind: 'store-failed', operation: 'delete' }]);
    });
  });

  test.each(rubbish.map((value) => [String(value).slice(0, 20), value]))(
    'answers get with rubbish (%s): a full handshake, reported',
    async (_, value) => {
      for (const answer of [() => value, () => Promise.resolve(value)]) {
        const { store, reports, server, client } = flaky(side);
        await meet(client, server);
        store.does = { get: answer };
        const pair = await meet(client, server);
        expectSecure(pair);
        expect(pair.serverEnd.info?.resumed).toBe(false);
        expect(reports).toMatchObject([{ kind: 'store-failed', operation: 'get' }]);
      }
    },
  );

  test('answers get with null or undefined: a miss, and nothing to report', async () => {
    for (const answer of [null, undefined, Promise.resolve(null), Promise.resolve(undefined)]) {
      const { store, reports, server, client } = flaky(side);
      await meet(client, server);
      store.does = { get: () => answer };
      expectSecure(await meet(client, server));
      expect(reports).toEqual([]);
    }
  });

  test('answers later than the deadline: the late answer is dropped, and reported too', async () => {
    const { store, reports, server, client } = flaky(side);
    await meet(client, server);
    const { state } = store.only;
    store.does = { get: () => new Promise((resolve) => setTimeout(resolve, 3 * deadline, state)) };
    const pair = await meet(client, server);
    expectSecure(pair);
    await new Promise((resolve) => setTimeout(resolve, 4 * deadline));
    expect(pair.serverEnd.info?.resumed).toBe(false);
    expect(reports).toMatchObject([{ operation: 'get' }, { operation: 'get' }]);
  });

  test('takes its time within the deadline, for all three verbs: sessions resume', async () => {
    const { store, server, client } = flaky(side);
    const slow = slowed(store);
    const [patient, other]: [ServerConfig, ClientConfig] =
      side === 'server'
        ? [{ ...server, sessionStore: slow, sessionStoreDeadline: 1000 }, client]
        : [server, { ...client, sessionCache: slow, sessionStoreDeadline: 1000 }];
    await meet(other, patient);
    const pair = await meet(other, patient);
    expectSecure(pair);
    expect(pair.serverEnd.info?.resumed).toBe(true);
  });

  test('fails, and the report handler fails as well: the handshake goes on', async () => {
    for (const does of [failures[0]?.[1], () => new Uint8Array(100)]) {
      const { store, server, client } = flaky(side);
      const report = () => {
        throw new Error('the logger is down');
      };
      const [s, c] = side === 'server' ? [{ ...server, report }, client] : [server, { ...client, report }];
      await meet(c, s);
      store.does = does === undefined ? {} : { get: does };
      expectSecure(await meet(c, s));
    }
  });
});

describe('S32: state that is not what was stored', () => {
  /** What the server makes of a state that came back changed. */
  async function offered(change: (state: Uint8Array, others: OpenStore) => Uint8Array) {
    const { session, store } = await established();
    const changed = store.clone();
    changed.entries.set(store.only.key, change(store.only.state.slice(), store));
    const { reports, report } = reporter();
    const { end, result } = await playClient(serverConfig({ sessionStore: changed, report }), (client) =>
      client.reconnect(session),
    );
    return { end, resumed: result, reports };
  }

  const undecodable = [{ kind: 'session-undecodable' }];

  test('truncated anywhere: a full handshake', async () => {
    const { store } = await established();
    for (let length = 0; length < store.only.state.length; length += 7) {
      const { end, resumed, reports } = await offered((state) => state.subarray(0, length));
      expect([resumed, end.info?.resumption, reports]).toEqual([false, 'undecodable', undecodable]);
    }
  });

  test('one bit flipped in any byte: a full handshake', async () => {
    const { store } = await established();
    for (let index = 0; index < store.only.state.length; index++) {
      const { end, resumed, reports } = await offered((state) => {
        state[index] = (state[index] ?? 0) ^ (1 << (index % 8));
        return state;
      });
      expect([index, resumed, end.info?.resumption]).toEqual([index, false, 'undecodable']);
      expect(reports).toEqual(undecodable);
    }
  });

  test('garbage of any kind: a full handshake', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (garbage) => {
        const { end, resumed } = await offered(() => garbage);
        expect([resumed, end.info?.resumption]).toEqual([false, 'undecodable']);
      }),
      { numRuns: 30 },
    );
  });

  test("another session's bytes: a full handshake", async () => {
    const other = new OpenStore();
    await playClient(serverConfig({ sessionStore: other }), (client) => client.full());
    const { end, reports } = await offered(() => other.only.state);
    expect(end.info?.resumption).toBe('undecodable');
    expect(reports).toEqual(undecodable);
  });

  test('a state of a format that is older or newer: a full handshake', async () => {
    const { store } = await established();
    const [formatVersion, ...rest] = encodeSession(sessionIn(store));
    const inFormat = (version: number) =>
      withChecksum(sha256, store.only.key, Uint8Array.of(version, ...rest));
    expect(await offered(() => inFormat(formatVersion ?? 0))).toMatchObject({ resumed: true, reports: [] });
    for (const version of [0, 2, 4, 255]) {
      const { end, reports } = await offered(() => inFormat(version));
      expect([end.info?.resumption, reports]).toEqual(['undecodable', undecodable]);
    }
  });
});

describe("S32: a client's cache whose state is not what was cached", () => {
  test('truncated, or one bit flipped in any byte: nothing is offered, and the handshake is full', async () => {
    const { client, server } = stage();
    const cache = new OpenStore();
    await meet({ ...client, sessionCache: cache }, server);
    const { key, state } = cache.only;
    for (let index = 0; index < state.length; index++) {
      const changed = state.slice(0, index % 3 === 0 ? index : undefined);
      if (index < changed.length) changed[index] = (changed[index] ?? 0) ^ (1 << (index % 8));
      cache.entries.set(key, changed);
      const { reports, report } = reporter();
      await playServer(clientConfig({ sessionCache: cache, report }), async (server) => {
        await server.hear('ClientHello');
        expect(server.clientHello?.sessionId.length).toBe(0);
      });
      expect(reports).toEqual([{ kind: 'session-undecodable' }]);
    }
  });

  test("another server's entry under this server's key: nothing is offered", async () => {
    const { server } = stage();
    const cache = new OpenStore();
    await meet(clientConfig({ sessionCache: cache, port: 990 }), server);
    const { state } = cache.only;
    cache.entries.clear();
    await meet(clientConfig({ sessionCache: cache, port: 443 }), server);
    cache.entries.set(cache.only.key, state);
    const { clientEnd } = await meet(clientConfig({ sessionCache: cache, port: 443 }), server);
    expect(clientEnd.info?.resumption).toBe('undecodable');
  });
});

describe('where the stores answer at once', () => {
  test('a whole handshake, full and abbreviated, happens inside feed, and no call of it returns a promise', () => {
    const client = clientConfig({ sessionCache: new MemoryClientSessionCache() });
    const server = serverConfig({ sessionStore: new MemorySessionStore() });
    for (const resumed of [false, true]) {
      const pair = makePair(client, server);
      const answers: unknown[] = [];
      const toServer = vi.spyOn(pair.server, 'feed');
      const toClient = vi.spyOn(pair.client, 'feed');
      pair.client.start();
      for (let i = 0; i < 3; i++) {
        for (const flight of pair.clientEnd.sent.splice(0)) pair.server.feed(flight);
        for (const flight of pair.serverEnd.sent.splice(0)) pair.client.feed(flight);
      }
      for (const { results } of [toServer.mock, toClient.mock])
        answers.push(...results.map(({ value }) => value));
      expect(answers.length).toBeGreaterThan(1);
      expect(answers.every((answer) => answer === undefined)).toBe(true);
      expect(pair.serverEnd.info?.resumed).toBe(resumed);
      expect(pair.clientEnd.info?.resumed).toBe(resumed);
    }
  });
});

let known: { session: ScriptedSession; store: OpenStore } | undefined;

/** One full handshake for all tests of this file that do not change it. */
async function established() {
  if (known !== undefined) return known;
  const store = new OpenStore();
  const { result } = await playClient(serverConfig({ sessionStore: store }), (client) => client.full());
  known = { session: result, store };
  return known;
}

function ended(pair: Pair, side: 'server' | 'client') {
  return side === 'server'
    ? { connection: pair.server, end: pair.serverEnd }
    : { connection: pair.client, end: pair.clientEnd };
}

/** The same store, a turn of the loop later. */
function slowed(store: SessionStore): SessionStore {
  const later = () => new Promise((resolve) => setTimeout(resolve, 1));
  return {
    get: (key) => later().then(() => store.get(key)),
    set: (key, state, lifetime) => later().then(() => store.set(key, state, lifetime)),
    delete: (key) => later().then(() => store.delete(key)),
  };
}
