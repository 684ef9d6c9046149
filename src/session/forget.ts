/**
 * forgetSession: to end one session by its ID, from wherever the application learned it (`ConnectionInfo.sessionId`),
 * in any store: when its user logs out, for example, or the ID has been seen where it should not be.
 */

import { sha256 } from '../crypto/hash.ts';
import { storeKey } from './key.ts';
import type { MaybePromise, SessionStore } from './store.ts';

/**
 * Forgets the session of this ID; that there is none is not an error. What the store throws or rejects with is the
 * caller's to see. Connections that are up go on.
 * @throws RangeError on an ID of more than 32 bytes, or of none: that of a connection whose session was not kept
 */
export function forgetSession(store: SessionStore, sessionId: Uint8Array): MaybePromise<void> {
  return store.delete(storeKey(sha256, sessionId));
}
