/**
 * MemorySessionStore: a SessionStore in this process's memory. It is bounded always, answers at once and never by a
 * promise, and forgets the session that was used least recently when it is full.
 *
 * Nothing takes longer as the store grows, `clear` and `forgetWhere` apart, and nothing stops the process for long: not
 * even a million sessions are work for the garbage collector, since they are no objects (`entries.ts`). The memory of
 * what is dropped is used again for what is stored next; it goes back to the platform with the store.
 *
 * There is no timer. An entry whose lifetime has ended is dropped when it is asked for, overwritten, or among the
 * oldest when another is stored; one that was in use shortly before its end stays until it has become the oldest.
 * So what is dead takes room for a while, never more than `capacity` does; `forgetWhere` drops all of it at once.
 *
 * States hold master secrets. The store keeps a copy and gives out copies, so it can overwrite its own with zeros
 * when an entry goes, and no caller's buffer is ever part of it.
 */

import { wipe } from '../wire/bytes.ts';
import { Entries } from './entries.ts';
import type { SessionStore } from './store.ts';

export interface MemorySessionStoreOptions {
  /** How many sessions it holds at most. */
  readonly capacity?: number | undefined;
  /** Milliseconds, from any origin. Default: `performance.now`, which nobody sets. */
  readonly clock?: (() => number) | undefined;
}

/** What a store has done since it was made. */
export interface StoreCounters {
  /** Answers to `get` with a state, and without. */
  readonly hits: number;
  readonly misses: number;
  /** States dropped for want of room, and because their lifetime was over. */
  readonly evictions: number;
  readonly expiries: number;
  /** States stored, overwriting or not. */
  readonly sets: number;
  /** States dropped because someone asked: `delete`, `take`, `forgetWhere`, `clear`, `set` with no lifetime. */
  readonly deletes: number;
}

/** How many dead entries one `set` reclaims: more than the one that it adds, so that the dead grow fewer. */
const reclaimedPerSet = 2;

export class MemorySessionStore implements SessionStore {
  readonly capacity: number;
  readonly #clock: () => number;
  readonly #entries = new Entries();
  readonly #counters = { hits: 0, misses: 0, evictions: 0, expiries: 0, sets: 0, deletes: 0 };

  constructor(options: MemorySessionStoreOptions = {}) {
    const { capacity = 20_000, clock = () => performance.now() } = options;
    if (!Number.isSafeInteger(capacity) || capacity < 1) {
      throw new RangeError(`expected a capacity of at least one session, got ${capacity}`);
    }
    this.capacity = capacity;
    this.#clock = clock;
  }

  /** How many states it holds, those included whose lifetime is over and that were not met since. */
  get size(): number {
    return this.#entries.size;
  }

  /** The counters as they stand now. */
  get counters(): StoreCounters {
    return Object.freeze({ ...this.#counters });
  }

  /** A copy of the state under `key`. Whoever asked owns it, and may overwrite it. */
  get(key: string): Uint8Array | undefined {
    const entry = this.#hit(key);
    if (entry === 0) return undefined;
    this.#entries.use(entry);
    return this.#entries.state(entry);
  }

  /** As `get`, and the state is forgotten with that. */
  take(key: string): Uint8Array | undefined {
    const entry = this.#hit(key);
    if (entry === 0) return undefined;
    const state = this.#entries.state(entry);
    this.#drop(entry, 'deletes');
    return state;
  }

  /**
   * Keeps a copy of `state` under `key` for `lifetime` seconds, fractions allowed. With a lifetime of nothing or
   * less, nothing is kept, nor what was there before.
   * @throws TypeError, RangeError on a state that is no Uint8Array, a lifetime that is no number
   */
  set(key: string, state: Uint8Array, lifetime: number): void {
    if (!(state instanceof Uint8Array)) throw new TypeError(`expected a Uint8Array, got ${typeof state}`);
    if (typeof lifetime !== 'number' || Number.isNaN(lifetime)) {
      throw new RangeError(`expected a lifetime in seconds, got ${lifetime}`);
    }
    if (lifetime <= 0) {
      this.delete(key);
      return;
    }
    const now = this.#clock();
    const entry = this.#live(key, now);
    if (entry === 0) this.#makeRoom(now);
    else this.#entries.remove(entry);
    this.#entries.add(key, state, now + lifetime * 1000);
    this.#counters.sets++;
  }

  delete(key: string): void {
    const entry = this.#live(key, this.#clock());
    if (entry !== 0) this.#drop(entry, 'deletes');
  }

  /** Forgets everything. */
  clear(): void {
    for (let entry = this.#entries.oldest; entry !== 0; entry = this.#entries.oldest) {
      this.#drop(entry, 'deletes');
    }
  }

  /**
   * Forgets each state of which `predicate` says so, and every one whose lifetime is over; returns how many
   * `predicate` chose. The `state` is lent for the length of the call, and zeros afterwards.
   */
  forgetWhere(predicate: (key: string, state: Uint8Array) => boolean): number {
    const now = this.#clock();
    let forgotten = 0;
    // Over a list of its own, for a predicate may itself use the store.
    for (const key of this.#keys()) {
      const entry = this.#live(key, now);
      if (entry === 0) continue;
      const serial = this.#entries.serial(entry);
      if (!this.#chosen(entry, key, predicate)) continue;
      if (this.#entries.find(key) !== entry || this.#entries.serial(entry) !== serial) continue;
      this.#drop(entry, 'deletes');
      forgotten++;
    }
    return forgotten;
  }

  /** The entry under `key` of one who asks for its state, counted; 0 where there is none. */
  #hit(key: string): number {
    const entry = this.#live(key, this.#clock());
    this.#counters[entry === 0 ? 'misses' : 'hits']++;
    return entry;
  }

  /** The entry under `key`, if it lives, else 0: one that has expired is dropped on the way. */
  #live(key: string, now: number): number {
    const entry = this.#entries.find(key);
    return entry === 0 || this.#dropIfExpired(entry, now) ? 0 : entry;
  }

  /** Room for one entry more. */
  #makeRoom(now: number): void {
    for (let i = 0; i < reclaimedPerSet; i++) {
      const { oldest } = this.#entries;
      if (oldest === 0 || !this.#dropIfExpired(oldest, now)) break;
    }
    if (this.#entries.size >= this.capacity) this.#drop(this.#entries.oldest, 'evictions');
  }

  /** Written so that a clock that fails (NaN) ends lifetimes instead of making them endless. */
  #dropIfExpired(entry: number, now: number): boolean {
    if (now < this.#entries.expiresAt(entry)) return false;
    this.#drop(entry, 'expiries');
    return true;
  }

  #drop(entry: number, why: 'evictions' | 'expiries' | 'deletes'): void {
    this.#entries.remove(entry);
    this.#counters[why]++;
  }

  #keys(): string[] {
    const keys: string[] = [];
    for (let entry = this.#entries.oldest; entry !== 0; entry = this.#entries.next(entry)) {
      keys.push(this.#entries.key(entry));
    }
    return keys;
  }

  /** Asks about a copy: what the predicate does to it, or keeps of it, is not the store's state. */
  #chosen(entry: number, key: string, predicate: (key: string, state: Uint8Array) => boolean): boolean {
    const lent = this.#entries.state(entry);
    try {
      return predicate(key, lent);
    } finally {
      wipe(lent);
    }
  }
}
