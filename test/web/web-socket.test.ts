/**
 * WebSockets as transports: real ones on loopback, with TLS over them, and fake ones for what real ones seldom do.
 */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { acceptTls, connectTls, type WebSocketLike, webSocketTransport } from 'reprise-tls/web';
import { WebSocket as UndiciWebSocket } from 'undici';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocketServer, WebSocket as WsWebSocket } from 'ws';
import { equal, utf8 } from '../../src/wire/bytes.ts';
import { FakeWebSocket } from '../support/fake-channel.ts';
import { accepted, stage } from '../support/resumption.ts';
import { readAll, readUntilError, rest, writeAll } from '../support/web-transport.ts';

const kibi = 1024;
const connecting = 0;
const open = 1;
const closed = 3;
const data = new Uint8Array(200 * kibi).map((_, i) => i % 251);

const clients: readonly (readonly [string, (url: string) => WebSocketLike])[] = [
  ['ws', (url) => new WsWebSocket(url)],
  ['undici', (url) => new UndiciWebSocket(url)],
];

describe.each(clients)('TLS over the WebSocket of %s', (_, connect) => {
  test('carries data whole, both ways at once, resumes, and closes in order', async () => {
    const server = new WebSocketServer({ port: 0, host: 'localhost' });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const configs = stage();
    const resumed: boolean[] = [];
    for (let visit = 0; visit < 2; visit++) {
      const arrival = once(server, 'connection');
      const socket = connect(`ws://localhost:${port}`);
      const client = connectTls(webSocketTransport(socket), configs.client);
      const [peer] = await arrival;
      const codes = [closing(socket), closing(peer)];
      const theirs = acceptTls(webSocketTransport(peer), configs.server);
      const [fromServer, fromClient] = await Promise.all([
        readAll(client.readable),
        readAll(theirs.readable),
        writeAll(client.writable, data),
        writeAll(theirs.writable, data, [1000]),
      ]);
      expect([equal(fromServer, data), equal(fromClient, data)]).toEqual([true, true]);
      await Promise.all([client.closed, theirs.closed]);
      expect(await Promise.all(codes)).toEqual([1000, 1000]);
      resumed.push((await client.secured).resumed);
    }
    expect(resumed).toEqual([false, accepted.resumed]);
    server.close();
    await once(server, 'close');
  });

  test('that is refused rejects with why', async () => {
    const client = connectTls(webSocketTransport(connect('ws://localhost:1')), stage().client);
    await expect(client.secured).rejects.toMatchObject({
      reason: 'truncated',
      cause: { message: expect.stringContaining('1006') },
    });
    await expect(client.closed).rejects.toThrow();
  });

  test('may be aborted while it is still connecting', async () => {
    const client = connectTls(webSocketTransport(connect('ws://localhost:1')), stage().client);
    await client.writable.abort(new Error('the user left'));
    await expect(client.closed).rejects.toMatchObject({ reason: 'aborted' });
    await rest();
  });
});

describe('a WebSocket', () => {
  test('that is not open yet is waited for, and then carries what was written, in order', async () => {
    const socket = new FakeWebSocket(connecting);
    const writer = webSocketTransport(socket).writable.getWriter();
    const written = [writer.write(utf8('one')), writer.write(utf8('two'))];
    await rest();
    expect(socket.sent).toEqual([]);
    socket.fire({ type: 'open' });
    await Promise.all(written);
    expect(socket.sent).toEqual([utf8('one'), utf8('two')]);
    expect(socket.binaryType).toBe('arraybuffer');
  });

  test('that is closed already fails both streams', async () => {
    const { readable, writable } = webSocketTransport(new FakeWebSocket(closed));
    await expect(readable.getReader().read()).rejects.toThrow('the WebSocket is closed');
    await expect(writable.getWriter().write(data)).rejects.toThrow('the WebSocket is closed');
  });

  test.each([
    ['a text', 'text'],
    ['a Blob', new Blob([])],
  ])('that brings %s is closed with the code 4003', async (_, message) => {
    const socket = new FakeWebSocket(open);
    const { readable, writable } = webSocketTransport(socket);
    socket.fire({ type: 'message', data: utf8('bytes').buffer });
    socket.fire({ type: 'message', data: message });
    const { all, error } = await readUntilError(readable);
    expect(all).toEqual(utf8('bytes'));
    expect(error).toBeInstanceOf(TypeError);
    await expect(writable.getWriter().closed).rejects.toBe(error);
    expect(socket.closes).toEqual([4003]);
  });

  test('that brings more than its reader takes is closed with the code 4009, at the limit', async () => {
    const socket = new FakeWebSocket(open);
    const { readable } = webSocketTransport(socket, { receiveLimit: 100 * kibi });
    for (let i = 0; i < 100; i++) socket.fire({ type: 'message', data: new ArrayBuffer(kibi) });
    expect(socket.closes).toEqual([]);
    socket.fire({ type: 'message', data: new ArrayBuffer(1) });
    expect(socket.closes).toEqual([4009]);
    const { all, error } = await readUntilError(readable);
    expect(all.length).toBe(100 * kibi);
    expect(error).toBeInstanceOf(RangeError);
  });

  test.each([0, -1, Number.NaN])('has no receiveLimit of %d', (receiveLimit) => {
    expect(() => webSocketTransport(new FakeWebSocket(open), { receiveLimit })).toThrow(RangeError);
  });

  test('that is closed by the peer in order ends the readable, and leaves no listener', async () => {
    for (const code of [1000, 1005]) {
      const socket = new FakeWebSocket(open);
      const { readable, writable } = webSocketTransport(socket);
      socket.fire({ type: 'message', data: utf8('last').buffer });
      socket.fire({ type: 'close', code, reason: '' });
      expect(await readAll(readable)).toEqual(utf8('last'));
      await expect(writable.getWriter().closed).rejects.toThrow('the WebSocket is closed');
      expect(socket.listeners).toBe(0);
    }
  });

  test.each([1001, 1006, 1011, 4000])('that is closed with the code %d fails both streams', async (code) => {
    const socket = new FakeWebSocket(open);
    const { readable, writable } = webSocketTransport(socket);
    const cause = new Error('ECONNRESET');
    socket.fire({ type: 'error', error: cause });
    socket.fire({ type: 'close', code, reason: 'no "more"' });
    const { error } = await readUntilError(readable);
    expect(error).toMatchObject({ cause });
    expect((error as Error).message).toMatch(`${code}: "no \\"more\\""`);
    await expect(writable.getWriter().closed).rejects.toBe(error);
    expect(socket.listeners).toBe(0);
  });

  test('is closed with 1000 behind all that was written, and the writer waits for it to be so', async () => {
    const socket = new FakeWebSocket(open);
    const { readable, writable } = webSocketTransport(socket);
    const written = writeAll(writable, utf8('last'));
    await rest();
    expect(socket.sent).toEqual([utf8('last')]);
    expect(socket.closes).toEqual([1000]);
    socket.fire({ type: 'close', code: 1000 });
    await written;
    expect(await readAll(readable)).toEqual(new Uint8Array());
  });

  test.each(['abort', 'cancel'] as const)('is closed with 4000 by %s', async (how) => {
    const socket = new FakeWebSocket(open);
    const { readable, writable } = webSocketTransport(socket);
    const reason = new Error('the user left');
    await (how === 'abort' ? writable.abort(reason) : readable.cancel(reason));
    expect(socket.closes).toEqual([4000]);
    socket.fire({ type: 'close', code: 4000 });
    expect(socket.listeners).toBe(0);
  });

  test('that cannot send fails both streams', async () => {
    const socket = new FakeWebSocket(open);
    const { readable, writable } = webSocketTransport(socket);
    const failure = new Error('cannot');
    vi.spyOn(socket, 'send').mockImplementation(() => {
      throw failure;
    });
    await expect(writable.getWriter().write(data)).rejects.toBe(failure);
    expect((await readUntilError(readable)).error).toBe(failure);
    expect(socket.closes).toEqual([4000]);
  });
});

describe('what waits to be sent over a WebSocket', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is asked for until it is little, and then no more', async () => {
    const socket = new FakeWebSocket(open);
    const writer = webSocketTransport(socket).writable.getWriter();
    await writer.write(new Uint8Array(200 * kibi));
    expect(vi.getTimerCount()).toBe(0);
    const written = vi.fn();
    writer.write(new Uint8Array(100 * kibi)).then(written);
    await rest();
    await vi.advanceTimersByTimeAsync(1000);
    expect(written).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(1);
    socket.bufferedAmount = 100 * kibi;
    await vi.advanceTimersByTimeAsync(64);
    expect(written).toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ['closed', (socket: FakeWebSocket) => socket.fire({ type: 'close', code: 1006 })],
    ['done with', (socket: FakeWebSocket) => socket.fire({ type: 'message', data: 'text' })],
  ])('is not asked for when the socket is %s', async (_, end) => {
    const socket = new FakeWebSocket(open);
    const writer = webSocketTransport(socket).writable.getWriter();
    const written = writer.write(new Uint8Array(300 * kibi));
    await rest();
    expect(vi.getTimerCount()).toBe(1);
    end(socket);
    await expect(written).rejects.toThrow();
    expect(vi.getTimerCount()).toBe(0);
  });
});

/** The code that a socket is closed with. */
function closing(socket: WebSocketLike): Promise<number | undefined> {
  return new Promise((resolve) => {
    socket.addEventListener('close', ({ code }) => resolve(code));
  });
}
