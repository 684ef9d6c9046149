/**
 * UnsealedRedisSessionStore: sessions in Redis or Valkey as they are. Each verb is one command with one key, and so
 * one round trip, to a single server as to a cluster. Redis itself forgets what has expired, and under a memory limit
 * with an eviction policy what was used least; either way a session that is gone costs one full handshake.
 *
 * `RedisSessionStore` seals what it gives to this one, and is what to use.
 */

import { stateIn } from '../session/asking.ts';
import type { SessionStore } from '../session/store.ts';
import { plain } from '../wire/bytes.ts';
import { commandsOf, type RedisClient, type RedisCommands } from './client.ts';

export interface UnsealedRedisSessionStoreOptions {
  /**
   * What each key in Redis begins with; the client's own `keyPrefix` stands before it. Default: `reprise:`. A name in
   * braces puts all sessions on one node of a cluster.
   */
  readonly prefix?: string | undefined;
  /**
   * How many commands may await their reply at once. What comes beyond fails at once, so that while Redis is away
   * no client's queue fills with more than so many. Default: 1000.
   */
  readonly maxPending?: number | undefined;
}

/**
 * What is in Redis is the sessions themselves, master secrets included. **Whoever can read it can read the traffic of
 * every session in it, past and to come; whoever can write to it can log in as anyone.** That is every operator and
 * backup of the server, every other application that may use it, and the network on the way where that is not TLS.
 *
 * The application listens to the client's `error` event and connects it; both are its own duty (see README.md).
 */
export class UnsealedRedisSessionStore implements SessionStore {
  readonly #commands: RedisCommands;
  readonly #prefix: string;
  readonly #maxPending: number;
  #pending = 0;

  /** @throws TypeError, RangeError on a client, a prefix or a number of commands that are none */
  constructor(client: RedisClient, options: UnsealedRedisSessionStoreOptions = {}) {
    const { prefix = 'reprise:', maxPending = 1000 } = options;
    if (typeof prefix !== 'string')
      throw new TypeError(`expected a string for a prefix, got ${typeof prefix}`);
    if (!Number.isSafeInteger(maxPending) || maxPending < 1) {
      throw new RangeError(`expected at least one pending command, got ${maxPending}`);
    }
    this.#commands = commandsOf(client);
    this.#prefix = prefix;
    this.#maxPending = maxPending;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#ask(async () => plainState(await this.#commands.get(this.#prefix + key)));
  }

  /** The state under `key`, which is forgotten with it: of any number of askers, one gets it. Needs Redis 6.2. */
  take(key: string): Promise<Uint8Array | undefined> {
    return this.#ask(async () => plainState(await this.#commands.getDel(this.#prefix + key)));
  }

  /**
   * Keeps `state` for whole milliseconds, never for longer than `lifetime` says. With less than one, nothing is kept,
   * nor what was there before.
   * @throws TypeError, RangeError, as a rejection, on a state that is no Uint8Array, a lifetime that is no number
   */
  async set(key: string, state: Uint8Array, lifetime: number): Promise<void> {
    if (!(state instanceof Uint8Array)) throw new TypeError(`expected a Uint8Array, got ${typeof state}`);
    const milliseconds = wholeMilliseconds(lifetime);
    if (milliseconds < 1) return this.delete(key);
    await this.#ask(() => this.#commands.set(this.#prefix + key, state, milliseconds));
  }

  async delete(key: string): Promise<void> {
    await this.#ask(() => this.#commands.del(this.#prefix + key));
  }

  async #ask<T>(command: () => PromiseLike<T>): Promise<T> {
    if (this.#pending >= this.#maxPending) {
      throw new Error(`expected replies from Redis, got none to ${this.#pending} commands yet`);
    }
    this.#pending++;
    try {
      return await command();
    } finally {
      this.#pending--;
    }
  }
}

/** @throws TypeError on a reply that is no bytes */
function plainState(reply: unknown): Uint8Array | undefined {
  const state = stateIn(reply);
  return state && plain(state);
}

/** @throws RangeError on what is no number */
function wholeMilliseconds(lifetime: number): number {
  if (typeof lifetime !== 'number' || Number.isNaN(lifetime)) {
    throw new RangeError(`expected a lifetime in seconds, got ${lifetime}`);
  }
  // Rounded down, for a session may live shorter; and no longer than there are numbers, for Redis knows no eternity.
  return Math.min(Math.floor(lifetime * 1000), Number.MAX_SAFE_INTEGER);
}
