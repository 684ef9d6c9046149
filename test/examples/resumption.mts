// The same client at the same server, twice; both ends in memory.
import { readFileSync } from 'node:fs';
import {
  type ClientConfig,
  ClientConnection,
  MemoryClientSessionCache,
  MemorySessionStore,
  type ServerConfig,
  ServerConnection,
} from 'reprise-tls';

const chain = readFileSync('certificate.pem');

const serverConfig: ServerConfig = {
  certificates: [{ chain, privateKey: readFileSync('key.pem') }],
  sessionStore: new MemorySessionStore(),
};
const clientConfig: ClientConfig = {
  serverName: 'localhost',
  trustAnchors: chain,
  sessionCache: new MemoryClientSessionCache(),
};

for (const visit of ['first', 'second']) {
  const server = new ServerConnection(serverConfig, { send: (bytes) => client.feed(bytes) });
  const client = new ClientConnection(clientConfig, {
    send: (bytes) => server.feed(bytes),
    secure: (info) => console.log(`${visit} visit: resumed ${info.resumed}, ${info.resumption}`),
  });
  client.start();
}
