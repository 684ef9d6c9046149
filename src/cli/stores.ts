/**
 * Stores: where `reprise serve` keeps sessions, by the name that the command line has for it.
 */

import { createHash } from 'node:crypto';
import { RedisSessionStore } from '../redis/index.ts';
import { MemorySessionStore } from '../session/memory.ts';
import type { SealingKey } from '../session/sealing-keys.ts';
import type { SessionStore } from '../session/store.ts';
import { fromHex, hex } from '../wire/bytes.ts';
import { orFailure } from './arguments.ts';
import { Failure, Misuse } from './command.ts';
import { readFile } from './files.ts';

export interface OpenStore {
  readonly store: SessionStore;
  close(): Promise<void>;
}

/**
 * A store that is ready: `memory`, or that of a URL of Redis, which needs keys to seal with.
 * @throws Misuse on another name, Failure where it cannot be had
 */
export async function openStore(
  name: string,
  { sealingKeys, report }: { readonly sealingKeys: readonly string[]; report(sentence: string): void },
): Promise<OpenStore> {
  if (name === 'memory') {
    if (sealingKeys.length > 0)
      throw new Misuse('expected --sealing-key with a store of Redis, got it with memory');
    return { store: new MemorySessionStore(), close: async () => {} };
  }
  if (!/^rediss?:\/\//.test(name)) {
    throw new Misuse(`expected memory or redis://HOST:PORT for --store, got ${JSON.stringify(name)}`);
  }
  if (sealingKeys.length === 0) {
    throw new Misuse('expected --sealing-key: whoever can reach Redis could else resume every session in it');
  }
  return await openRedis(name, sealingKeys.map(readSealingKey), report);
}

async function openRedis(
  url: string,
  keys: readonly SealingKey[],
  report: (sentence: string) => void,
): Promise<OpenStore> {
  const { createClient } = await importRedis();
  const client = orFailure(() =>
    // What cannot be sent to Redis now fails now, and costs one full handshake.
    createClient({ url, disableOfflineQueue: true, socket: { connectTimeout: 5000, reconnectStrategy } }),
  );
  client.on('error', (error: Error) => report(`redis: ${error.message || 'out of reach'}`));
  let wasThere = false;
  function reconnectStrategy(retries: number): number | false {
    return wasThere && Math.min(50 * 2 ** retries, 2000);
  }
  try {
    await client.connect();
  } catch (error) {
    throw new Failure(
      `cannot reach ${withoutSecrets(url)}: ${error instanceof Error ? error.message : error}`,
    );
  }
  wasThere = true;
  const store = orFailure(
    () => new RedisSessionStore(client, { keys, report: ({ kind, reason }) => report(`${kind}: ${reason}`) }),
  );
  return { store, close: async () => client.destroy() };
}

/** The package is an optional peer: whoever wants Redis has it. */
async function importRedis() {
  try {
    return await import('redis');
  } catch {
    throw new Failure('expected the package redis beside reprise-tls (npm install redis), found none');
  }
}

/** 32 bytes, or as many in hexadecimal digits. It is named by its digest, so that all servers call it the same. */
function readSealingKey(path: string): SealingKey {
  const bytes = readFile(path);
  const text = bytes.toString('latin1').trim();
  const secret = /^[\da-f]{64}$/i.test(text) ? fromHex(text) : new Uint8Array(bytes);
  if (secret.length !== 32) {
    throw new Failure(`expected 32 bytes in ${path}, or 64 hexadecimal digits, got ${bytes.length} bytes`);
  }
  const digest = createHash('sha256').update('reprise sealing key').update(secret).digest();
  return { id: hex(digest.subarray(0, 8)), secret };
}

/** A URL of Redis may hold a password. */
function withoutSecrets(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
