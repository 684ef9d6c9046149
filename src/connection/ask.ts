/**
 * Questions to the application, which are its callbacks in the configuration. What one throws or rejects with is the
 * application's own fault, and says so.
 */

import { isPromiseLike } from '../session/asking.ts';
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
