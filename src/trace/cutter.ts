/**
 * RecordCutter: all that one side sent in, records out, in whatever order its bytes come to be seen (RFC 5246 §6.2.1).
 *
 * Where the connection's own reader refuses, this one goes on: bytes that are no record are foreign, up to where a record
 * of the handshake begins again. Each byte is looked at a bounded number of times.
 */

import { ContentType, headerLength, maxCiphertext } from '../record/content.ts';

export interface Cut {
  /** `begun` is a record whose end is not there. */
  readonly kind: 'record' | 'begun' | 'foreign';
  /** A view. */
  readonly bytes: Uint8Array;
}

/** What multiplexers take for TLS by its first byte (RFC 9443 §3). */
const firstType = 20;
const lastType = 63;
const majorVersion = 3;
const lastMinorVersion = 4;

export class RecordCutter {
  readonly #bytes: Uint8Array;
  #seen = 0;
  #offset = 0;
  /** Whether a record ended where we are, or nothing has begun yet: then any type of record may follow. */
  #aligned = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** How many bytes are in no cut yet. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** So many more bytes have been seen. */
  see(length: number): void {
    this.#seen = Math.min(this.#seen + length, this.#bytes.length);
  }

  /** What is whole among the bytes seen; undefined until more are. */
  next(): Cut | undefined {
    if (this.#offset === this.#seen) return undefined;
    const length = this.#recordAt(this.#offset);
    if (length === 0) return this.#foreign();
    if (length === undefined || this.#offset + length > this.#seen) return undefined;
    this.#aligned = true;
    return this.#take('record', length);
  }

  /** What no `next` gave, when all has been seen. */
  rest(): Cut | undefined {
    const length = this.#seen - this.#offset;
    return length === 0 ? undefined : this.#take('begun', length);
  }

  #foreign(): Cut {
    this.#aligned = false;
    let end = this.#offset + 1;
    while (end < this.#seen && this.#recordAt(end) === 0) end++;
    return this.#take('foreign', end - this.#offset);
  }

  #take(kind: Cut['kind'], length: number): Cut {
    const start = this.#offset;
    this.#offset += length;
    return { kind, bytes: this.#bytes.subarray(start, this.#offset) };
  }

  /** The length of a record that starts here; 0 where none does, undefined where more bytes must tell. */
  #recordAt(offset: number): number | undefined {
    const byte = (i: number) => (offset + i < this.#seen ? this.#bytes[offset + i] : undefined);
    const type = byte(0) ?? 0;
    const isType = this.#aligned ? type >= firstType && type <= lastType : type === ContentType.handshake;
    if (!isType) return 0;
    if ((byte(1) ?? majorVersion) !== majorVersion || (byte(2) ?? 0) > lastMinorVersion) return 0;
    const [high, low] = [byte(3), byte(4)];
    if (high === undefined || low === undefined) return undefined;
    const length = (high << 8) | low;
    return length > maxCiphertext ? 0 : headerLength + length;
  }
}
