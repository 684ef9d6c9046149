/**
 * Channel: a connection of the core over a transport, with back-pressure both ways.
 *
 * What the connection says is told when it has returned, in its order: a listener that calls back meets a connection at
 * rest, and one that throws is the application's uncaught exception and no fault of TLS.
 *
 * Bounds, in bytes. Reading: `feedLength` at most are made plaintext after the reader has had enough; one record that is
 * not whole waits in the connection; the transport holds what its own highWaterMark allows, and what it read last.
 * Writing: `batchLength` at most are protected ahead of what the transport takes.
 */

import type { Duplex } from 'node:stream';
import type { Connection } from '../connection/connection.ts';
import { truncated } from '../connection/endings.ts';
import type { ConnectionInfo } from '../connection/info.ts';
import { empty } from '../wire/bytes.ts';
import type { Endpoint } from './endpoint.ts';
import { withCode } from './errors.ts';
import { Transport } from './transport.ts';

export interface ChannelEvents {
  /** The handshake is done. */
  secure(info: ConnectionInfo): void;
  /** Application data. False: no more for now, until `resume`. */
  data(bytes: Buffer): boolean;
  /** The peer's close_notify: nothing more will come. */
  end(): void;
  /** The end of it all: with an error, or without one after close_notify from both sides. */
  closed(error: Error | undefined): void;
  /** Bytes have come or gone. */
  active(): void;
}

const feedLength = 0x10000;
const batchLength = 0x10000;

type Done = (error?: Error | null) => void;

export class Channel {
  readonly connection: Connection;
  readonly #transport: Transport;
  readonly #events: ChannelEvents;
  /** What the connection said and nobody was told yet. */
  #told: (() => void)[] = [];
  #running = false;
  /** What came and was not fed yet. */
  #unread: Uint8Array = empty;
  #transportEnded = false;
  /** The reader has had enough. */
  #readerFull = false;
  /** The connection waits for an answer of the application's. */
  #answerDue = false;
  /** What is to be written, and is not: before the handshake is done, or while the transport is full. */
  #writing: { readonly batches: Iterator<Uint8Array>; readonly done: Done } | undefined;
  #finishing: Done | undefined;
  #writable = false;
  #secure = false;
  #destroyed = false;

  constructor(stream: Duplex, endpoint: Endpoint, events: ChannelEvents) {
    this.#events = events;
    this.connection = endpoint.open({
      send: (bytes) => this.#transport.write(bytes),
      // The bytes are the AEAD's output, and nobody else's.
      data: ({ buffer, byteOffset, length }) => {
        const bytes = Buffer.from(buffer, byteOffset, length);
        this.#tell(() => this.#onData(bytes));
      },
      falseStart: () => this.#tell(() => this.#onWritable()),
      secure: (info) => this.#tell(() => this.#onSecure(info)),
      end: () => this.#tell(() => events.end()),
      close: (error) => this.#tell(() => events.closed(error && withCode(error))),
    });
    this.#transport = new Transport(stream, {
      data: (bytes) => this.#onBytes(bytes),
      end: () => this.#onTransportEnd(),
      lost: (error) => this.#onTransportLost(error),
      drained: () => this.#goOnWriting(),
    });
  }

  /** The transport is there: from now on it is read. What the connection has to say first is for `begin` to call. */
  start(begin: () => void): void {
    begin();
    this.#awaitAnswer(this.connection.feed(empty));
    this.#run();
  }

  /** The reader takes more. */
  resume(): void {
    this.#readerFull = false;
    this.#run();
  }

  /**
   * Writes the chunks, from the end of the handshake on, or from its own Finished with `falseStart`; `done` is called when
   * the transport has room for more.
   */
  write(chunks: readonly Uint8Array[], done: Done): void {
    this.#writing = { batches: batches(chunks), done };
    this.#goOnWriting();
  }

  /** Says close_notify and ends this side of the transport, from the end of the handshake on. */
  end(done: Done): void {
    this.#finishing = done;
    if (this.#secure) this.#finish();
  }

  /** Ends all at once; where an alert was sent, it still leaves. */
  destroy(after: 'alert' | 'nothing'): void {
    this.#destroyed = true;
    this.#told = [];
    this.#unread = empty;
    this.connection.abandon();
    if (after === 'alert') this.#transport.conclude();
    else this.#transport.destroy();
  }

  /** What a write that is not done will never be. */
  takeUnwritten(): Done | undefined {
    const done = this.#writing?.done ?? this.#finishing;
    this.#writing = undefined;
    this.#finishing = undefined;
    return done;
  }

  #onBytes(bytes: Uint8Array): void {
    this.#events.active();
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    this.#run();
  }

  #onTransportEnd(): void {
    this.#transportEnded = true;
    this.#run();
  }

  #onTransportLost(error: Error | undefined): void {
    const { state } = this.connection;
    if (state !== 'closed')
      this.#tell(() => this.#events.closed(error ?? withCode(truncated(state, undefined))));
    this.#run();
  }

  #tell(event: () => void): void {
    if (this.#destroyed) return;
    if (!this.#running && this.#told.length === 0) queueMicrotask(() => this.#run());
    this.#told.push(event);
  }

  /** The one loop: tells what was said, then reads on, while nothing holds it back. */
  #run(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      do {
        for (let event = this.#told.shift(); event !== undefined; event = this.#told.shift()) uncaught(event);
      } while (this.#feedNext());
    } finally {
      this.#running = false;
    }
    if (this.#destroyed) return;
    if (this.#readerFull || this.#answerDue) this.#transport.pause();
    else this.#transport.resume();
  }

  /** Feeds one piece, where it may; tells whether there was anything to do. */
  #feedNext(): boolean {
    if (this.#destroyed || this.#readerFull || this.#answerDue) return false;
    if (this.#unread.length > 0) {
      const piece = this.#unread.subarray(0, feedLength);
      this.#unread = this.#unread.subarray(feedLength);
      this.#awaitAnswer(this.connection.feed(piece));
      return true;
    }
    if (!this.#transportEnded) return false;
    this.#transportEnded = false;
    this.connection.feedEnd();
    return true;
  }

  #awaitAnswer(answer: Promise<void> | undefined): void {
    if (answer === undefined) return;
    this.#answerDue = true;
    answer.then(() => {
      this.#answerDue = false;
      this.#run();
    });
  }

  #onData(bytes: Buffer): void {
    if (!this.#events.data(bytes)) this.#readerFull = true;
  }

  #onWritable(): void {
    this.#writable = true;
    this.#goOnWriting();
  }

  #onSecure(info: ConnectionInfo): void {
    this.#secure = true;
    try {
      this.#events.secure(info);
    } finally {
      this.#onWritable();
      if (this.#finishing !== undefined && this.#writing === undefined) this.#finish();
    }
  }

  #goOnWriting(): void {
    while (this.#writable && this.#writing !== undefined && !this.#transport.full) {
      // The connection has ended, and is about to say why.
      if (this.connection.state === 'closed') return;
      const { batches, done } = this.#writing;
      const { value: batch } = batches.next();
      if (batch === undefined) {
        this.#writing = undefined;
        done();
      } else {
        this.#events.active();
        this.connection.write(batch);
      }
    }
  }

  #finish(): void {
    const done = this.#finishing;
    if (done === undefined) return;
    this.connection.close();
    this.#transport.end(() => {
      if (this.#finishing === undefined) return;
      this.#finishing = undefined;
      done();
    });
  }
}

/** The chunks as arrays of at most `batchLength`: small ones together, for they share a record, large ones in parts. */
function* batches(chunks: readonly Uint8Array[]): Generator<Uint8Array, undefined> {
  let small: Uint8Array[] = [];
  let length = 0;
  for (const chunk of chunks) {
    if (length + chunk.length > batchLength && length > 0) {
      yield Buffer.concat(small);
      small = [];
      length = 0;
    }
    let at = 0;
    for (; chunk.length - at > batchLength; at += batchLength) yield chunk.subarray(at, at + batchLength);
    const last = chunk.subarray(at);
    small.push(last);
    length += last.length;
  }
  if (length > 0) yield small.length === 1 && small[0] !== undefined ? small[0] : Buffer.concat(small);
  return undefined;
}

/** What a listener throws must not end up in the stream below, whose call this may be: the host hears of it. */
function uncaught(event: () => void): void {
  try {
    event();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
