/**
 * Writer: bytes that grow as they are written. A vector is opened before its length is known and closed after.
 * What it outgrows it overwrites, since it may hold a secret: the array that `finish` gives is the only copy.
 * What is wrong here is wrong in our own values, so it throws `RangeError`, not an alert.
 */

import { empty } from './bytes.ts';

export class Writer {
  readonly #capacity: number;
  /** It takes memory with its first byte: many an extension has none. */
  #bytes = empty;
  #length = 0;

  /** `capacity` is how many bytes it takes memory for at first. */
  constructor(capacity = 128) {
    this.#capacity = capacity;
  }

  uint(value: number, length: number): void {
    if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** (8 * length)) {
      throw new RangeError(`expected an unsigned integer of ${length} bytes, got ${value}`);
    }
    this.#reserve(length);
    this.#put(this.#length, value, length);
    this.#length += length;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A vector's length field, where the length is known before. */
  length(length: number, prefix: number, min: number, max: number): void {
    if (length < min || length > max) throw new RangeError(`expected ${min} to ${max} bytes, got ${length}`);
    this.uint(length, prefix);
  }

  /** Leaves room for a length field of `prefix` bytes; returns where the content starts, for `close`. */
  open(prefix: number): number {
    this.#reserve(prefix);
    this.#length += prefix;
    return this.#length;
  }

  /** Writes the length of what came since `open` into the room that it left. */
  close(start: number, prefix: number, min: number, max: number): void {
    const length = this.#length - start;
    if (length < min || length > max) throw new RangeError(`expected ${min} to ${max} bytes, got ${length}`);
    this.#put(start - prefix, length, prefix);
  }

  /** What was written. The writer must not be used after. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #put(offset: number, value: number, length: number): void {
    let left = value;
    for (let i = length - 1; i >= 0; i--) {
      this.#bytes[offset + i] = left % 0x100;
      left = Math.floor(left / 0x100);
    }
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#capacity, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes.fill(0);
    this.#bytes = grown;
  }
}
