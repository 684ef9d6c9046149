/**
 * Source: a ReadableStream of bytes that are pushed into it. It says when it has room, so that what fills it can wait,
 * and it gives what it has before it fails: what came ahead of an error was as good as any.
 */

import { pieceLength } from './chunks.ts';

export interface SourceOptions {
  /** The reader has lost interest, and said why. */
  cancel(reason: unknown): void;
  /** There is room for so many bytes. */
  pull?(room: number): void;
  /** How many bytes may wait to be read before there is no more room. */
  readonly highWaterMark?: number;
}

export class Source {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #highWaterMark: number;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #resume: (() => void) | undefined;
  #over = false;

  constructor({ cancel, pull, highWaterMark = pieceLength }: SourceOptions) {
    this.#highWaterMark = highWaterMark;
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          if (this.#failure !== undefined) this.#failWhenEmpty();
          else if (!this.#over) pull?.(this.room);
          this.#release();
        },
        cancel: (reason: unknown) => {
          this.#finish();
          cancel(reason);
        },
      },
      { highWaterMark, size: (bytes) => bytes.length },
    );
  }

  /** How many more bytes there is room for; below zero where more were pushed. */
  get room(): number {
    return this.#controller?.desiredSize ?? 0;
  }

  /** How many bytes wait to be read. */
  get waiting(): number {
    return this.#highWaterMark - this.room;
  }

  /** A promise of room, or undefined where there is some. It keeps nobody waiting after the end. */
  hungry(): Promise<void> | undefined {
    if (this.#over || this.room > 0) return undefined;
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  /** The array is the reader's from now on. After the end nothing is taken. */
  push(bytes: Uint8Array): void {
    if (!this.#over) this.#controller?.enqueue(bytes);
  }

  /** The end in order, behind what was pushed. */
  end(): void {
    if (this.#over) return;
    this.#finish();
    this.#controller?.close();
  }

  /** The end by an error, behind what was pushed. */
  fail(error: unknown): void {
    if (this.#over) return;
    this.#finish();
    this.#failure = { error };
    this.#failWhenEmpty();
  }

  /** The end by an error, with what was pushed and not read. */
  discard(error: unknown): void {
    if (this.#over && this.#failure === undefined) return;
    this.#finish();
    this.#controller?.error(error);
  }

  /** Called for the last byte, too: the stream pulls after each read. */
  #failWhenEmpty(): void {
    if (this.waiting <= 0) this.#controller?.error(this.#failure?.error);
  }

  #finish(): void {
    this.#over = true;
    this.#release();
  }

  #release(): void {
    this.#resume?.();
    this.#resume = undefined;
  }
}
