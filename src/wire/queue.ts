/**
 * ByteQueue: bytes that have come and are not yet taken.
 *
 * What is pushed into an empty queue is borrowed, not copied, so that whole records are read where they lie; `settle`
 * copies what is left of it, so that the caller may use its array again. The queue's own memory is written once: what
 * was taken stays as it is, whatever is pushed while somebody reads it. It grows by doubling: no order of pushes makes
 * the work more than linear.
 */

import { empty, plain } from './bytes.ts';

const smallestArray = 256;

export class ByteQueue {
  #bytes = empty;
  #start = 0;
  #end = 0;
  #borrowed = false;

  get length(): number {
    return this.#end - this.#start;
  }

  push(bytes: Uint8Array): void {
    if (this.length === 0) {
      this.#bytes = plain(bytes);
      this.#start = 0;
      this.#end = bytes.length;
      this.#borrowed = true;
      return;
    }
    // A borrowed array is full to its end, so nothing is written into what is not ours.
    if (this.#end + bytes.length > this.#bytes.length) this.#move(bytes.length);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The byte at `index` from the front, which must be within `length`. */
  at(index: number): number {
    return this.#bytes[this.#start + index] as number;
  }

  /** Takes `length` bytes, which must be there, as a view: of the lender's array, until `settle`, or of our own. */
  take(length: number): Uint8Array {
    const from = this.#start;
    this.#start += length;
    return this.#bytes.subarray(from, this.#start);
  }

  /** Ends the loan: what is left becomes our own copy. */
  settle(): void {
    if (this.length === 0) this.clear();
    else if (this.#borrowed) this.#move(0);
  }

  clear(): void {
    this.#bytes = empty;
    this.#start = 0;
    this.#end = 0;
    this.#borrowed = false;
  }

  /** What is left goes into a new array, with room for `more` bytes and for as much as there is. */
  #move(more: number): void {
    const { length } = this;
    const bytes = new Uint8Array(Math.max(smallestArray, length + more, 2 * length));
    bytes.set(this.#bytes.subarray(this.#start, this.#end));
    this.#bytes = bytes;
    this.#start = 0;
    this.#end = length;
    this.#borrowed = false;
  }
}
