/**
 * An attacker who holds the keys, which none should: it opens a record of application data, changes what is in it, and
 * seals it again. Against it nothing helps, so whatever is to find attackers must find this one.
 */

import { ContentType, headerLength } from '../../src/record/content.ts';
import { concat, fromHex } from '../../src/wire/bytes.ts';
import { type KeyBlock, keyBlock, open, type SuiteName, seal } from '../support/tls-reference.ts';
import type { Side } from './machine.ts';
import { recordOf, recordsIn } from './records.ts';
import { type Delivery, type Middle, other } from './scene.ts';

export class Forger implements Middle {
  readonly #suite: SuiteName;
  readonly #randoms: Partial<Record<Side, Uint8Array>> = {};
  /** How many records each side has protected; undefined before its ChangeCipherSpec. */
  readonly #protected: Partial<Record<Side, number>> = {};
  #secret: Uint8Array | undefined;

  constructor(suite: SuiteName) {
    this.#suite = suite;
  }

  keyLog(line: string): void {
    this.#secret = fromHex(line.split(' ')[2] ?? '');
  }

  *pass(from: Side, bytes: Uint8Array): Generator<Delivery> {
    // The random of a hello is behind the headers of its record and of its message, and the version.
    this.#randoms[from] ??= bytes.slice(11, 43);
    for (const record of recordsIn(bytes)) {
      const sequenceNumber = this.#protected[from];
      if (sequenceNumber !== undefined) this.#protected[from] = sequenceNumber + 1;
      if (record[0] === ContentType.change_cipher_spec) this.#protected[from] = 0;
      const isData = record[0] === ContentType.application_data;
      const forged =
        isData && sequenceNumber !== undefined ? this.#forge(from, record, sequenceNumber) : record;
      yield { to: other(from), bytes: forged };
    }
  }

  #forge(from: Side, record: Uint8Array, sequenceNumber: number): Uint8Array {
    const keys = this.#keys()[from];
    const facts = { type: ContentType.application_data, sequenceNumber };
    const fragment = record.subarray(headerLength);
    const plaintext = open(this.#suite, keys, facts, fragment);
    const nonceExplicit = fragment.slice(0, keys.fixedIv.length === 4 ? 8 : 0);
    const changed = concat(Uint8Array.of((plaintext[0] ?? 0) ^ 1), plaintext.subarray(1));
    return recordOf(facts.type, seal(this.#suite, keys, facts, changed, nonceExplicit));
  }

  #keys(): KeyBlock {
    const { client, server } = this.#randoms;
    if (this.#secret === undefined || client === undefined || server === undefined)
      throw new Error('expected a secret and both randoms before application data');
    return keyBlock(this.#suite, this.#secret, client, server);
  }
}
