/**
 * SessionStore: where a server keeps its sessions. Storage is dumb and lossy by contract: opaque bytes under a string
 * key, three verbs and a fourth for stores that can. All policy (who may resume what, and for how long) is Reprise's own,
 * in `handshake/resumption.ts`.
 */

/** A value, or a promise of it: what is there at once is used at once. */
export type MaybePromise<T> = T | PromiseLike<T>;

/**
 * Whoever can write to a store can log in as anyone, and whoever can read it can read the traffic of every session
 * in it: keep it as you keep a private key.
 */
export interface SessionStore {
  /** The state stored under `key`, or undefined when there is none (or it has expired). */
  get(key: string): MaybePromise<Uint8Array | undefined>;
  /** Keeps `state` under `key` for at most `lifetime` seconds. */
  set(key: string, state: Uint8Array, lifetime: number): MaybePromise<void>;
  /** Forgets `key`; forgetting what is not there is not an error. */
  delete(key: string): MaybePromise<void>;
  /**
   * As `get`, and `key` is forgotten with it, for sessions that are good for one resumption. A store that can do this
   * in one step should have it: of several who take one key at once, one gets the state. Where it is absent, `get`
   * and `delete` stand in for it, and each of them may get it.
   */
  take?(key: string): MaybePromise<Uint8Array | undefined>;
}

/**
 * Where a client keeps its sessions: the same three verbs, under keys that bind the client's configuration and the
 * server's name. What a server's store is to its users' security, this cache is to one user's.
 */
export type ClientSessionCache = SessionStore;
