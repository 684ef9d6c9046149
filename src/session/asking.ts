/**
 * Asking a store: what all that stands in front of one has to do with its answers, which may be there at once or be
 * promised. What is there at once goes on at once, so that a handshake need not wait for a turn of the event loop.
 */

import type { MaybePromise, SessionStore } from './store.ts';

/** Whether an answer is yet to come. Whose it is are strangers: an object or a function with a `then` will do. */
export function isPromiseLike<T>(answer: T | PromiseLike<T>): answer is PromiseLike<T> {
  return (
    answer !== null &&
    (typeof answer === 'object' || typeof answer === 'function') &&
    'then' in answer &&
    typeof answer.then === 'function'
  );
}

/** `f` of an answer, now or when it comes. */
export function upon<T, R>(answer: MaybePromise<T>, f: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isPromiseLike(answer) ? answer.then(f) : f(answer);
}

/**
 * The state in an answer to `get` or `take`; none is undefined, or null, as many databases say.
 * @throws TypeError on what is no bytes: text that a state went through is no state any more
 */
export function stateIn(answer: unknown): Uint8Array | undefined {
  if (answer === undefined || answer === null) return undefined;
  if (answer instanceof Uint8Array) return answer;
  throw new TypeError(`expected a Uint8Array or undefined from the store, got ${typeof answer}`);
}

/**
 * `take` of any store. Where it has none of its own this is `get` and then `delete`, which is **not atomic**: of two
 * who take one key at once, both may get its state. If the deletion fails, so does the whole: a state that is to be
 * used once is not given out while it is still there.
 */
export function take(store: SessionStore, key: string): MaybePromise<Uint8Array | undefined> {
  if (store.take !== undefined) return store.take(key);
  return upon(store.get(key), (answer) => {
    const state = stateIn(answer);
    return state && upon(store.delete(key), () => state);
  });
}
