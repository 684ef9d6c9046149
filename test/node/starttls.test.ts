/**
 * STARTTLS: a conversation in the clear that goes on in TLS over the same stream, as mail servers and databases have it;
 * and TLS over streams that are no sockets of the network, TLS itself among them.
 */

import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { connect, TlsSocket } from 'reprise-tls/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sessionIds } from '../support/node-tls.ts';
import { listen, pair, proving, resuming, returning, trusting } from '../support/sockets.ts';
import { type Streams, streams } from '../support/streams.ts';

/** Both ends of a TCP connection. */
async function tcp(): Promise<Streams> {
  const listener = net.createServer();
  const port = await listen(listener);
  const accepted = once(listener, 'connection');
  const client = net.connect(port);
  const [server]: net.Socket[] = await accepted;
  onTestFinished(() => {
    for (const socket of [client, server]) socket?.destroy();
    listener.close();
  });
  if (server === undefined) throw new Error('expected a connection');
  return { client, server };
}

const transports: Record<string, () => Streams | Promise<Streams>> = {
  TCP: tcp,
  'a stream in memory': () => streams(),
};

/** What each side says in the clear before, and whose turn it is. */
const protocols: Record<string, readonly (readonly [who: 'client' | 'server', words: string])[]> = {
  SMTP: [
    ['server', '220 mail.example ESMTP\r\n'],
    ['client', 'EHLO client.example\r\n'],
    ['server', '250-mail.example\r\n250 STARTTLS\r\n'],
    ['client', 'STARTTLS\r\n'],
    ['server', '220 go ahead\r\n'],
  ],
  PostgreSQL: [
    ['client', '\0\0\0\b\x04\xd2\x16\x2f'],
    ['server', 'S'],
  ],
  MySQL: [
    ['server', '\x0a\0\0\0\x0a8.0.0\0greeting'],
    ['client', ' \0\0\x01SSLRequest'],
  ],
};

async function inTheClear(below: Streams, words: (typeof protocols)[string]): Promise<void> {
  for (const [who, said] of words) {
    const listener = below[who === 'client' ? 'server' : 'client'];
    below[who].write(said, 'latin1');
    let heard = '';
    while (heard.length < said.length) {
      const next = once(listener, 'data');
      listener.resume();
      const [data]: Buffer[] = await next;
      heard += data?.toString('latin1');
    }
    expect(heard).toBe(said);
    // As applications do between two turns of a conversation.
    listener.pause();
  }
}

async function talk(client: Duplex, server: Duplex): Promise<void> {
  server.on('data', (question: Buffer) => server.write(Buffer.concat([question, Buffer.from('!')])));
  client.write('hello');
  expect(String((await once(client, 'data'))[0])).toBe('hello!');
  client.end();
  await once(client, 'end');
}

const cases = Object.keys(protocols).flatMap((protocol) =>
  Object.keys(transports).map((transport) => ({ protocol, transport })),
);

describe.each(cases)('$protocol over $transport', ({ protocol, transport }) => {
  it.each(['ours', 'client of node', 'server of node'])('goes on in TLS: %s', async (ends) => {
    const below = (await transports[transport]?.()) ?? streams();
    // Else node would not answer a close_notify: its socket takes the setting from here.
    below.server.allowHalfOpen = false;
    await inTheClear(below, protocols[protocol] ?? []);
    const server =
      ends === 'server of node'
        ? new tls.TLSSocket(below.server, {
            isServer: true,
            secureContext: tls.createSecureContext({ ...proving, maxVersion: 'TLSv1.2' }),
          })
        : new TlsSocket(below.server, { isServer: true, ...proving });
    const client =
      ends === 'client of node'
        ? tls.connect({ ...trusting, ...sessionIds, socket: below.client })
        : connect({ ...trusting, socket: below.client });
    await talk(client, server);
  });
});

describe('a stream that is handed over', () => {
  it('may hold the first bytes of the handshake already, and is read from there', async () => {
    const below = streams();
    const client = connect({ ...(await returning()), socket: below.client });
    const [hello]: Buffer[] = await once(below.server, 'data');
    below.server.pause();
    below.server.unshift(hello ?? Buffer.alloc(0));
    await talk(client, new TlsSocket(below.server, { isServer: true, ...resuming }));
  });

  it('may still be connecting', async () => {
    const listener = net.createServer((socket) => {
      new TlsSocket(socket, { isServer: true, ...resuming }).end('welcome');
    });
    const port = await listen(listener);
    const socket = connect({ ...(await returning()), socket: net.connect(port) });
    expect(socket.connecting).toBe(true);
    await once(socket, 'connect');
    expect(String((await once(socket, 'data'))[0])).toBe('welcome');
    socket.end();
    listener.close();
  });

  it('may be TLS itself, of ours or of node', async () => {
    const outer = await pair(await returning(), resuming);
    const inner = await pair(await returning(), resuming, outer);
    expect(inner.client.isSessionReused()).toBe(true);
    await talk(inner.client, inner.server);
    const below = await tcp();
    const secureContext = tls.createSecureContext({ ...proving, maxVersion: 'TLSv1.2' });
    const nodes = {
      server: new tls.TLSSocket(below.server, { isServer: true, secureContext }),
      client: tls.connect({ ...trusting, ...sessionIds, socket: below.client as net.Socket }),
    };
    const within = await pair(await returning(), resuming, nodes);
    await talk(within.client, within.server);
  });

  it('ends with the socket above it', async () => {
    const { client, server, below } = await pair(await returning(), resuming);
    const closed = Promise.all([once(below.client, 'close'), once(below.server, 'close')]);
    server.resume();
    client.resume().end();
    await closed;
    expect(client.destroyed).toBe(true);
  });
});
