/**
 * `node:tls`: OpenSSL in C, TLS 1.2, over a pair of streams in memory.
 *
 * Node switches OpenSSL's internal session cache off, so sessions go through the documented `newSession` and
 * `resumeSession` events to a Map, answered in the same turn: the cheapest store that a user of `node:tls` can have.
 * Tickets are off on both sides, contexts are made once, and streams are handed to the server by its `connection`
 * event, with no network and no listening port.
 */

import { constants } from 'node:crypto';
import { type Duplex, duplexPair } from 'node:stream';
import tls from 'node:tls';
import { type Contestant, expectKind, type Line, type Setting, type SuiteName } from './contestant.ts';

const name = 'node:tls';

/** The suites as OpenSSL calls them. */
const ciphers: Record<SuiteName, string> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
};

/** TLS 1.2 with this suite over X25519, and no tickets. */
export function optionsFor(suiteName: SuiteName) {
  return {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    ciphers: ciphers[suiteName],
    // P-256 must be there for the certificate's key (RFC 8422 §5.1); the exchange takes the first.
    ecdhCurve: 'X25519:P-256',
    secureOptions: constants.SSL_OP_NO_TICKET,
  } as const satisfies tls.SecureContextOptions;
}

export function createContestant(setting: Setting): Contestant {
  const { suiteName, serverName } = setting;
  const common = optionsFor(suiteName);
  const server = createServer({ ...common, cert: setting.certificatePem, key: setting.privateKeyPem });
  // Without a CA to look for, the client takes the certificate as it is, as the other contestants do.
  const secureContext = tls.createSecureContext({ ...common, ca: [] });
  let session: Buffer | undefined;

  /** A handshake up to the moment at which both ends are secure. */
  function open(offered: Buffer | undefined): Promise<Ends<tls.TLSSocket>> {
    return new Promise((resolve, reject) => {
      const [near, far] = duplexPair();
      let serverEnd: tls.TLSSocket | undefined;
      let clientIsSecure = false;

      function finish(): void {
        if (serverEnd === undefined || !clientIsSecure) return;
        try {
          expectKind(name, offered === undefined ? 'full' : 'resumed', client.isSessionReused());
          expectSuite(client, suiteName);
          if (offered === undefined) expectX25519(client);
          resolve({ client, server: serverEnd });
        } catch (error) {
          reject(error);
        }
      }

      server.once('secureConnection', (socket) => {
        serverEnd = socket;
        finish();
      });
      server.emit('connection', far);
      const client = tls.connect({
        socket: near,
        secureContext,
        servername: serverName,
        session: offered,
        rejectUnauthorized: false,
      });
      client.on('error', reject);
      client.once('secureConnect', () => {
        clientIsSecure = true;
        finish();
      });
    });
  }

  /** One that is not needed any more; resolves to the client's session. */
  async function handshake(offered: Buffer | undefined): Promise<Buffer | undefined> {
    const ends = await open(offered);
    const agreed = ends.client.getSession();
    ends.client.destroy();
    ends.server.destroy();
    return agreed;
  }

  return {
    name,
    async full() {
      session = await handshake(undefined);
    },
    async resumed() {
      session ??= await handshake(undefined);
      await handshake(session);
    },
    async connect() {
      return lineOf(await open(undefined));
    },
  };
}

interface Ends<Socket extends Duplex> {
  readonly client: Socket;
  readonly server: Socket;
}

/** The line that a pair of sockets makes: of this library's, or of another that is used in the same way. */
export function lineOf({ client, server }: Ends<Duplex>): Line {
  let left = 0;
  let arrived: (() => void) | undefined;
  server.on('data', (bytes: Buffer) => {
    left -= bytes.length;
    if (left <= 0) arrived?.();
  });
  return {
    push(content, times) {
      left += content.length * times;
      const all = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      for (let i = 0; i < times; i++) client.write(content);
      return all;
    },
  };
}

/** A server that keeps its sessions. */
export function createServer(options: tls.TlsOptions): tls.Server {
  const sessions = new Map<string, Buffer>();
  const server = tls.createServer(options);
  server.on('newSession', (id: Buffer, state: Buffer, done: () => void) => {
    sessions.set(id.toString('latin1'), state);
    done();
  });
  server.on('resumeSession', (id: Buffer, done: (error: Error | null, state: Buffer | null) => void) => {
    done(null, sessions.get(id.toString('latin1')) ?? null);
  });
  return server;
}

function expectSuite(socket: tls.TLSSocket, expected: SuiteName): void {
  const came = socket.getCipher().standardName;
  if (came !== expected) throw new Error(`${name}: expected ${expected}, and it was ${came}`);
}

function expectX25519(socket: tls.TLSSocket): void {
  const info = socket.getEphemeralKeyInfo();
  const came = info !== null && 'name' in info ? info.name : 'none';
  if (came !== 'X25519')
    throw new Error(`${name}: expected an exchange over X25519, and it was over ${came}`);
}
