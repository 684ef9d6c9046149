/**
 * The pseudorandom function of TLS 1.2 (RFC 5246 §5): P_hash with the hash of the cipher suite.
 *
 * All secrets of a connection come out of it, and in an abbreviated handshake it is most of the work. A `Prf` keys
 * the HMAC once and serves every label under one secret.
 */

import { utf8, wipe } from '../wire/bytes.ts';
import type { Hash, Mac } from './provider.ts';

export class Prf {
  readonly #mac: Mac;
  readonly #hashLength: number;

  constructor(hash: Hash, secret: Uint8Array) {
    this.#mac = hash.hmac(secret);
    this.#hashLength = hash.outputLength;
  }

  /** PRF(secret, label, seed)[0..length-1]; the seed is the parts one after the other. */
  derive(label: string, length: number, ...seed: readonly Uint8Array[]): Uint8Array {
    if (!Number.isSafeInteger(length) || length < 0) throw new RangeError(`expected a length, got ${length}`);
    const labelledSeed = [utf8(label), ...seed];
    const output = new Uint8Array(length);
    let a: readonly Uint8Array[] = labelledSeed; // A(0); A(i) = HMAC_hash(secret, A(i-1))
    for (let offset = 0; offset < length; offset += this.#hashLength) {
      a = [this.#mac.compute(...a)];
      const block = this.#mac.compute(...a, ...labelledSeed);
      // Byte by byte: a view of an array this small costs more than all of them.
      const end = Math.min(length, offset + block.length);
      for (let i = offset; i < end; i++) output[i] = block[i - offset] as number;
      wipe(block);
    }
    return output;
  }

  /** Overwrites the secret; the PRF must not be used after. */
  destroy(): void {
    this.#mac.destroy();
  }
}
