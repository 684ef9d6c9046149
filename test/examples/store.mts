// Two servers share their sessions through a database that learns no secret.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type ClientConfig,
  ClientConnection,
  MemoryClientSessionCache,
  SealedSessionStore,
  type ServerConfig,
  ServerConnection,
  type SessionStore,
} from 'reprise-tls';

/** What the client libraries of most key-value databases can do, more or less by these names. */
interface Database {
  get(key: string): Promise<Uint8Array | undefined>;
  set(key: string, value: Uint8Array, options: { readonly secondsToLive: number }): Promise<unknown>;
  delete(key: string): Promise<unknown>;
}

function storeIn(database: Database): SessionStore {
  return {
    get: (key) => database.get(key),
    async set(key, state, lifetime) {
      await database.set(key, state, { secondsToLive: lifetime });
    },
    async delete(key) {
      await database.delete(key);
    },
  };
}

const entries = new Map<string, Uint8Array>();
const database: Database = {
  get: (key) => Promise.resolve(entries.get(key)),
  set: (key, value) => Promise.resolve(entries.set(key, value)),
  delete: (key) => Promise.resolve(entries.delete(key)),
};
const keys = [{ id: '2026-11', secret: randomBytes(32) }];

const chain = readFileSync('certificate.pem');

/** What each of the servers makes for itself: they share the database, the sealing key and the certificate. */
function serverConfig(): ServerConfig {
  return {
    certificates: [{ chain, privateKey: readFileSync('key.pem') }],
    sessionStore: new SealedSessionStore(storeIn(database), { keys, report: console.error }),
    report: console.error,
  };
}

const clientConfig: ClientConfig = {
  serverName: 'localhost',
  trustAnchors: chain,
  sessionCache: new MemoryClientSessionCache(),
};

for (const name of ['one', 'two']) {
  await new Promise<void>((resolve, reject) => {
    const server = new ServerConnection(serverConfig(), { send: (bytes) => client.feed(bytes) });
    const client = new ClientConnection(clientConfig, {
      send: (bytes) => server.feed(bytes),
      secure: (info) => {
        console.log(`server ${name}: ${info.resumed ? 'resumed' : 'full handshake'}`);
        resolve();
      },
      close: (error) => reject(error),
    });
    client.start();
  });
}
