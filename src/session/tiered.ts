/**
 * TieredSessionStore: a small store nearby, in memory as a rule, in front of one that is shared and far. A client that
 * opens several connections at once, as browsers do, is asked after once.
 *
 * Everything is written through, and the far store's word counts. What it has forgotten, because another server deleted
 * it or because its time was over, may still be nearby; so copies are given for a few seconds and no longer, and what
 * happens elsewhere is seen within that. It is a bound on what one server knows of another; policy does not rest on it,
 * for the age of a session is judged by its own time. Whoever wants a session to be used once takes it, and `take` goes
 * to the far store always.
 *
 * The two are of one mind about a key as soon as a change to it is through: the copy is put or dropped when the change
 * begins and again when it is done, and what the far store said in between is not kept.
 *
 * Where the far store is sealed, `near` stands in front of the seal and holds open sessions, as this process does.
 */

import { isPromiseLike, stateIn, take, upon } from './asking.ts';
import type { MaybePromise, SessionStore } from './store.ts';

export interface TieredSessionStoreOptions {
  /**
   * How many seconds after the far store was asked its answer is still given. Default: 5, long enough for a page to
   * load, and short enough for a session that was ended elsewhere.
   */
  readonly staleness?: number | undefined;
  /** Milliseconds, from any origin. Default: `performance.now`, which nobody sets. */
  readonly clock?: (() => number) | undefined;
}

/** How many counters of changes there are: keys that share one lose a copy to each other now and then. */
const slots = 256;

export class TieredSessionStore implements SessionStore {
  readonly #near: SessionStore;
  readonly #far: SessionStore;
  readonly #staleness: number;
  readonly #clock: () => number;
  /** How often keys were changed from here, a counter for all keys of one slot. */
  readonly #changes = new Uint32Array(slots);

  /** Both must keep copies of what they are given. @throws RangeError on a staleness that is no time */
  constructor(near: SessionStore, far: SessionStore, options: TieredSessionStoreOptions = {}) {
    const { staleness = 5, clock = () => performance.now() } = options;
    if (!(staleness > 0 && staleness < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`expected a staleness of some seconds, got ${staleness}`);
    }
    this.#near = near;
    this.#far = far;
    this.#staleness = staleness;
    this.#clock = clock;
  }

  /** The copy nearby, if there is one; the far store is asked, and can fail, where there is none. */
  get(key: string): MaybePromise<Uint8Array | undefined> {
    return upon(this.#near.get(key), (answer) => stateIn(answer) ?? this.#fetch(key));
  }

  /** Fails where one of the two fails, and then it may be in either of them. */
  set(key: string, state: Uint8Array, lifetime: number): MaybePromise<void> {
    const copy = () => this.#near.set(key, state, Math.min(lifetime, this.#staleness));
    return this.#change(key, () => this.#far.set(key, state, lifetime), copy);
  }

  /** Deletes from both, though one of them fail. */
  delete(key: string): MaybePromise<void> {
    return this.#change(key, () => this.#far.delete(key));
  }

  /** As atomic as the far store's own. */
  take(key: string): MaybePromise<Uint8Array | undefined> {
    return this.#change(key, () => take(this.#far, key));
  }

  #fetch(key: string): MaybePromise<Uint8Array | undefined> {
    const slot = slotOf(key);
    const changes = this.#changes[slot];
    const asked = this.#clock();
    return upon(this.#far.get(key), (answer) => {
      const state = stateIn(answer);
      const left = this.#staleness - Math.max(0, this.#clock() - asked) / 1000;
      if (state === undefined || this.#changes[slot] !== changes || !(left > 0)) return state;
      return upon(this.#near.set(key, state, left), () => state);
    });
  }

  /** A change to the far store. Nearby, `copy` is made of it, or else the key is forgotten. */
  #change<T>(key: string, change: () => MaybePromise<T>, copy?: () => MaybePromise<void>): MaybePromise<T> {
    const slot = slotOf(key);
    const forget = () => this.#near.delete(key);
    const changes = this.#count(slot);
    const before = settle(copy ?? forget);
    return upon(settle(change), (done) => {
      const alone = this.#changes[slot] === changes;
      this.#count(slot);
      const after = settle(copy !== undefined && alone && 'value' in done ? copy : forget);
      return upon(before, (before) =>
        upon(after, (after) => resultOf(done, 'error' in before ? before : after)),
      );
    });
  }

  #count(slot: number): number {
    const count = ((this.#changes[slot] ?? 0) + 1) >>> 0;
    this.#changes[slot] = count;
    return count;
  }
}

function slotOf(key: string): number {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) >>> 0;
  return hash % slots;
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** What comes of an operation, a fault too: it neither throws nor rejects. */
function settle<T>(operation: () => MaybePromise<T>): MaybePromise<Outcome<T>> {
  try {
    const answer = operation();
    if (!isPromiseLike(answer)) return { value: answer };
    return answer.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
  } catch (error) {
    return { error };
  }
}

/** What the far store answered, where both did well. @throws the fault of one as it is, of both as AggregateError */
function resultOf<T>(far: Outcome<T>, near: Outcome<unknown>): T {
  if ('error' in far && 'error' in near) {
    throw new AggregateError(
      [near.error, far.error],
      'expected the tiers of the store to answer, both failed',
    );
  }
  if ('error' in near) throw near.error;
  if ('error' in far) throw far.error;
  return far.value;
}
