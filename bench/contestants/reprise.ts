/**
 * Reprise with its defaults: the pure TypeScript cryptography, a store and a cache in memory. What one end sends is
 * fed to the other as it is.
 */

import type { ClientConfig, ConnectionInfo, CryptoProvider, ServerConfig } from '../../src/index.ts';
import { type Contestant, expectKind, type Setting } from './contestant.ts';

/**
 * The build, as users get it: what compiles sources as they load (tsx) gives every closure a name with a call of its
 * own, which here is a tenth of a resumed handshake.
 */
const build: string = new URL('../../dist/index.js', import.meta.url).href;
export const reprise: typeof import('../../src/index.ts') = await import(build);
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

export function contestantWith(name: string, setting: Setting, crypto: CryptoProvider): Contestant {
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
  };
}

/** One handshake in memory, from two new connections to both ends secure. */
export async function handshake(
  name: string,
  clientConfig: ClientConfig,
  serverConfig: ServerConfig,
  kind: 'full' | 'resumed',
): Promise<void> {
  const line: { to: 'client' | 'server'; bytes: Uint8Array }[] = [];
  const secured: ConnectionInfo[] = [];
  const failures: Error[] = [];

  const handlers = (to: 'client' | 'server') => ({
    send: (bytes: Uint8Array) => {
      line.push({ to, bytes });
    },
    secure: (info: ConnectionInfo) => {
      secured.push(info);
    },
    data: () => {},
    close: (error: Error | undefined) => {
      failures.push(error ?? new Error(`${name}: closed in the middle of a handshake`));
    },
  });
  const ends = {
    client: new ClientConnection(clientConfig, handlers('server')),
    server: new ServerConnection(serverConfig, handlers('client')),
  };
  ends.client.start();
  for (let flight = line.shift(); flight !== undefined; flight = line.shift()) {
    const wait = ends[flight.to].feed(flight.bytes);
    if (wait !== undefined) await wait;
  }
  for (const failure of failures) throw failure;
  if (secured.length !== 2)
    throw new Error(`${name}: expected both ends to be secure, and ${secured.length} were`);
  for (const info of secured) expectKind(name, kind, info.resumed);
}
