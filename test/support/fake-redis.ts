/**
 * Redis without Redis: what the two packages' clients do with the few commands that sessions need, and just as
 * strictly, over a Map. Each writes down the commands as they would go over the wire.
 */

import type { RedisClient } from 'reprise-tls/redis';

export type WireCommand = readonly (string | Buffer)[];

export interface FakeClient {
  readonly client: RedisClient;
  /** What was sent, in order. */
  readonly sent: WireCommand[];
  readonly entries: Map<string, Buffer>;
  /** What comes instead of each reply. Absent: the reply. */
  does?: () => unknown;
}

class FakeRedis implements FakeClient {
  readonly sent: WireCommand[] = [];
  readonly entries = new Map<string, Buffer>();
  readonly client: RedisClient;
  does?: () => unknown;

  constructor(clientOf: (send: (command: WireCommand) => Promise<unknown>) => RedisClient) {
    this.client = clientOf((command) => this.#send(command));
  }

  #send(command: WireCommand): Promise<unknown> {
    this.sent.push(command);
    if (this.does !== undefined) return this.does() as Promise<unknown>;
    return Promise.resolve(this.#reply(command));
  }

  #reply([name, key, value]: WireCommand): unknown {
    const reply = this.entries.get(`${key}`) ?? null;
    if (name === 'SET' && Buffer.isBuffer(value)) this.entries.set(`${key}`, Buffer.from(value));
    if (name === 'DEL' || name === 'GETDEL') this.entries.delete(`${key}`);
    return name === 'GET' || name === 'GETDEL' ? reply && Buffer.from(reply) : 'OK';
  }
}

/** As of the package `redis`: text both ways, unless Buffers are asked for; a Uint8Array that is none is refused. */
export function fakeNodeRedis(): FakeClient {
  return new FakeRedis((send) => {
    const checked = (...command: WireCommand) => {
      const wrong = command.find((part) => typeof part !== 'string' && !Buffer.isBuffer(part));
      if (wrong !== undefined) throw new TypeError('expected strings and Buffers');
      return send(command);
    };
    const commandsWith = (mapping: { readonly [type: number]: unknown }) => {
      const mapped = async (...command: WireCommand) => {
        const reply = await checked(...command);
        return Buffer.isBuffer(reply) && mapping[0x24] !== Buffer ? reply.toString() : reply;
      };
      return {
        get: (key: string) => mapped('GET', key),
        set: (key: string, value: Buffer, { expiration }: { expiration: { type: string; value: number } }) =>
          mapped('SET', key, value, expiration.type, expiration.value.toString()),
        del: (key: string) => mapped('DEL', key),
        getDel: (key: string) => mapped('GETDEL', key),
      };
    };
    return { ...commandsWith({}), withTypeMapping: commandsWith };
  });
}

/** As of the package `ioredis`: text, or Buffers from methods of that name; what is neither is sent as its text. */
export function fakeIoredis(): FakeClient {
  return new FakeRedis((send) => {
    const written = (part: unknown) => (Buffer.isBuffer(part) ? part : `${part}`);
    const buffers = (...command: unknown[]) => send(command.map(written));
    const texts = async (...command: unknown[]) => {
      const reply = await buffers(...command);
      return Buffer.isBuffer(reply) ? reply.toString() : reply;
    };
    return {
      get: (key: string) => texts('GET', key),
      getBuffer: (key: string) => buffers('GET', key),
      set: (...args: unknown[]) => texts('SET', ...args),
      del: (key: string) => texts('DEL', key),
      getdel: (key: string) => texts('GETDEL', key),
      getdelBuffer: (key: string) => buffers('GETDEL', key),
    };
  });
}

export const fakeClients = [
  ['redis', fakeNodeRedis],
  ['ioredis', fakeIoredis],
] as const;
