/**
 * node-forge: the other TLS in JavaScript that is in use. It speaks TLS 1.1 at most and knows no elliptic curves, so
 * it is measured as what it is: RSA key transport with 2048 bits, AES-128-CBC and HMAC-SHA1.
 *
 * Its session cache forgets a session when it is offered and keeps it again when the connection is closed; here the
 * session is put back by hand, so that no time goes into closing.
 */

import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';
import { type Contestant, expectKind, expectLength, type Setting } from './contestant.ts';

const name = 'node-forge';
const suiteName = 'TLS_RSA_WITH_AES_128_CBC_SHA';

type Connection = forge.tls.Connection;
type SessionCache = forge.tls.SessionCache;

/** The caches of both sides, and what is in them: forge keeps one object a side. */
interface Sessions {
  readonly client: SessionCache;
  readonly server: SessionCache;
}

interface Ends {
  readonly client: Connection;
  readonly server: Connection;
  /** How many bytes of content either end has been given. */
  readonly received: () => number;
}

export function createContestant({ serverName }: Setting): Contestant {
  const credential = issue(serverName);

  /** Both ends, once both are connected. Everything happens before it returns. */
  function handshake(sessions: Sessions | undefined): Ends {
    let connected = 0;
    let received = 0;
    const common = {
      cipherSuites: [suite()],
      connected: () => {
        connected++;
      },
      dataReady: (end: Connection) => {
        received += end.data.getBytes().length;
      },
      closed: () => {},
      error: (_: Connection, error: forge.tls.TLSError) => {
        throw new Error(`${name}: ${error.message}`);
      },
    };
    const client = forge.tls.createConnection({
      ...common,
      virtualHost: serverName,
      sessionCache: sessions?.client,
      verify: () => true,
      tlsDataReady: (end) => server.process(end.tlsData.getBytes()),
    });
    const server = forge.tls.createConnection({
      ...common,
      server: true,
      sessionCache: sessions?.server,
      getCertificate: () => credential.certificatePem,
      getPrivateKey: () => credential.privateKeyPem,
      tlsDataReady: (end) => client.process(end.tlsData.getBytes()),
    });
    client.handshake();
    if (connected !== 2)
      throw new Error(`${name}: expected both ends to be connected, and ${connected} were`);
    // A server that resumes shows no certificate.
    expectKind(name, sessions === undefined ? 'full' : 'resumed', client.peerCertificate === null);
    return { client, server, received: () => received };
  }

  /** A full handshake, closed in the orderly way, by which forge keeps the session on both sides. */
  function makeSession(): () => Sessions {
    const sessions = { client: forge.tls.createSessionCache(), server: forge.tls.createSessionCache() };
    const { client, server } = handshake(undefined);
    client.sessionCache = sessions.client;
    server.sessionCache = sessions.server;
    client.close();
    server.close();
    const [id] = sessions.client.order;
    const clientState = sessions.client.cache[id];
    const serverState = sessions.server.cache[id];
    if (clientState === undefined || serverState === undefined)
      throw new Error(`${name}: no session was kept`);
    const rawId = forge.util.hexToBytes(id);
    return () => {
      sessions.client.setSession(rawId, clientState);
      sessions.server.setSession(rawId, serverState);
      return sessions;
    };
  }

  let session: (() => Sessions) | undefined;
  return {
    name,
    full() {
      handshake(undefined);
    },
    resumed() {
      session ??= makeSession();
      handshake(session());
    },
    connect() {
      const { client, received } = handshake(undefined);
      return {
        push(content, times) {
          const before = received();
          // Its bytes are the characters of a string.
          for (let i = 0; i < times; i++) client.prepare(forge.util.binary.raw.encode(content));
          expectLength(name, content.length * times, received() - before);
        },
      };
    },
  };
}

function suite(): forge.tls.CipherSuite {
  const found = forge.tls.CipherSuites[suiteName];
  if (found === undefined) throw new Error(`${name}: it does not know ${suiteName}`);
  return found;
}

/** A self-signed RSA certificate. The key is the platform's, which finds primes in less time. */
function issue(serverName: string): { certificatePem: string; privateKeyPem: string } {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const privateKeyPem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const key = forge.pki.privateKeyFromPem(privateKeyPem);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
  certificate.serialNumber = '01';
  certificate.validity.notAfter.setFullYear(certificate.validity.notBefore.getFullYear() + 1);
  const subject = [{ name: 'commonName', value: serverName }];
  certificate.setSubject(subject);
  certificate.setIssuer(subject);
  certificate.sign(key, forge.md.sha256.create());
  return { certificatePem: forge.pki.certificateToPem(certificate), privateKeyPem };
}
