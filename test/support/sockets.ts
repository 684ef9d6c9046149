/**
 * Sockets of `reprise-tls/node` in pairs: over streams in memory, or over TCP on the loopback. The certificates are the
 * same for all tests of one file, and one session is held ready, so that a test need not pay for a full handshake.
 */

import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { MemorySessionStore } from 'reprise-tls';
import {
  type ConnectOptions,
  connect,
  createServer,
  type TlsServer,
  type TlsServerOptions,
  TlsSocket,
} from 'reprise-tls/node';
import { createAuthority } from './issuer.ts';
import { remembering, sessionIds } from './node-tls.ts';
import { type Streams, streams } from './streams.ts';

export const site = 'server.example';
export const authority = createAuthority();
export const { chainPem: cert, privateKeyPem: key } = authority.issue({ dnsNames: [site, 'localhost'] });

/** What a client needs to be let in nowhere and to trust the server; what a server needs to be trusted. */
export const trusting = { ca: authority.certificatePem, servername: site } as const;
export const proving = { cert, key } as const;

/** One store for all servers that take `resuming`, and the session of a client of theirs. */
const sessionStore = new MemorySessionStore();
export const resuming = { ...proving, sessionStore } as const;
let held: Promise<Buffer> | undefined;

/** Options with which a client resumes at a server that takes `resuming`. */
export async function returning(): Promise<ConnectOptions> {
  held ??= makeSession();
  return { ...trusting, session: await held };
}

async function makeSession(): Promise<Buffer> {
  const { client, server } = await pair({}, { sessionStore });
  const session = client.getSession();
  for (const socket of [client, server]) socket.destroy();
  if (session === undefined) throw new Error('expected a session, got none');
  return session;
}

export interface SocketPair {
  readonly client: TlsSocket;
  readonly server: TlsSocket;
  /** The streams below. */
  readonly below: { readonly client: Duplex; readonly server: Duplex };
}

/** Both ends over a pair of streams, before the handshake is done. */
export function joined(
  clientOptions: ConnectOptions = {},
  serverOptions: TlsServerOptions = {},
  below: Streams = streams(),
): SocketPair {
  const server = new TlsSocket(below.server, { isServer: true, ...proving, ...serverOptions });
  const client = connect({ ...trusting, ...clientOptions, socket: below.client });
  return { client, server, below };
}

/** The same, with the handshake done. */
export async function pair(...args: Parameters<typeof joined>): Promise<SocketPair> {
  const made = joined(...args);
  await Promise.all([once(made.client, 'secureConnect'), once(made.server, 'secure')]);
  return made;
}

export interface Listening extends AsyncDisposable {
  readonly server: TlsServer;
  readonly port: number;
  /** Each socket whose handshake is done, in order. */
  readonly accepted: TlsSocket[];
  readonly errors: (Error & { code?: string })[];
}

/** A server on a free port of the loopback, which takes all sockets with it when it is disposed of. */
export async function listening(
  options: TlsServerOptions = {},
  onSocket: (socket: TlsSocket) => void = (socket) => socket.resume(),
): Promise<Listening> {
  const accepted: TlsSocket[] = [];
  const errors: Error[] = [];
  const server = createServer({ ...proving, ...options }, (socket) => {
    accepted.push(socket);
    socket.on('error', (error) => errors.push(error));
    onSocket(socket);
  });
  server.on('tlsClientError', (error: Error) => errors.push(error));
  const port = await listen(server);
  return {
    server,
    port,
    accepted,
    errors,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of accepted) socket.destroy();
      await closed;
    },
  };
}

export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** All that a socket receives until its end. (To iterate would destroy it then.) */
export function drained(socket: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('end', () => resolve(Buffer.concat(chunks)));
  });
}

/** How a socket ended: every event that tells of it, in order. */
export function ending(socket: Duplex): Promise<{ readonly events: string[]; readonly error: EndError }> {
  const events: string[] = [];
  let error: EndError;
  for (const event of ['end', 'finish']) socket.on(event, () => events.push(event));
  socket.on('error', (thrown) => {
    events.push('error');
    error = thrown;
  });
  return new Promise((resolve) => {
    socket.on('close', () => {
      events.push('close');
      // What comes after the close would be one event too many.
      setImmediate(() => setImmediate(() => resolve({ events, error })));
    });
  });
}

export type EndError = (Error & { code?: string; alert?: string; reason?: string }) | undefined;

export const roles = ['client', 'server'] as const;
export type Role = (typeof roles)[number];

/** A socket of Reprise in one role, and one of node:tls in the other, over TCP. */
export interface Facing extends AsyncDisposable {
  readonly own: TlsSocket;
  readonly node: tls.TLSSocket;
  /** The session that a client has: the next connection's `session`. */
  readonly session: Buffer | undefined;
}

/** All servers of node share their sessions, as those of ours do that take `resuming`. */
const nodeSessions = new Map<string, Buffer>();

export function facing(
  role: Role,
  own: ConnectOptions & TlsServerOptions = {},
  node: tls.TlsOptions & tls.ConnectionOptions = {},
): Promise<Facing> {
  return role === 'client' ? facingServer(own, node) : facingClient(own, node);
}

async function facingServer(own: ConnectOptions, options: tls.TlsOptions): Promise<Facing> {
  const server = remembering(tls.createServer({ ...sessionIds, ...proving, ...options }), nodeSessions);
  const port = await listen(server);
  const accepted = once(server, 'secureConnection') as Promise<[tls.TLSSocket]>;
  const client = connect({ ...trusting, ...own, port, host: '127.0.0.1' });
  const [[node]] = await Promise.all([accepted, once(client, 'secureConnect')]);
  return { own: client, node, session: client.getSession(), ...disposal(server, client, node) };
}

async function facingClient(own: TlsServerOptions, options: tls.ConnectionOptions): Promise<Facing> {
  const server = createServer({ ...proving, ...own });
  const port = await listen(server);
  const accepted = once(server, 'secureConnection') as Promise<[TlsSocket]>;
  const node = tls.connect({ ...sessionIds, ...trusting, ...options, port, host: '127.0.0.1' });
  const [[socket]] = await Promise.all([accepted, once(node, 'secureConnect')]);
  return { own: socket, node, session: node.getSession(), ...disposal(server, socket, node) };
}

function disposal(server: Server, ...sockets: readonly Duplex[]): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
