/**
 * A Reprise server as a process of its own, which a test starts with `fork`: it shares its sessions through Redis, seals
 * them with the keys that it is told to, and tells what goes wrong.
 */

import { once } from 'node:events';
import { createClient } from 'redis';
import type { CertificateConfig, SealingKey } from 'reprise-tls';
import { RedisSessionStore } from 'reprise-tls/redis';
import { serve } from './tcp.ts';

/** How it starts; from then on it is sent keys to rotate to. */
export interface Beginning {
  readonly redisPort: number;
  readonly certificate: CertificateConfig;
  readonly keys: readonly SealingKey[];
}

export type News =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'rotated' }
  | { readonly kind: 'report'; readonly report: string };

const tell = (news: News) => process.send?.(news);
const report = (report: unknown) => tell({ kind: 'report', report: JSON.stringify(report) });

const [{ redisPort, certificate, keys }] = (await once(process, 'message')) as [Beginning];
const client = createClient({ socket: { port: redisPort }, disableOfflineQueue: true });
await client.on('error', report).connect();
const sessionStore = new RedisSessionStore(client, { keys, report });
const config = { certificates: [certificate], sessionStore, sessionStoreDeadline: 10_000, report };
const { port } = await serve(config);
tell({ kind: 'listening', port });

process.on('message', (keys: readonly SealingKey[]) => {
  sessionStore.rotate(keys);
  tell({ kind: 'rotated' });
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit());
