/**
 * RedisSessionStore: sessions in Redis or Valkey, sealed before they leave the process, so that Redis, its operators
 * and backups, and whoever else can reach it hold nothing that they could use. It is `SealedSessionStore` in front of
 * `UnsealedRedisSessionStore`, and there is no default for the keys: all servers that share the sessions need the same.
 */

import { SealedSessionStore, type SealedSessionStoreOptions } from '../session/sealed.ts';
import type { RedisClient } from './client.ts';
import { UnsealedRedisSessionStore, type UnsealedRedisSessionStoreOptions } from './unsealed.ts';

export interface RedisSessionStoreOptions
  extends SealedSessionStoreOptions,
    UnsealedRedisSessionStoreOptions {}

/** See `UnsealedRedisSessionStore` for what it asks of the client, and `SealedSessionStore` for the keys. */
export class RedisSessionStore extends SealedSessionStore {
  /** @throws TypeError, RangeError on a client that is none, and on keys that are none or protect nothing */
  constructor(client: RedisClient, options: RedisSessionStoreOptions) {
    if (!options?.keys?.length) {
      throw new TypeError(
        'expected keys to seal sessions with, got none: whoever can reach Redis could read and resume every session ' +
          'in it (UnsealedRedisSessionStore stores them so)',
      );
    }
    super(new UnsealedRedisSessionStore(client, options), options);
  }
}
