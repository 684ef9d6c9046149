/**
 * RecordLayer: both directions of the record protocol (RFC 5246 §6). It knows types, versions, lengths, sequence
 * numbers, fragmentation and protection, and nothing of the handshake.
 *
 * Read keys change only at a ChangeCipherSpec, and only against an `Aligned` proof that no half-read handshake message
 * lies across the change (the family of CVE-2014-0224).
 */

import { fault } from '../wire/error.ts';
import type { Aligned } from './alignment.ts';
import { ContentType, contentTypeName, maxPlaintext, type PlaintextRecord } from './content.ts';
import type { RecordProtection } from './protection.ts';
import { RecordReader } from './reader.ts';
import { RecordWriter } from './writer.ts';

/** How many records without content may come in a row (RFC 5246 §6.2.1 allows empty application data). */
const maxEmptyRecords = 32;

export class RecordLayer {
  readonly writer = new RecordWriter();
  readonly #reader = new RecordReader();
  #protection: RecordProtection | undefined;
  /** The longest plaintext of a protected record that may come (RFC 8449 §4). */
  #protectedLimit = maxPlaintext;
  #emptyRecords = 0;

  /** Bytes that were pushed and not yet read. */
  get buffered(): number {
    return this.#reader.buffered;
  }

  push(bytes: Uint8Array): void {
    this.#reader.push(bytes);
  }

  settle(): void {
    this.#reader.settle();
  }

  /** The next record in the clear, or undefined until more bytes come. @throws TlsError */
  next(): PlaintextRecord | undefined {
    const record = this.#reader.next();
    if (record === undefined) return undefined;
    const fragment = this.#protection?.open(record.type, record.fragment) ?? record.fragment;
    const limit = this.#protection === undefined ? maxPlaintext : this.#protectedLimit;
    if (fragment.length > limit) {
      throw fault('record-overflow', `expected at most ${limit} bytes in a record, got ${fragment.length}`);
    }
    if (fragment.length === 0) this.#tolerateEmpty(record.type);
    else this.#emptyRecords = 0;
    return { type: record.type, fragment };
  }

  /** From now on only records of TLS 1.2 are read (RFC 5246 Appendix E.1). */
  versionNegotiated(): void {
    this.#reader.versionNegotiated = true;
  }

  /** What record_size_limit settled, each way (RFC 8449 §4); it holds for protected records only. */
  limitRecords(limits: { readonly send: number; readonly receive: number }): void {
    this.writer.protectedLimit = Math.min(limits.send, maxPlaintext);
    this.#protectedLimit = Math.min(limits.receive, maxPlaintext);
  }

  /** The peer's ChangeCipherSpec: what comes after it is under these keys. */
  changeReadProtection(protection: RecordProtection, _aligned: Aligned): void {
    this.#protection?.destroy();
    this.#protection = protection;
  }

  /** Our ChangeCipherSpec, and what leaves after it under these keys (RFC 5246 §7.1). */
  changeWriteProtection(protection: RecordProtection): void {
    this.writer.write(ContentType.change_cipher_spec, Uint8Array.of(1));
    this.writer.changeProtection(protection);
  }

  /** Overwrites the keys of both directions and drops what was not read. */
  destroy(): void {
    this.#protection?.destroy();
    this.#protection = undefined;
    this.writer.destroy();
    this.#reader.clear();
  }

  #tolerateEmpty(type: ContentType): void {
    if (type !== ContentType.application_data) {
      throw fault('malformed', `expected content in a record of type ${contentTypeName(type)}, got none`);
    }
    this.#emptyRecords++;
    if (this.#emptyRecords > maxEmptyRecords) {
      throw fault('flood', `expected at most ${maxEmptyRecords} empty records in a row, got more`);
    }
  }
}
