/**
 * Recorded handshakes, and the connections that play them again: same certificates, same clock, same random bytes, and
 * so the same bytes on the wire.
 */

import {
  type CertificateConfig,
  type CertificateVerifier,
  type ClientConfig,
  ClientConnection,
  type ConnectionInfo,
  type CryptoProvider,
  defaultCipherSuites,
  defaultGroups,
  defaultSignatureSchemes,
  MemoryClientSessionCache,
  MemorySessionStore,
  noble,
  type RandomBytes,
  type ServerConfig,
  ServerConnection,
  type TlsError,
} from 'reprise-tls';
import { fromHex, hex } from '../../src/wire/bytes.ts';
import { type End, newEnd } from './pair.ts';
import type { Side } from './tls-reference.ts';

/** A chain and its key, DER in hex. */
export interface RecordedCertificate {
  readonly chain: readonly string[];
  readonly private_key: string;
}

export interface RecordedFlight {
  readonly from: Side;
  readonly contents: readonly string[];
  readonly bytes: string;
  /** What was written, where the flight is application data. */
  readonly plaintext?: string | undefined;
}

/** What is known of a connection that was recorded, whoever made it. */
export interface RecordedConnection {
  readonly kind: 'full' | 'abbreviated';
  readonly client_random: string;
  readonly server_random: string;
  readonly session_id: string;
  readonly session_hash?: string | undefined;
  readonly master_secret: string;
  readonly client_handshake_hash: string;
  readonly client_verify_data: string;
  readonly server_handshake_hash: string;
  readonly server_verify_data: string;
  readonly key_log: string;
  readonly flights: readonly RecordedFlight[];
}

/** One that can be played again. */
export interface ReplayableConnection extends RecordedConnection {
  readonly clock: number;
  readonly pre_master_secret?: string | undefined;
  readonly exported_keying_material: string;
  /** What each side's generator gave, call by call. */
  readonly randomness: Readonly<Record<Side, readonly string[]>>;
}

/** What both sides are told beside what changes from connection to connection. */
export interface Setting {
  readonly cipher_suite: string;
  readonly group: string;
  readonly signature_schemes: readonly string[];
  readonly server_name: string;
  readonly alpn_protocols: readonly string[];
  readonly client_authentication: 'none' | 'require';
  readonly certificates: {
    readonly server: RecordedCertificate;
    readonly client?: RecordedCertificate | undefined;
  };
}

export interface HandshakeFile extends Setting {
  readonly connections: readonly ReplayableConnection[];
}

/** The label and the length of the exporter that each recording tries. */
export const exported = { label: 'EXPERIMENTAL reprise', length: 32 } as const;

/** What belongs to one connection of one side. */
export interface Circumstances {
  readonly clock: number;
  readonly crypto: CryptoProvider;
  readonly keyLog: (line: string) => void;
}

/** Where sessions are from one connection to the next; the settings' clocks decide how old they are. */
export interface Sessions {
  readonly store: MemorySessionStore;
  readonly cache: MemoryClientSessionCache;
}

export function newSessions(): Sessions {
  const clock = () => 0;
  return { store: new MemorySessionStore({ clock }), cache: new MemoryClientSessionCache({ clock }) };
}

/** The client offers all that it can; what is used is for the server to say. */
export function clientConfig(
  setting: Setting,
  { cache }: Sessions,
  circumstances: Circumstances,
): ClientConfig {
  const { server, client } = setting.certificates;
  return {
    ...common(circumstances),
    serverName: setting.server_name,
    alpnProtocols: setting.alpn_protocols,
    sessionCache: cache,
    verifyCertificate: exactly(server),
    certificates: client === undefined ? [] : [certificate(client)],
  };
}

export function serverConfig(
  setting: Setting,
  { store }: Sessions,
  circumstances: Circumstances,
): ServerConfig {
  const { server, client } = setting.certificates;
  return {
    ...common(circumstances),
    cipherSuites: named(defaultCipherSuites, [setting.cipher_suite]),
    groups: named(defaultGroups, [setting.group]),
    signatureSchemes: named(defaultSignatureSchemes, setting.signature_schemes),
    alpnProtocols: setting.alpn_protocols,
    sessionStore: store,
    clientAuthentication: setting.client_authentication,
    certificates: [certificate(server)],
    ...(client === undefined ? {} : { verifyCertificate: exactly(client) }),
  };
}

/** What one side did when it was fed the other side's part of a recording. */
export interface Replayed {
  readonly end: End;
  /** What it sent, flight by flight, in hex. */
  readonly sent: readonly string[];
  readonly keyLog: readonly string[];
  readonly exportedKeyingMaterial: string;
  /** Random bytes that were recorded and not asked for. */
  readonly unused: readonly string[];
}

/** Plays one side of a recorded connection, with the recording as its peer. */
export function replay(
  side: Side,
  setting: Setting,
  recorded: ReplayableConnection,
  sessions: Sessions,
): Replayed {
  const unused = [...recorded.randomness[side]];
  const keyLog: string[] = [];
  const circumstances = {
    clock: recorded.clock,
    crypto: provider((length) => take(unused, length)),
    keyLog: (line: string) => keyLog.push(line),
  };
  const end = newEnd();
  let exportedKeyingMaterial = '';
  const handlers = {
    send: (bytes: Uint8Array) => end.sent.push(bytes.slice()),
    data: (bytes: Uint8Array) => end.received.push(bytes.slice()),
    secure: (info: ConnectionInfo) => {
      end.info = info;
      exportedKeyingMaterial = hex(connection.exportKeyingMaterial(exported.label, exported.length));
    },
    close: (error: TlsError | undefined) => {
      end.closed = { error };
    },
  };
  const connection =
    side === 'client'
      ? new ClientConnection(clientConfig(setting, sessions, circumstances), handlers)
      : new ServerConnection(serverConfig(setting, sessions, circumstances), handlers);
  if (connection instanceof ClientConnection) connection.start();
  for (const { from, bytes, contents, plaintext } of recorded.flights) {
    if (from !== side) connection.feed(fromHex(bytes));
    else if (plaintext !== undefined) connection.write(fromHex(plaintext));
    else if (contents.includes('Alert')) connection.close();
  }
  return { end, sent: end.sent.map(hex), keyLog, exportedKeyingMaterial, unused };
}

/** The default provider with another source of randomness. */
export function provider(randomBytes: RandomBytes): CryptoProvider {
  return { ...noble, name: 'recorded', randomBytes };
}

function take(recorded: string[], length: number): Uint8Array {
  const bytes = fromHex(recorded.shift() ?? '');
  if (bytes.length !== length)
    throw new RangeError(`expected a call for ${bytes.length} random bytes, got one for ${length}`);
  return bytes;
}

function common({ clock, crypto, keyLog }: Circumstances) {
  return { clock: () => clock, crypto, keyLog };
}

function certificate({ chain, private_key }: RecordedCertificate): CertificateConfig {
  return { chain: chain.map(fromHex), privateKey: fromHex(private_key) };
}

/** Trusts this very chain and no other. */
function exactly({ chain: expected }: RecordedCertificate): CertificateVerifier {
  return ({ chain }) =>
    chain.map(hex).join() === expected.join() || {
      alert: 'unknown_ca',
      message: 'expected the chain of the recording, got another',
    };
}

function named<T extends { readonly name: string }>(all: readonly T[], names: readonly string[]): T[] {
  return names.map((name) => {
    const found = all.find((each) => each.name === name);
    if (found === undefined) throw new RangeError(`expected a known name, got ${name}`);
    return found;
  });
}
