/**
 * RecordReader: a stream of bytes in, records out (RFC 5246 §6.2), in whatever pieces the bytes come.
 *
 * A header is checked before its fragment is waited for, so that nobody makes us wait for, or hold, more than one
 * record of legal length.
 *
 * Where a piece ends in the midst of a record, the next begins with the rest of it: only that rest is joined to what has
 * been kept, and the records behind it are read where they lie.
 */

import { empty, plain } from '../wire/bytes.ts';
import { fault } from '../wire/error.ts';
import { ByteQueue } from '../wire/queue.ts';
import { headerLength, isContentType, maxCiphertext, type PlaintextRecord, TLS_1_2 } from './content.ts';

export class RecordReader {
  /** RFC 5246 Appendix E.1: until the version is negotiated any {3, x} goes; after, only this one. */
  versionNegotiated = false;

  readonly #input = new ByteQueue();
  /** What comes behind `#input`, which then holds one whole record: borrowed too. */
  #behind = empty;

  /** Bytes that wait to be taken. */
  get buffered(): number {
    return this.#input.length + this.#behind.length;
  }

  /** Appends bytes. They are borrowed until `settle`. */
  push(bytes: Uint8Array): void {
    this.#join();
    const missing = this.#missing();
    if (missing > 0 && missing < bytes.length) {
      this.#input.push(bytes.subarray(0, missing));
      this.#behind = plain(bytes.subarray(missing));
    } else this.#input.push(bytes);
  }

  settle(): void {
    this.#join();
    this.#input.settle();
  }

  clear(): void {
    this.#input.clear();
    this.#behind = empty;
  }

  /** Takes the next whole record, its fragment still protected. @throws TlsError */
  next(): PlaintextRecord | undefined {
    const input = this.#input;
    if (input.length === 0) this.#join();
    if (input.length === 0) return undefined;
    const type = input.at(0);
    if (!isContentType(type)) {
      throw fault(
        'record-type',
        `expected a TLS record, got one that starts with byte 0x${hexadecimal(type, 2)}`,
      );
    }
    if (input.length < headerLength) return undefined;
    this.#checkVersion((input.at(1) << 8) | input.at(2));
    const length = (input.at(3) << 8) | input.at(4);
    if (length > maxCiphertext) {
      throw fault('record-overflow', `expected a record of at most ${maxCiphertext} bytes, got ${length}`);
    }
    if (input.length < headerLength + length) return undefined;
    input.take(headerLength);
    return { type, fragment: input.take(length) };
  }

  #join(): void {
    if (this.#behind.length === 0) return;
    this.#input.push(this.#behind);
    this.#behind = empty;
  }

  /** How many bytes the first record lacks, as far as it is known. */
  #missing(): number {
    const input = this.#input;
    if (input.length < headerLength) return 0;
    return headerLength + ((input.at(3) << 8) | input.at(4)) - input.length;
  }

  #checkVersion(version: number): void {
    const acceptable = this.versionNegotiated ? version === TLS_1_2 : version >> 8 === TLS_1_2 >> 8;
    if (acceptable) return;
    throw fault(
      'record-version',
      `expected a record of TLS 1.2 (0x0303), got version 0x${hexadecimal(version, 4)}`,
    );
  }
}

function hexadecimal(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
