/**
 * Bridge: a transport made of what carries messages, such as a WebSocket. What all of them have in common is here: to
 * wait until there is a connection, to take bytes and refuse all else, to hold no more than a limit of what is not yet
 * read, and to end both directions together.
 */

import { bytesOf } from './chunks.ts';
import { type Deferred, deferred } from './deferred.ts';
import { Sink } from './sink.ts';
import { Source } from './source.ts';
import type { StreamPair } from './transport.ts';

/** Why a channel is cut off: this side gave up, or it got what is no bytes, or more of them than it can hold. */
export type Cut = 'aborted' | 'unsupported-data' | 'too-big';

/** What a bridge asks of what it is made of. */
export interface Channel {
  /** As it is called in errors. */
  readonly name: string;
  /** Sends the bytes, and settles when more may be sent. */
  send(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Closes it behind what was sent. It is to say so by `end`. */
  close(): void;
  cut(cause: Cut): void;
  /** Stops whatever waits, once, at the end. */
  stop(): void;
}

export interface BridgeOptions {
  /**
   * How many bytes may wait to be read. The peer cannot be asked to wait, so one that sends more is cut off. Default:
   * 16 MiB.
   */
  readonly receiveLimit?: number;
}

export class Bridge implements StreamPair {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly #channel: Channel;
  readonly #receiveLimit: number;
  readonly #source: Source;
  readonly #sink: Sink;
  readonly #closed: Deferred<void> = deferred();
  #isOver = false;

  constructor(channel: Channel, { receiveLimit = 0x1000000 }: BridgeOptions) {
    if (!(receiveLimit > 0)) throw new RangeError(`expected a receiveLimit of bytes, got ${receiveLimit}`);
    this.#channel = channel;
    this.#receiveLimit = receiveLimit;
    this.#source = new Source({ cancel: (reason) => this.#cut('aborted', reason) });
    this.#sink = new Sink({
      write: (bytes) => this.#send(bytes),
      close: () => {
        channel.close();
        return this.#closed.promise;
      },
      abort: (reason) => this.#cut('aborted', reason),
    });
    this.readable = this.#source.readable;
    this.writable = this.#sink.writable;
  }

  /** There is a connection. */
  open(): void {
    this.#sink.open();
  }

  /** A message has come. */
  receive(data: unknown): void {
    let bytes: Uint8Array;
    try {
      bytes = bytesOf(data, this.#channel.name);
    } catch (error) {
      this.#cut('unsupported-data', error);
      return;
    }
    if (this.#source.waiting + bytes.length > this.#receiveLimit) {
      const limit = `at most ${this.#receiveLimit} bytes to wait to be read`;
      this.#cut('too-big', new RangeError(`expected ${limit}, got more from ${this.#channel.name}`));
      return;
    }
    this.#source.push(bytes);
  }

  /** It was closed in order, by either side. */
  end(): void {
    if (this.#isOver) return;
    this.#source.end();
    if (this.#sink.closing) this.#closed.resolve();
    else this.#sink.fail(new Error(`${this.#channel.name} is closed`));
    this.#finish();
  }

  /** It has failed. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#source.fail(error);
    this.#sink.fail(error);
    this.#finish();
  }

  async #send(bytes: Uint8Array): Promise<void> {
    try {
      // Shared memory is refused by the platform itself.
      await this.#channel.send(bytes as Uint8Array<ArrayBuffer>);
    } catch (error) {
      this.#cut('aborted', error);
      throw error;
    }
  }

  #cut(cause: Cut, reason: unknown): void {
    if (this.#isOver) return;
    this.#channel.cut(cause);
    this.fail(reason);
  }

  #finish(): void {
    this.#isOver = true;
    this.#channel.stop();
  }
}
