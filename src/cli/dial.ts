/**
 * Dial: one connection of a client from the name to the end of its handshake, with the time that each step took.
 */

import { once } from 'node:events';
import net from 'node:net';
import type { ConnectionInfo } from '../connection/info.ts';
import { type ClientOptions, clientEndpoint, type Endpoint } from '../node/endpoint.ts';
import { TlsSocket } from '../node/index.ts';
import type { Tracer } from '../trace/index.ts';
import { formatPlace, type Place } from './place.ts';
import { type ProtocolName, startTls } from './starttls.ts';

export interface Target {
  readonly place: Place;
  readonly starttls: ProtocolName | undefined;
  /** For all steps together, milliseconds. */
  readonly timeout: number;
  readonly options: ClientOptions;
}

export interface DialOptions {
  /** One of the addresses of the name, in its place. */
  readonly address?: string | undefined;
  /** The session to offer. */
  readonly session?: Uint8Array | undefined;
  readonly tracer?: Tracer | undefined;
}

/** Milliseconds; a step that was not taken has none. */
export interface Timings {
  readonly lookup: number | undefined;
  readonly tcp: number;
  readonly starttls: number | undefined;
  readonly handshake: number;
}

export interface Call {
  /** Its errors are left to `ended`. */
  readonly socket: TlsSocket;
  readonly info: ConnectionInfo;
  readonly timings: Timings;
  /** Where the name led: with the port, and 4 or 6 for what kind of address it is. */
  readonly address: string;
  readonly family: number;
}

/** @throws TlsError or an error of the system's; TypeError or RangeError on options that cannot be meant */
export async function dial(target: Target, { address, session, tracer }: DialOptions = {}): Promise<Call> {
  const { place, starttls, timeout, options } = target;
  const keyLog = (line: string) => {
    tracer?.keyLog(line);
    options.keyLog?.(line);
  };
  const endpoint = clientEndpoint({ ...options, ...place, session, keyLog });
  const watch = new Stopwatch();
  const stream = net.connect({ host: address ?? place.host, port: place.port, noDelay: true });
  const late = setTimeout(() => {
    stream.destroy(
      new Error(`expected a handshake with ${formatPlace(place)} within ${timeout} ms, got none`),
    );
  }, timeout);
  let lookup: number | undefined;
  stream.once('lookup', () => {
    lookup = watch.lap();
  });
  try {
    await once(stream, 'connect');
    const tcp = watch.lap();
    if (starttls !== undefined) await startTls(stream, starttls);
    const turned = watch.lap();
    const socket = secured(stream, tracer === undefined ? endpoint : overheard(endpoint, stream, tracer));
    await once(socket, 'secureConnect');
    const timings = { lookup, tcp, starttls: starttls && turned, handshake: watch.lap() };
    const { info } = socket;
    if (info === undefined) throw new Error('expected to know what was agreed on');
    const { remoteAddress: host = place.host, remotePort: port = place.port } = stream;
    return { socket, info, timings, address: formatPlace({ host, port }), family: net.isIP(host) };
  } catch (error) {
    if (!(error instanceof Error && 'alert' in error)) stream.destroy(); // An alert is still to leave.
    throw error;
  } finally {
    clearTimeout(late);
  }
}

/** How a connection has ended: with an error, or without one after close_notify from both sides. */
export async function ended(socket: TlsSocket): Promise<Error | undefined> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return socket.errored ?? undefined;
}

/** How long a server may take to answer a close_notify, milliseconds. Many never do. */
const farewellTime = 500;

/** Says close_notify, and waits for the end no longer than is polite. What still comes is dropped. */
export async function hangUp({ socket }: Call): Promise<void> {
  const late = setTimeout(() => socket.destroy(), farewellTime);
  socket.resume().end();
  await ended(socket);
  clearTimeout(late);
}

function secured(stream: net.Socket, endpoint: Endpoint): TlsSocket {
  const socket = new TlsSocket(stream, endpoint);
  return socket.on('error', () => {}); // `once` and `ended` tell of it.
}

/** The same endpoint, with its bytes noted as they go by. */
function overheard(endpoint: Endpoint, stream: net.Socket, tracer: Tracer): Endpoint {
  stream.on('data', (bytes) => tracer.add('server', bytes));
  return {
    ...endpoint,
    open: (handlers) =>
      endpoint.open({ ...handlers, send: tracer.through('client', (bytes) => handlers.send(bytes)) }),
  };
}

class Stopwatch {
  #since = performance.now();

  /** Milliseconds since the last one. */
  lap(): number {
    const now = performance.now();
    const lap = now - this.#since;
    this.#since = now;
    return lap;
  }
}
