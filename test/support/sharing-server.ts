/**
 * A Reprise server as a process of its own, which a test starts with `fork`: it listens on the loopback interface,
 * shares its sessions through Redis, seals them with the keys that it is told to, and tells what it sees.
 */

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createClient } from 'redis';
import { type CertificateConfig, type SealingKey, ServerConnection } from 'reprise-tls';
import { RedisSessionStore } from 'reprise-tls/redis';

/** How it starts; from then on it is sent keys to rotate to. */
export interface Beginning {
  readonly redisPort: number;
  readonly certificate: CertificateConfig;
  readonly keys: readonly SealingKey[];
}

export type News =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'rotated' }
  /** Something went wrong. */
  | { readonly kind: 'report'; readonly report: string };

function tell(news: News): void {
  process.send?.(news);
}

async function begin({ redisPort, certificate, keys }: Beginning): Promise<RedisSessionStore> {
  const client = createClient({ socket: { port: redisPort }, disableOfflineQueue: true });
  const report = (report: unknown) => tell({ kind: 'report', report: JSON.stringify(report) });
  await client.on('error', report).connect();
  const sessionStore = new RedisSessionStore(client, { keys, report });
  const config = { certificates: [certificate], sessionStore, sessionStoreDeadline: 3000, report };
  const server = createServer((socket) => {
    const tls = new ServerConnection(config, {
      send: (bytes) => socket.write(bytes),
      close: (error) => {
        if (error !== undefined) report(error.message);
        socket.end();
      },
    });
    socket.on('data', (bytes) => tls.feed(bytes));
    socket.on('end', () => tls.feedEnd());
    socket.on('error', (error) => tls.abort(error));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  tell({ kind: 'listening', port: (server.address() as AddressInfo).port });
  return sessionStore;
}

const [beginning] = (await once(process, 'message')) as [Beginning];
const sessionStore = await begin(beginning);
process.on('message', (keys: readonly SealingKey[]) => {
  sessionStore.rotate(keys);
  tell({ kind: 'rotated' });
});
// Whoever asked for it is gone.
process.on('disconnect', () => process.exit());
