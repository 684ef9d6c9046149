/**
 * Entries: states under their keys, in the order of their use, without an object for any of them. What stands here is
 * how they are kept; when one has to go is the matter of `memory.ts`.
 *
 * An entry is a record that holds key and state, and it is named by the record's number; 0 is none. Its header links
 * it into two structures, neither of which ever has to be built anew, as a Map has to when it is full of the holes of
 * what was deleted, which takes a fifth of a second where there are a million:
 *
 * - A hash table that grows by linear hashing (Litwin 1980): with each entry that is added, two more buckets, into each
 *   of which one old bucket is divided.
 * - A ring in the order of use, through the header of record 0: `newer` of that is the oldest entry, `older` the newest.
 */

import { fromUtf8, utf8 } from '../wire/bytes.ts';
import { Arena } from './arena.ts';
import { headerDouble, Records } from './records.ts';

/** What an entry's header holds, as indices of its integers. */
const hashOf = 1;
const nextInBucket = 2;
const olderThan = 3;
const newerThan = 4;
const keyLengthOf = 5;
const stateLengthOf = 6;
const serialOf = 7;

export class Entries {
  readonly #records = new Records();
  readonly #ints = this.#records.arena;
  /** The first entry of each bucket, an integer a block. */
  readonly #heads = new Arena(4);
  /** At least one; from `#half` up to twice that, where `#half` is a power of two. */
  #buckets = 1;
  #half = 1;
  #size = 0;
  #added = 0;
  /** The key that was asked for last: what is not there is often added next. */
  #asked = prepare('');

  get size(): number {
    return this.#size;
  }

  /** The entry that was used least recently; 0 where there is none. */
  get oldest(): number {
    return this.#ints.int(0, newerThan);
  }

  /** The one used next after `entry`; 0 behind the newest. */
  next(entry: number): number {
    return this.#ints.int(entry, newerThan);
  }

  /** The entry under `key`; 0 where there is none. */
  find(key: string): number {
    const { bytes, hash } = this.#prepared(key);
    for (
      let entry = this.#head(this.#bucketOf(hash));
      entry !== 0;
      entry = this.#ints.int(entry, nextInBucket)
    ) {
      if (this.#ints.int(entry, hashOf) !== hash) continue;
      if (this.#ints.int(entry, keyLengthOf) !== bytes.length) continue;
      if (this.#records.startsWith(entry, bytes)) return entry;
    }
    return 0;
  }

  /** Adds a copy of `state` under `key`, which must not have one yet, as the entry used last. */
  add(key: string, state: Uint8Array, expiresAt: number): void {
    const { bytes, hash } = this.#prepared(key);
    while (2 * this.#size >= this.#buckets) this.#divideBucket();
    const entry = this.#records.create(bytes.length + state.length);
    this.#records.write(entry, 0, bytes);
    this.#records.write(entry, bytes.length, state);
    this.#ints.setInt(entry, hashOf, hash);
    this.#ints.setInt(entry, keyLengthOf, bytes.length);
    this.#ints.setInt(entry, stateLengthOf, state.length);
    this.#ints.setInt(entry, serialOf, this.#added++);
    this.#ints.setDouble(entry, headerDouble, expiresAt);
    this.#putInBucket(entry);
    this.#link(entry);
    this.#size++;
  }

  /** Removes the entry, and overwrites all that it held. */
  remove(entry: number): void {
    this.#takeFromBucket(entry);
    this.#unlink(entry);
    this.#records.free(entry);
    this.#size--;
  }

  /** Makes `entry` the one used last. */
  use(entry: number): void {
    this.#unlink(entry);
    this.#link(entry);
  }

  key(entry: number): string {
    return fromUtf8(this.#records.read(entry, 0, this.#ints.int(entry, keyLengthOf)));
  }

  /** A copy of the entry's state. */
  state(entry: number): Uint8Array {
    const from = this.#ints.int(entry, keyLengthOf);
    return this.#records.read(entry, from, this.#ints.int(entry, stateLengthOf));
  }

  /** Tells an entry from a later one of the same number, which is given out again. */
  serial(entry: number): number {
    return this.#ints.int(entry, serialOf);
  }

  expiresAt(entry: number): number {
    return this.#ints.double(entry, headerDouble);
  }

  #prepared(key: string): PreparedKey {
    if (this.#asked.key !== key) this.#asked = prepare(key);
    return this.#asked;
  }

  #unlink(entry: number): void {
    const older = this.#ints.int(entry, olderThan);
    const newer = this.#ints.int(entry, newerThan);
    this.#ints.setInt(older, newerThan, newer);
    this.#ints.setInt(newer, olderThan, older);
  }

  #link(entry: number): void {
    const newest = this.#ints.int(0, olderThan);
    this.#ints.setInt(entry, olderThan, newest);
    this.#ints.setInt(entry, newerThan, 0);
    this.#ints.setInt(newest, newerThan, entry);
    this.#ints.setInt(0, olderThan, entry);
  }

  #head(bucket: number): number {
    return this.#heads.int(bucket, 0);
  }

  /** The last bits of the hash; one bit fewer where that bucket is not there yet. */
  #bucketOf(hash: number): number {
    const bucket = hash & (2 * this.#half - 1);
    return bucket < this.#buckets ? bucket : bucket - this.#half;
  }

  #putInBucket(entry: number): void {
    const bucket = this.#bucketOf(this.#ints.int(entry, hashOf));
    this.#ints.setInt(entry, nextInBucket, this.#head(bucket));
    this.#heads.setInt(bucket, 0, entry);
  }

  #takeFromBucket(entry: number): void {
    const bucket = this.#bucketOf(this.#ints.int(entry, hashOf));
    const next = this.#ints.int(entry, nextInBucket);
    let before = this.#head(bucket);
    if (before === entry) {
      this.#heads.setInt(bucket, 0, next);
      return;
    }
    while (this.#ints.int(before, nextInBucket) !== entry) before = this.#ints.int(before, nextInBucket);
    this.#ints.setInt(before, nextInBucket, next);
  }

  /** One bucket more: the entries of the bucket that is next in turn go to it or stay, by one more bit of the hash. */
  #divideBucket(): void {
    if (this.#buckets === this.#heads.blocks) this.#heads.grow();
    if (this.#buckets === 2 * this.#half) this.#half = this.#buckets;
    const divided = this.#buckets - this.#half;
    let entry = this.#head(divided);
    this.#heads.setInt(divided, 0, 0);
    this.#buckets++;
    while (entry !== 0) {
      const next = this.#ints.int(entry, nextInBucket);
      this.#putInBucket(entry);
      entry = next;
    }
  }
}

interface PreparedKey {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly hash: number;
}

/** @throws RangeError on half a surrogate pair, which UTF-8 cannot write: two such keys would become one */
function prepare(key: string): PreparedKey {
  const bytes = utf8(key);
  if (bytes.length !== key.length && fromUtf8(bytes) !== key) {
    throw new RangeError('expected a key that UTF-8 can write');
  }
  return { key, bytes, hash: hash32(bytes) };
}

/** FNV-1a, its bits mixed once more. It need not withstand chosen keys: ours are made by a hash that does. */
function hash32(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
