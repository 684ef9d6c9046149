/**
 * AES-GCM (NIST SP 800-38D) for a key that protects many records: the key schedule of AES and the table of GHASH are made
 * once for the key, where noble's `gcm` makes both anew for each message. The block cipher is noble's.
 *
 * GHASH multiplies by one field element H, over and over. As multiplication is linear, the product of a block is the sum
 * of the products of its 32 half-bytes, and those are looked up: for each place of a half-byte, and each of its 16
 * values, the table holds four words. It is 8 KiB, and made by shifts and sums alone.
 *
 * A resumed handshake protects one Finished each way, and often little follows: the table would cost more than it saves
 * there, in time as in memory. So a first message that is short is multiplied bit by bit, and the second makes the table.
 */

import { unsafe } from '@noble/ciphers/aes.js';
import { equalInConstantTime, wipe } from '../wire/bytes.ts';
import type { AeadKey } from './provider.ts';

const blockLength = 16;
const tagLength = 16;

/** The longest first message that no table is made for. A Finished of TLS 1.2 has 16 bytes (RFC 5246 §7.4.9). */
const shortLength = 32;

export class GcmKey implements AeadKey {
  readonly #schedule: Uint32Array;
  /** H, as four words. */
  readonly #subkey: Int32Array;
  #table: Int32Array | undefined;
  #isFirst = true;
  /** The state of GHASH. */
  readonly #hash = new Int32Array(4);
  /** A block of one's own: the last of a message, filled with zeros, and the tag. */
  readonly #block = new Uint8Array(blockLength);
  readonly #blockView = viewOf(this.#block);

  /** @param key 16 or 32 bytes */
  constructor(key: Uint8Array) {
    this.#schedule = unsafe.expandKeyLE(key);
    const { s0, s1, s2, s3 } = unsafe.encrypt(this.#schedule, 0, 0, 0, 0);
    this.#subkey = Int32Array.of(swapped(s0), swapped(s1), swapped(s2), swapped(s3));
  }

  /** Ciphertext and tag into `output`; the nonce has 12 bytes. */
  seal(nonce: Uint8Array, additionalData: Uint8Array, plaintext: Uint8Array, output: Uint8Array): void {
    const { length } = plaintext;
    this.#encipher(nonce, plaintext, output, length);
    output.set(this.#tag(nonce, additionalData, output, length), length);
  }

  /** The plaintext of ciphertext and tag, undefined where the tag does not hold: nothing is deciphered then. */
  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const length = sealed.length - tagLength;
    const tag = this.#tag(nonce, additionalData, sealed, length);
    if (!equalInConstantTime(tag, sealed.subarray(length))) return undefined;
    const plaintext = new Uint8Array(length);
    this.#encipher(nonce, sealed, plaintext, length);
    return plaintext;
  }

  destroy(): void {
    this.#schedule.fill(0);
    this.#subkey.fill(0);
    this.#table?.fill(0);
    wipe(this.#block);
  }

  /** GCTR (§6.5) from the second counter block on: the first is the tag's. Enciphers, and deciphers alike. */
  #encipher(nonce: Uint8Array, input: Uint8Array, output: Uint8Array, length: number): void {
    const schedule = this.#schedule;
    const nonce0 = wordAt(nonce, 0);
    const nonce1 = wordAt(nonce, 4);
    const nonce2 = wordAt(nonce, 8);
    const from = viewOf(input);
    const to = viewOf(output);
    const whole = length - (length % blockLength);
    let counter = 2;
    for (let at = 0; at < whole; at += blockLength, counter++) {
      const { s0, s1, s2, s3 } = unsafe.encrypt(schedule, nonce0, nonce1, nonce2, swapped(counter));
      to.setInt32(at, from.getInt32(at, true) ^ s0, true);
      to.setInt32(at + 4, from.getInt32(at + 4, true) ^ s1, true);
      to.setInt32(at + 8, from.getInt32(at + 8, true) ^ s2, true);
      to.setInt32(at + 12, from.getInt32(at + 12, true) ^ s3, true);
    }
    if (whole === length) return;
    this.#putBlock(unsafe.encrypt(schedule, nonce0, nonce1, nonce2, swapped(counter)));
    for (let at = whole; at < length; at++) {
      output[at] = (input[at] as number) ^ (this.#block[at - whole] as number);
    }
  }

  /**
   * §7.1: GHASH over both inputs, each padded to whole blocks, and their lengths in bits, under the first counter block.
   * It stands in `#block` until the next use of that.
   */
  #tag(nonce: Uint8Array, additionalData: Uint8Array, ciphertext: Uint8Array, length: number): Uint8Array {
    if (!this.#isFirst || length > shortLength) this.#table ??= tableOf(this.#subkey);
    this.#isFirst = false;
    const hash = this.#hash.fill(0);
    this.#absorb(additionalData, additionalData.length);
    this.#absorb(ciphertext, length);
    // Lengths below 2^32 bits, as every record's are.
    this.#multiply(0, 8 * additionalData.length, 0, 8 * length);
    const words = [wordAt(nonce, 0), wordAt(nonce, 4), wordAt(nonce, 8)] as const;
    this.#putBlock(unsafe.encrypt(this.#schedule, ...words, swapped(1)));
    for (let i = 0; i < 4; i++) {
      this.#blockView.setInt32(4 * i, this.#blockView.getInt32(4 * i) ^ (hash[i] as number));
    }
    return this.#block;
  }

  #putBlock({ s0, s1, s2, s3 }: Words): void {
    this.#blockView.setInt32(0, s0, true);
    this.#blockView.setInt32(4, s1, true);
    this.#blockView.setInt32(8, s2, true);
    this.#blockView.setInt32(12, s3, true);
  }

  #absorb(data: Uint8Array, length: number): void {
    const whole = length - (length % blockLength);
    if (whole > 0) this.#absorbBlocks(viewOf(data), whole);
    if (whole === length) return;
    this.#block.fill(0);
    for (let at = whole; at < length; at++) this.#block[at - whole] = data[at] as number;
    this.#absorbBlocks(this.#blockView, blockLength);
  }

  #absorbBlocks(view: DataView, length: number): void {
    for (let at = 0; at < length; at += blockLength) {
      this.#multiply(view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12));
    }
  }

  /** The next block of GHASH (§6.4): its sum with the state, times H. */
  #multiply(word0: number, word1: number, word2: number, word3: number): void {
    const hash = this.#hash;
    const table = this.#table;
    hash[0] = (hash[0] as number) ^ word0;
    hash[1] = (hash[1] as number) ^ word1;
    hash[2] = (hash[2] as number) ^ word2;
    hash[3] = (hash[3] as number) ^ word3;
    if (table === undefined) {
      multiplyBits(hash, this.#subkey);
      return;
    }
    let product0 = 0;
    let product1 = 0;
    let product2 = 0;
    let product3 = 0;
    let place = 0;
    for (let i = 0; i < 4; i++) {
      const word = hash[i] as number;
      for (let shift = 28; shift >= 0; shift -= 4, place += 64) {
        const at = place + (((word >>> shift) & 15) << 2);
        product0 ^= table[at] as number;
        product1 ^= table[at + 1] as number;
        product2 ^= table[at + 2] as number;
        product3 ^= table[at + 3] as number;
      }
    }
    hash[0] = product0;
    hash[1] = product1;
    hash[2] = product2;
    hash[3] = product3;
  }
}

/** A block of AES, in the little-endian words of noble's. */
interface Words {
  readonly s0: number;
  readonly s1: number;
  readonly s2: number;
  readonly s3: number;
}

/** The product of two field elements (§6.3), in the place of the first; which bits are set decides no branch. */
function multiplyBits(factor: Int32Array, subkey: Int32Array): void {
  let [power0, power1, power2, power3] = wordsOf(subkey);
  let product0 = 0;
  let product1 = 0;
  let product2 = 0;
  let product3 = 0;
  for (let i = 0; i < 128; i++) {
    const isSet = -(((factor[i >> 5] as number) >>> (31 - (i & 31))) & 1);
    product0 ^= power0 & isSet;
    product1 ^= power1 & isSet;
    product2 ^= power2 & isSet;
    product3 ^= power3 & isSet;
    const reduction = -(power3 & 1) & 0xe1000000;
    power3 = (power2 << 31) | (power3 >>> 1);
    power2 = (power1 << 31) | (power2 >>> 1);
    power1 = (power0 << 31) | (power1 >>> 1);
    power0 = (power0 >>> 1) ^ reduction;
  }
  factor[0] = product0;
  factor[1] = product1;
  factor[2] = product2;
  factor[3] = product3;
}

/** n·H·x^(4·place) for each place and value of a half-byte, of which the first bit is the lowest power of x (§6.3). */
function tableOf(subkey: Int32Array): Int32Array {
  const table = new Int32Array(32 * 16 * 4);
  let [power0, power1, power2, power3] = wordsOf(subkey);
  for (let place = 0; place < 128; place++) {
    // The entries that have this bit alone, and then, by sums, those that have it beside earlier ones.
    const start = (place >> 2) << 6;
    const bit = 8 >> (place & 3);
    for (let value = bit; value < 16; value += 2 * bit) {
      const at = start + 4 * value;
      const rest = start + 4 * (value - bit);
      table[at] = (table[rest] as number) ^ power0;
      table[at + 1] = (table[rest + 1] as number) ^ power1;
      table[at + 2] = (table[rest + 2] as number) ^ power2;
      table[at + 3] = (table[rest + 3] as number) ^ power3;
    }
    const reduction = -(power3 & 1) & 0xe1000000;
    power3 = (power2 << 31) | (power3 >>> 1);
    power2 = (power1 << 31) | (power2 >>> 1);
    power1 = (power0 << 31) | (power1 >>> 1);
    power0 = (power0 >>> 1) ^ reduction;
  }
  return table;
}

function wordsOf(block: Int32Array): [number, number, number, number] {
  return [block[0] as number, block[1] as number, block[2] as number, block[3] as number];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A word of these bytes in little-endian order. */
function wordAt(bytes: Uint8Array, at: number): number {
  const [byte0 = 0, byte1 = 0, byte2 = 0, byte3 = 0] = [
    bytes[at],
    bytes[at + 1],
    bytes[at + 2],
    bytes[at + 3],
  ];
  return byte0 | (byte1 << 8) | (byte2 << 16) | (byte3 << 24);
}

/** The word with its bytes in the other order. */
function swapped(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
