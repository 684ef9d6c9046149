/**
 * SessionKeeper: sessions in a store, one place for their serialised form, their lifetime there and the key that they
 * stand under. Whatever the store does, it answers with a session, or with why there is none.
 */

import { equal, wipe } from '../wire/bytes.ts';
import type { GuardedSessionStore } from './guard.ts';
import { decodeSession, encodeSession, type Session } from './session.ts';
import type { MaybePromise } from './store.ts';

/** A session that a store gave and that could be read, or why there is none. */
export type Lookup =
  | { readonly session: Session }
  | { readonly reason: 'not-found' | 'store-failed' | 'undecodable' };

export class SessionKeeper {
  readonly #store: GuardedSessionStore;

  constructor(store: GuardedSessionStore) {
    this.#store = store;
  }

  /**
   * The session under `key`. Where an ID was asked for, it must be that session's own: a store that mixes up its
   * entries must not resume somebody else's (rule S32).
   */
  find(key: string, sessionId?: Uint8Array): MaybePromise<Lookup> {
    const answer = this.#store.find(key);
    const judge = (found: Awaited<typeof answer>): Lookup => {
      if (found.outcome !== 'found') return { reason: found.outcome };
      const session = decodeSession(found.state);
      wipe(found.state);
      if (session === undefined) return { reason: 'undecodable' };
      if (sessionId !== undefined && !equal(session.sessionId, sessionId)) {
        wipe(session.masterSecret);
        return { reason: 'undecodable' };
      }
      return { session };
    };
    return 'outcome' in answer ? judge(answer) : answer.then(judge);
  }

  /** Stores the session for as long as it may live, and overwrites its secret here. */
  keep(key: string, session: Session): MaybePromise<boolean> {
    const state = encodeSession(session);
    wipe(session.masterSecret);
    const lifetime = Math.ceil((session.expiresAt - session.establishedAt) / 1000);
    return this.#store.keep(key, state, lifetime);
  }

  forget(key: string): MaybePromise<void> {
    return this.#store.forget(key);
  }
}
