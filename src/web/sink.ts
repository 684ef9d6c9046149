/**
 * Sink: a WritableStream of bytes for somebody who may not be ready yet, and who may fail while something is under way.
 *
 * A WritableStream waits for what is under way before it believes in an error, and before an abort is done. So that
 * neither ever hangs, whatever is under way here is given up at the moment of the failure.
 */

import { pieceLength } from './chunks.ts';

export interface SinkHandlers {
  /** Takes the bytes, and settles when it can take more. */
  write(bytes: Uint8Array): Promise<void>;
  /** All was written, and no more will be. */
  close(): Promise<void>;
  /** The writer has given up, and said why; or what was written was not bytes. */
  abort(reason: unknown): void;
}

export class Sink {
  readonly writable: WritableStream<Uint8Array>;
  #controller: WritableStreamDefaultController | undefined;
  #isOpen = false;
  #isClosing = false;
  #isAborted = false;
  /** How many bytes were written into the stream, and are not all taken. */
  #waiting = 0;
  /** What waits for the sink to be open. */
  #first: (() => void) | undefined;
  /** Gives up what is under way. */
  #interrupt: ((error: unknown) => void) | undefined;

  constructor({ write, close, abort }: SinkHandlers) {
    this.writable = new WritableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          const { signal } = controller;
          signal.addEventListener('abort', () => {
            this.#isAborted = true;
            abort(signal.reason);
          });
        },
        write: async (chunk) => {
          if (!(chunk instanceof Uint8Array)) {
            const error = new TypeError(`expected a Uint8Array to write, got ${describe(chunk)}`);
            abort(error);
            throw error;
          }
          await this.#when(() => write(chunk));
          this.#waiting -= lengthOf(chunk);
        },
        close: () =>
          this.#when(() => {
            this.#isClosing = true;
            return close();
          }),
      },
      {
        highWaterMark: pieceLength,
        size: (chunk) => {
          this.#waiting += lengthOf(chunk);
          return lengthOf(chunk);
        },
      },
    );
  }

  /** Whether all that was written was taken. */
  get idle(): boolean {
    return this.#waiting === 0;
  }

  /** Whether the stream was closed, and `close` called. */
  get closing(): boolean {
    return this.#isClosing;
  }

  /** From now on things are written. What waits for it is written within this call. */
  open(): void {
    this.#isOpen = true;
    this.#first?.();
    this.#first = undefined;
  }

  /** The end by an error, of the stream and of what is under way in it. */
  fail(error: unknown): void {
    // An abort has its own reason, which the stream keeps.
    if (!this.#isAborted) this.#controller?.error(error);
    this.#interrupt?.(error);
  }

  #when(act: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      const run = () => {
        act().then(resolve, reject);
      };
      if (this.#isOpen) run();
      else this.#first = run;
    });
  }
}

/** Of anything: what is no bytes is refused when its turn comes. */
function lengthOf(chunk: unknown): number {
  return chunk instanceof Uint8Array ? chunk.length : 0;
}

function describe(chunk: unknown): string {
  return chunk === null ? 'null' : typeof chunk;
}
