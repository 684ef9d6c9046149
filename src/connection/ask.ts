/**
 * Questions to the application, which are its callbacks in the configuration. What one throws or rejects with is the
 * application's own fault, and says so.
 */

import { isPromiseLike } from '../handshake/peer.ts';
import type { MaybePromise } from '../session/store.ts';
import { applicationFault } from '../wire/error.ts';

/** The callback's answer, a value or a promise. @throws TlsError of reason `application`, or rejects with it */
export function ask<T>(callback: string, call: () => T): T {
  const failed = (thrown: unknown): never => {
    throw applicationFault(callback, thrown);
  };
  try {
    const answer = call();
    return isPromiseLike(answer) ? (answer.then(undefined, failed) as T) : answer;
  } catch (error) {
    return failed(error);
  }
}

/** `f` of a value now, or of what a promise brings then. */
export function upon<T, R>(value: MaybePromise<T>, f: (value: T) => R): MaybePromise<R> {
  return isPromiseLike(value) ? value.then(f) : f(value);
}
