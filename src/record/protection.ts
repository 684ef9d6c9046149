/**
 * RecordProtection: one direction of a connection under one key (RFC 5246 §6.2.3.3; RFC 5288 §3; RFC 7905 §2).
 *
 * It owns the sequence number, from which the nonce and the additional data are made, so that no caller can repeat
 * one. Both are scratch arrays: an AEAD must not keep them.
 */

import type { TrafficKeys } from '../crypto/key-schedule.ts';
import type { Aead, AeadKey } from '../crypto/provider.ts';
import { wipe } from '../wire/bytes.ts';
import { fault } from '../wire/error.ts';
import { type ContentType, TLS_1_2 } from './content.ts';

const nonceLength = 12;
const additionalDataLength = 13;

export class RecordProtection {
  readonly #aead: Aead;
  readonly #key: AeadKey;
  readonly #fixedIv: Uint8Array;
  readonly #nonce = new Uint8Array(nonceLength);
  readonly #additionalData = new Uint8Array(additionalDataLength);
  /** Of the next record. It starts at zero with each key and never wraps (RFC 5246 §6.1). */
  #sequenceNumber = 0;

  constructor(aead: Aead, keys: TrafficKeys) {
    this.#aead = aead;
    this.#key = aead.create(keys.writeKey);
    wipe(keys.writeKey);
    this.#fixedIv = keys.fixedIv;
    this.#nonce.set(keys.fixedIv);
    this.#additionalData[9] = TLS_1_2 >> 8;
    this.#additionalData[10] = TLS_1_2 & 0xff;
  }

  /** How many bytes longer a record is than its plaintext. */
  get expansion(): number {
    return this.#aead.recordIvLength + this.#aead.tagLength;
  }

  /** How many more records this key may seal before it is worn out (RFC 8446 §5.5): who opens them has no say in it. */
  get remaining(): number {
    return this.#aead.maxRecords - this.#sequenceNumber;
  }

  /** The protected fragment into `output`, which is `expansion` bytes longer than `plaintext`. */
  seal(type: ContentType, plaintext: Uint8Array, output: Uint8Array): void {
    if (this.remaining <= 0) throw fault('internal', 'the key has protected as many records as it may');
    const { recordIvLength } = this.#aead;
    this.#prepare(type, plaintext.length);
    if (recordIvLength > 0) {
      // The explicit nonce is the sequence number: unique for sure, where a random one is so only most likely.
      this.#writeSequenceNumber(this.#nonce, nonceLength - recordIvLength);
      output.set(this.#nonce.subarray(nonceLength - recordIvLength));
    }
    this.#key.seal(this.#nonce, this.#additionalData, plaintext, output.subarray(recordIvLength));
    this.#sequenceNumber++;
  }

  /** The plaintext of a protected fragment. @throws TlsError `bad_record_mac` */
  open(type: ContentType, fragment: Uint8Array): Uint8Array {
    const { recordIvLength, tagLength } = this.#aead;
    const length = fragment.length - recordIvLength - tagLength;
    if (length < 0) {
      throw fault(
        'bad-record-mac',
        `expected at least ${this.expansion} bytes in a protected record, got ${fragment.length}`,
      );
    }
    this.#prepare(type, length);
    if (recordIvLength > 0)
      this.#nonce.set(fragment.subarray(0, recordIvLength), nonceLength - recordIvLength);
    const plaintext = this.#key.open(this.#nonce, this.#additionalData, fragment.subarray(recordIvLength));
    if (plaintext === undefined)
      throw fault('bad-record-mac', `record ${this.#sequenceNumber} does not authenticate`);
    this.#sequenceNumber++;
    return plaintext;
  }

  destroy(): void {
    this.#key.destroy();
    wipe(this.#fixedIv, this.#nonce);
  }

  /** additional_data = seq_num + type + version + length; the nonce of a suite that takes none from the record. */
  #prepare(type: ContentType, length: number): void {
    const data = this.#additionalData;
    this.#writeSequenceNumber(data, 0);
    data[8] = type;
    data[11] = length >> 8;
    data[12] = length & 0xff;
    if (this.#aead.recordIvLength > 0) return;
    this.#nonce.set(this.#fixedIv);
    for (let i = 0; i < 8; i++) {
      const at = nonceLength - 8 + i;
      this.#nonce[at] = (this.#nonce[at] as number) ^ (data[i] as number);
    }
  }

  #writeSequenceNumber(target: Uint8Array, offset: number): void {
    let left = this.#sequenceNumber;
    for (let i = offset + 7; i >= offset; i--) {
      target[i] = left & 0xff;
      left = Math.floor(left / 0x100);
    }
  }
}
