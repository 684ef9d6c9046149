/** Rules S1 to S8: the session ID on the wire, when it is looked up, issued and echoed, and when a session is stored. */

import fc from 'fast-check';
import { noble, type RandomBytes, type ServerConfig, type SessionStore } from 'reprise-tls';
import { expect, test } from 'vitest';
import { flights } from '../../src/handshake/states.ts';
import { concat, equal, hex, utf8 } from '../../src/wire/bytes.ts';
import { makePair } from '../support/pair.ts';
import { clientConfig, meet, OpenStore, serverConfig, stage } from '../support/resumption.ts';
import { message, playClient, playServer, type ScriptedSession, serverName } from '../support/scripted.ts';

const runs = { numRuns: 20 };

/** A server, and a session that it has just made. */
async function established(changes: Partial<ServerConfig> = {}) {
  const store = new OpenStore();
  const config = serverConfig({ sessionStore: store, ...changes });
  const { result } = await playClient(config, (client) => client.full());
  store.asked.length = 0;
  return { config, store, session: result };
}

function withId(session: ScriptedSession, sessionId: Uint8Array): ScriptedSession {
  return { ...session, sessionId };
}

test('S1: an ID longer than 32 bytes is a decode_error (RFC 5246 §7.4.1.2)', async () => {
  const { config, store } = await established();
  for (const length of [33, 64, 255]) {
    await playClient(config, async (client) => {
      const hello = message('ClientHello', { ...client.clientHello(), sessionId: new Uint8Array(32) });
      // Behind the header, the version and the random.
      const [before, after] = [hello.slice(0, 38), hello.slice(39 + 32)];
      const long = concat(before, Uint8Array.of(length), new Uint8Array(length), after);
      long.set([0, (long.length - 4) >> 8, (long.length - 4) & 0xff], 1);
      client.sendMessage(long);
      expect(await client.alert()).toBe('decode_error');
    });
  }
  expect(store.asked).toEqual([]);
});

test('S1: an ID of 1 to 31 bytes is not looked up, and the handshake is full', async () => {
  const { config, store, session } = await established();
  for (let length = 1; length < 32; length++) {
    const short = withId(session, session.sessionId.slice(0, length));
    const { serverHello } = (await playClient(config, (client) => client.greet(short))).result;
    expect(serverHello.sessionId.length).toBe(32);
    // A new ID is random: in its first bytes it may be as the old one, in eight of them never.
    if (length >= 8) expect(equal(serverHello.sessionId.slice(0, length), short.sessionId)).toBe(false);
  }
  const { end } = await playClient(config, (client) => client.reconnect(withId(session, Uint8Array.of(1))));
  expect(end.info).toMatchObject({ resumed: false, resumption: 'not-offered' });
  expect(store.asked).not.toContain('get');
});

test('S1: a server without a store goes on with a full handshake, whatever ID is offered', async () => {
  const { session } = await established();
  const { end } = await playClient(serverConfig(), (client) => client.reconnect(session));
  expect(end.info).toMatchObject({ resumed: false, resumption: 'not-offered' });
  expect(end.info?.sessionId).toHaveLength(0);
});

test('S1: an empty ID is never looked up', async () => {
  const { config, store } = await established();
  const { end } = await playClient(config, (client) => client.reconnect(undefined));
  expect(end.info?.resumption).toBe('not-offered');
  expect(store.asked).toEqual(['set']);
});

test('S2: an ID is 32 bytes of the random generator and nothing else (RFC 5246 §7.4.1.2)', async () => {
  const drawn: Uint8Array[] = [];
  const crypto = {
    ...noble,
    randomBytes: (length: number) => {
      const bytes = noble.randomBytes(length);
      drawn.push(bytes.slice());
      return bytes;
    },
  };
  const { session } = await established({ crypto });
  expect(session.sessionId.length).toBe(32);
  expect(drawn.filter((bytes) => equal(bytes, session.sessionId)).length).toBe(1);
});

test('S2: no two sessions have the same ID', async () => {
  const { config } = await established();
  const ids = new Set<string>();
  for (let i = 0; i < 20; i++) {
    ids.add(
      hex((await playClient(config, (client) => client.greet(undefined))).result.serverHello.sessionId),
    );
  }
  expect(ids.size).toBe(20);
});

test('S3: an ID is issued only where the session may be stored, else the ID is empty (RFC 5246 §7.4.1.3)', async () => {
  const { end } = await playClient(serverConfig(), (client) => client.full());
  expect(end.info?.sessionId.length).toBe(0);

  const store = new OpenStore();
  const legacy = serverConfig({ sessionStore: store, requireExtendedMasterSecret: false });
  const withoutExtension = { extensions: { extended_master_secret: undefined } };
  const second = await playClient(legacy, (client) => client.full(withoutExtension));
  expect(second.end.info?.sessionId.length).toBe(0);
  expect(store.asked).toEqual([]);
});

test('S4: where the session is not found, the ID of the client is never echoed (RFC 5246 §7.4.1.3)', async () => {
  const { config } = await established();
  const unknown = fc.uint8Array({ minLength: 1, maxLength: 32 });
  await fc.assert(
    fc.asyncProperty(unknown, async (sessionId) => {
      const changes = { fields: { sessionId } };
      const { result, end } = await playClient(config, async (client) => {
        const answer = await client.greet(undefined, changes);
        await client.walk(flights.full.slice(2));
        return answer;
      });
      expect(equal(result.serverHello.sessionId, sessionId)).toBe(false);
      expect(end.info?.resumed).toBe(false);
    }),
    runs,
  );
});

test('S4: a session that is found and refused is not echoed either', async () => {
  const { config, session } = await established();
  const { result } = await playClient(config, (client) =>
    client.greet(session, { extensions: serverName('elsewhere.test') }),
  );
  expect(result.resumed).toBe(false);
  expect(result.serverHello.sessionId.length).toBe(32);
});

test('S5: where the session is resumed, exactly the received bytes are echoed (CVE-2016-9244)', async () => {
  const { config, session } = await established();
  const { result, end } = await playClient(config, (client) => client.greet(session));
  expect(result.serverHello.sessionId).toEqual(session.sessionId);
  // On the wire, too: header, version and random come before, the suite of the session right behind.
  const echo = end.sent[0]?.subarray(5 + 4 + 2 + 32, 5 + 4 + 2 + 32 + 1 + 32 + 2) ?? new Uint8Array(0);
  const { id } = session.suite;
  expect(hex(echo)).toBe(hex(Uint8Array.of(32, ...session.sessionId, id >> 8, id & 0xff)));
});

test('S2: an ID may be of the application’s making, of 32 bytes and from the source that it is given', async () => {
  const sessionIds = (randomBytes: RandomBytes) => concat(utf8('server 7'), randomBytes(24));
  const { session, config } = await established({ sessionIds });
  expect(session.sessionId.subarray(0, 8)).toEqual(utf8('server 7'));
  const { end } = await playClient(config, (client) => client.resume(session));
  expect(end.info?.resumed).toBe(true);
});

test('S2: an ID of the application’s of another length, or none, is its own fault', async () => {
  for (const made of [new Uint8Array(31), new Uint8Array(33), undefined]) {
    const config = serverConfig({ sessionStore: new OpenStore(), sessionIds: () => made as Uint8Array });
    const { end } = await playClient(config, async (client) => {
      client.speak('ClientHello');
      expect(await client.alert()).toBe('internal_error');
    });
    expect(end.closed?.error).toMatchObject({ reason: 'application' });
  }
});

test("S6: the session is stored after the client's Finished and before the server's leaves", async () => {
  const store = new OpenStore();
  const { server, client } = stage({ server: { sessionStore: store } });
  const flightsSent: number[] = [];
  const watched: SessionStore = {
    get: (key) => store.get(key),
    set: (key, state, lifetime) => {
      flightsSent.push(pair.serverEnd.sent.length);
      store.set(key, state, lifetime);
    },
    delete: (key) => store.delete(key),
  };
  const pair = makePair(client, { ...server, sessionStore: watched });
  pair.client.start();
  await pair.settle();
  expect(flightsSent).toEqual([1]);
  expect(pair.serverEnd.sent.length).toBe(2);
});

test("S6: while the store has not taken the session, the server's Finished does not leave", async () => {
  const store = new OpenStore();
  let taken = () => {};
  const slow: SessionStore = {
    get: (key) => store.get(key),
    set: (key, state, lifetime) =>
      new Promise((resolve) => {
        taken = () => resolve(store.set(key, state, lifetime));
      }),
    delete: (key) => store.delete(key),
  };
  const config = serverConfig({ sessionStore: slow, sessionStoreDeadline: 10_000 });
  const { end, result } = await playClient(config, async (client) => {
    await client.walk(flights.full.slice(0, 5));
    for (const name of ['ClientKeyExchange', 'ChangeCipherSpec', 'Finished'] as const) client.speak(name);
    client.flush();
    await Promise.resolve();
    expect(client.connection.info).toBeUndefined();
    taken();
    await client.walk(flights.full.slice(8));
    return client.session;
  });
  expect(end.info?.sessionId).toEqual(result.sessionId);
  expect(store.entries.size).toBe(1);
});

test("S6: with awaitSessionStore: false the server's Finished leaves while the store still works", async () => {
  const stored: string[] = [];
  const endless: SessionStore = {
    get: () => undefined,
    set: (key) => {
      stored.push(key);
      return new Promise(() => {});
    },
    delete: () => {},
  };
  const config = serverConfig({ sessionStore: endless, awaitSessionStore: false, sessionStoreDeadline: 10 });
  const { end, result } = await playClient(config, (client) => client.full());
  expect(end.info?.sessionId).toEqual(result.sessionId);
  expect(stored.length).toBe(1);
});

test('S6: a client that returns at once, to another server with the same store, resumes', async () => {
  const store = new OpenStore();
  const slow: SessionStore = {
    get: (key) => store.get(key),
    set: async (key, state, lifetime) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      store.set(key, state, lifetime);
    },
    delete: (key) => store.delete(key),
  };
  const machine = () => serverConfig({ sessionStore: slow, sessionStoreDeadline: 1000 });
  const { client } = stage();
  await meet(client, machine());
  const { clientEnd, serverEnd } = await meet(client, machine());
  expect([clientEnd.info?.resumption, serverEnd.info?.resumption]).toEqual(['accepted', 'accepted']);
});

test("S6: a session whose client's Finished does not hold is not stored", async () => {
  const store = new OpenStore();
  await playClient(serverConfig({ sessionStore: store }), async (client) => {
    await client.walk(flights.full.slice(0, 7));
    client.send('Finished', { verifyData: new Uint8Array(12) });
    expect(await client.alert()).toBe('decrypt_error');
  });
  expect(store.asked).toEqual([]);
});

test('S7: with a ticket in the hello the ID is not looked up, and the handshake is full (RFC 5077 §3.4)', async () => {
  const { config, store, session } = await established();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (ticket) => {
      const moreExtensions = [{ extensionType: 35, extensionData: ticket }];
      const { end } = await playClient(config, (client) => client.reconnect(session, { moreExtensions }));
      expect(end.info).toMatchObject({ resumed: false, resumption: 'not-offered' });
      expect(store.asked).not.toContain('get');
    }),
    runs,
  );
});

test('S7: an empty ticket extension asks for a ticket and presents none: the ID is looked up (RFC 5077 §3.2)', async () => {
  const { config, session } = await established();
  const moreExtensions = [{ extensionType: 35, extensionData: new Uint8Array(0) }];
  const { end } = await playClient(config, (client) => client.resume(session, { moreExtensions }));
  expect(end.info?.resumption).toBe('accepted');
});

test('S8: session_ticket is never acknowledged, empty or not, in a full or an abbreviated handshake', async () => {
  const { config, session } = await established();
  for (const extensionData of [new Uint8Array(0), new Uint8Array(100).fill(7)]) {
    for (const offered of [undefined, session]) {
      const moreExtensions = [{ extensionType: 35, extensionData }];
      const { result } = await playClient(config, (client) => client.greet(offered, { moreExtensions }));
      const answered = result.serverHello.extensions?.map(({ extensionType }) => extensionType);
      expect(answered).not.toContain(35);
    }
  }
});

test('S8: our own client sends no session_ticket', async () => {
  await playServer(clientConfig(), async (server) => {
    await server.hear('ClientHello');
    expect(server.clientExtensions.server_name).toBeDefined();
    expect(server.clientExtensions.session_ticket).toBeUndefined();
  });
});
