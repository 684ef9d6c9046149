/**
 * Transports of web streams in memory, two joined back to back: what is written to the one is read from the other, in
 * any pieces. A test can hold the line up, break it at any byte, and look at what went over it.
 */

import type { ClientConfig, ServerConfig } from 'reprise-tls';
import {
  acceptTls,
  connectTls,
  type StreamPair,
  type TlsStream,
  type TlsStreamOptions,
} from 'reprise-tls/web';
import { concat } from '../../src/wire/bytes.ts';
import { type Kind, type Role, setting } from './kinds.ts';
import { pieces } from './pieces.ts';

export interface LineOptions {
  /** The lengths of the pieces that it cuts into, over and over. Absent: what is written arrives as it is. */
  readonly lengths?: readonly number[];
  /** Called with how many pieces have gone over the line, both directions counted, before each of them. */
  readonly onPiece?: (count: number, from: Role) => void;
}

/** One direction of the line. */
export class Direction {
  readonly stream: TransformStream<Uint8Array, Uint8Array>;
  /** What was written to it, a chunk each. */
  readonly written: Uint8Array[] = [];
  /** How many bytes the reader has taken, or can take. */
  carried = 0;
  #controller: TransformStreamDefaultController<Uint8Array> | undefined;
  #breakAt = Number.POSITIVE_INFINITY;
  #break: () => void = () => {};
  #held: Promise<void> | undefined;
  #release: () => void = () => {};

  constructor(from: Role, { lengths, onPiece }: LineOptions, count: () => number) {
    this.stream = new TransformStream({
      start: (controller) => {
        this.#controller = controller;
      },
      transform: async (chunk) => {
        this.written.push(chunk.slice());
        for (const piece of lengths === undefined ? [chunk] : pieces(chunk, lengths)) {
          await this.#held;
          onPiece?.(count(), from);
          const left = this.#breakAt - this.carried;
          this.#pass(piece.subarray(0, left));
          if (piece.length >= left) this.#break();
        }
      },
    });
  }

  get bytes(): Uint8Array {
    return concat(...this.written);
  }

  /** Fails the line, for who writes to it and who reads from it. */
  fail(error: unknown): void {
    this.#controller?.error(error);
  }

  /** Ends the line for its reader; who writes to it finds it broken. */
  end(): void {
    this.#controller?.terminate();
  }

  /** Does so when so many bytes have gone over it. */
  breakAfter(bytes: number, how: () => void): void {
    this.#breakAt = bytes;
    this.#break = how;
  }

  /** Carries nothing, until the function is called. */
  hold(): () => void {
    this.#held = new Promise((resolve) => {
      this.#release = resolve;
    });
    return () => {
      this.#held = undefined;
      this.#release();
    };
  }

  #pass(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.carried += piece.length;
    this.#controller?.enqueue(piece);
  }
}

export interface Line {
  /** The transport of the client, and that of the server. */
  readonly client: StreamPair;
  readonly server: StreamPair;
  readonly from: Readonly<Record<Role, Direction>>;
}

export function makeLine(options: LineOptions = {}): Line {
  let pieces = 0;
  const count = () => pieces++;
  const from = {
    client: new Direction('client', options, count),
    server: new Direction('server', options, count),
  };
  return {
    from,
    client: { readable: from.server.stream.readable, writable: from.client.stream.writable },
    server: { readable: from.client.stream.readable, writable: from.server.stream.writable },
  };
}

export const other = { client: 'server', server: 'client' } as const satisfies Record<Role, Role>;

/** Both ends of a connection, and the line between them. */
export interface Ends extends Record<Role, TlsStream> {
  readonly line: Line;
}

export interface JoinOptions extends LineOptions {
  readonly client?: TlsStreamOptions;
  readonly server?: TlsStreamOptions;
}

/** A connection in memory, which begins by itself. */
export function join(client: ClientConfig, server: ServerConfig, options: JoinOptions = {}): Ends {
  const line = makeLine(options);
  return {
    line,
    server: acceptTls(line.server, server, options.server),
    client: connectTls(line.client, client, options.client),
  };
}

/** The same, for a kind of handshake. */
export function pair(kind: Kind = 'abbreviated', options: JoinOptions = {}): Ends {
  const { client, server } = setting(kind);
  return join(client, server, options);
}

/** Everything that comes, until the end. */
export async function readAll(readable: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const { all, error } = await readUntilError(readable);
  if (error !== undefined) throw error;
  return all;
}

/** Everything that comes, until the end or an error. */
export async function readUntilError(readable: ReadableStream<Uint8Array>) {
  const chunks: Uint8Array[] = [];
  const reader = readable.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) chunks.push(read.value);
    return { all: concat(...chunks), error: undefined };
  } catch (error) {
    return { all: concat(...chunks), error };
  }
}

/** Writes in chunks of these lengths, as fast as the stream likes, and closes it. */
export async function writeAll(
  writable: WritableStream<Uint8Array>,
  bytes: Uint8Array,
  lengths: readonly number[] = [0x10000],
): Promise<void> {
  const writer = writable.getWriter();
  for (const piece of pieces(bytes, lengths)) {
    await writer.ready;
    writer.write(piece).catch(() => {});
  }
  await writer.close();
}

/** Many turns of the event loop: whatever goes on by itself has come to rest. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
