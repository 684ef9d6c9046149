/**
 * RecordWriter: contents in, records out, gathered until the flight leaves (RFC 5246 §6.2.1, §6.2.3).
 *
 * One growing array takes the whole flight; each record is sealed straight into its place there.
 */

import { empty } from '../wire/bytes.ts';
import { type ContentType, headerLength, maxPlaintext, TLS_1_2 } from './content.ts';
import type { RecordProtection } from './protection.ts';

export class RecordWriter {
  /** The longest fragment of a protected record: 2^14, or less where the peer asked so (RFC 8449 §4). */
  protectedLimit = maxPlaintext;
  /** The longest fragment that this side makes of its own accord, protected or not. */
  maxFragment = maxPlaintext;

  #protection: RecordProtection | undefined;
  #flight = empty;
  #length = 0;

  /** The longest fragment of the next record. */
  get limit(): number {
    return Math.min(this.maxFragment, this.#protection === undefined ? maxPlaintext : this.protectedLimit);
  }

  /** The bytes that are ready to leave. */
  get pending(): number {
    return this.#length;
  }

  /** How many more records may be written under the keys in use. */
  get remaining(): number {
    return this.#protection?.remaining ?? Number.POSITIVE_INFINITY;
  }

  /** Appends `content` as one record, or as many as the limit asks for; empty content as none. */
  write(type: ContentType, content: Uint8Array): void {
    const { limit } = this;
    const overhead = headerLength + (this.#protection?.expansion ?? 0);
    this.#reserve(content.length + Math.ceil(content.length / limit) * overhead);
    const isOne = content.length <= limit;
    for (let offset = 0; offset < content.length; offset += limit) {
      this.#append(type, isOne ? content : content.subarray(offset, offset + limit));
    }
  }

  /** From the next record on. The old keys are overwritten. */
  changeProtection(protection: RecordProtection): void {
    this.#protection?.destroy();
    this.#protection = protection;
  }

  /** All that is ready, in one array that is the caller's from now on; undefined where there is nothing. */
  take(): Uint8Array | undefined {
    if (this.#length === 0) return undefined;
    const flight = this.#flight.subarray(0, this.#length);
    this.#flight = empty;
    this.#length = 0;
    return flight;
  }

  destroy(): void {
    this.#protection?.destroy();
    this.#protection = undefined;
  }

  #append(type: ContentType, fragment: Uint8Array): void {
    const length = fragment.length + (this.#protection?.expansion ?? 0);
    const record = this.#flight.subarray(this.#length, this.#length + headerLength + length);
    record[0] = type;
    record[1] = TLS_1_2 >> 8;
    record[2] = TLS_1_2 & 0xff;
    record[3] = length >> 8;
    record[4] = length & 0xff;
    const body = record.subarray(headerLength);
    if (this.#protection === undefined) body.set(fragment);
    else this.#protection.seal(type, fragment, body);
    this.#length += record.length;
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    if (needed <= this.#flight.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#flight.length, 512));
    grown.set(this.#flight.subarray(0, this.#length));
    this.#flight = grown;
  }
}
