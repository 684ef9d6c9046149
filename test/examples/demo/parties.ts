/**
 * The parties of the demo: Reprise and OpenSSL (`node:tls`), each as client and as server, with tickets off. A party
 * keeps its sessions from one visit to the next. On each visit, a TCP connection of its own over the loopback
 * interface, the client sends a line and the server sends it back.
 */

import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import {
  type ClientConfig,
  ClientConnection,
  type ConnectionHandlers,
  type ConnectionInfo,
  MemoryClientSessionCache,
  MemorySessionStore,
  type ServerConfig,
  ServerConnection,
} from 'reprise-tls';
import { type Trace, Tracer } from 'reprise-tls/trace';
import { utf8 } from '../../../src/wire/bytes.ts';
import { createAuthority } from '../../support/issuer.ts';
import type { Role } from '../../support/kinds.ts';
import { sessionIdOf, sessionIds } from '../../support/node-tls.ts';

/** What an end says of a connection. */
export interface Word {
  readonly resumed: boolean;
  readonly sessionId: Uint8Array;
  readonly cipherSuite: string;
  /** Reprise's decision; OpenSSL gives no reasons. */
  readonly resumption?: ConnectionInfo['resumption'];
}

/** One end of one connection. */
export interface End {
  readonly secured: Promise<Word>;
  /** The first line that arrives. */
  readonly line: Promise<string>;
  readonly closed: Promise<unknown>;
  write(line: string): void;
  close(): void;
}

export interface Party {
  readonly name: string;
  /** Takes its side of a connection. Reprise tells the tracer all that passes by it. */
  join(socket: net.Socket, tracer: Tracer): End;
}

export interface Visit {
  readonly trace: Trace;
  /** What each side put on the wire. */
  readonly wire: Readonly<Record<Role, Uint8Array>>;
  readonly client: Word;
  readonly server: Word;
  /** From the ClientHello to the moment from which the client may send. */
  readonly milliseconds: number;
  readonly sent: string;
  readonly received: string;
  readonly returned: string;
}

/** One connection, from its first byte to its last. */
export async function visit(client: Party, server: Party, line: string): Promise<Visit> {
  const [near, far] = await connect();
  const tracer = new Tracer();
  const there = server.join(far, tracer);
  const began = performance.now();
  const here = client.join(near, tracer);
  const clientWord = await here.secured;
  const milliseconds = performance.now() - began;

  here.write(line);
  const received = await there.line;
  there.write(received);
  const returned = await here.line;
  here.close();
  await Promise.all([here.closed, there.closed]);
  return {
    trace: tracer.trace(),
    wire: { client: tracer.sent('client'), server: tracer.sent('server') },
    client: clientWord,
    server: await there.secured,
    milliseconds,
    sent: line,
    received,
    returned,
  };
}

const serverName = 'demo.example';
const authority = createAuthority({ name: 'Demo Root' });
const { chainPem, privateKeyPem } = authority.issue({ dnsNames: [serverName] });

export function repriseClient(): Party {
  const config: ClientConfig = {
    serverName,
    trustAnchors: authority.certificateDer,
    sessionCache: new MemoryClientSessionCache(),
  };
  return {
    name: 'Reprise',
    join(socket, tracer) {
      const { end, connection } = attach(
        socket,
        tracer,
        'client',
        (handlers) => new ClientConnection(config, handlers),
      );
      connection.start();
      return end;
    },
  };
}

export function repriseServer(): Party {
  const config: ServerConfig = {
    certificates: [{ chain: chainPem, privateKey: privateKeyPem }],
    sessionStore: new MemorySessionStore(),
  };
  return {
    name: 'Reprise',
    join: (socket, tracer) =>
      attach(socket, tracer, 'server', (handlers) => new ServerConnection(config, handlers)).end,
  };
}

const openSsl = `OpenSSL ${process.versions.openssl}`;

export function openSslClient(): Party {
  const options = { ...sessionIds, ca: authority.certificatePem, servername: serverName };
  let session: Buffer | undefined;
  return {
    name: openSsl,
    join(socket) {
      const client = tls.connect({ ...options, socket, session });
      const secured = once(client, 'secureConnect').then(() => {
        session = client.getSession();
        return client;
      });
      return nodeEnd(secured);
    },
  };
}

export function openSslServer(): Party {
  const sessions = new Map<string, Buffer>();
  const server = tls.createServer({ ...sessionIds, cert: chainPem, key: privateKeyPem });
  server.on('newSession', (id: Buffer, state: Buffer, done: () => void) => {
    sessions.set(id.toString('hex'), state);
    done();
  });
  server.on('resumeSession', (id: Buffer, done: (error: Error | null, state: Buffer | null) => void) => {
    done(null, sessions.get(id.toString('hex')) ?? null);
  });
  return {
    name: openSsl,
    join(socket) {
      const secured: Promise<tls.TLSSocket> = once(server, 'secureConnection').then(([client]) => client);
      server.emit('connection', socket);
      return nodeEnd(secured);
    },
  };
}

/** Both ends of a new TCP connection. */
async function connect(): Promise<readonly [near: net.Socket, far: net.Socket]> {
  const listener = net.createServer({ noDelay: true }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const accepted = once(listener, 'connection');
  const { port } = listener.address() as AddressInfo;
  const near = net.connect({ port, host: '127.0.0.1', noDelay: true });
  const [[far]] = await Promise.all([accepted, once(near, 'connect')]);
  listener.close();
  return [near, far];
}

/** A Reprise connection on a socket. */
function attach<C extends ClientConnection | ServerConnection>(
  socket: net.Socket,
  tracer: Tracer,
  role: Role,
  make: (handlers: ConnectionHandlers) => C,
): { readonly end: End; readonly connection: C } {
  const [secured, line, closed] = [later<Word>(), later<string>(), later<undefined>()];
  const connection = make({
    send: tracer.through(role, (bytes) => socket.write(bytes)),
    data: firstLine(line.resolve),
    secure: secured.resolve,
    close(error) {
      socket.end();
      if (error === undefined) return closed.resolve(undefined);
      for (const { reject } of [secured, line, closed]) reject(error);
    },
  });
  const peer = role === 'client' ? 'server' : 'client';
  socket.on(
    'data',
    tracer.through(peer, (bytes) => connection.feed(bytes)),
  );
  socket.on('end', () => connection.feedEnd());
  socket.on('error', (error) => connection.abort(error));
  const end = {
    secured: secured.promise,
    line: line.promise,
    closed: closed.promise,
    write: (text: string) => connection.write(utf8(text)),
    close: () => connection.close(),
  };
  return { end, connection };
}

/** A connection of node's, handed over when it is secure. */
function nodeEnd(secured: Promise<tls.TLSSocket>): End {
  return {
    secured: secured.then(wordOf),
    line: secured.then((socket) => new Promise((resolve) => socket.on('data', firstLine(resolve)))),
    closed: secured.then((socket) => once(socket, 'close')),
    write: (line) => {
      secured.then((socket) => socket.write(line));
    },
    close: () => {
      secured.then((socket) => socket.end());
    },
  };
}

function wordOf(socket: tls.TLSSocket): Word {
  return {
    resumed: socket.isSessionReused(),
    sessionId: sessionIdOf(socket.getSession()),
    cipherSuite: socket.getCipher().standardName,
  };
}

/** Takes bytes in, in any pieces, until there is a whole line. */
function firstLine(resolve: (line: string) => void): (bytes: Uint8Array) => void {
  const pieces: Uint8Array[] = [];
  return (bytes) => {
    pieces.push(bytes.slice());
    const text = Buffer.concat(pieces).toString();
    if (text.endsWith('\n')) resolve(text);
  };
}

interface Later<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

function later<T>(): Later<T> {
  let settle: Omit<Later<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...(settle as Omit<Later<T>, 'promise'>) };
}
