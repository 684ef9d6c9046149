/**
 * Abbreviated handshakes of others, gone through by our own client and server. A Finished covers every byte of both
 * hellos, and no two implementations write the same ones: so the hello that our side makes is replaced, on its way into
 * transcript and record, by the one that was recorded. All else is the library's own.
 */

import { type CertificateConfig, type ClientConfig, noble, type ServerConfig } from 'reprise-tls';
import { Connection, type Engine } from '../../src/connection/connection.ts';
import { furnishClient, furnishServer } from '../../src/connection/furnish.ts';
import { resolveClient, resolveServer } from '../../src/connection/resolve.ts';
import { clientHandshake } from '../../src/handshake/client.ts';
import type { HandshakeBody, HandshakeName } from '../../src/handshake/messages.ts';
import { Peer } from '../../src/handshake/peer.ts';
import { serverHandshake } from '../../src/handshake/server.ts';
import { clientStates, type StateTable, serverStates } from '../../src/handshake/states.ts';
import { ContentType, TLS_1_2 } from '../../src/record/content.ts';
import { RecordLayer } from '../../src/record/layer.ts';
import { createSession, type Session } from '../../src/session/session.ts';
import { type End, newEnd } from './pair.ts';

/** What both sides of a recorded session know of it. */
export interface RecordedSession {
  readonly sessionId: Uint8Array;
  readonly cipherSuite: number;
  readonly masterSecret: Uint8Array;
  /** The server's, DER, its own first. */
  readonly chain: readonly Uint8Array[];
}

/** What our side put into a recorded handshake, and what is put in the place of its own. */
export interface RecordedPart {
  readonly random: Uint8Array;
  /** Header and body. */
  readonly hello: Uint8Array;
}

export interface Resuming {
  readonly connection: Connection;
  readonly end: End;
}

/** Our client, which has said the recorded hello and waits for the recorded server. */
export function resumeAsClient(session: RecordedSession, { random, hello }: RecordedPart): Resuming {
  const config: ClientConfig = {
    verifyCertificate: () => true,
    crypto: { ...noble, randomBytes: once(random) },
    clock: () => now,
  };
  const { parameters, hashes, report, observe } = resolveClient(furnishClient(config));
  const { contextDigest } = parameters;
  const held = restore(session, { contextDigest, peerCertificates: session.chain, peerVerified: true });
  const peer = new RecordedPeer(clientStates, hello);
  const handshake = clientHandshake(peer, { ...parameters, sessions: holding(held) });
  return start({ role: 'client', peer, handshake, hashes, report, observe, forget: () => undefined });
}

/** Our server, which waits for the recorded client. */
export function resumeAsServer(session: RecordedSession, { random, hello }: RecordedPart): Resuming {
  const certificate: CertificateConfig = { chain: session.chain, privateKey: { sign: neverAsked } };
  const config: ServerConfig = {
    certificates: [certificate],
    crypto: { ...noble, randomBytes: once(random) },
    clock: () => now,
  };
  const { parameters, hashes, report, observe } = resolveServer(furnishServer(config));
  const contextDigest = new Uint8Array(32);
  const held = restore(session, { contextDigest, peerCertificates: [], peerVerified: false });
  const peer = new RecordedPeer(serverStates, hello);
  const own = { ...parameters, sessions: holding(held), contextDigest: () => contextDigest };
  return start({
    role: 'server',
    peer,
    handshake: serverHandshake(peer, own),
    hashes,
    report,
    observe,
    forget: () => undefined,
  });
}

class RecordedPeer<S extends StateTable> extends Peer<S> {
  readonly #hello: Uint8Array;

  constructor(states: S, hello: Uint8Array) {
    super(states, new RecordLayer());
    this.#hello = hello;
  }

  override send<N extends HandshakeName>(name: N, body: HandshakeBody<N>): void {
    if (name !== 'ClientHello' && name !== 'ServerHello') {
      super.send(name, body);
      return;
    }
    this.transcript.add(this.#hello);
    this.record.writer.write(ContentType.handshake, this.#hello);
  }
}

class StartedConnection<S extends StateTable> extends Connection<S> {
  constructor(engine: Engine<S>, end: End) {
    super(engine, {
      send: (bytes) => end.sent.push(bytes.slice()),
      secure: (info) => {
        end.info = info;
      },
      close: (error) => {
        end.closed = { error };
      },
    });
    this.begin();
  }
}

function start<S extends StateTable>(engine: Engine<S>): Resuming {
  const end = newEnd();
  return { connection: new StartedConnection(engine, end), end };
}

/** The session was made at this moment, and is resumed at it. */
const now = 1_700_000_000_000;

type Own = Pick<Session, 'contextDigest' | 'peerCertificates' | 'peerVerified'>;

function restore({ sessionId, cipherSuite, masterSecret }: RecordedSession, own: Own): Session {
  return createSession({
    sessionId,
    protocolVersion: TLS_1_2,
    cipherSuite,
    masterSecret,
    extendedMasterSecret: true,
    serverName: undefined,
    alpnProtocol: undefined,
    ocspResponse: undefined,
    signedCertificateTimestamps: [],
    clientAuthentication: 'none',
    serverCredential: new Uint8Array(32),
    establishedAt: now,
    expiresAt: now + 1000,
    ...own,
  });
}

function holding(session: Session) {
  return {
    newId: () => new Uint8Array(32),
    find: () => ({ session }),
    keep: () => undefined,
    forget: () => undefined,
  };
}

/** In an abbreviated handshake each side needs one random, and no signature. */
function once(random: Uint8Array): (length: number) => Uint8Array {
  let asked = false;
  return (length) => {
    if (asked || length !== random.length)
      throw new RangeError(`expected one call for ${random.length} bytes`);
    asked = true;
    return random.slice();
  };
}

function neverAsked(): Uint8Array {
  throw new TypeError('expected an abbreviated handshake, which signs nothing');
}
