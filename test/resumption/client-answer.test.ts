/** Rules C4 to C7, C10 and C12: what a client makes of the server's answer, and of a handshake that fails. */

import fc from 'fast-check';
import { type ClientConfig, ClientConnection, defaultCipherSuites, type TlsError } from 'reprise-tls';
import { expect, test } from 'vitest';
import { acceptEcho } from '../../src/handshake/resumption.ts';
import { flights } from '../../src/handshake/states.ts';
import { ContentType } from '../../src/record/content.ts';
import { createSession } from '../../src/session/session.ts';
import { equal } from '../../src/wire/bytes.ts';
import { makePair } from '../support/pair.ts';
import { clientConfig, OpenStore, sessionIn, site, stage } from '../support/resumption.ts';
import {
  playServer,
  type ScriptedServer,
  type ScriptedSession,
  type ServerHelloChanges,
  samples,
} from '../support/scripted.ts';

/** Plays a server with the site's certificate to a client with this cache. */
function play<T>(
  cache: OpenStore,
  script: (server: ScriptedServer) => Promise<T>,
  changes: Partial<ClientConfig> = {},
) {
  return playServer(clientConfig({ sessionCache: cache, ...changes }), script, { certificate: site });
}

async function cached(changes: Partial<ClientConfig> = {}) {
  const cache = new OpenStore();
  const { result } = await play(cache, (server) => server.full(), changes);
  cache.asked.length = 0;
  return { cache, session: result };
}

/** The alert with which the client answers such a ServerHello to its offer, whose session is echoed. */
async function answerTo(session: ScriptedSession, cache: OpenStore, changes: ServerHelloChanges) {
  const { result, end } = await play(cache.clone(), async (server) => {
    await server.hear('ClientHello');
    server.resumed = session;
    server.changes = changes;
    server.speak('ServerHello');
    return server.alert();
  });
  expect(end.info).toBeUndefined();
  return result;
}

test('C4: the server echoes the ID: the handshake is abbreviated (RFC 5246 §7.4.1.3)', async () => {
  const { cache, session } = await cached();
  const { end } = await play(cache, (server) => server.resume(session));
  expect(end.info).toMatchObject({ resumed: true, resumption: 'accepted', sessionId: session.sessionId });
});

test('C4: the server answers with any other ID, or none: the handshake is full, and the client is ready for it (RFC 5246 §7.4.1.3)', async () => {
  const { cache, session } = await cached();
  const { sessionId } = session;
  const other = fc.oneof(
    fc.uint8Array({ maxLength: 32 }),
    fc.integer({ min: 0, max: 31 }).map((length) => sessionId.slice(0, length)),
    fc.integer({ min: 0, max: 255 }).map((bit) => {
      return sessionId.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    }),
  );
  await fc.assert(
    fc.asyncProperty(other, async (answer) => {
      fc.pre(!equal(answer, sessionId));
      const { end, result } = await play(cache.clone(), (server) =>
        server.full({ fields: { sessionId: answer } }),
      );
      expect(end.info).toMatchObject({ resumed: false, resumption: 'declined-by-server', sessionId: answer });
      expect(equal(result.masterSecret, session.masterSecret)).toBe(false);
    }),
    { numRuns: 20 },
  );
});

test('C4: a client that has offered nothing forgets nothing', async () => {
  const cache = new OpenStore();
  const { end } = await play(cache, (server) => server.full({ fields: { sessionId: new Uint8Array(0) } }));
  expect(end.info).toMatchObject({ resumed: false, resumption: 'not-found' });
  expect(cache.asked).toEqual(['get']);
});

test('C4: a full handshake instead of the offered one puts its session in the place of the old', async () => {
  const { cache, session } = await cached();
  const { result } = await play(cache, (server) => server.full());
  expect(equal(result.sessionId, session.sessionId)).toBe(false);
  expect(sessionIn(cache).sessionId).toEqual(result.sessionId);
});

test('C5: resumed with another suite: illegal_parameter (RFC 5246 §7.4.1.3)', async () => {
  const { cache, session } = await cached();
  const others = defaultCipherSuites.filter(({ id }) => id !== session.suite.id).map(({ id }) => id);
  for (const cipherSuite of [...others, 0x002f, 0x1301]) {
    expect(await answerTo(session, cache, { fields: { cipherSuite } })).toBe('illegal_parameter');
  }
});

test('C5: resumed with compression: illegal_parameter (RFC 5246 §7.4.1.3)', async () => {
  const { cache, session } = await cached();
  for (const compressionMethod of [1, 64, 255]) {
    expect(await answerTo(session, cache, { fields: { compressionMethod } })).toBe('illegal_parameter');
  }
});

test('C5: resumed with another version, of which there is none here: protocol_version (RFC 5246 Appendix E.1)', async () => {
  const { cache, session } = await cached();
  for (const serverVersion of [0x0300, 0x0301, 0x0302, 0x0304]) {
    expect(await answerTo(session, cache, { fields: { serverVersion } })).toBe('protocol_version');
  }
});

test('C6: resumed without extended master secret: handshake_failure (RFC 7627 §5.3)', async () => {
  const { cache, session } = await cached();
  const changes = { extensions: { extended_master_secret: undefined } };
  expect(await answerTo(session, cache, changes)).toBe('handshake_failure');
});

test('C6: and the other way round, though a session without it is never offered: handshake_failure (RFC 7627 §5.3)', async () => {
  const { cache } = await cached();
  const session = createSession({ ...sessionIn(cache), extendedMasterSecret: false });
  const suite = defaultCipherSuites.find(({ id }) => id === session.cipherSuite);
  if (suite === undefined) throw new TypeError('there is such a suite');
  const offer = { session, suite, certificate: {} } as unknown as Parameters<typeof acceptEcho>[0];
  const serverHello = { ...samples.ServerHello, sessionId: session.sessionId, cipherSuite: suite.id };
  const echo = () => acceptEcho(offer, serverHello, { extended_master_secret: {} });
  expect(echo).toThrow(expect.objectContaining({ alert: 'handshake_failure' }));
  expect(acceptEcho(offer, serverHello, {}).session).toBe(session);
});

test('C7: a server that resumes what was never offered: abort', async () => {
  const { session } = await cached();
  for (const sessionId of [session.sessionId, new Uint8Array(32).fill(1), Uint8Array.of(1)]) {
    const { end } = await play(new OpenStore(), async (server) => {
      await server.hear('ClientHello');
      expect(server.clientHello?.sessionId.length).toBe(0);
      server.resumed = { ...session, sessionId };
      server.speak('ServerHello');
      server.speak('ChangeCipherSpec');
      server.speak('Finished');
      expect(await server.alert()).toBe('unexpected_message');
    });
    expect(end.info).toBeUndefined();
  }
});

test('C7: a server that resumes another session than the one that was offered: abort', async () => {
  const { cache } = await cached();
  const { session } = await cached();
  await play(cache, async (server) => {
    await server.hear('ClientHello');
    server.resumed = session;
    server.speak('ServerHello');
    server.speak('ChangeCipherSpec');
    server.speak('Finished');
    expect(await server.alert()).toBe('unexpected_message');
  });
});

test('C7: a server that echoes the ID and does not have the master secret: abort', async () => {
  const { cache, session } = await cached();
  const { end } = await play(cache, async (server) => {
    await server.hear('ClientHello');
    server.resumed = { ...session, masterSecret: new Uint8Array(48).fill(1) };
    server.speak('ServerHello');
    server.speak('ChangeCipherSpec');
    server.speak('Finished');
    expect(await server.alert()).toBe('bad_record_mac');
  });
  expect(end.info).toBeUndefined();
});

/** What may go wrong in an abbreviated handshake, from the client's ClientHello on. */
const failures: readonly (readonly [string, (server: ScriptedServer) => unknown])[] = [
  ['an alert', (server) => server.sendAlert('handshake_failure')],
  ['an alert that no RFC names', (server) => server.record(ContentType.alert, Uint8Array.of(2, 222))],
  ['the end of the transport', (server) => server.connection.feedEnd()],
  ['a Finished that does not hold', (server) => server.send('Finished', { verifyData: new Uint8Array(12) })],
  ['a Certificate', (server) => server.speak('Certificate')],
  ['bytes that are no TLS', (server) => server.raw(Uint8Array.of(99))],
  ['a call of abort', (server) => server.connection.abort()],
];

test.each(failures)(
  'C10: a resumption that fails by %s forgets the session, and a retry starts full',
  async (_, fails) => {
    const { cache, session } = await cached();
    const { end } = await play(cache, async (server) => {
      await server.hear('ClientHello');
      server.resumed = session;
      server.speak('ServerHello');
      server.speak('ChangeCipherSpec');
      await server.settle();
      fails(server);
    });
    expect(end.closed?.error).toBeDefined();
    expect(cache.entries.size).toBe(0);

    const retry = await play(cache, (server) => server.full());
    expect(retry.end.info).toMatchObject({ resumed: false, resumption: 'not-found' });
  },
);

test('C10: a resumption that is abandoned forgets the session as well, whoever is told of it', async () => {
  const { cache, session } = await cached();
  const { end } = await play(cache, async (server) => {
    await server.hear('ClientHello');
    server.resumed = session;
    server.speak('ServerHello');
    await server.settle();
    server.connection.abandon();
  });
  expect(end.closed).toBeUndefined();
  expect(cache.entries.size).toBe(0);
});

test('C10: a session that was given in the place of a cache is forgotten likewise, by all connections of that configuration', async () => {
  const { cache, session } = await cached();
  const config = clientConfig({ session: cache.only.state });
  const first = await playServer(config, (server) => server.resume(session), { certificate: site });
  expect(first.end.info?.resumption).toBe('accepted');
  await playServer(config, async (server) => {
    await server.hear('ClientHello');
    expect(server.clientHello?.sessionId).toEqual(session.sessionId);
    server.sendAlert('handshake_failure');
  });
  const retry = await playServer(config, (server) => server.full(), { certificate: site });
  expect(retry.end.info).toMatchObject({ resumed: false, resumption: 'not-found' });
});

test('C10: a fatal alert on the connection, sent or received, forgets the session too (RFC 5246 §7.2.2)', async () => {
  const ends: ((server: ScriptedServer) => unknown)[] = [
    (server) => server.sendAlert('internal_error'),
    (server) => server.record(ContentType.alert, Uint8Array.of(2, 222)),
    (server) => server.raw(Uint8Array.of(99)),
  ];
  for (const does of ends) {
    const { cache, session } = await cached();
    await play(cache, async (server) => {
      await server.resume(session);
      does(server);
    });
    expect(cache.entries.size).toBe(0);
  }
});

test('C10: an orderly end, or a transport that breaks after the handshake, forgets nothing (RFC 5246 §7.2.1)', async () => {
  const ends: ((server: ScriptedServer) => unknown)[] = [
    (server) => server.sendAlert('close_notify', 'warning'),
    (server) => server.connection.close(),
    (server) => server.connection.feedEnd(),
    (server) => server.connection.abort(),
    (server) => server.connection.abandon(),
    (server) => server.sendAlert('user_canceled', 'warning'),
  ];
  const { cache, session } = await cached();
  for (const does of ends) {
    await play(cache, async (server) => {
      await server.resume(session);
      does(server);
    });
    expect(cache.entries.size).toBe(1);
  }
});

test('C12: a session whose server is not trusted is never kept', async () => {
  const cache = new OpenStore();
  const refuse = { alert: 'unknown_ca', message: 'nobody knows it' } as const;
  const { end } = await play(cache, (server) => server.walk(flights.full.slice(0, 5)), {
    verifyCertificate: () => refuse,
  });
  expect(end.closed?.error?.alert).toBe('unknown_ca');
  expect(cache.asked).not.toContain('set');
});

test.each<[string, (server: ScriptedServer) => unknown]>([
  [
    'the signature of the key exchange does not hold',
    (server) => server.send('ServerKeyExchange', samples.ServerKeyExchange),
  ],
  ['the handshake ends before its key exchange', (server) => server.connection.feedEnd()],
])('C12: nor is one where %s', async (_, does) => {
  const cache = new OpenStore();
  const { end } = await play(cache, async (server) => {
    await server.walk(flights.full.slice(0, 3));
    does(server);
  });
  expect(end.closed?.error).toBeDefined();
  expect(cache.asked).not.toContain('set');
});

test.each<[string, (server: ScriptedServer) => unknown]>([
  [
    "the server's Finished does not hold",
    (server) => server.send('Finished', { verifyData: new Uint8Array(12) }),
  ],
  ["the server's Finished does not come", (server) => server.connection.feedEnd()],
  ['an alert takes its place', (server) => server.sendAlert('decrypt_error')],
])('C12: nor is one where %s (CVE-2024-0853)', async (_, does) => {
  const cache = new OpenStore();
  const { end } = await play(cache, async (server) => {
    await server.walk(flights.full.slice(0, 8));
    server.speak('ChangeCipherSpec');
    does(server);
  });
  expect(end.closed?.error).toBeDefined();
  expect(cache.asked).not.toContain('set');
});

test('C12: a connection that the application refuses when it is told of it leaves no session behind', async () => {
  const { client, server, cache } = stage();
  const { server: acceptor, serverEnd } = makePair(client, server);
  const toServer: Uint8Array[] = [];
  let ended: TlsError | undefined;
  const refusing = new ClientConnection(client, {
    send: (bytes) => toServer.push(bytes),
    secure: () => {
      throw new Error('not the certificate that is pinned');
    },
    close: (error) => {
      ended = error;
    },
  });
  refusing.start();
  for (let i = 0; i < 2; i++) {
    for (const flight of toServer.splice(0)) await acceptor.feed(flight);
    for (const flight of serverEnd.sent.splice(0)) await refusing.feed(flight);
  }
  expect(serverEnd.info).toBeDefined();
  expect(ended?.reason).toBe('application');
  expect(cache.size).toBe(0);
});
