/**
 * connect: a client's socket, over a connection that is opened for it or over a stream that is there already (STARTTLS),
 * with the arguments of `tls.connect`.
 */

import net, { type NetConnectOpts, type TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ClientOptions, clientEndpoint } from './endpoint.ts';
import { type StreamOptions, TlsSocket } from './tls-socket.ts';

export interface ConnectOptions
  extends ClientOptions,
    StreamOptions,
    Partial<Omit<TcpNetConnectOpts, keyof ClientOptions | keyof StreamOptions | 'timeout' | 'onread'>> {
  /** The stream to speak TLS over, in the place of a new connection. It is the socket's from then on. */
  readonly socket?: Duplex | undefined;
  /** Of a Unix socket, in the place of `host` and `port`. */
  readonly path?: string | undefined;
  /** The idle timeout in milliseconds, as `setTimeout` sets it. */
  readonly timeout?: number | undefined;
}

type Listener = () => void;

/**
 * A socket whose handshake begins when the connection is there; `listener` is called at 'secureConnect'.
 * @throws TypeError or RangeError on options that cannot be meant, or cannot be honoured: then nothing was opened
 */
export function connect(options: ConnectOptions, listener?: Listener): TlsSocket;
export function connect(
  port: number,
  host?: string,
  options?: ConnectOptions,
  listener?: Listener,
): TlsSocket;
export function connect(port: number, options?: ConnectOptions, listener?: Listener): TlsSocket;
export function connect(port: number, host: string, listener: Listener): TlsSocket;
export function connect(port: number, listener: Listener): TlsSocket;
export function connect(path: string, options?: ConnectOptions, listener?: Listener): TlsSocket;
export function connect(
  ...args: readonly (ConnectOptions | number | string | Listener | undefined)[]
): TlsSocket {
  const { options, listener } = readArguments(args);
  const { timeout, allowHalfOpen, highWaterMark } = options;
  const endpoint = clientEndpoint(namedByDefault(options));
  const socket = new TlsSocket(options.socket ?? open(options), {
    ...endpoint,
    allowHalfOpen,
    highWaterMark,
  });
  if (timeout) socket.setTimeout(timeout);
  if (listener !== undefined) socket.once('secureConnect', listener);
  return socket;
}

/** As Node: whoever says neither where to connect nor over what means this machine. */
function namedByDefault(options: ConnectOptions): ConnectOptions {
  const { socket, host } = options;
  return socket === undefined && !host ? { ...options, host: 'localhost' } : options;
}

/** Small writes leave at once: those of one turn are one write already, and waiting for more costs 40 ms and more. */
function open(options: ConnectOptions): net.Socket {
  const { timeout: _, noDelay = true, ...rest } = options;
  return net.connect({ ...rest, noDelay, allowHalfOpen: true } as NetConnectOpts);
}

function readArguments(args: readonly (ConnectOptions | number | string | Listener | undefined)[]): {
  readonly options: ConnectOptions;
  readonly listener: Listener | undefined;
} {
  let options: ConnectOptions = {};
  let listener: Listener | undefined;
  for (const [i, argument] of args.entries()) {
    if (typeof argument === 'function') listener = argument;
    else if (typeof argument === 'object') options = { ...options, ...argument };
    else if (typeof argument === 'number') options = { ...options, port: argument };
    else if (typeof argument === 'string')
      options = { ...options, ...(i === 0 ? place(argument) : { host: argument }) };
  }
  return { options, listener };
}

/** A first argument that is text: a port written as such, or a path. */
function place(text: string): ConnectOptions {
  return /^\d+$/.test(text) ? { port: Number(text) } : { path: text };
}
