/**
 * `reprise-tls/redis`: sessions that any server can resume, in Redis or Valkey.
 */

export type { IoredisClient, NodeRedisClient, RedisClient } from './client.ts';
export { UnsealedRedisSessionStore, type UnsealedRedisSessionStoreOptions } from './unsealed.ts';
