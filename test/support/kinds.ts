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
  type CryptoProvider,
  defaultCipherSuites,
  type MaybePromise,
  noble,
  type ServerConfig,
  type SessionStore,
  type Signer,
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

/** What all kinds have in common. */
export interface Basis {
  /** The moment at which everything happens. */
  readonly now: number;
  readonly own: Readonly<Record<Role, CertificateConfig>>;
  readonly crypto: CryptoProvider;
}

export interface Kinds {
  /** Configurations for a handshake of this kind: new ones each time. */
  setting(kind: Kind, changes?: Changes): Setting;
  /** What a scripted peer in this role needs to take its part. */
  scripted(kind: Kind, role: Role): ScriptedOptions;
  /** The session that `setting('abbreviated')` resumes, as scripted peers have it. */
  readonly heldSession: ScriptedSession;
}

export const now = Date.now();
export const site = 'server.example';
const authority = createAuthority({ keyType: 'ed25519' });
export const own = { server: issue(site), client: issue('client.example') };
export const { setting, scripted, heldSession } = await kindsOn({ now, own, crypto: noble });

/** Every kind on this basis. */
export async function kindsOn({ now, own, crypto }: Basis): Promise<Kinds> {
  const clientConfig = (): ClientConfig => ({
    serverName: site,
    verifyCertificate: () => true,
    clock: () => now,
    crypto,
  });
  const serverConfig = (): ServerConfig => ({
    certificates: [own.server],
    verifyCertificate: () => true,
    sessionStore: holding(),
    clock: () => now,
    crypto,
  });
  /** The server's certificate, with a status whose form is nobody's business on the way. */
  const stapled = { ...own.server, ocspResponse: utf8('the status of the certificate') };
  const held = await agreeOnSession(clientConfig(), serverConfig());

  const settings: Readonly<Record<Kind, () => Setting>> = {
    full: () => ({ client: { ...clientConfig(), sessionCache: holding() }, server: serverConfig() }),
    'full with certificate status': () => ({
      client: clientConfig(),
      server: { ...serverConfig(), certificates: [stapled] },
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
  return {
    setting: (kind, { both, client, server, seed } = {}) => {
      const plain = settings[kind]();
      const random = (offset: number) =>
        seed === undefined ? {} : { crypto: { ...crypto, randomBytes: randomness(seed + offset) } };
      return {
        client: { ...plain.client, ...random(0), ...both, ...client },
        server: { ...plain.server, ...random(0.5), ...both, ...server },
      };
    },
    scripted: (kind, role) => {
      if (role === 'server')
        return { crypto, certificate: kind === 'full with certificate status' ? stapled : own.server };
      return { crypto, certificate: kind === 'full with client certificate' ? own.client : undefined };
    },
    heldSession: held.session,
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
      certificates: certificates.map(promisedCertificate),
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

/** The steps of a kind, whatever its literals are. */
export function stepsOf(kind: Kind): readonly Step[] {
  return flights[kind];
}

/** A store with one session's state, or none, that learns no other. */
export function holding(state?: Uint8Array): SessionStore {
  return { get: () => state, set: () => {}, delete: () => {} };
}

function issue(dnsName: string): CertificateConfig {
  const { chain, privateKeyDer } = authority.issue({ keyType: 'ed25519', dnsNames: [dnsName] });
  return { chain, privateKey: privateKeyDer };
}

async function agreeOnSession(clientConfig: ClientConfig, serverConfig: ServerConfig) {
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
    { ...clientConfig, sessionCache: keeping('client'), keyLog },
    {
      ...serverConfig,
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
  const signer = signerOf(privateKey);
  return { chain, privateKey: { sign: (...asked) => hand(() => signer(...asked)) } };
}

function signerOf(
  privateKey: CertificateConfig['privateKey'],
): (...asked: Parameters<Signer['sign']>) => Uint8Array {
  if (typeof privateKey === 'string') throw new TypeError('expected a key in DER, or a signer');
  if (!(privateKey instanceof Uint8Array)) return (...asked) => privateKey.sign(...asked) as Uint8Array;
  const key = { key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' } as const;
  return (_scheme, message) => new Uint8Array(sign(null, message, key));
}
