/**
 * SessionKeeper: sessions in a store, one place for their serialised form, their lifetime there and the key that they
 * stand under. Whatever the store does, it answers with a session, or with why there is none.
 *
 * What is stored is the session's state behind a checksum of the key and the state together. A bit that rotted in a
 * master secret would else be found only by the peer, whose Finished fails, and cost the connection and not one full
 * handshake; an entry that came back under another's key would be somebody else's session. It is no proof against
 * whoever writes to the store on purpose: that takes a key, and a store that seals with it.
 */

import type { Hash } from '../crypto/provider.ts';
import { concat, equal, utf8, wipe } from '../wire/bytes.ts';
import { encode, opaqueVector, rest, struct } from '../wire/codec.ts';
import { upon } from './asking.ts';
import type { Found, GuardedSessionStore } from './guard.ts';
import { decodeSession, encodeSession, type Session } from './session.ts';
import type { MaybePromise } from './store.ts';

/** A session that a store gave and that could be read, or why there is none. */
export type Lookup =
  | { readonly session: Session }
  | { readonly reason: 'not-found' | 'store-failed' | 'undecodable' };

export class SessionKeeper {
  readonly #store: GuardedSessionStore;
  readonly #sha256: Hash;

  constructor(store: GuardedSessionStore, sha256: Hash) {
    this.#store = store;
    this.#sha256 = sha256;
  }

  /**
   * The session under `key`. Where an ID was asked for, it must be that session's own: a store that mixes up its
   * entries must not resume somebody else's (rule S32).
   */
  find(key: string, sessionId?: Uint8Array): MaybePromise<Lookup> {
    return this.#judged(this.#store.find(key), key, sessionId);
  }

  /** As `find`, and the store forgets the session with it, for those that may be resumed once. */
  take(key: string, sessionId?: Uint8Array): MaybePromise<Lookup> {
    return this.#judged(this.#store.take(key), key, sessionId);
  }

  /** Stores the session for as long as it may live, and overwrites its secret here. */
  keep(key: string, session: Session): MaybePromise<boolean> {
    const state = encodeSession(session);
    const stored = withChecksum(this.#sha256, key, state);
    wipe(session.masterSecret, state);
    const lifetime = Math.ceil((session.expiresAt - session.establishedAt) / 1000);
    return this.#store.keep(key, stored, lifetime);
  }

  forget(key: string): MaybePromise<void> {
    return this.#store.forget(key);
  }

  #judged(answer: MaybePromise<Found>, key: string, sessionId: Uint8Array | undefined): MaybePromise<Lookup> {
    return upon(answer, (found): Lookup => {
      if (found.outcome !== 'found') return { reason: found.outcome };
      const state = withoutChecksum(this.#sha256, key, found.state);
      const session = state && decodeSession(state);
      wipe(found.state);
      if (session === undefined) return { reason: 'undecodable' };
      if (sessionId !== undefined && !equal(session.sessionId, sessionId)) {
        wipe(session.masterSecret);
        return { reason: 'undecodable' };
      }
      return { session };
    });
  }
}

/** What the checksum is taken over; the label keeps it apart from every other use of the same hash. */
const Checked = struct({
  label: opaqueVector(1, 0xff),
  key: opaqueVector(1, 0xff),
  state: rest,
});

const label = utf8('reprise session state');

/** The state as it is stored: SHA-256 over `Checked`, then the state itself. */
export function withChecksum(sha256: Hash, key: string, state: Uint8Array): Uint8Array {
  return concat(checksumOf(sha256, key, state), state);
}

/** The state, as a view into what was stored; undefined where the checksum is not that of this key and this state. */
export function withoutChecksum(sha256: Hash, key: string, stored: Uint8Array): Uint8Array | undefined {
  if (stored.length < sha256.outputLength) return undefined;
  const checksum = stored.subarray(0, sha256.outputLength);
  const state = stored.subarray(sha256.outputLength);
  return equal(checksumOf(sha256, key, state), checksum) ? state : undefined;
}

function checksumOf(sha256: Hash, key: string, state: Uint8Array): Uint8Array {
  const input = encode(Checked, { label, key: utf8(key), state }, 128 + state.length);
  const checksum = sha256.digest(input);
  wipe(input);
  return checksum;
}
