/**
 * Reader: a cursor over bytes that somebody else wrote. It never reads past the end, never copies, and every
 * length is checked against its bounds before it is used (RFC 5246 §4.3).
 */

import { fault } from './error.ts';

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #offset: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#offset = start;
    this.#end = end;
  }

  get remaining(): number {
    return this.#end - this.#offset;
  }

  get offset(): number {
    return this.#offset;
  }

  /** An unsigned integer of 1 to 6 bytes, in network byte order (RFC 5246 §4.4). */
  uint(length: number): number {
    this.#demand(length);
    let value = 0;
    for (let i = 0; i < length; i++) value = value * 0x100 + (this.#bytes[this.#offset + i] as number);
    this.#offset += length;
    return value;
  }

  /** A view of the next bytes. */
  bytes(length: number): Uint8Array {
    this.#demand(length);
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }

  skip(length: number): void {
    this.#demand(length);
    this.#offset += length;
  }

  /** The next bytes as a reader of their own, which ends where they end. */
  within(length: number): Reader {
    this.#demand(length);
    const start = this.#offset;
    this.#offset += length;
    return new Reader(this.#bytes, start, this.#offset);
  }

  /** A vector's length field, with the bounds that its declaration gives. */
  length(prefix: number, min: number, max: number): number {
    const length = this.uint(prefix);
    if (length < min || length > max) {
      throw fault('malformed', `expected a length of ${min} to ${max} bytes, found ${length}`);
    }
    return length;
  }

  #demand(length: number): void {
    if (length > this.remaining) {
      throw fault('malformed', `expected ${length} more bytes, found ${this.remaining}`);
    }
  }
}
