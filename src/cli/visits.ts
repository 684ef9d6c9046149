/**
 * Visits: the connections of `reprise serve`, each with one line when it is over. None of them can end the server.
 */

import type { Socket } from 'node:net';
import type { Endpoint } from '../node/endpoint.ts';
import { TlsSocket } from '../node/index.ts';
import { printable } from '../wire/error.ts';
import { handshakeText, milliseconds } from './facts.ts';
import { formatPlace } from './place.ts';

export interface VisitsOptions {
  readonly endpoint: Endpoint;
  /** Takes a socket whose handshake is done. */
  serve(socket: TlsSocket): void;
  /** Takes the line of a connection that is over. */
  log(line: string): void;
}

/** How long a connection may be silent, milliseconds. */
const idleTime = 300_000;

export class Visits {
  readonly #options: VisitsOptions;
  readonly #open = new Set<TlsSocket>();
  readonly #counts = { connections: 0, full: 0, resumed: 0 };

  constructor(options: VisitsOptions) {
    this.#options = options;
  }

  get counts(): { readonly connections: number; readonly full: number; readonly resumed: number } {
    return this.#counts;
  }

  /** Takes a new connection in. */
  accept(stream: Socket): void {
    const start = performance.now();
    const { remoteAddress: host = 'unknown', remotePort: port = 0 } = stream;
    const { endpoint, serve, log } = this.#options;
    const socket = new TlsSocket(stream, endpoint);
    this.#open.add(socket);
    this.#counts.connections++;
    socket
      .setTimeout(idleTime, () => socket.destroy(new Error('nothing was said for too long')))
      .on('error', () => {}) // It is told at the end.
      .once('secure', () => {
        this.#counts[socket.isSessionReused() ? 'resumed' : 'full']++;
        serve(socket);
      })
      .once('close', () => {
        this.#open.delete(socket);
        log(lineOf(socket, formatPlace({ host, port }), performance.now() - start));
      });
  }

  /** Says close_notify to all. Whoever does not answer in time is left. */
  async close(patience: number): Promise<void> {
    const late = setTimeout(() => this.abandon(), patience);
    const closed = [...this.#open].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of this.#open) {
      if (socket.info === undefined) socket.destroy(new Error('the server was closed'));
      else socket.resume().end();
    }
    await Promise.all(closed);
    clearTimeout(late);
  }

  abandon(): void {
    for (const socket of this.#open) socket.destroy(new Error('the server was closed'));
  }
}

/** Address, handshake, suite, name, duration, and how it ended. */
function lineOf(socket: TlsSocket, address: string, duration: number): string {
  const { info, errored } = socket;
  const columns = [
    address,
    info === undefined ? 'failed' : handshakeText(info),
    info?.cipherSuite ?? '-',
    info?.serverName ?? '-',
    milliseconds(duration),
    errored === null ? 'closed' : printable(errored.message),
  ];
  return columns.join('  ');
}
