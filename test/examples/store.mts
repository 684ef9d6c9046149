// Two servers share their sessions through a database that learns no secret.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type ClientConfig,
  ClientConnection,
  MemoryClientSessionCache,
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

/** Nonce, tag and state under AES-256-GCM. The key is authenticated too, so that entries cannot be swapped. */
function sealedStore(database: Database, secret: Uint8Array): SessionStore {
  return {
    async get(key) {
      const sealed = await database.get(key);
      if (sealed === undefined) return undefined;
      const opener = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, 12), { authTagLength: 16 });
      opener.setAAD(Buffer.from(key)).setAuthTag(sealed.subarray(12, 28));
      return Buffer.concat([opener.update(sealed.subarray(28)), opener.final()]);
    },
    async set(key, state, lifetime) {
      const nonce = randomBytes(12);
      const sealer = createCipheriv('aes-256-gcm', secret, nonce).setAAD(Buffer.from(key));
      const sealed = Buffer.concat([sealer.update(state), sealer.final()]);
      await database.set(key, Buffer.concat([nonce, sealer.getAuthTag(), sealed]), {
        secondsToLive: lifetime,
      });
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
const secret = randomBytes(32);

const chain = readFileSync('certificate.pem');

/** What each of the servers makes for itself: they share the database, the secret and the certificate. */
function serverConfig(): ServerConfig {
  return {
    certificates: [{ chain, privateKey: readFileSync('key.pem') }],
    sessionStore: sealedStore(database, secret),
    report: (report) => console.error(report),
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
