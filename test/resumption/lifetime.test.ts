/** Rules S31 to S33: what ends a session before its time, what does not, and how often it may be resumed. */

import fc from 'fast-check';
import {
  AlertDescription,
  type AlertName,
  MemorySessionStore,
  type ServerConfig,
  type SessionStore,
} from 'reprise-tls';
import { expect, test } from 'vitest';
import { flights } from '../../src/handshake/states.ts';
import { ContentType } from '../../src/record/content.ts';
import { hex } from '../../src/wire/bytes.ts';
import {
  accepted,
  clientConfig,
  established,
  meet,
  OpenStore,
  offer,
  reporter,
  serverConfig,
  stage,
} from '../support/resumption.ts';
import { playClient, type ScriptedClient } from '../support/scripted.ts';

/** Whether the session is still in the store after a client did this in an abbreviated handshake with it. */
async function survives(
  changes: Partial<ServerConfig>,
  when: 'before Finished' | 'after Finished',
  does: (client: ScriptedClient) => unknown,
): Promise<boolean> {
  const { store, session } = await established();
  const { end } = await playClient(serverConfig({ sessionStore: store, ...changes }), async (client) => {
    client.offered = session;
    await client.walk(flights.abbreviated.slice(0, when === 'before Finished' ? 4 : undefined));
    await does(client);
    await client.settle();
  });
  expect(end.info?.resumed).toBe(when === 'before Finished' ? undefined : true);
  return store.entries.size === 1;
}

const alerts = Object.keys(AlertDescription) as AlertName[];
const fatal = fc.constantFrom(...alerts.filter((name) => name !== 'close_notify'));
const runs = { numRuns: 10 };

/** What makes the server send a fatal alert: a record that starts with no content type. */
const provoke = (client: ScriptedClient) => client.raw(Uint8Array.of(99));

test("S31: a fatal alert received after the client's Finished deletes the session (RFC 5246 §7.2.2)", async () => {
  await fc.assert(
    fc.asyncProperty(fatal, async (name) => {
      expect(await survives({}, 'after Finished', (client) => client.sendAlert(name))).toBe(false);
    }),
    runs,
  );
});

test('S31: so does one whose number no RFC names', async () => {
  const unnamed = (client: ScriptedClient) => client.record(ContentType.alert, Uint8Array.of(2, 222));
  expect(await survives({}, 'after Finished', unnamed)).toBe(false);
});

test("S31: a fatal alert sent after the client's Finished deletes the session (RFC 5246 §7.2.2)", async () => {
  expect(await survives({}, 'after Finished', provoke)).toBe(false);
  const strangeRecord = (client: ScriptedClient) =>
    client.record(ContentType.handshake, Uint8Array.of(77, 0, 0, 0));
  expect(await survives({}, 'after Finished', strangeRecord)).toBe(false);
});

test("S31: a fatal alert before the client's Finished, either way, deletes nothing: a stranger who saw the ID could send it", async () => {
  await fc.assert(
    fc.asyncProperty(fatal, async (name) => {
      expect(await survives({}, 'before Finished', (client) => client.sendAlert(name))).toBe(true);
    }),
    runs,
  );
  expect(await survives({}, 'before Finished', provoke)).toBe(true);
  const wrongKeys = (client: ScriptedClient) => {
    client.deriveKeys(new Uint8Array(48).fill(1));
    client.speak('ChangeCipherSpec');
    client.speak('Finished');
  };
  expect(await survives({}, 'before Finished', wrongKeys)).toBe(true);
});

test('S31: in the strict mode it does, sent or received (RFC 5246 §7.2.2 to the letter)', async () => {
  const strict = { strictSessionInvalidation: true };
  const received = (client: ScriptedClient) => client.sendAlert('handshake_failure');
  expect(await survives(strict, 'before Finished', received)).toBe(false);
  expect(await survives(strict, 'before Finished', provoke)).toBe(false);
  expect(await survives(strict, 'after Finished', provoke)).toBe(false);
});

test('S31: an end without close_notify deletes nothing (RFC 5246 §7.2.1), nor does any end but a fatal alert', async () => {
  const ends: ((client: ScriptedClient) => unknown)[] = [
    (client) => client.connection.feedEnd(),
    (client) => client.connection.abort(),
    (client) => client.connection.close(),
    (client) => client.sendAlert('close_notify', 'warning'),
    (client) => client.sendAlert('user_canceled', 'warning'),
  ];
  for (const strictSessionInvalidation of [false, true]) {
    for (const end of ends) {
      for (const when of ['before Finished', 'after Finished'] as const) {
        expect(await survives({ strictSessionInvalidation }, when, end)).toBe(true);
      }
    }
  }
});

test('S31: a fatal alert after a full handshake deletes the session that it made', async () => {
  const store = new OpenStore();
  await playClient(serverConfig({ sessionStore: store }), async (client) => {
    await client.full();
    expect(store.entries.size).toBe(1);
    provoke(client);
  });
  expect(store.entries.size).toBe(0);
});

test('S31: a fatal alert in a full handshake does not touch the session that was offered and refused', async () => {
  const { store, session } = await established();
  const config = serverConfig({
    sessionStore: store,
    sessionContext: 'another',
    strictSessionInvalidation: true,
  });
  await playClient(config, async (client) => {
    expect((await client.greet(session)).resumed).toBe(false);
    provoke(client);
  });
  expect(store.entries.size).toBe(1);
});

test('S31: deletion comes last: the alert has left, and nobody waits for the store', async () => {
  const { reports, report } = reporter();
  const store = new OpenStore();
  const sentBefore: number[] = [];
  const hanging = {
    get: (key: string) => store.get(key),
    set: (key: string, state: Uint8Array, lifetime: number) => store.set(key, state, lifetime),
    delete: () => {
      sentBefore.push(pair.serverEnd.sent.length);
      return new Promise<void>(() => {});
    },
  };
  const { client, server } = stage({ server: { sessionStore: hanging, sessionStoreDeadline: 5, report } });
  const pair = await meet(client, server);
  const before = pair.serverEnd.sent.length;
  expect(pair.server.feed(Uint8Array.of(99))).toBeUndefined();
  expect(pair.serverEnd.closed?.error?.alert).toBe('unexpected_message');
  expect(sentBefore).toEqual([before + 1]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(reports).toMatchObject([{ kind: 'store-failed', operation: 'delete' }]);
});

test('S32: garbage, an old format, bytes of another session, any failure or silence of the store: a miss, reported (RFC 5246 §7.4.1.2)', async () => {
  // Each of them by itself, at both ends: store-faults.test.ts.
  const { store, session } = await established();
  const { reports, report } = reporter();
  const answers: (() => unknown)[] = [
    () => new Uint8Array(200),
    () => store.only.state.slice(1),
    () => 'state',
    () => new Promise(() => {}),
    () => Promise.reject(new Error('the store is down')),
  ];
  for (const get of answers) {
    const broken = { get, set: () => {}, delete: () => {} } as ServerConfig['sessionStore'];
    const config = serverConfig({ ...(broken && { sessionStore: broken }), sessionStoreDeadline: 5, report });
    const { end } = await playClient(config, (client) => client.reconnect(session));
    expect(end.info?.resumed).toBe(false);
  }
  expect(reports.map(({ kind }) => kind)).toEqual([
    'session-undecodable',
    'session-undecodable',
    'store-failed',
    'store-failed',
    'store-failed',
  ]);
});

test('S33: one ID may be resumed many times, one after the other (RFC 5246 §7.4.1.2)', async () => {
  const known = await established();
  const config = serverConfig({ sessionStore: known.store });
  for (let i = 0; i < 20; i++) {
    const { end } = await playClient(config, (client) => client.resume(known.session));
    expect(end.info?.resumption).toBe('accepted');
  }
});

test('S33: and many times at once, each connection with keys of its own', async () => {
  const known = await established();
  const config = serverConfig({ sessionStore: known.store });
  const count = 30;
  let arrived = 0;
  let release = () => {};
  const all = new Promise<void>((resolve) => {
    release = resolve;
  });
  const one = async (client: ScriptedClient) => {
    client.offered = known.session;
    await client.walk(flights.abbreviated.slice(0, 4));
    arrived++;
    if (arrived === count) release();
    await all; // every connection is in the middle of its handshake now
    await client.walk(flights.abbreviated.slice(4));
    client.sendData(Uint8Array.of(arrived));
    await client.settle();
    return hex(client.connection.exportKeyingMaterial('EXPORTER-test', 16));
  };
  const played = await Promise.all(Array.from({ length: count }, () => playClient(config, one)));
  expect(played.every(({ end }) => end.info?.resumed === true && end.received.length === 1)).toBe(true);
  expect(new Set(played.map(({ result }) => result)).size).toBe(count);
});

test('S33: a fatal alert on one connection does not end the others of its session (RFC 5246 §7.2)', async () => {
  const known = await established();
  const config = serverConfig({ sessionStore: known.store });
  const { end } = await playClient(config, async (client) => {
    await client.resume(known.session);
    await playClient(config, async (other) => {
      await other.resume(known.session);
      provoke(other);
    });
    client.sendData(Uint8Array.of(1));
  });
  expect(end.received.length).toBe(1);
  expect(end.closed).toBeUndefined();
  expect(await offer(known)).toMatchObject({ resumption: 'not-found' });
});

test('S33: single use may be decided by the veto', async () => {
  const used = new Set<string>();
  const acceptSession: ServerConfig['acceptSession'] = ({ sessionId }) => {
    const id = hex(sessionId);
    const fresh = !used.has(id);
    used.add(id);
    return fresh;
  };
  const known = await established();
  expect(await offer(known, { acceptSession })).toMatchObject(accepted);
  expect(await offer(known, { acceptSession })).toMatchObject({ resumption: 'vetoed' });
});

test('S33: with singleUseSessions an ID is resumed once, on whichever server with that store', async () => {
  const { store, client } = stage();
  const server = () => serverConfig({ sessionStore: store, singleUseSessions: true });
  const resumed: boolean[] = [];
  for (let visit = 0; visit < 4; visit++) {
    const { serverEnd } = await meet(client, server());
    resumed.push(serverEnd.info?.resumed ?? false);
  }
  expect(resumed).toEqual([false, true, false, true]);
});

test('S33: of many who offer an ID at once, with singleUseSessions one is resumed and all are served', async () => {
  const memory = new MemorySessionStore();
  const slow: SessionStore = {
    get: async (key) => memory.get(key),
    set: async (key, state, lifetime) => memory.set(key, state, lifetime),
    delete: async (key) => memory.delete(key),
    take: async (key) => memory.take(key),
  };
  const { client, cache } = stage();
  const server = serverConfig({ sessionStore: slow, singleUseSessions: true });
  await meet(client, server);
  const held = new Map<string, Uint8Array>();
  cache.forgetWhere((key, state) => {
    held.set(key, state.slice());
    return false;
  });
  const [session] = held.values();
  const visits = Array.from({ length: 5 }, () => meet(clientConfig({ session }), server));
  const infos = (await Promise.all(visits)).map(({ serverEnd }) => serverEnd.info);
  expect(infos.filter((info) => info?.resumed).length).toBe(1);
  expect(infos.filter((info) => info?.resumption === 'not-found').length).toBe(4);
});
