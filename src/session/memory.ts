/**
 * MemorySessionStore: a SessionStore in this process's memory. It is bounded always, answers at once and never by a
 * promise, and forgets the session that was used least recently when it is full.
 *
 * Nothing takes longer as the store grows, `clear` and `forgetWhere` apart: a map finds an entry, a ring of links
 * holds the order of use. (The order of a Map would do for the order of use, but not for the time: engines leave
 * holes where entries were deleted, and walk over all of them to find the first one left.)
 *
 * There is no timer. An entry whose lifetime has ended is dropped when it is asked for, overwritten, or among the
 * oldest when another is stored; one that was in use shortly before its end stays until it has become the oldest.
 * So what is dead takes room for a while, never more than `capacity` does; `forgetWhere` drops all of it at once.
 *
 * States hold master secrets. The store keeps a copy and gives out copies, so it can overwrite its own with zeros
 * when an entry goes, and no caller's buffer is ever part of it.
 */

import { empty, wipe } from '../wire/bytes.ts';
import type { SessionStore } from './store.ts';

export interface MemorySessionStoreOptions {
  /** How many sessions it holds at most. */
  readonly capacity?: number | undefined;
  /** Milliseconds, from any origin. */
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
  /** States dropped because someone asked: `delete`, `forgetWhere`, `clear`, `set` with no lifetime. */
  readonly deletes: number;
}

/** How many dead entries one `set` reclaims: more than the one that it adds, so that the dead grow fewer. */
const reclaimedPerSet = 2;

export class MemorySessionStore implements SessionStore {
  readonly capacity: number;
  readonly #clock: () => number;
  readonly #entries = new Map<string, Entry>();
  /** The order of use: `newer` of the ring is the oldest entry, `older` the newest, and so round. */
  readonly #ring = new Link();
  readonly #counters = { hits: 0, misses: 0, evictions: 0, expiries: 0, sets: 0, deletes: 0 };

  constructor(options: MemorySessionStoreOptions = {}) {
    const { capacity = 20_000, clock = Date.now } = options;
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
    const entry = this.#live(key, this.#clock());
    if (entry === undefined) {
      this.#counters.misses++;
      return undefined;
    }
    this.#use(entry);
    this.#counters.hits++;
    return new Uint8Array(entry.state);
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
    const copy = new Uint8Array(state);
    const now = this.#clock();
    const entry = this.#live(key, now) ?? this.#admit(key, now);
    wipe(entry.state);
    entry.state = copy;
    entry.expiresAt = now + lifetime * 1000;
    this.#use(entry);
    this.#counters.sets++;
  }

  delete(key: string): void {
    const entry = this.#live(key, this.#clock());
    if (entry !== undefined) this.#drop(entry, 'deletes');
  }

  /** Forgets everything. */
  clear(): void {
    for (const entry of this.#entries.values()) this.#drop(entry, 'deletes');
  }

  /**
   * Forgets each state of which `predicate` says so, and every one whose lifetime is over; returns how many
   * `predicate` chose. The `state` is lent for the length of the call, and zeros afterwards.
   */
  forgetWhere(predicate: (key: string, state: Uint8Array) => boolean): number {
    const now = this.#clock();
    let forgotten = 0;
    // Over a list of its own, for a predicate may itself use the store.
    for (const key of [...this.#entries.keys()]) {
      const entry = this.#live(key, now);
      if (entry === undefined || !chosen(entry, predicate)) continue;
      if (this.#entries.get(key) !== entry) continue;
      this.#drop(entry, 'deletes');
      forgotten++;
    }
    return forgotten;
  }

  /** The entry under `key`, if it lives: one that has expired is dropped on the way. */
  #live(key: string, now: number): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined || this.#dropIfExpired(entry, now) ? undefined : entry;
  }

  /** A new entry, still without a state and without a place in the ring; room is made for it. */
  #admit(key: string, now: number): Entry {
    for (let i = 0; i < reclaimedPerSet; i++) {
      const oldest = this.#oldest;
      if (oldest === undefined || !this.#dropIfExpired(oldest, now)) break;
    }
    const oldest = this.#oldest;
    if (oldest !== undefined && this.#entries.size >= this.capacity) this.#drop(oldest, 'evictions');
    const entry = new Entry(key);
    this.#entries.set(key, entry);
    return entry;
  }

  get #oldest(): Entry | undefined {
    const oldest = this.#ring.newer;
    return oldest instanceof Entry ? oldest : undefined;
  }

  /** Written so that a clock that fails (NaN) ends lifetimes instead of making them endless. */
  #dropIfExpired(entry: Entry, now: number): boolean {
    if (now < entry.expiresAt) return false;
    this.#drop(entry, 'expiries');
    return true;
  }

  #drop(entry: Entry, why: 'evictions' | 'expiries' | 'deletes'): void {
    this.#entries.delete(entry.key);
    entry.unlink();
    wipe(entry.state);
    this.#counters[why]++;
  }

  /** Makes `entry` the one used last. */
  #use(entry: Entry): void {
    entry.unlink();
    entry.linkBefore(this.#ring);
  }
}

/** Asks about a copy: what the predicate does to it, or keeps of it, is not the store's state. */
function chosen(entry: Entry, predicate: (key: string, state: Uint8Array) => boolean): boolean {
  const lent = new Uint8Array(entry.state);
  try {
    return predicate(entry.key, lent);
  } finally {
    wipe(lent);
  }
}

/** A link of a ring; at first, a ring of one. */
class Link {
  older: Link = this;
  newer: Link = this;

  unlink(): void {
    this.older.newer = this.newer;
    this.newer.older = this.older;
    this.older = this;
    this.newer = this;
  }

  linkBefore(next: Link): void {
    this.older = next.older;
    this.newer = next;
    next.older.newer = this;
    next.older = this;
  }
}

class Entry extends Link {
  readonly key: string;
  state: Uint8Array = empty;
  expiresAt = 0;

  constructor(key: string) {
    super();
    this.key = key;
  }
}
