/**
 * Sessions of sockets: by hand, as `node:tls` has it (`session`, `getSession`, the event 'session'), or in a cache; in a
 * server's own store, or in one of the application's.
 */

import { once } from 'node:events';
import net from 'node:net';
import { MemoryClientSessionCache, MemorySessionStore, type Report } from 'reprise-tls';
import { type ConnectOptions, connect, TlsSocket } from 'reprise-tls/node';
import { describe, expect, it } from 'vitest';
import { cert, key, type Listening, listening, site, trusting } from '../support/sockets.ts';
import { streams } from '../support/streams.ts';

/** One connection: whether it resumed, and its session. */
async function visit({ port }: Listening, options: ConnectOptions = {}) {
  const socket = connect({ ...trusting, host: '127.0.0.1', port, ...options });
  const brought: Buffer[] = [];
  socket.on('session', (session) => brought.push(session));
  await once(socket, 'secureConnect');
  const { info } = socket;
  const session = socket.getSession();
  const closed = once(socket, 'close');
  socket.resume().end();
  await closed;
  return { resumed: socket.isSessionReused(), session, brought, resumption: info?.resumption };
}

describe('a session by hand', () => {
  it('is brought by the event of a full handshake, and resumes as often as it is offered', async () => {
    await using server = await listening();
    const first = await visit(server);
    expect(first.resumed).toBe(false);
    expect(first.brought).toEqual([first.session]);
    for (let i = 0; i < 3; i++) {
      const again = await visit(server, { session: first.session });
      expect(again).toEqual({ resumed: true, session: first.session, brought: [], resumption: 'accepted' });
    }
  });

  it('goes to another port of the same server, as FTPS has it (RFC 4217 §10)', async () => {
    const sessionStore = new MemorySessionStore();
    await using control = await listening({ sessionStore });
    await using data = await listening({ sessionStore });
    const { session } = await visit(control);
    expect((await visit(data, { session })).resumed).toBe(true);
  });

  it.each([
    ['another name', { servername: 'localhost' }],
    ['other suites', { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }],
    ['a certificate of one’s own', { cert, key }],
  ])('is not offered under %s', async (_, options) => {
    await using server = await listening();
    const { session } = await visit(server);
    expect((await visit(server, { session, ...options })).resumed).toBe(false);
  });

  it('of bytes that are none costs a full handshake, and is reported', async () => {
    await using server = await listening();
    const reports: Report[] = [];
    const options = { session: Buffer.alloc(200, 1), report: (report: Report) => reports.push(report) };
    expect((await visit(server, options)).resumed).toBe(false);
    expect(reports).toEqual([{ kind: 'session-undecodable' }]);
  });

  it('that the server knows no more is followed by a new one', async () => {
    await using server = await listening({ sessionStore: null });
    await using other = await listening();
    const { session } = await visit(other);
    expect(await visit(server, { session })).toMatchObject({ resumed: false, session: undefined });
    const { session: fresh } = await visit(other, { session });
    expect(fresh).toEqual(session);
  });
});

describe('a session cache', () => {
  it('carries sessions from one connection to the next, for each port by itself', async () => {
    const sessionCache = new MemoryClientSessionCache();
    await using one = await listening();
    await using two = await listening();
    for (const server of [one, two]) {
      expect((await visit(server, { sessionCache })).resumed).toBe(false);
      expect((await visit(server, { sessionCache })).resumed).toBe(true);
    }
    expect(sessionCache.size).toBe(2);
  });

  it('may be asynchronous, and is asked for a session that getSession then tells', async () => {
    const memory = new MemoryClientSessionCache();
    const sessionCache = {
      get: (key: string) => Promise.resolve(memory.get(key)),
      set: (key: string, state: Uint8Array, lifetime: number) =>
        Promise.resolve(memory.set(key, state, lifetime)),
      delete: (key: string) => Promise.resolve(memory.delete(key)),
    };
    await using server = await listening();
    const first = await visit(server, { sessionCache });
    const second = await visit(server, { sessionCache });
    expect(second).toMatchObject({ resumed: true, session: first.session });
  });

  it('keeps partitions apart', async () => {
    const sessionCache = new MemoryClientSessionCache();
    await using server = await listening();
    await visit(server, { sessionCache, sessionPartition: 'one' });
    expect((await visit(server, { sessionCache, sessionPartition: 'two' })).resumed).toBe(false);
    expect((await visit(server, { sessionCache, sessionPartition: 'one' })).resumed).toBe(true);
  });

  it('is not used where nothing tells one server from another', async () => {
    const sessionCache = new MemoryClientSessionCache();
    await using server = await listening();
    const socket = connect({ socket: net.connect(server.port), rejectUnauthorized: false, sessionCache });
    await once(socket, 'secureConnect');
    expect(socket.getSession()).toBeDefined();
    expect(sessionCache.size).toBe(0);
    socket.destroy();
  });
});

describe('a server', () => {
  it('keeps sessions in the store that it is given, asynchronous or not', async () => {
    const memory = new MemorySessionStore();
    const sessionStore = {
      get: (key: string) => Promise.resolve(memory.get(key)),
      set: (key: string, state: Uint8Array, lifetime: number) =>
        Promise.resolve(memory.set(key, state, lifetime)),
      delete: (key: string) => Promise.resolve(memory.delete(key)),
    };
    await using one = await listening({ sessionStore });
    await using two = await listening({ sessionStore });
    const { session } = await visit(one);
    expect((await visit(two, { session })).resumed).toBe(true);
    expect(two.accepted[0]?.isSessionReused()).toBe(true);
    expect(two.accepted[0]?.getSession()).toBeUndefined();
  });

  it('keeps contexts apart by sessionIdContext, and lifetimes by sessionTimeout', async () => {
    const sessionStore = new MemorySessionStore();
    let now = Date.now();
    const clock = () => now;
    await using one = await listening({ sessionStore, sessionIdContext: 'one', sessionTimeout: 60, clock });
    await using two = await listening({ sessionStore, sessionIdContext: 'two', clock });
    const { session } = await visit(one);
    const offered = { session };
    expect((await visit(two, offered)).resumed).toBe(false);
    expect((await visit(one, offered)).resumed).toBe(true);
    now += 61_000;
    expect((await visit(one, offered)).resumed).toBe(false);
  });

  it('may veto, and answer an abbreviated handshake with a full one', async () => {
    await using server = await listening({ acceptSession: ({ serverName }) => serverName !== site });
    const { session } = await visit(server);
    expect((await visit(server, { session })).resumed).toBe(false);
    expect(server.accepted[1]?.info?.resumption).toBe('vetoed');
  });

  it('resumes over a socket of its own making as well', async () => {
    const sessionStore = new MemorySessionStore();
    await using server = await listening({ sessionStore });
    const { session } = await visit(server);
    const below = streams();
    const accepted = new TlsSocket(below.server, { isServer: true, cert, key, sessionStore });
    const client = connect({ ...trusting, socket: below.client, session });
    await once(client, 'secureConnect');
    expect(client.isSessionReused()).toBe(true);
    for (const socket of [client, accepted]) socket.destroy();
  });
});
