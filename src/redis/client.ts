/**
 * The clients that sessions go to Redis through: those of the packages `redis` and `ioredis`, each known by a method
 * that only it has. Neither package is imported here: whoever has a client has its package.
 *
 * Both speak in Node's Buffer and in nothing else. Given another Uint8Array, `redis` throws, and `ioredis` writes its
 * numbers as text. Either makes text of what comes back, which no state survives, unless it is asked for Buffers.
 */

/**
 * A client of the package `redis`, from version 5: what `createClient`, `createClientPool`, `createCluster` and
 * `createSentinel` make. How it maps replies for others is its own affair: here it is asked for Buffers.
 */
export interface NodeRedisClient {
  withTypeMapping(mapping: { readonly [bulkString]: BufferConstructor }): {
    get(key: string): PromiseLike<unknown>;
    set(key: string, value: NodeBuffer, options: { readonly expiration: Expiration }): PromiseLike<unknown>;
    del(key: string): PromiseLike<unknown>;
    getDel(key: string): PromiseLike<unknown>;
  };
}

/** A client of the package `ioredis`: a `Redis` or a `Cluster`. */
export interface IoredisClient {
  getBuffer(key: string): PromiseLike<unknown>;
  set(key: string, value: NodeBuffer, unit: 'PX', milliseconds: number): PromiseLike<unknown>;
  del(key: string): PromiseLike<unknown>;
  getdelBuffer(key: string): PromiseLike<unknown>;
}

export type RedisClient = NodeRedisClient | IoredisClient;

/**
 * The four commands that sessions need, each with one key, so that a cluster knows which of its nodes to ask. Bulk
 * strings come back as bytes, and null for none.
 */
export interface RedisCommands {
  get(key: string): PromiseLike<unknown>;
  set(key: string, state: Uint8Array, milliseconds: number): PromiseLike<unknown>;
  del(key: string): PromiseLike<unknown>;
  getDel(key: string): PromiseLike<unknown>;
}

/** @throws TypeError on what is a client of neither package */
export function commandsOf(client: RedisClient): RedisCommands {
  const { withTypeMapping, getBuffer }: Partial<NodeRedisClient & IoredisClient> = client ?? {};
  if (typeof withTypeMapping === 'function') return nodeRedis(client as NodeRedisClient);
  if (typeof getBuffer === 'function') return ioredis(client as IoredisClient);
  throw new TypeError('expected a client of the package redis, from version 5, or of ioredis');
}

function nodeRedis(client: NodeRedisClient): RedisCommands {
  const commands = client.withTypeMapping({ [bulkString]: Buffer });
  return {
    get: (key) => commands.get(key),
    set: (key, state, milliseconds) =>
      commands.set(key, Buffer.from(state), { expiration: { type: 'PX', value: milliseconds } }),
    del: (key) => commands.del(key),
    getDel: (key) => commands.getDel(key),
  };
}

function ioredis(client: IoredisClient): RedisCommands {
  return {
    get: (key) => client.getBuffer(key),
    set: (key, state, milliseconds) => client.set(key, Buffer.from(state), 'PX', milliseconds),
    del: (key) => client.del(key),
    getDel: (key) => client.getdelBuffer(key),
  };
}

/** The first byte of a bulk string on the wire, by which `redis` knows what a mapping is for. */
const bulkString = 0x24;

interface Expiration {
  readonly type: 'PX';
  readonly value: number;
}

/** Node's Buffer, without the types of Node: `never` fits where a Buffer is wanted, and nothing else can pass for it. */
type NodeBuffer = never;

interface BufferConstructor {
  new (): NodeBuffer;
  /** A copy. */
  from(bytes: Uint8Array): NodeBuffer;
}

/** Wherever one of the two packages runs, there is one. */
declare const Buffer: BufferConstructor;
