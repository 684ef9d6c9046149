/**
 * A MessagePort as a transport, with this same function at the other port: to a worker, a frame, another thread.
 *
 * A port holds whatever is posted to it, so the two ends keep account: each may post bytes as long as it has credit, and
 * gets it from the other as that one's reader goes on. What is posted is transferred, not copied.
 */

import { Sink } from './sink.ts';
import { Source } from './source.ts';
import type { StreamPair } from './transport.ts';

/** What is used of a MessagePort. */
export interface MessagePortLike {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  start(): void;
  close(): void;
  addEventListener(type: EventType, listener: (event: MessagePortEvent) => void): void;
  removeEventListener(type: EventType, listener: (event: MessagePortEvent) => void): void;
}

const eventTypes = ['message', 'messageerror', 'close'] as const;
type EventType = (typeof eventTypes)[number];

interface MessagePortEvent {
  readonly type: string;
  readonly data?: unknown;
}

/** What the two ends say to each other. */
type Message =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  /** So many more bytes may be posted. The first one says that there is somebody. */
  | { readonly kind: 'credit'; readonly bytes: number }
  /** All was posted. */
  | { readonly kind: 'end' }
  /** This side has given up, both ways. */
  | { readonly kind: 'abort' };

/** How many bytes may be on their way to a reader, or wait for it; credit is given by halves of it. */
const window = 0x40000;

/** A MessagePort as a pair of streams of bytes, each of which ends by itself. */
export function messagePortTransport(port: MessagePortLike): StreamPair {
  return new PortTransport(port);
}

class PortTransport implements StreamPair {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly #port: MessagePortLike;
  readonly #source: Source;
  readonly #sink: Sink;
  readonly #onEvent = (event: MessagePortEvent) => this.#receive(event);
  /** What the other side has been given, and has not used. */
  #given = 0;
  /** What this side has, and what waits until it has some. */
  #credit = 0;
  #resume: (() => void) | undefined;
  readonly #isEnded = { here: false, there: false };
  #isOver = false;

  constructor(port: MessagePortLike) {
    this.#port = port;
    this.#source = new Source({
      highWaterMark: window,
      pull: (room) => this.#give(room - this.#given),
      cancel: (reason) => this.#abort(reason),
    });
    this.#sink = new Sink({
      write: (bytes) => this.#send(bytes),
      close: async () => this.#endHere(),
      abort: (reason) => this.#abort(reason),
    });
    this.readable = this.#source.readable;
    this.writable = this.#sink.writable;
    for (const type of eventTypes) port.addEventListener(type, this.#onEvent);
    port.start();
  }

  #receive({ type, data }: MessagePortEvent): void {
    if (type === 'close') this.#fail(new Error('the MessagePort was closed'));
    else if (type === 'messageerror' || !isMessage(data)) this.#refuse('one of its own messages', 'another');
    else if (data.kind === 'data') this.#take(data.bytes);
    else if (data.kind === 'credit') this.#earn(data.bytes);
    else if (data.kind === 'end') this.#endThere();
    else this.#fail(new Error('the other side of the MessagePort gave up'));
  }

  #take(bytes: Uint8Array): void {
    if (bytes.length > this.#given) {
      this.#refuse(`at most ${this.#given} bytes, for so much credit was left`, `${bytes.length}`);
      return;
    }
    this.#given -= bytes.length;
    this.#source.push(bytes);
  }

  #give(bytes: number): void {
    if (bytes < window / 2) return;
    this.#given += bytes;
    this.#post({ kind: 'credit', bytes });
  }

  #earn(bytes: number): void {
    this.#credit += bytes;
    this.#resume?.();
    this.#sink.open();
  }

  async #send(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#credit === 0) await this.#someCredit();
      // A copy, for the array is the writer's, and may be part of a larger one.
      const piece = new Uint8Array(rest.subarray(0, this.#credit));
      this.#credit -= piece.length;
      rest = rest.subarray(piece.length);
      this.#post({ kind: 'data', bytes: piece }, piece.buffer);
    }
  }

  #someCredit(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  #endHere(): void {
    this.#post({ kind: 'end' });
    this.#isEnded.here = true;
    if (this.#isEnded.there) this.#finish();
  }

  #endThere(): void {
    this.#source.end();
    this.#isEnded.there = true;
    if (this.#isEnded.here) this.#finish();
  }

  #refuse(expected: string, got: string): void {
    this.#abort(new TypeError(`expected ${expected} from the MessagePort, got ${got}`));
  }

  #abort(reason: unknown): void {
    this.#post({ kind: 'abort' });
    this.#fail(reason);
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#source.fail(error);
    this.#sink.fail(error);
    this.#finish();
  }

  #post(message: Message, ...transfer: ArrayBuffer[]): void {
    if (!this.#isOver) this.#port.postMessage(message, transfer);
  }

  #finish(): void {
    this.#isOver = true;
    for (const type of eventTypes) this.#port.removeEventListener(type, this.#onEvent);
    this.#port.close();
  }
}

function isMessage(data: unknown): data is Message {
  if (typeof data !== 'object' || data === null || !('kind' in data)) return false;
  if (data.kind === 'end' || data.kind === 'abort') return true;
  if (!('bytes' in data)) return false;
  if (data.kind === 'data') return data.bytes instanceof Uint8Array;
  return data.kind === 'credit' && Number.isSafeInteger(data.bytes) && Number(data.bytes) > 0;
}
