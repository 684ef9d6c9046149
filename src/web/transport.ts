/**
 * Transport: what carries TLS, as a pair of streams; and Carrier, which holds one for the time of a connection. It
 * writes each flight as one chunk, and it sees to it that the pair is closed or cut off at the end, and let go.
 */

import { bytesOf } from './chunks.ts';

/** A pair of web streams. */
export interface StreamPair {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/**
 * A pair of streams that carry bytes in order: what a WebSocketStream, a WebTransport stream, Workers' `connect()`, a
 * TCPSocket of Direct Sockets and Node's `Duplex.toWeb` give, whosever types they have. Chunks that are read are of any
 * length, a Uint8Array, an ArrayBuffer or a view of one.
 */
export interface Transport {
  readonly readable: { readonly locked: boolean; getReader(): TransportReader };
  readonly writable: { readonly locked: boolean; getWriter(): TransportWriter };
}

/** What is used of a ReadableStreamDefaultReader. */
interface TransportReader {
  read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
  cancel(reason: unknown): Promise<unknown>;
  releaseLock(): void;
}

/** What is used of a WritableStreamDefaultWriter. */
interface TransportWriter {
  readonly ready: Promise<unknown>;
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
  abort(reason: unknown): Promise<void>;
  releaseLock(): void;
}

/** How long a transport is waited for when it is to be closed, milliseconds. */
export interface Patience {
  /** Until what was written has left; then it is cut off. Infinity: as long as it takes. */
  readonly flush: number;
  /** Until it is closed, from then on; then it is left to itself. */
  readonly close: number;
}

export class Carrier {
  /** Settles when the transport is let go. It never rejects. */
  readonly gone: Promise<void>;
  readonly #reader: TransportReader;
  readonly #writer: TransportWriter;
  #flushed: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isGone = false;
  #letGo: () => void = () => {};

  /** @throws TypeError where somebody else reads or writes the transport */
  constructor({ readable, writable }: Transport) {
    if (readable.locked) throw new TypeError('expected a transport of our own, its readable is locked');
    if (writable.locked) throw new TypeError('expected a transport of our own, its writable is locked');
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    this.gone = new Promise((resolve) => {
      this.#letGo = resolve;
    });
  }

  /** Settles when all that was written so far has left. */
  get flushed(): Promise<void> {
    return this.#flushed;
  }

  /** Settles when the transport can take more. */
  get ready(): Promise<unknown> {
    return this.#writer.ready;
  }

  /** The next chunk, or undefined at the end. Rejects with the transport's error, and where there are no bytes in it. */
  async read(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#reader.read();
    return done ? undefined : bytesOf(value, 'the transport');
  }

  /** Gives the transport one chunk, which is its own from then on. Settles when it has left. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#isGone) return Promise.resolve();
    this.#flushed = this.#writer.write(bytes);
    return this.#flushed;
  }

  /** Closes the transport behind what was written, and lets it go, at the latest when patience is at an end. */
  async close({ flush, close }: Patience): Promise<void> {
    const late = new Error(`expected the transport to take the last words within ${flush} ms`);
    this.#after(flush, () => this.abort(late));
    await settled(() => this.#flushed);
    this.#after(close, () => this.#leave(undefined));
    await settled(() => this.#writer.close());
    this.#leave(undefined);
  }

  /** Cuts the transport off at once. */
  abort(reason: unknown): void {
    if (this.#isGone) return;
    settled(() => this.#writer.abort(reason));
    this.#leave(reason);
  }

  /** Takes back the locks, and leaves the transport as it is. */
  release(): void {
    this.#isGone = true;
    clearTimeout(this.#timer);
    this.#reader.releaseLock();
    this.#writer.releaseLock();
    this.#letGo();
  }

  #leave(reason: unknown): void {
    if (this.#isGone) return;
    // It ends the read that is under way, so that the lock can be taken back everywhere.
    settled(() => this.#reader.cancel(reason));
    this.release();
  }

  #after(time: number, act: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#isGone && time !== Number.POSITIVE_INFINITY) this.#timer = setTimeout(act, time);
  }
}

/** Settles with what is done, and never rejects. A transport that throws is as good as one that rejects. */
async function settled(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch {
    // The connection has its own end already.
  }
}
