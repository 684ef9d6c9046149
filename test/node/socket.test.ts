/**
 * What a TlsSocket has of `net.Socket` beside the stream: addresses, counters, states and times, taken from the socket
 * below where there is one; and the ways in which `connect` may be called.
 */

import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, createServer } from 'reprise-tls/node';
import { describe, expect, it } from 'vitest';
import { Workplace } from '../support/program.ts';
import { joined, listening, pair, proving, site, trusting } from '../support/sockets.ts';

describe('over TCP', () => {
  it('tells of the socket below: addresses, and bytes as they went over the network', async () => {
    await using server = await listening();
    const below = net.connect(server.port, '127.0.0.1');
    const socket = connect({ ...trusting, socket: below });
    await once(socket, 'secureConnect');
    expect(socket.address()).toEqual(below.address());
    expect(socket).toMatchObject({
      remoteAddress: '127.0.0.1',
      remotePort: server.port,
      remoteFamily: 'IPv4',
      localAddress: '127.0.0.1',
      localPort: below.localPort,
      localFamily: 'IPv4',
    });
    expect(socket.bytesRead).toBe(below.bytesRead);
    expect(socket.bytesWritten).toBe(below.bytesWritten);
    expect(Math.min(socket.bytesRead, socket.bytesWritten)).toBeGreaterThan(200);
    socket.destroy();
  });

  it('is opening, then open, and closed at last', async () => {
    await using server = await listening();
    const socket = connect({ ...trusting, host: '127.0.0.1', port: server.port });
    expect(socket).toMatchObject({ connecting: true, pending: true, readyState: 'opening' });
    await once(socket, 'secureConnect');
    expect(socket).toMatchObject({ connecting: false, pending: false, readyState: 'open' });
    socket.destroy();
    await once(socket, 'close');
    expect(socket.readyState).toBe('closed');
  });
});

describe('over a stream that has none of it', () => {
  it('has no address, and counts nothing', async () => {
    const { client, server } = await pair();
    expect(client.address()).toEqual({});
    expect(client).toMatchObject({ connecting: false, pending: false, bytesRead: 0, bytesWritten: 0 });
    expect(client.remoteAddress).toBeUndefined();
    for (const socket of [client, server]) socket.destroy();
  });

  it('takes what is meant for a network, and does nothing of it', async () => {
    const { client, server } = await pair();
    expect(client.setNoDelay().setKeepAlive(true, 1000).ref().unref()).toBe(client);
    for (const socket of [client, server]) socket.destroy();
  });

  it('is read-only when it has ended, write-only when the peer has', async () => {
    const { client, server } = await pair({ allowHalfOpen: true }, { allowHalfOpen: true });
    client.resume().end();
    server.resume();
    await Promise.all([once(client, 'finish'), once(server, 'end')]);
    expect([client.readyState, server.readyState]).toEqual(['readOnly', 'writeOnly']);
    server.end();
    await once(client, 'end');
    expect(client.readyState).toBe('closed');
  });
});

describe('setTimeout', () => {
  it('calls its listener once the socket has been idle, and not after it was called off with 0', async () => {
    const { client, server } = await pair();
    const idle: string[] = [];
    const calledOff = () => idle.push('called off');
    client.setTimeout(20, calledOff).setTimeout(0, calledOff);
    expect(client.timeout).toBe(0);
    server.setTimeout(20, () => idle.push('idle'));
    await once(server, 'timeout');
    await sleep(40);
    expect(idle).toEqual(['idle']);
    for (const socket of [client, server]) socket.destroy();
  });

  it('refuses what no timer can be set for', () => {
    const { client, server } = joined();
    for (const wrong of [-1, 2 ** 31, Number.NaN]) expect(() => client.setTimeout(wrong)).toThrow(RangeError);
    for (const socket of [client, server]) socket.destroy();
  });
});

describe('destroySoon', () => {
  it('destroys when all is written, whether the end was asked for before or not', async () => {
    for (const endsFirst of [false, true]) {
      const { client, server } = await pair();
      client.write('all of it');
      if (endsFirst) client.end();
      client.destroySoon();
      const [received] = await once(server, 'data');
      expect(received.toString()).toBe('all of it');
      if (!client.destroyed) await once(client, 'close');
      client.destroySoon(); // It is over: nothing is left to do.
      expect(client.destroyed).toBe(true);
      server.destroy();
    }
  });
});

describe('connect', () => {
  it('takes a port and a host, as a number or as text, with options and a listener behind them', async () => {
    await using server = await listening();
    const options = { ...trusting };
    for (const open of [
      (done: () => void) => connect(server.port, '127.0.0.1', options, done),
      (done: () => void) => connect(`${server.port}` as unknown as number, '127.0.0.1', options, done),
      (done: () => void) => connect({ ...options, port: server.port, host: '127.0.0.1' }, done),
    ]) {
      const socket = await new Promise<ReturnType<typeof connect>>((resolve) => {
        const made = open(() => resolve(made));
      });
      expect(socket.remotePort).toBe(server.port);
      socket.destroy();
    }
  });

  it('takes the path of a socket of the file system', async () => {
    const workplace = new Workplace();
    const path = join(workplace.folder, 'socket');
    const server = createServer(proving, (socket) => socket.end('over a path'));
    server.listen(path);
    await once(server, 'listening');
    const socket = connect(path as unknown as number, trusting);
    const [data] = await once(socket, 'data');
    expect(data.toString()).toBe('over a path');
    socket.destroy();
    server.close();
    workplace.dispose();
  });

  it('asks for an internationalised name in its A-labels (RFC 5891 §4.4)', async () => {
    const { client, server } = joined({ servername: 'bücher.example', checkServerIdentity: () => undefined });
    await Promise.all([once(client, 'secureConnect'), once(server, 'secure')]);
    expect(server.info?.serverName).toBe('xn--bcher-kva.example');
    for (const socket of [client, server]) socket.destroy();
  });
});

describe('ALPNProtocols', () => {
  it('may be names, or the bytes of them each behind its length (RFC 7301 §3.1)', async () => {
    const bytes = Buffer.from('\x02h2\x08http/1.1', 'latin1');
    for (const ALPNProtocols of [bytes, ['h2', 'http/1.1'], [Buffer.from('h2'), Buffer.from('http/1.1')]]) {
      const { client, server } = await pair({ ALPNProtocols }, { ALPNProtocols: ['http/1.1', 'h2'] });
      expect([client.alpnProtocol, server.alpnProtocol]).toEqual(['http/1.1', 'http/1.1']);
      for (const socket of [client, server]) socket.destroy();
    }
  });
});

it('a socket without a name asks for none, and is checked for the host that it connects to', async () => {
  await using server = await listening();
  const { servername: _, ...nameless } = trusting;
  const socket = connect({ ...nameless, port: server.port, host: '127.0.0.1' });
  const [error] = await once(socket, 'error');
  expect(error).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  expect(site).not.toBe('127.0.0.1');
});
