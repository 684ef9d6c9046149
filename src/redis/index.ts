/**
 * `reprise-tls/redis`: sessions that any server can resume, in Redis or Valkey.
 */

export type { IoredisClient, NodeRedisClient, RedisClient } from './client.ts';
export { RedisSessionStore, type RedisSessionStoreOptions } from './sealed.ts';
export { UnsealedRedisSessionStore, type UnsealedRedisSessionStoreOptions } from './unsealed.ts';
