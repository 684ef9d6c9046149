/**
 * Faults of the transport and of the application at any moment: each end hears of it once, and nothing stays behind: no
 * handle, no timer that holds the process, no listener on the stream below.
 */

import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import fc from 'fast-check';
import { connect, TlsSocket } from 'reprise-tls/node';
import { describe, expect, it } from 'vitest';
import { until } from '../support/node-tls.ts';
import {
  ending,
  joined,
  listen,
  listening,
  resuming,
  returning,
  roles,
  trusting,
} from '../support/sockets.ts';
import { type Streams, streams } from '../support/streams.ts';

const kinds = ['full', 'abbreviated'] as const;
const optionsFor = async (kind: (typeof kinds)[number]) => (kind === 'full' ? trusting : returning());

/** What each end sends in a handshake and one word behind it, as it goes over the wire. */
async function record(kind: (typeof kinds)[number]): Promise<Record<'client' | 'server', Buffer>> {
  const below = streams();
  const sent = { client: [] as Buffer[], server: [] as Buffer[] };
  below.server.on('data', (bytes) => sent.client.push(bytes));
  below.client.on('data', (bytes) => sent.server.push(bytes));
  const { client, server } = joined(await optionsFor(kind), resuming, below);
  client.write('word');
  server.write('word');
  await Promise.all([once(client, 'data'), once(server, 'data')]);
  for (const socket of [client, server]) socket.destroy();
  return { client: Buffer.concat(sent.client), server: Buffer.concat(sent.server) };
}

/** Where records begin and end. */
function boundaries(stream: Buffer): number[] {
  const found = [0];
  for (let at = 0; at < stream.length; at = found[found.length - 1] ?? stream.length) {
    found.push(at + 5 + stream.readUInt16BE(at + 3));
  }
  return found;
}

/** The streams break off for both ends when so many bytes have come from one of them. */
function breaking(role: 'client' | 'server', after: number, how: 'ends' | 'fails'): Streams {
  const ends = streams();
  const stream = ends[role];
  const write = stream._write.bind(stream);
  let left = after;
  Object.assign(stream, {
    _write: (bytes: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void) => {
      if (bytes.length <= left) {
        left -= bytes.length;
        write(bytes, encoding, done);
        return;
      }
      const rest = bytes.subarray(0, left);
      left = 0;
      const stop = () => {
        const failure =
          how === 'fails' ? Object.assign(new Error('reset'), { code: 'ECONNRESET' }) : undefined;
        ends.client.destroy(failure);
        ends.server.destroy(failure);
      };
      if (rest.length === 0) stop();
      else write(rest, encoding, () => setImmediate(stop));
    },
  });
  return ends;
}

function expectNothingLeft(stream: Duplex): void {
  const left = stream.eventNames().filter((event) => event !== 'error' && stream.listenerCount(event) > 0);
  expect(left).toEqual([]);
}

const places = roles.flatMap((role) => kinds.map((kind) => ({ role, kind })));

describe.each(places)(
  'a transport that breaks off under the bytes of a $role, $kind handshake',
  ({ role, kind }) => {
    async function breakOff(after: number, how: 'ends' | 'fails'): Promise<void> {
      const below = breaking(role, after, how);
      const { client, server } = joined(await optionsFor(kind), resuming, below);
      const ends = [ending(client), ending(server)];
      for (const socket of [client, server]) socket.resume().write('word');
      for (const { events, error } of await Promise.all(ends)) {
        expect(error).toMatchObject({ code: 'ECONNRESET' });
        expect(events).toEqual(['error', 'close']);
      }
      for (const stream of [below.client, below.server]) {
        expect(stream.destroyed).toBe(true);
        expectNothingLeft(stream);
      }
    }

    it('at any boundary of a record', async () => {
      const sent = await record(kind);
      for (const boundary of boundaries(sent[role]).slice(0, -1)) {
        await breakOff(boundary, 'ends');
        await breakOff(boundary, 'fails');
      }
    });

    it('at any byte', async () => {
      const sent = await record(kind);
      // The length of an ECDSA signature is not always the same.
      const property = fc.asyncProperty(
        fc.nat(sent[role].length - 10),
        fc.constantFrom('ends', 'fails'),
        breakOff,
      );
      await fc.assert(property, { numRuns: kind === 'full' ? 10 : 40 });
    });
  },
);

describe('over TCP', () => {
  /** Hands on so many bytes of the server's, and then resets both connections. */
  async function resetting(port: number, after: number) {
    const proxy = net.createServer((near) => {
      const far = net.connect(port);
      let left = after;
      for (const socket of [near, far]) socket.on('error', () => {});
      near.on('data', (bytes) => far.write(bytes));
      far.on('data', (bytes) => {
        const rest = bytes.subarray(0, left);
        left -= rest.length;
        near.write(rest, () => {
          if (left > 0) return;
          near.resetAndDestroy();
          far.resetAndDestroy();
        });
      });
    });
    return { port: await listen(proxy), close: () => proxy.close() };
  }

  it('a reset at any record of the server’s is told once at each end', async () => {
    const { server: bytes } = await record('abbreviated');
    for (const boundary of boundaries(bytes).slice(1, -1)) {
      await using server = await listening(resuming);
      const proxy = await resetting(server.port, boundary);
      const client = connect({ ...(await returning()), port: proxy.port });
      const { events, error } = await ending(client.resume());
      expect(error).toMatchObject({ code: 'ECONNRESET' });
      expect(events).toEqual(['error', 'close']);
      proxy.close();
    }
  });

  it('`destroy` at any moment leaves no handle behind', async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    await using server = await listening(resuming);
    const options = await returning();
    const property = fc.asyncProperty(
      fc.constantFrom(...roles, 'both'),
      fc.nat(25),
      fc.boolean(),
      async (who, moment, writing) => {
        const accepted = once(server.server, 'connection');
        const client = connect({ ...options, port: server.port });
        const clientEnd = ending(client);
        if (writing) client.write(Buffer.alloc(200_000));
        const [raw] = await accepted;
        const rawClosed = raw.closed || new Promise((resolve) => raw.once('close', resolve));
        for (let i = 0; i < moment; i++) await new Promise(setImmediate);
        if (who !== 'server') client.destroy();
        const last = server.accepted.at(-1);
        if (who !== 'client') (last ?? raw).destroy();
        if (who === 'server') client.resume();
        const { events } = await clientEnd;
        expect(events.filter((event) => event === 'close')).toHaveLength(1);
        expect(events.filter((event) => event === 'error').length).toBeLessThanOrEqual(1);
        await rawClosed;
        server.accepted.length = 0;
      },
    );
    await fc.assert(property, { numRuns: 60 });
    await until(() => sockets() === 0, 'the end of all sockets');
  });

  it('a socket that was never read is gone all the same when it is destroyed', async () => {
    await using server = await listening(resuming, (socket) => {
      socket.end(Buffer.alloc(500_000));
    });
    const client = connect({ ...(await returning()), port: server.port });
    await once(client, 'secureConnect');
    await new Promise((resolve) => setTimeout(resolve, 30));
    const end = ending(client);
    client.destroy();
    expect(await end).toEqual({ events: ['close'], error: undefined });
  });
});

describe('the application', () => {
  it.each(['secureConnect', 'data', 'session', 'end'])(
    'may destroy the socket in its listener to %s',
    async (event) => {
      const { client, server, below } = joined(trusting, resuming);
      server.on('error', () => {});
      server.on('data', () => server.end('answer'));
      client.write('question');
      client.on(event, () => client.destroy());
      client.resume();
      expect(await ending(client)).toMatchObject({ error: undefined });
      expect(below.client.destroyed).toBe(true);
      server.destroy();
    },
  );

  it('may write and end within every listener', async () => {
    const { client, server } = joined(trusting, resuming);
    const heard: string[] = [];
    server.on('data', (bytes) => heard.push(String(bytes)));
    server.on('end', () => server.end());
    client.on('secure', () => client.write('secure '));
    client.on('secureConnect', () => client.write('secureConnect '));
    client.on('session', () => client.end('session'));
    client.resume();
    await ending(client);
    expect(heard.join('')).toBe('secure secureConnect session');
  });

  it('that destroys a server’s socket on `connection` is not surprised by TLS', async () => {
    await using server = await listening(resuming);
    server.server.prependListener('connection', (socket: Duplex) => socket.destroy());
    const client = connect({ ...(await returning()), port: server.port });
    expect((await ending(client)).error).toMatchObject({ code: 'ECONNRESET' });
  });

  it('may hand over a stream that is gone already', async () => {
    const below = streams();
    below.client.destroy();
    below.server.destroy();
    await new Promise(setImmediate);
    const client = connect({ ...trusting, socket: below.client });
    const server = new TlsSocket(below.server, { isServer: true, ...resuming });
    for (const { error } of await Promise.all([client, server].map(ending))) {
      expect(error).toMatchObject({ code: 'ECONNRESET' });
    }
  });
});
