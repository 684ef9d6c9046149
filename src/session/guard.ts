/**
 * GuardedSessionStore: what makes any store harmless. A store that throws, rejects, answers with rubbish, answers
 * too late or not at all costs the client one full handshake and nothing else (RFC 5246 §7.4.1.2: a server that does
 * not find the session makes a new one). Each such fault is reported, and none ever comes out as an exception. A store
 * that goes on failing is not asked for a while (`breaker.ts`), and then costs no deadline either.
 *
 * A store that answers at once is answered for at once: only for a promise is a promise made, and a timer set.
 */

import { isPromiseLike, stateIn, take } from './asking.ts';
import { Breaker, type BreakerOptions, type Era } from './breaker.ts';
import type { StoreAsked, StoreOperation } from './counters.ts';
import type { MaybePromise, SessionStore } from './store.ts';

/** What came of looking for a session. The state is a copy, the asker's own to overwrite. */
export type Found =
  | { readonly outcome: 'found'; readonly state: Uint8Array }
  | { readonly outcome: 'not-found' }
  | { readonly outcome: 'store-failed'; readonly error: Error };

/** What the application learns of its store. None of it ended the connection. */
export type StoreReport =
  /** A fault of the store. */
  | { readonly kind: 'store-failed'; readonly operation: StoreOperation; readonly error: Error }
  /** It has failed again and again, and is not asked for so many milliseconds; `error` is the last of its faults. */
  | { readonly kind: 'store-suspended'; readonly milliseconds: number; readonly error: Error }
  /** It was suspended, has been tried, and has answered: it is in use again. */
  | { readonly kind: 'store-resumed' };

export interface GuardOptions {
  /** How many milliseconds a store may take for an answer. */
  readonly deadline: number;
  /** Told of every fault. What it throws is dropped: a logger that fails must not fail the handshake. */
  readonly report: (report: StoreReport) => void;
  /** Told of everything that the store was asked, and what came of it. What it throws is dropped too. */
  readonly observe?: ((event: StoreAsked) => void) | undefined;
  /** When a store that fails is not asked any more, and for how long. */
  readonly breaker?: BreakerOptions | undefined;
  /** Milliseconds, from any origin. Default: `performance.now`, which nobody sets. */
  readonly clock?: (() => number) | undefined;
}

/**
 * The longest state that goes in or out: 256 KiB. A session is a few hundred bytes and the peer's chain, which a
 * handshake has bounded before; what is longer was not put there by us, or should not be.
 */
export const maxStateLength = 0x40000;

/** The longest that a timer can be set for on every platform; one that is set for longer fires at once. */
const maxDeadline = 0x7fffffff;

/** What an operation makes of the store's answer, and of there being none. `accept` throws on rubbish. */
interface Terms<T> {
  readonly operation: StoreOperation;
  accept(answer: unknown): T;
  refuse(error: Error): T;
  outcomeOf(accepted: T): StoreAsked['outcome'];
}

const getting: Terms<Found> = {
  operation: 'get',
  accept: found,
  refuse: (error) => ({ outcome: 'store-failed', error }),
  outcomeOf: ({ outcome }) => (outcome === 'found' ? 'found' : 'not-found'),
};

const taking: Terms<Found> = { ...getting, operation: 'take' };

const setting: Terms<boolean> = {
  operation: 'set',
  accept: () => true,
  refuse: () => false,
  outcomeOf: () => 'done',
};

const deleting: Terms<void> = {
  operation: 'delete',
  accept: () => undefined,
  refuse: () => undefined,
  outcomeOf: () => 'done',
};

/** One question to the store. */
interface Attempt<T> {
  readonly terms: Terms<T>;
  readonly era: Era;
  readonly began: number;
}

export class GuardedSessionStore {
  readonly #store: SessionStore;
  readonly #options: GuardOptions;
  readonly #clock: () => number;
  readonly #breaker: Breaker;

  /** @throws RangeError on a deadline that no timer can keep, and on a breaker that cannot be meant */
  constructor(store: SessionStore, options: GuardOptions) {
    const { deadline, clock = () => performance.now() } = options;
    if (!(deadline > 0 && deadline <= maxDeadline)) {
      throw new RangeError(`expected a deadline of 1 to ${maxDeadline} milliseconds, got ${deadline}`);
    }
    this.#store = store;
    this.#options = options;
    this.#clock = clock;
    this.#breaker = new Breaker(clock, options.breaker);
  }

  find(key: string): MaybePromise<Found> {
    return this.#ask(getting, () => this.#store.get(key));
  }

  /** As `find`, and the session is forgotten with it: by one step if the store has one, else by two. */
  take(key: string): MaybePromise<Found> {
    return this.#ask(taking, () => take(this.#store, key));
  }

  /**
   * Whether the store took it. `state` is given away with this call: a store may keep the very array, so it must
   * not be overwritten afterwards, and after a deadline has passed the store may still come to keep it.
   */
  keep(key: string, state: Uint8Array, lifetime: number): MaybePromise<boolean> {
    if (state.length > maxStateLength) {
      // No fault of the store, which is not asked.
      this.#reportFailure('set', tooLong(state));
      return false;
    }
    return this.#ask(setting, () => this.#store.set(key, state, lifetime));
  }

  forget(key: string): MaybePromise<void> {
    return this.#ask(deleting, () => this.#store.delete(key));
  }

  #ask<T>(terms: Terms<T>, question: () => unknown): MaybePromise<T> {
    const admitted = this.#breaker.admit();
    if (typeof admitted !== 'number') {
      this.#observe(terms.operation, 'suspended', 0);
      return terms.refuse(admitted.error);
    }
    const attempt = { terms, era: admitted, began: this.#clock() };
    return this.#guarded(attempt, () => {
      const answer = question();
      return isPromiseLike(answer) ? this.#wait(attempt, answer) : this.#accepted(attempt, answer);
    });
  }

  #wait<T>(attempt: Attempt<T>, answer: PromiseLike<unknown>): Promise<T> {
    const { operation } = attempt.terms;
    const { deadline } = this.#options;
    // The inner promise tames thenables that throw, that settle twice, or at once.
    const settled = new Promise<unknown>((resolve) => resolve(answer));
    return new Promise((resolve) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        resolve(this.#failed(attempt, new Error(`expected an answer within ${deadline} ms, got none`)));
      }, deadline);
      // To forget is the last that a connection does. Nobody waits for it, so no process should live on for it.
      if (operation === 'delete') letGo(timer);
      settled.then(
        (value) => {
          clearTimeout(timer);
          if (!late) return resolve(this.#guarded(attempt, () => this.#accepted(attempt, value)));
          this.#reportFailure(
            operation,
            new Error(`expected an answer within ${deadline} ms, got one later`),
          );
        },
        (error: unknown) => {
          clearTimeout(timer);
          if (!late) return resolve(this.#failed(attempt, error));
          this.#reportFailure(operation, error);
        },
      );
    });
  }

  #guarded<T, R>(attempt: Attempt<T>, answer: () => R): R | T {
    try {
      return answer();
    } catch (error) {
      return this.#failed(attempt, error);
    }
  }

  #accepted<T>({ terms, era, began }: Attempt<T>, answer: unknown): T {
    const accepted = terms.accept(answer);
    this.#observe(terms.operation, terms.outcomeOf(accepted), this.#clock() - began);
    if (this.#breaker.succeeded(era)) this.#report({ kind: 'store-resumed' });
    return accepted;
  }

  #failed<T>({ terms, era, began }: Attempt<T>, thrown: unknown): T {
    const error = this.#reportFailure(terms.operation, thrown);
    this.#observe(terms.operation, 'failed', this.#clock() - began);
    const suspension = this.#breaker.failed(era, error);
    if (suspension !== undefined) this.#report({ kind: 'store-suspended', ...suspension });
    return terms.refuse(error);
  }

  #reportFailure(operation: StoreOperation, thrown: unknown): Error {
    const error = asError(thrown);
    this.#report({ kind: 'store-failed', operation, error });
    return error;
  }

  #report(report: StoreReport): void {
    try {
      this.#options.report(report);
    } catch {
      // There is nobody left to tell.
    }
  }

  #observe(operation: StoreOperation, outcome: StoreAsked['outcome'], milliseconds: number): void {
    try {
      this.#options.observe?.({
        kind: 'store-asked',
        operation,
        outcome,
        milliseconds: Math.max(0, milliseconds),
      });
    } catch {
      // To count is not worth a handshake either.
    }
  }
}

function found(answer: unknown): Found {
  const state = stateIn(answer);
  if (state === undefined) return { outcome: 'not-found' };
  if (state.length > maxStateLength) throw tooLong(state);
  return { outcome: 'found', state: new Uint8Array(state) };
}

function tooLong(state: Uint8Array): RangeError {
  return new RangeError(`expected a state of at most ${maxStateLength} bytes, got ${state.length}`);
}

/** Node keeps its process for a timer unless it is told not to; to others a timer is a number. */
function letGo(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') {
    timer.unref();
  }
}

/** What was thrown, if it is an Error; else one that says no more of it than its type, for it may hold anything. */
function asError(thrown: unknown): Error {
  try {
    if (thrown instanceof Error) return thrown;
  } catch {
    // A revoked proxy cannot even be asked what it is.
  }
  return new Error(`expected the store to fail with an Error, got ${typeof thrown}`, { cause: thrown });
}
