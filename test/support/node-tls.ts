/**
 * Reprise against `node:tls`, which is OpenSSL, in one process: node's end runs on a stream in memory whose other side
 * is a Reprise connection. `connectReprise` has Reprise for the client, `connectNode` for the server. Both carry the
 * handshake to its end, whatever that is, and hand out both ends for a test to question.
 */

import { constants } from 'node:crypto';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import {
  type ClientConfig,
  ClientConnection,
  type ConnectionInfo,
  type NamedGroup,
  type ServerConfig,
  ServerConnection,
  type TlsError,
} from 'reprise-tls';
import { DerReader, Tag } from '../../src/x509/der.ts';
import { type End, newEnd } from './pair.ts';
import { pieces } from './pieces.ts';

export interface NodePair<C> {
  readonly reprise: C;
  readonly end: End;
  readonly node: NodeEnd;
  /** Ends the transport in both directions, without a word of TLS. */
  sever(): void;
}

/** How bytes pass between the ends. */
export interface Line {
  /** The lengths of the pieces that it cuts into, over and over. Absent: what is sent arrives as it is. */
  readonly pieces?: readonly number[];
  /** Application data that either end writes the moment it may: with its Finished, where that is the last one. */
  readonly firstWords?: Uint8Array;
}

/** TLS 1.2, with session IDs and no tickets. */
export const sessionIds = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  secureOptions: constants.SSL_OP_NO_TICKET,
} as const satisfies tls.SecureContextOptions;

/** Reprise is the client. The same object of options is the same server, with its sessions: one connection at a time. */
export async function connectReprise(
  config: ClientConfig,
  options: tls.TlsOptions,
  line: Line = {},
): Promise<NodePair<ClientConnection>> {
  const server = serverOf(options);
  const node = new NodeEnd();
  const keyLog = (entry: Buffer) => node.keyLog.push(entry.toString());
  const failed = (error: Error, socket: tls.TLSSocket) => node.take(socket).fail(error);
  const secured = (socket: tls.TLSSocket) => node.take(socket).secured(line.firstWords);
  server.on('keylog', keyLog).once('tlsClientError', failed).once('secureConnection', secured);
  const pair = join(node, line, (handlers) => new ClientConnection(config, handlers));
  server.emit('connection', pair.stream);
  pair.reprise.start();
  try {
    await pair.settled();
  } finally {
    server.off('keylog', keyLog).off('tlsClientError', failed).off('secureConnection', secured);
  }
  return pair;
}

/** Reprise is the server. */
export async function connectNode(
  options: tls.ConnectionOptions,
  config: ServerConfig,
  line: Line = {},
): Promise<NodePair<ServerConnection>> {
  const node = new NodeEnd();
  const pair = join(node, line, (handlers) => new ServerConnection(config, handlers));
  const socket = tls.connect({ ...options, socket: pair.stream });
  node.take(socket);
  socket.on('keylog', (entry) => node.keyLog.push(entry.toString()));
  socket.once('secureConnect', () => node.secured());
  // Held back by node until the handshake is done.
  if (line.firstWords !== undefined) socket.write(line.firstWords);
  await pair.settled();
  return pair;
}

/** The server of these options, asked for the status of its certificate, staples this (RFC 6066 §8) or nothing. */
export function stapling(options: tls.TlsOptions, response: Uint8Array | undefined): tls.TlsOptions {
  const staple = response === undefined ? null : Buffer.from(response);
  serverOf(options).on(
    'OCSPRequest',
    (_certificate, _issuer, done: (error: null, staple: Buffer | null) => void) => done(null, staple),
  );
  return options;
}

/** node's end, with all that happened to it. */
export class NodeEnd {
  readonly received: Uint8Array[] = [];
  /** What was stapled, for clients that ask; null where nothing was. */
  readonly staples: (Uint8Array | null)[] = [];
  readonly keyLog: string[] = [];
  secure = false;
  /** close_notify has come, or the end of the transport. */
  ended = false;
  closed = false;
  error: NodeJS.ErrnoException | undefined;
  #socket: tls.TLSSocket | undefined;

  get socket(): tls.TLSSocket {
    if (this.#socket === undefined) throw new Error('expected a TLSSocket of node, there is none yet');
    return this.#socket;
  }

  take(socket: tls.TLSSocket): this {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.received.push(bytes));
    socket.on('OCSPResponse', (response: Buffer | null) =>
      this.staples.push(response && Uint8Array.from(response)),
    );
    socket.on('error', (error) => this.fail(error));
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('close', () => {
      this.closed = true;
    });
    return this;
  }

  secured(firstWords?: Uint8Array): void {
    this.secure = true;
    if (firstWords !== undefined) this.socket.write(firstWords);
  }

  fail(error: NodeJS.ErrnoException): void {
    this.error ??= error;
  }

  /** What node says of the connection, in Reprise's words. The group it tells to clients, and for full handshakes. */
  get info(): Pick<ConnectionInfo, 'protocolVersion' | 'resumed' | 'sessionId' | 'cipherSuite' | 'group'> {
    const { socket } = this;
    return {
      protocolVersion: socket.getProtocol() as 'TLSv1.2',
      resumed: socket.isSessionReused(),
      sessionId: sessionIdOf(socket.getSession()),
      cipherSuite: socket.getCipher().standardName,
      group: ephemeralGroup(socket),
    };
  }
}

/** Waits for what is going to happen, and for no longer than anyone would. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`expected ${what}, and it did not happen`);
    await turn();
  }
}

/** One turn of the event loop. */
function turn(): Promise<void> {
  return new Promise(setImmediate);
}

/** Sends the same bytes both ways at once, and waits until either end has them all, as they were. */
export async function exchange(
  { reprise, end, node }: NodePair<ClientConnection | ServerConnection>,
  data: Uint8Array,
): Promise<void> {
  const ends = [
    { name: 'Reprise', received: end.received, before: end.received.length },
    { name: 'node', received: node.received, before: node.received.length },
  ];
  reprise.write(data);
  node.socket.write(data);
  const length = (pieces: readonly Uint8Array[]) => pieces.reduce((sum, piece) => sum + piece.length, 0);
  const whole = () =>
    ends.every(({ received, before }) => length(received.slice(before)) >= data.length) ||
    end.closed !== undefined;
  await until(whole, `${data.length} bytes both ways`);
  if (end.closed?.error !== undefined) throw end.closed.error;
  for (const { name, received, before } of ends) {
    if (!Buffer.concat(received.slice(before)).equals(data)) throw new Error(`${name} received other bytes`);
  }
}

/** The session_id in an SSL_SESSION as OpenSSL serialises it: the fourth field, behind two versions and the suite. */
export function sessionIdOf(state: Uint8Array | undefined): Uint8Array {
  if (state === undefined) return new Uint8Array(0);
  const fields = new DerReader(state).enter(Tag.SEQUENCE);
  fields.integer();
  fields.integer();
  fields.contents(Tag['OCTET STRING']);
  return Uint8Array.from(fields.contents(Tag['OCTET STRING']));
}

/** The groups as OpenSSL calls them. */
export const opensslGroups: Readonly<Record<NamedGroup['name'], string>> = {
  x25519: 'X25519',
  secp256r1: 'prime256v1',
  secp384r1: 'secp384r1',
  secp521r1: 'secp521r1',
};

function ephemeralGroup(socket: tls.TLSSocket): string | undefined {
  const key = socket.getEphemeralKeyInfo();
  const name = key !== null && 'name' in key ? key.name : undefined;
  return Object.entries(opensslGroups).find(([, theirs]) => theirs === name)?.[0];
}

const servers = new WeakMap<tls.TlsOptions, tls.Server>();

function serverOf(options: tls.TlsOptions): tls.Server {
  const server = servers.get(options) ?? remembering(tls.createServer(options));
  servers.set(options, server);
  return server;
}

/** Node switches OpenSSL's own session cache off: sessions go through its two events to a Map. */
export function remembering(server: tls.Server, sessions = new Map<string, Buffer>()): tls.Server {
  server.on('newSession', (id: Buffer, state: Buffer, done: () => void) => {
    sessions.set(id.toString('hex'), state);
    done();
  });
  server.on('resumeSession', (id: Buffer, done: (error: Error | null, state: Buffer | null) => void) => {
    done(null, sessions.get(id.toString('hex')) ?? null);
  });
  return server;
}

type Handlers = ConstructorParameters<typeof ClientConnection>[1];

/** Puts a Reprise connection on one side of a stream, whose other side is for node. */
function join<C extends ClientConnection | ServerConnection>(
  node: NodeEnd,
  { pieces: lengths, firstWords }: Line,
  make: (handlers: Handlers) => C,
) {
  const end = newEnd();
  const cut = (bytes: Uint8Array) => (lengths === undefined ? [bytes] : pieces(bytes, lengths));
  const fromNode: Uint8Array[] = [];
  const carry = async () => {
    for (const piece of cut(Buffer.concat(fromNode.splice(0)))) await reprise.feed(piece);
  };
  let carried = Promise.resolve();
  const carryTheLast = () => {
    carried = carried.then(carry).then(() => reprise.feedEnd());
  };
  const stream = new Duplex({
    // Else node would not answer a close_notify: its socket takes the setting from here.
    allowHalfOpen: false,
    read: () => {},
    // Writes of one turn travel together, and arrive when node has heard that they are gone, as on a network: while
    // one is on its way, node drops the alert that it ends with.
    write: (bytes: Buffer, _encoding, done) => {
      fromNode.push(bytes);
      carried = carried.then(turn).then(turn).then(carry);
      done();
    },
    final: (done) => {
      carryTheLast();
      done();
    },
    destroy: (error, done) => {
      carryTheLast();
      done(error);
    },
  });
  const reprise: C = make({
    send: (bytes) => {
      end.sent.push(bytes.slice());
      for (const piece of cut(bytes)) stream.push(piece);
    },
    data: (bytes) => {
      end.received.push(bytes.slice());
    },
    secure: (info) => {
      end.info = info;
      if (firstWords !== undefined) reprise.write(firstWords);
    },
    close: (error: TlsError | undefined) => {
      end.closed = { error };
      stream.push(null);
    },
  });
  const over = () => end.closed !== undefined && (node.closed || node.error !== undefined);
  return {
    reprise,
    end,
    node,
    stream,
    settled: () => until(() => (end.info !== undefined && node.secure) || over(), 'an end of the handshake'),
    sever: () => {
      stream.destroy();
    },
  };
}
