/**
 * TLS over `Duplex.toWeb`, which is how Node's sockets become a transport: against `node:tls` over TCP, in both roles.
 */

import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { ClientConfig, ServerConfig } from 'reprise-tls';
import { acceptTls, connectTls, type TlsStream } from 'reprise-tls/web';
import { afterEach, describe, expect, test } from 'vitest';
import { equal, utf8 } from '../../src/wire/bytes.ts';
import { nodeClient, nodeServer, type Role, repriseClient, repriseServer, roles } from '../interop/visits.ts';
import { remembering, sessionIdOf, until } from '../support/node-tls.ts';
import { readAll, readUntilError, writeAll } from '../support/web-transport.ts';

const data = new Uint8Array(300_000).map((_, i) => i % 251);

/** Reprise's end, the socket under it, and node's end. */
interface Connection {
  readonly stream: TlsStream;
  readonly socket: net.Socket;
  readonly node: tls.TLSSocket;
}

const servers: net.Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    await once(server, 'close');
  }
});

/** Of the socket under Reprise; node's own end is always half-open. */
interface SocketOptions {
  readonly allowHalfOpen?: boolean;
}

/** An option that the types do not know. */
const halfOpen = { allowHalfOpen: true } as tls.ConnectionOptions;

/** Each call connects once more, under the same configuration. */
function visits(role: Role, options: SocketOptions = {}): Promise<() => Promise<Connection>> {
  return role === 'client' ? visitNode(repriseClient(), options) : visitReprise(repriseServer(), options);
}

async function visitNode(config: ClientConfig, options: SocketOptions): Promise<() => Promise<Connection>> {
  const server = remembering(tls.createServer({ ...nodeServer(), allowHalfOpen: true }));
  const port = await listen(server);
  return async () => {
    const accepted = once(server, 'secureConnection');
    const socket = net.connect({ ...options, port });
    await once(socket, 'connect');
    const stream = connectTls(Duplex.toWeb(socket), config);
    const [node] = await accepted;
    return { stream, socket, node: node.on('error', () => {}) };
  };
}

async function visitReprise(
  config: ServerConfig,
  options: SocketOptions,
): Promise<() => Promise<Connection>> {
  const server = net.createServer(options);
  const port = await listen(server);
  let session: Buffer | undefined;
  return async () => {
    const accepted = once(server, 'connection');
    const node = tls.connect({ ...nodeClient({ session }), ...halfOpen, port });
    node.on('error', () => {});
    const [socket] = await accepted;
    const stream = acceptTls(Duplex.toWeb(socket), config);
    await once(node, 'secureConnect');
    session = node.getSession();
    return { stream, socket, node };
  };
}

async function listen(server: net.Server): Promise<number> {
  servers.push(server);
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('over sockets of Node, cancel says close_notify, and abort does not', async () => {
  const client = repriseClient();
  const config = repriseServer();
  const server = net.createServer();
  const port = await listen(server);
  for (const how of ['cancel', 'abort'] as const) {
    const accepted = once(server, 'connection');
    const stream = connectTls(Duplex.toWeb(net.connect(port)), client);
    const [socket] = await accepted;
    const peer = acceptTls(Duplex.toWeb(socket), config);
    const writer = stream.writable.getWriter();
    await writer.write(data.subarray(0, 1000));
    await (how === 'cancel' ? stream.readable.cancel() : writer.abort());
    const { all, error } = await readUntilError(peer.readable);
    if (how === 'cancel') {
      expect([all.length, error]).toEqual([1000, undefined]);
      await writer.closed.catch(() => {});
      await peer.writable.abort();
    } else expect(error).toMatchObject({ reason: 'truncated' });
    await Promise.allSettled([stream.closed, peer.closed]);
    await until(() => socket.destroyed, 'the end of the socket');
  }
});

describe.each(roles)('over a socket of Node, as a %s against node:tls,', (role) => {
  test('a connection resumes the one before, and carries data whole, both ways at once', async () => {
    const connect = await visits(role);
    for (const resumed of [false, true]) {
      const { stream, socket, node } = await connect();
      const info = await stream.secured;
      expect([info.resumed, node.isSessionReused()]).toEqual([resumed, resumed]);
      expect(info.sessionId).toEqual(sessionIdOf(node.getSession()));
      const received: Buffer[] = [];
      node.on('data', (bytes) => received.push(bytes));
      node.end(data);
      const [all] = await Promise.all([readAll(stream.readable), writeAll(stream.writable, data, [10_000])]);
      expect(equal(all, data)).toBe(true);
      await stream.closed;
      await until(() => socket.destroyed && node.destroyed, 'the end of both sockets');
      expect(equal(Buffer.concat(received), data)).toBe(true);
    }
  });

  test('node may end first, and hears us out', async () => {
    // To such a socket web streams do not see the end, so this is for peers that say close_notify.
    const { stream, socket, node } = await (await visits(role, { allowHalfOpen: true }))();
    node.end('question');
    expect(await readAll(stream.readable)).toEqual(utf8('question'));
    const received: Buffer[] = [];
    node.on('data', (bytes) => received.push(bytes));
    await writeAll(stream.writable, utf8('answer'));
    await stream.closed;
    await until(() => socket.destroyed && node.destroyed, 'the end of both sockets');
    expect(Buffer.concat(received).toString()).toBe('answer');
  });

  test('we may end first, and hear node out', async () => {
    const { stream, socket, node } = await (await visits(role))();
    node.on('data', () => {});
    node.on('end', () => node.end('answer'));
    await writeAll(stream.writable, utf8('question'));
    expect(await readAll(stream.readable)).toEqual(utf8('answer'));
    await stream.closed;
    await until(() => socket.destroyed && node.destroyed, 'the end of both sockets');
  });

  test('a node that goes without close_notify is a truncation, and nothing uncaught', async () => {
    const { stream, socket, node } = await (await visits(role))();
    node.destroy();
    expect((await readUntilError(stream.readable)).error).toMatchObject({ reason: 'truncated' });
    await expect(stream.closed).rejects.toMatchObject({ reason: 'truncated' });
    await until(() => socket.destroyed, 'the end of the socket');
  });

  test.each(['abort', 'cancel'] as const)('%s destroys the socket, and nothing is uncaught', async (how) => {
    const { stream, socket, node } = await (await visits(role))();
    node.resume();
    if (how === 'abort') await stream.writable.abort(new Error('the user left'));
    else await stream.readable.cancel();
    await Promise.allSettled([stream.closed]);
    node.end();
    await until(() => socket.destroyed && node.destroyed, 'the end of both sockets');
  });
});
