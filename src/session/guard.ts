/**
 * GuardedSessionStore: what makes any store harmless. A store that throws, rejects, answers with rubbish, answers
 * too late or not at all costs the client one full handshake and nothing else (RFC 5246 §7.4.1.2: a server that does
 * not find the session makes a new one). Each such fault is reported, and none ever comes out as an exception.
 *
 * A store that answers at once is answered for at once: only for a promise is a promise made, and a timer set.
 */

import type { MaybePromise, SessionStore } from './store.ts';

/** What came of looking for a session. The state is a copy, the asker's own to overwrite. */
export type Found =
  | { readonly outcome: 'found'; readonly state: Uint8Array }
  | { readonly outcome: 'not-found' }
  | { readonly outcome: 'store-failed'; readonly error: Error };

/** A fault of the application's store. It did not end the connection. */
export interface StoreReport {
  readonly kind: 'store-failed';
  readonly operation: 'get' | 'set' | 'delete';
  readonly error: Error;
}

export interface GuardOptions {
  /** How many milliseconds a store may take for an answer. */
  readonly deadline: number;
  /** Told of every fault. What it throws is dropped: a logger that fails must not fail the handshake. */
  readonly report: (report: StoreReport) => void;
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
  readonly operation: StoreReport['operation'];
  accept(answer: unknown): T;
  refuse(error: Error): T;
}

const getting: Terms<Found> = {
  operation: 'get',
  accept: found,
  refuse: (error) => ({ outcome: 'store-failed', error }),
};

const setting: Terms<boolean> = { operation: 'set', accept: () => true, refuse: () => false };

const deleting: Terms<void> = { operation: 'delete', accept: () => undefined, refuse: () => undefined };

export class GuardedSessionStore {
  readonly #store: SessionStore;
  readonly #deadline: number;
  readonly #report: (report: StoreReport) => void;

  constructor(store: SessionStore, { deadline, report }: GuardOptions) {
    if (!(deadline > 0 && deadline <= maxDeadline)) {
      throw new RangeError(`expected a deadline of 1 to ${maxDeadline} milliseconds, got ${deadline}`);
    }
    this.#store = store;
    this.#deadline = deadline;
    this.#report = report;
  }

  find(key: string): MaybePromise<Found> {
    return this.#ask(getting, () => this.#store.get(key));
  }

  /**
   * Whether the store took it. `state` is given away with this call: a store may keep the very array, so it must
   * not be overwritten afterwards, and after a deadline has passed the store may still come to keep it.
   */
  keep(key: string, state: Uint8Array, lifetime: number): MaybePromise<boolean> {
    return this.#ask(setting, () => {
      checkLength(state);
      return this.#store.set(key, state, lifetime);
    });
  }

  forget(key: string): MaybePromise<void> {
    return this.#ask(deleting, () => this.#store.delete(key));
  }

  #ask<T>(terms: Terms<T>, question: () => unknown): MaybePromise<T> {
    return this.#guarded(terms, () => {
      const answer = question();
      return isThenable(answer) ? this.#wait(terms, answer) : terms.accept(answer);
    });
  }

  #wait<T>(terms: Terms<T>, answer: PromiseLike<unknown>): Promise<T> {
    // The inner promise tames thenables that throw, that settle twice, or at once.
    const settled = new Promise<unknown>((resolve) => resolve(answer));
    return new Promise((resolve) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        resolve(this.#refused(terms, new Error(`expected an answer within ${this.#deadline} ms, got none`)));
      }, this.#deadline);
      settled.then(
        (value) => {
          clearTimeout(timer);
          if (!late) return resolve(this.#guarded(terms, () => terms.accept(value)));
          this.#refused(terms, new Error(`expected an answer within ${this.#deadline} ms, got one later`));
        },
        (error: unknown) => {
          clearTimeout(timer);
          resolve(this.#refused(terms, error));
        },
      );
    });
  }

  #guarded<T, R>(terms: Terms<T>, answer: () => R): R | T {
    try {
      return answer();
    } catch (error) {
      return this.#refused(terms, error);
    }
  }

  #refused<T>(terms: Terms<T>, thrown: unknown): T {
    const error = asError(thrown);
    try {
      this.#report({ kind: 'store-failed', operation: terms.operation, error });
    } catch {
      // There is nobody left to tell.
    }
    return terms.refuse(error);
  }
}

function found(answer: unknown): Found {
  if (answer === undefined || answer === null) return { outcome: 'not-found' };
  if (!(answer instanceof Uint8Array)) {
    throw new TypeError(`expected a Uint8Array or undefined from the store, got ${typeof answer}`);
  }
  checkLength(answer);
  return { outcome: 'found', state: new Uint8Array(answer) };
}

function checkLength(state: Uint8Array): void {
  if (state.length > maxStateLength) {
    throw new RangeError(`expected a state of at most ${maxStateLength} bytes, got ${state.length}`);
  }
}

function isThenable(answer: unknown): answer is PromiseLike<unknown> {
  return (
    answer !== null &&
    (typeof answer === 'object' || typeof answer === 'function') &&
    'then' in answer &&
    typeof answer.then === 'function'
  );
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
