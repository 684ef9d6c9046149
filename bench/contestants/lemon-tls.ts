/**
 * lemon-tls: TLS in JavaScript on the cryptography of `node:crypto`, over a pair of streams in memory. Here it speaks
 * TLS 1.2 without tickets; sessions go through its `newSession` and `resumeSession` events to a Map, as with `node:tls`.
 * What it stores it seals with its ticket keys, which therefore must be the same for all sockets of a server.
 *
 * Of the suites here it completes no handshake with ChaCha20.
 */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { createSecureContext, TLSSocket, type TLSSocketOptions } from 'lemon-tls';
import { type Contestant, expectKind, type Setting } from './contestant.ts';
import { lineOf } from './node-tls.ts';

const name = 'lemon-tls';

/** Their numbers in the IANA registries. */
const TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = 0xc02b;
const x25519 = 29;

interface Ends {
  readonly client: TLSSocket;
  readonly server: TLSSocket;
}

export function createContestant(setting: Setting): Contestant | undefined {
  if (setting.suiteName !== 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256') return undefined;
  const common: TLSSocketOptions = {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    allowedCipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256],
    groups: [x25519],
    sessionTickets: false,
  };
  const context = createSecureContext({ cert: setting.certificatePem, key: setting.privateKeyPem });
  const ticketKeys = randomBytes(48);
  const sessions = new Map<string, Buffer>();
  const keyOf = (id: Uint8Array) => Buffer.from(id).toString('latin1');
  let session: Buffer | undefined;

  async function open(offered: Buffer | undefined): Promise<Ends> {
    const [near, far] = duplexPair();
    const server = new TLSSocket(far, {
      ...common,
      isServer: true,
      ticketKeys,
      SNICallback: (_, done) => done(null, context),
    });
    server.on('newSession', (id, state, done) => {
      sessions.set(keyOf(id), state);
      done();
    });
    server.on('resumeSession', (id, done) => done(null, sessions.get(keyOf(id)) ?? null));
    const client = new TLSSocket(near, {
      ...common,
      isServer: false,
      servername: setting.serverName,
      rejectUnauthorized: false,
      ...(offered === undefined ? {} : { session: offered }),
    });
    await Promise.all([once(client, 'secureConnect'), once(server, 'secureConnect')]);
    expectKind(name, offered === undefined ? 'full' : 'resumed', client.isResumed);
    const { cipher, group } = client.getNegotiationResult() ?? {};
    if (cipher !== TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 || (offered === undefined && group !== x25519))
      throw new Error(`${name}: expected ${setting.suiteName} over X25519, and it was ${cipher}, ${group}`);
    return { client, server };
  }

  async function handshake(offered: Buffer | undefined): Promise<Buffer | undefined> {
    const { client, server } = await open(offered);
    const agreed = client.getSession();
    client.destroy();
    server.destroy();
    return agreed;
  }

  return {
    name,
    async full() {
      await handshake(undefined);
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
