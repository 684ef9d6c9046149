/**
 * ClientSession: the session of one client socket, which `session` offers, `getSession` tells and the 'session' event
 * brings. It is the cache that the core asks, in front of the application's own, where there is one.
 *
 * What a session is bound to is in the core's key: name, suites, own certificate. The port is not, for a session that is
 * handed on by hand may go to another port of the same server, as FTPS has it (RFC 4217 §10); the application's cache
 * keeps ports apart.
 */

import { createHash } from 'node:crypto';
import { isPromiseLike } from '../session/asking.ts';
import type { ClientSessionCache, MaybePromise } from '../session/store.ts';
import { wipe } from '../wire/bytes.ts';

export class ClientSession implements ClientSessionCache {
  readonly #cache: ClientSessionCache | undefined;
  readonly #port: string | undefined;
  #state: Uint8Array | undefined;
  #fresh = false;

  constructor(
    offered: Uint8Array | undefined,
    cache: ClientSessionCache | undefined,
    port: number | string | undefined,
  ) {
    this.#state = offered && new Uint8Array(offered);
    this.#cache = cache;
    this.#port = port === undefined ? undefined : String(port);
  }

  /** A copy of the state: of the session that was agreed on, or until then the one that is offered. */
  get state(): Buffer | undefined {
    return this.#state && Buffer.from(this.#state);
  }

  /** Whether the session was made on this connection. */
  get fresh(): boolean {
    return this.#fresh;
  }

  get(key: string): MaybePromise<Uint8Array | undefined> {
    if (this.#state !== undefined || this.#cache === undefined) return this.#state;
    const found = this.#cache.get(this.#placed(key));
    return isPromiseLike(found) ? found.then((state) => this.#adopt(state)) : this.#adopt(found);
  }

  set(key: string, state: Uint8Array, lifetime: number): MaybePromise<void> {
    this.#adopt(state);
    this.#fresh = true;
    return this.#cache?.set(this.#placed(key), state, lifetime);
  }

  delete(key: string): MaybePromise<void> {
    this.wipe();
    return this.#cache?.delete(this.#placed(key));
  }

  /** Overwrites this socket's own copy. */
  wipe(): void {
    wipe(this.#state);
    this.#state = undefined;
    this.#fresh = false;
  }

  #adopt(state: Uint8Array | undefined): Uint8Array | undefined {
    wipe(this.#state);
    this.#state = state instanceof Uint8Array ? new Uint8Array(state) : undefined;
    return state;
  }

  /** A key of the same form for each port. */
  #placed(key: string): string {
    if (this.#port === undefined) return key;
    return createHash('sha256').update(`reprise client session ${key} port ${this.#port}`).digest('hex');
  }
}
