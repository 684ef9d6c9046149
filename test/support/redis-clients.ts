/**
 * Real clients of Redis, connected, set up as servers want them: what cannot be sent now fails now, and a connection
 * that is lost is made again soon.
 */

import { once } from 'node:events';
import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import type { RedisClient } from 'reprise-tls/redis';

export interface Connected {
  readonly client: RedisClient;
  close(): void;
}

/** Connects to this port of the loopback interface. */
export type Connect = (port: number) => Promise<Connected>;

const reconnectAfter = () => 20;

const nodeRedis: Connect = async (port) => {
  const client = createClient({
    socket: { port, reconnectStrategy: reconnectAfter },
    disableOfflineQueue: true,
  });
  await client.on('error', ignore).connect();
  return { client, close: () => client.destroy() };
};

const ioredis: Connect = async (port) => {
  const client = new Redis({
    port,
    retryStrategy: reconnectAfter,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
  });
  await once(client.on('error', ignore), 'ready');
  return { client, close: () => client.disconnect() };
};

const nodeRedisCluster: Connect = async (port) => {
  const client = createCluster({ rootNodes: [{ socket: { port } }] });
  await client.on('error', ignore).connect();
  return { client, close: () => client.destroy() };
};

const ioredisCluster: Connect = async (port) => {
  const client = new Cluster([{ port }], { enableAutoPipelining: true });
  await once(client.on('error', ignore), 'ready');
  return { client, close: () => client.disconnect() };
};

export const redisClients = [
  ['redis', nodeRedis],
  ['ioredis', ioredis],
] as const;

export const redisClusterClients = [
  ['redis', nodeRedisCluster],
  ['ioredis', ioredisCluster],
] as const;

/** Without a listener, an error of the client's ends the process. What it means is said by the commands that fail. */
function ignore(): void {}
