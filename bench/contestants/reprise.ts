/**
 * Reprise with its defaults: the pure TypeScript cryptography, a store and a cache in memory. What one end sends is
 * fed to the other as it is.
 */

import type { ClientConfig, ConnectionInfo, CryptoProvider, ServerConfig } from '../../src/index.ts';
import { built } from '../built.ts';
import { type Contestant, expectKind, expectLength, type Line, type Setting } from './contestant.ts';

export const reprise: typeof import('../../src/index.ts') = await import(built('index.js'));
const {
  ClientConnection,
  MemoryClientSessionCache,
  MemorySessionStore,
  ServerConnection,
  secp256r1,
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
  x25519,
} = reprise;

const suites = { TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 };

export function createContestant(setting: Setting): Contestant {
  return contestantWith('reprise', setting, reprise.noble);
}

/** What both ends are told; the client as it comes for the first time, and as one that remembers. */
export function configsFor(setting: Setting, crypto: CryptoProvider) {
  // P-256 must be there for the certificate's key (RFC 8422 §5.1); the exchange takes the first.
  const common = { crypto, cipherSuites: [suites[setting.suiteName]], groups: [x25519, secp256r1] };
  const server: ServerConfig = {
    ...common,
    certificates: [{ chain: setting.certificatePem, privateKey: setting.privateKeyPem }],
    sessionStore: new MemorySessionStore(),
  };
  const forgetful: ClientConfig = {
    ...common,
    serverName: setting.serverName,
    verifyCertificate: () => true,
  };
  const returning: ClientConfig = { ...forgetful, sessionCache: new MemoryClientSessionCache() };
  return { server, forgetful, returning };
}

export function contestantWith(name: string, setting: Setting, crypto: CryptoProvider): Contestant {
  const { server, forgetful, returning } = configsFor(setting, crypto);
  let hasSession = false;

  return {
    name,
    async full() {
      await handshake(name, forgetful, server, 'full');
    },
    async resumed() {
      if (!hasSession) await handshake(name, returning, server, 'full');
      hasSession = true;
      await handshake(name, returning, server, 'resumed');
    },
    async connect() {
      return lineOf(name, await handshake(name, forgetful, server, 'full'));
    },
  };
}

/** Both ends of a connection that is up. */
export interface Pair {
  readonly client: InstanceType<typeof ClientConnection>;
  readonly server: InstanceType<typeof ServerConnection>;
  /** How many bytes of content the server has been given. */
  readonly received: () => number;
  /** Feeds each end what the other has sent, until both are silent. */
  settle(): Promise<void> | undefined;
}

/** Runs a part of the work that is the server's, and may take its time. */
export type ServerWork = <T>(work: () => T) => T;

/** One handshake in memory, from two new connections to both ends secure. */
export async function handshake(
  name: string,
  clientConfig: ClientConfig,
  serverConfig: ServerConfig,
  kind: 'full' | 'resumed',
  asServer: ServerWork = (work) => work(),
): Promise<Pair> {
  const line: { to: 'client' | 'server'; bytes: Uint8Array }[] = [];
  const secured: ConnectionInfo[] = [];
  const failures: Error[] = [];
  let received = 0;

  const handlers = (to: 'client' | 'server') => ({
    send: (bytes: Uint8Array) => {
      line.push({ to, bytes });
    },
    secure: (info: ConnectionInfo) => {
      secured.push(info);
    },
    data: (bytes: Uint8Array) => {
      received += bytes.length;
    },
    close: (error: Error | undefined) => {
      failures.push(error ?? new Error(`${name}: closed where it should have stayed open`));
    },
  });
  const client = new ClientConnection(clientConfig, handlers('server'));
  const server = asServer(() => new ServerConnection(serverConfig, handlers('client')));

  function settle(): Promise<void> | undefined {
    for (let flight = line.shift(); flight !== undefined; flight = line.shift()) {
      const { to, bytes } = flight;
      const wait = to === 'client' ? client.feed(bytes) : asServer(() => server.feed(bytes));
      if (wait !== undefined) return wait.then(settle);
    }
    for (const failure of failures) throw failure;
    return undefined;
  }

  client.start();
  await settle();
  if (secured.length !== 2)
    throw new Error(`${name}: expected both ends to be secure, and ${secured.length} were`);
  for (const info of secured) expectKind(name, kind, info.resumed);
  return { client, server, received: () => received, settle };
}

/** The line that a pair makes: what the client sends is fed to the server at once. */
export function lineOf(name: string, { client, received, settle }: Pair): Line {
  return {
    push(content, times) {
      const before = received();
      for (let i = 0; i < times; i++) {
        client.write(content);
        settle();
      }
      expectLength(name, content.length * times, received() - before);
    },
  };
}
