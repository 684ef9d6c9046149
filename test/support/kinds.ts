/**
 * The kinds of handshake that `flights` draws, each with configurations under which two honest sides take it. A session
 * is agreed on once and held ready: an abbreviated handshake costs no full one before it, and none spends it.
 *
 * Full handshakes choose ChaCha20-Poly1305; the session that is held is one of AES-GCM, so that both AEADs are met.
 */

import { sign } from 'node:crypto';
import {
  type CertificateConfig,
  type ClientConfig,
  type Config,
  defaultCipherSuites,
  type MaybePromise,
  noble,
  type ServerConfig,
  type SessionStore,
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
} from 'reprise-tls';
import { flights, type Step } from '../../src/handshake/states.ts';
import { fromHex, utf8 } from '../../src/wire/bytes.ts';
import { createAuthority } from './issuer.ts';
import { connect } from './pair.ts';
import { randomness } from './randomness.ts';
import type { ScriptedOptions, ScriptedSession } from './scripted.ts';

export type Kind = keyof typeof flights;
export const kinds = Object.keys(flights) as readonly Kind[];
export type Role = 'client' | 'server';
export const roles: readonly Role[] = ['client', 'server'];

export interface Setting {
  readonly client: ClientConfig;
  readonly server: ServerConfig;
}

export interface Changes {
  readonly both?: Partial<Config>;
  readonly client?: Partial<ClientConfig>;
  readonly server?: Partial<ServerConfig>;
  /** The same seed gives the same random bytes. Without it they are the platform's. */
  readonly seed?: number;
}

/** The moment at which everything happens. */
export const now = Date.now();
export const site = 'server.example';
const authority = createAuthority({ keyType: 'ed25519' });
export const own = { server: issue(site), client: issue('client.example') };
const held = await agreeOnSession();

/** Configurations for a handshake of this kind: new ones each time. */
export function setting(kind: Kind, { both, client, server, seed }: Changes = {}): Setting {
  const plain = settings[kind]();
  const random = (offset: number) =>
    seed === undefined ? {} : { crypto: { ...noble, randomBytes: randomness(seed + offset) } };
  return {
    client: { ...plain.client, ...random(0), ...both, ...client },
    server: { ...plain.server, ...random(0.5), ...both, ...server },
  };
}

/** The same, but whatever this side is asked for it answers with a promise. */
export function promised({ client, server }: Setting): Setting {
  const { session, certificates = [], ...clientRest } = client;
  const cache = session === undefined ? client.sessionCache : holding(session);
  const [certificate = own.server] = server.certificates ?? [];
  const shown = promisedCertificate(certificate);
  return {
    client: {
      ...clientRest,
      ...(cache === undefined ? {} : { sessionCache: promisedStore(cache) }),
      certificates: certificates.map(() => promisedCertificate(own.client)),
      verifyCertificate: trust,
    },
    server: {
      ...server,
      ...(server.sessionStore === undefined ? {} : { sessionStore: promisedStore(server.sessionStore) }),
      selectCertificate: async () => shown,
      acceptSession: trust,
      verifyCertificate: trust,
    },
  };
}

/** What a scripted peer in this role needs to take its part. */
export function scripted(kind: Kind, role: Role): ScriptedOptions {
  if (role === 'server')
    return { certificate: kind === 'full with certificate status' ? stapled() : own.server };
  return kind === 'full with client certificate' ? { certificate: own.client } : {};
}

/** The session that `setting('abbreviated')` resumes, as scripted peers have it. */
export const heldSession: ScriptedSession = held.session;

/** The steps of a kind, whatever its literals are. */
export function stepsOf(kind: Kind): readonly Step[] {
  return flights[kind];
}

/** A store with one session's state, or none, that learns no other. */
export function holding(state?: Uint8Array): SessionStore {
  return { get: () => state, set: () => {}, delete: () => {} };
}

const settings: Readonly<Record<Kind, () => Setting>> = {
  full: () => ({ client: { ...clientConfig(), sessionCache: holding() }, server: serverConfig() }),
  'full with certificate status': () => ({
    client: clientConfig(),
    server: { ...serverConfig(), certificates: [stapled()] },
  }),
  'full with client certificate': () => ({
    client: { ...clientConfig(), certificates: [own.client] },
    server: { ...serverConfig(), clientAuthentication: 'request' },
  }),
  'full with empty client certificate': () => ({
    client: clientConfig(),
    server: { ...serverConfig(), clientAuthentication: 'request' },
  }),
  abbreviated: () => ({
    client: { ...clientConfig(), session: held.client },
    server: { ...serverConfig(), sessionStore: holding(held.server) },
  }),
};

function clientConfig(): ClientConfig {
  return {
    serverName: site,
    verifyCertificate: () => true,
    clock: () => now,
  };
}

/** The server's certificate, with a status whose form is nobody's business on the way. */
function stapled(): CertificateConfig {
  return { ...own.server, ocspResponse: utf8('the status of the certificate') };
}

function serverConfig(): ServerConfig {
  return {
    certificates: [own.server],
    verifyCertificate: () => true,
    sessionStore: holding(),
    clock: () => now,
  };
}

function issue(dnsName: string): CertificateConfig {
  const { chain, privateKeyDer } = authority.issue({ keyType: 'ed25519', dnsNames: [dnsName] });
  return { chain, privateKey: privateKeyDer };
}

async function agreeOnSession() {
  const states: Partial<Record<Role, Uint8Array>> = {};
  const keeping = (role: Role): SessionStore => ({
    ...holding(),
    set: (_key, state) => {
      states[role] = state;
    },
  });
  let secret = '';
  const keyLog = (line: string) => {
    secret = line.split(' ')[2] ?? '';
  };
  const { clientEnd } = await connect(
    { ...clientConfig(), sessionCache: keeping('client'), keyLog },
    {
      ...serverConfig(),
      sessionStore: keeping('server'),
      cipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256],
    },
  );
  const { client, server } = states;
  const suite = defaultCipherSuites.find(({ name }) => name === clientEnd.info?.cipherSuite);
  if (client === undefined || server === undefined || suite === undefined || clientEnd.info === undefined) {
    throw new Error(`expected a session, got ${clientEnd.closed?.error}`);
  }
  const session = { sessionId: clientEnd.info.sessionId, masterSecret: fromHex(secret), suite };
  return { client, server, session };
}

function trust(): Promise<true> {
  return Promise.resolve(true);
}

function promisedStore(store: SessionStore): SessionStore {
  return {
    get: async (key) => store.get(key),
    set: async (key, state, lifetime) => store.set(key, state, lifetime),
    delete: async (key) => store.delete(key),
  };
}

function promisedCertificate(certificate: CertificateConfig): CertificateConfig {
  const { ocspResponse } = certificate;
  return {
    ...signedWith(certificate, (signature) => Promise.resolve(signature())),
    ...(ocspResponse instanceof Uint8Array ? { ocspResponse: async () => ocspResponse } : {}),
  };
}

/** The same certificate with a signer for its key; each signature is made when `hand` asks for it. */
export function signedWith(
  { chain, privateKey }: CertificateConfig,
  hand: (signature: () => Uint8Array) => MaybePromise<Uint8Array>,
): CertificateConfig {
  if (!(privateKey instanceof Uint8Array)) throw new TypeError('expected a key in DER');
  const key = { key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' } as const;
  return {
    chain,
    privateKey: { sign: (_scheme, message) => hand(() => new Uint8Array(sign(null, message, key))) },
  };
}
