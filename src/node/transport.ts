/**
 * Transport: the stream that TLS goes over, of whatever kind: a socket of node:net, a socket of ours, any Duplex.
 *
 * What is written in one turn of the event loop leaves together, so that a flight and the data behind it are one segment
 * where the stream can write several buffers at once, as sockets can. The stream's own bounds are kept: it is not read
 * while the reader is full, and `full` says when it takes no more.
 */

import type { Duplex } from 'node:stream';

export interface TransportEvents {
  data(bytes: Uint8Array): void;
  /** The peer has ended its side. */
  end(): void;
  /** The stream is gone: with an error, or without one before its time. */
  lost(error: Error | undefined): void;
  /** It takes bytes again. */
  drained(): void;
}

/** How long a last alert may take to leave, milliseconds: a peer that does not read must not keep the stream open. */
const lastWordsTime = 1000;

export class Transport {
  readonly #stream: Duplex;
  readonly #listeners: readonly (readonly [event: string, listener: (argument?: unknown) => void])[];
  #corked = false;
  #released = false;

  constructor(stream: Duplex, events: TransportEvents) {
    this.#stream = stream;
    // This side ends when TLS says so, and not already when the peer does.
    stream.allowHalfOpen = true;
    this.#listeners = [
      ['data', (bytes) => events.data(bytes as Uint8Array)],
      ['end', () => events.end()],
      ['error', (error) => events.lost(error as Error)],
      ['close', () => events.lost(undefined)],
      ['drain', () => events.drained()],
    ];
    for (const [event, listener] of this.#listeners) stream.on(event, listener);
    // What has happened already is not emitted again.
    if (stream.destroyed) process.nextTick(() => events.lost(undefined));
    else if (stream.readableEnded) process.nextTick(() => events.end());
  }

  /** Whether it should not be given more for now. */
  get full(): boolean {
    return this.#stream.writableNeedDrain;
  }

  write(bytes: Uint8Array): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#stream.cork();
      process.nextTick(() => this.#uncork());
    }
    this.#stream.write(bytes);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Ends this side; `done` is called when all that was written has left, or cannot. */
  end(done: () => void): void {
    this.#uncork();
    this.#stream.end(() => done());
  }

  /** Ends the stream at once. What was written before has left, as far as the stream could take it. */
  destroy(): void {
    this.#release();
    this.#uncork();
    this.#stream.destroy();
  }

  /**
   * Ends the stream when what was written has left: the alert that says why. What still comes is read and dropped, for a
   * system that closes a socket with unread bytes resets it, and the alert may be lost with that.
   */
  conclude(): void {
    const stream = this.#stream;
    this.#release();
    stream.resume();
    const timer = setTimeout(() => stream.destroy(), lastWordsTime).unref();
    stream.once('close', () => clearTimeout(timer));
    this.end(() => stream.destroy());
  }

  /** Nobody listens any more; what goes wrong from here on is nobody's concern. */
  #release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const [event, listener] of this.#listeners) this.#stream.off(event, listener);
    this.#stream.on('error', () => {});
  }

  #uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#stream.uncork();
  }
}
