/**
 * Two servers that are configured alike, Reprise's and OpenSSL's through `node:tls`: TLS 1.2, the same suites, groups,
 * schemes, certificates and application protocols in the same order, session IDs and no tickets. Each is given the first
 * bytes of a client, in a connection of its own, and tells what it makes of them.
 */

import { constants } from 'node:crypto';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import {
  defaultCipherSuites,
  defaultGroups,
  defaultSignatureSchemes,
  MemorySessionStore,
  type ServerConfig,
  ServerConnection,
} from 'reprise-tls';
import { nodeCrypto } from 'reprise-tls/node-crypto';
import { opensslSuite } from '../../src/node/openssl-names.ts';
import { concatAll } from '../../src/wire/bytes.ts';
import { createAuthority } from '../support/issuer.ts';
import { opensslGroups } from '../support/node-tls.ts';
import { readVerdict, type Verdict } from './verdict.ts';

const authority = createAuthority();
const credentials = (['ecdsa-p256', 'rsa-2048'] as const).map((keyType) =>
  authority.issue({ keyType, dnsNames: ['server.example'] }),
);
const alpnProtocols = ['h2', 'http/1.1'];

const config: ServerConfig = {
  certificates: credentials.map(({ chainPem, privateKeyPem }) => ({
    chain: chainPem,
    privateKey: privateKeyPem,
  })),
  alpnProtocols,
  // OpenSSL asks for it nowhere.
  requireExtendedMasterSecret: false,
  sessionStore: new MemorySessionStore(),
  crypto: nodeCrypto,
};

export function askReprise(bytes: Uint8Array): Verdict {
  const sent: Uint8Array[] = [];
  let end: { readonly why: string } | undefined;
  const connection = new ServerConnection(config, {
    send: (record) => sent.push(record.slice()),
    close: (error) => {
      end = { why: error === undefined ? '' : `${error.reason}: ${error.message}` };
    },
  });
  connection.feed(bytes);
  const verdict =
    readVerdict(concatAll(sent), end?.why ?? '') ??
    ({ answer: end === undefined ? 'awaiting more' : 'closed' } as const);
  connection.abort();
  return verdict;
}

const server = tls.createServer({
  cert: credentials.map(({ chainPem }) => chainPem),
  key: credentials.map(({ privateKeyPem }) => privateKeyPem),
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers: defaultCipherSuites.map(opensslSuite).join(':'),
  honorCipherOrder: true,
  ecdhCurve: defaultGroups.map(({ name }) => opensslGroups[name]).join(':'),
  sigalgs: defaultSignatureSchemes.map(({ name }) => name).join(':'),
  ALPNProtocols: alpnProtocols,
  // ChaCha20 first where the client has it first, as Reprise does.
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_PRIORITIZE_CHACHA,
});

/** How many turns of the event loop are waited for an answer: OpenSSL runs on this thread, and node needs a few. */
const patience = 30;

export async function askOpenSsl(bytes: Uint8Array): Promise<Verdict> {
  const sent: Uint8Array[] = [];
  let closed = false;
  let why = '';
  const failed = (error: Error) => {
    why ||= /([^:]*:[^:]*):[^:]*openssl[^:]*:\d+:/.exec(error.message)?.[1] ?? error.message;
  };
  const ended = (done: () => void) => {
    closed = true;
    done();
  };
  const stream = new Duplex({
    read: () => {},
    write: (record: Buffer, _encoding, done) => {
      sent.push(new Uint8Array(record));
      done();
    },
    final: ended,
    destroy: (_error, done) => ended(() => done(null)),
  });
  server.on('tlsClientError', failed).emit('connection', stream);
  stream.push(bytes);
  // An alert leaves before node tells why, and the end comes last.
  for (let turns = 0; turns < patience && !closed; turns++) {
    await new Promise(setImmediate);
    if (readVerdict(concatAll(sent), why)?.answer === 'chosen') break;
  }
  server.off('tlsClientError', failed);
  const verdict = readVerdict(concatAll(sent), why) ?? { answer: closed ? 'closed' : 'awaiting more' };
  stream.destroy();
  return verdict;
}
