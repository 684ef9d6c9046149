/** Stores made of other stores, for tests of what stands in front of one. */

import type { MaybePromise, SessionStore } from 'reprise-tls';

/**
 * The same store behind a wire: each question takes a while to get there, and each answer to come back. How long, in
 * turns of the queue of promises, `turns` says, for each way anew; so questions may overtake each other.
 */
export function remote(store: SessionStore, turns: () => number = () => 1): SessionStore {
  const travel = async () => {
    for (let left = turns(); left > 0; left--) await undefined;
  };
  const ask = async <T>(question: () => MaybePromise<T>): Promise<T> => {
    await travel();
    const answer = await question();
    await travel();
    return answer;
  };
  const remote: SessionStore = {
    get: (key) => ask(() => store.get(key)),
    set: (key, state, lifetime) => ask(() => store.set(key, state, lifetime)),
    delete: (key) => ask(() => store.delete(key)),
  };
  if (store.take !== undefined) remote.take = (key) => ask(() => store.take?.(key));
  return remote;
}

/** The same store as one that has three verbs alone. */
export function withoutTake(store: SessionStore): SessionStore {
  return {
    get: (key) => store.get(key),
    set: (key, state, lifetime) => store.set(key, state, lifetime),
    delete: (key) => store.delete(key),
  };
}
