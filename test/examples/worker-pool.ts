/**
 * A server on all cores: each worker makes its own handshakes, and a client resumes on whichever it comes to, for the
 * primary keeps the sessions of all. Across machines the store would be that of redis.mts, and nothing else would change.
 */

import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { MemorySessionStore } from 'reprise-tls';
import { createServer } from 'reprise-tls/node';
import { shareStore, storeOfParent } from './shared-store.ts';

const port = Number(process.env['PORT'] ?? 4435);
const workers = Number(process.env['WORKERS'] ?? availableParallelism());

if (cluster.isPrimary) {
  const store = new MemorySessionStore({ capacity: 100_000 });
  cluster.setupPrimary({ serialization: 'advanced' });
  let listening = 0;
  cluster.on('listening', () => {
    listening++;
    if (listening === workers) console.log(`listening on localhost:${port}, ${workers} workers`);
  });
  for (let i = 0; i < workers; i++) shareStore(store, cluster.fork().process);
} else {
  const credential = { cert: readFileSync('certificate.pem'), key: readFileSync('key.pem') };
  const server = createServer(
    { ...credential, sessionStore: storeOfParent(), sessionStoreDeadline: 1000 },
    (socket) => {
      socket.on('error', (error) => console.error(error.message));
      socket.end(`${socket.isSessionReused() ? 'resumed' : 'full'}, worker ${cluster.worker?.id}\n`);
    },
  );
  server.listen(port, 'localhost');
}
