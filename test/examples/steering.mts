// Two servers that share nothing, and session IDs by which a balancer brings each client back to its own.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type ClientConfig,
  ClientConnection,
  MemoryClientSessionCache,
  MemorySessionStore,
  type ServerConfig,
  ServerConnection,
} from 'reprise-tls';
import { peekClientHello, SteeringIds } from 'reprise-tls/persistence';

const chain = readFileSync('certificate.pem');
const privateKey = readFileSync('key.pem');

/** The balancer and the servers have these keys: the first makes IDs, and all open them. */
const ids = new SteeringIds({ keys: [randomBytes(32)] });

function serverConfig(number: number): ServerConfig {
  return {
    certificates: [{ chain, privateKey }],
    sessionStore: new MemorySessionStore(),
    sessionIds: ids.generatorFor(number),
  };
}
const servers = [serverConfig(0), serverConfig(1)];
let turn = 0;

/** The number of the server for a connection that begins with these bytes. */
function choose(bytes: Uint8Array): number {
  const seen = peekClientHello(bytes);
  const known = seen.status === 'hello' ? ids.serverOf(seen.sessionId) : undefined;
  return known ?? turn++ % servers.length;
}

function visit(name: string, clientConfig: ClientConfig): void {
  let number: number | undefined;
  let server: ServerConnection | undefined;
  const client = new ClientConnection(clientConfig, {
    send: (bytes) => {
      number ??= choose(bytes);
      server ??= new ServerConnection(servers[number] ?? serverConfig(number), {
        send: (answer) => client.feed(answer),
      });
      server.feed(bytes);
    },
    secure: (info) => console.log(`${name} at server ${number}: ${info.resumption}`),
  });
  client.start();
}

for (const name of ['Alice', 'Bob']) {
  const clientConfig = {
    serverName: 'localhost',
    trustAnchors: chain,
    sessionCache: new MemoryClientSessionCache(),
  };
  for (let i = 0; i < 3; i++) visit(name, clientConfig);
}
