/**
 * The stage of the resumption tests: a site with a certificate, a server and a client that trust each other, stores
 * that can be looked into, and sessions that can be rewritten between two connections.
 */

import {
  type CertificateConfig,
  type ClientConfig,
  type Config,
  MemoryClientSessionCache,
  type Report,
  type ServerConfig,
  type SessionStore,
} from 'reprise-tls';
import { sha256 } from '../../src/crypto/hash.ts';
import { flights, type Step } from '../../src/handshake/states.ts';
import { GuardedSessionStore, type StoreReport } from '../../src/session/guard.ts';
import { type Lookup, SessionKeeper } from '../../src/session/keeper.ts';
import { createSession, type Session } from '../../src/session/session.ts';
import { empty } from '../../src/wire/bytes.ts';
import { type CertificateOptions, createAuthority } from './issuer.ts';
import { makePair, type Pair, type Wire } from './pair.ts';
import {
  type ClientHelloChanges,
  playClient,
  type ScriptedClient,
  type ScriptedOptions,
  type ScriptedSession,
} from './scripted.ts';

const authority = createAuthority();

/** A certificate for these names, with its key. */
export function certificateFor(
  dnsNames: readonly string[],
  options: CertificateOptions = {},
): CertificateConfig {
  const { chainPem, privateKeyPem } = authority.issue({ dnsNames, ...options });
  return { chain: chainPem, privateKey: privateKeyPem };
}

export const siteName = 'site.test';
export const site: CertificateConfig = certificateFor([siteName]);
export const otherSite: CertificateConfig = certificateFor(['other.test']);
/** A client's own certificate. */
export const alice: CertificateConfig = certificateFor(['alice.test']);

/**
 * A configuration of its own each time, equal in content: as on another machine, or after a restart. It trusts everyone
 * unless it says whom.
 */
export function serverConfig(changes: Partial<ServerConfig> = {}): ServerConfig {
  return { certificates: [site], ...trust(changes), ...changes };
}

export function clientConfig(changes: Partial<ClientConfig> = {}): ClientConfig {
  return { serverName: siteName, ...trust(changes), ...changes };
}

/** A client and a server that keep sessions, and where. */
export function stage(changes: { server?: Partial<ServerConfig>; client?: Partial<ClientConfig> } = {}) {
  const store = new OpenStore();
  const cache = new MemoryClientSessionCache();
  return {
    store,
    cache,
    server: serverConfig({ sessionStore: store, ...changes.server }),
    client: clientConfig({ sessionCache: cache, ...changes.client }),
  };
}

/** A connection from start to rest, whatever waits for whatever. */
export async function meet(client: ClientConfig, server: ServerConfig, wire?: Wire): Promise<Pair> {
  const pair = makePair(client, server, wire);
  pair.client.start();
  await pair.client.feed(empty);
  await pair.settle();
  return pair;
}

/** A store that hides nothing, forgets nothing by itself, and writes down what it was asked. */
export class OpenStore implements SessionStore {
  readonly entries = new Map<string, Uint8Array>();
  readonly asked: string[] = [];

  get(key: string): Uint8Array | undefined {
    this.asked.push('get');
    return this.entries.get(key)?.slice();
  }

  set(key: string, state: Uint8Array, _lifetime: number): void {
    this.asked.push('set');
    this.entries.set(key, state.slice());
  }

  delete(key: string): void {
    this.asked.push('delete');
    this.entries.delete(key);
  }

  /** The one entry that there is. */
  get only(): { readonly key: string; readonly state: Uint8Array } {
    const [entry, ...others] = this.entries;
    if (entry === undefined || others.length > 0) {
      throw new TypeError(`expected one session in the store, got ${this.entries.size}`);
    }
    return { key: entry[0], state: entry[1] };
  }

  /** A copy, to be changed while this one stays as it is. */
  clone(): OpenStore {
    const copy = new OpenStore();
    for (const [key, state] of this.entries) copy.entries.set(key, state.slice());
    return copy;
  }
}

/** The only session of a store. */
export function sessionIn(store: OpenStore): Session {
  const found = keeperOf(store).find(store.only.key) as Lookup;
  if (!('session' in found)) throw new TypeError(`expected a session in the store, got ${found.reason}`);
  return found.session;
}

/** Rewrites the only session of a store, as no resumption ever does. */
export function rewrite(store: OpenStore, changes: Partial<Session>): void {
  keeperOf(store).keep(store.only.key, createSession({ ...sessionIn(store), ...changes }));
}

/** What `ConnectionInfo` says of a session that was resumed. */
export const accepted = { resumed: true, resumption: 'accepted' };

/** A session, and the store that has it. */
export interface Established {
  readonly store: OpenStore;
  readonly session: ScriptedSession;
}

/** A session that a server of this configuration has just made with a client of this hello. */
export async function established(
  changes: Partial<ServerConfig> = {},
  hello: ClientHelloChanges = {},
  { flight = flights.full, certificate }: { readonly flight?: readonly Step[] } & ScriptedOptions = {},
): Promise<Established> {
  const store = new OpenStore();
  const script = async (client: ScriptedClient) => {
    client.changes = hello;
    await client.walk(flight);
    return client.session;
  };
  const config = serverConfig({ sessionStore: store, ...changes });
  const { result } = await playClient(config, script, { certificate });
  return { store, session: result };
}

/** What a server of this configuration, with that store, makes of an offer of the session. */
export async function offer(
  { store, session }: Established,
  changes: Partial<ServerConfig> = {},
  hello: ClientHelloChanges = {},
) {
  const config = serverConfig({ sessionStore: store.clone(), ...changes });
  const { end } = await playClient(config, (client) => client.reconnect(session, hello));
  return end.info;
}

/** What a server makes of the session, once it was rewritten in the store. */
export function offerRewritten(
  known: Established,
  changes: Partial<Session>,
  server: Partial<ServerConfig> = {},
) {
  const store = known.store.clone();
  rewrite(store, changes);
  return offer({ ...known, store }, server);
}

/** The alert with which a server answers an offer of the session. */
export async function refusedWith(
  { store, session }: Established,
  hello: ClientHelloChanges,
  changes: Partial<ServerConfig> = {},
) {
  const { result, end } = await playClient(serverConfig({ sessionStore: store, ...changes }), (client) => {
    client.offered = session;
    client.changes = hello;
    client.speak('ClientHello');
    return client.alert();
  });
  if (end.info !== undefined) throw new TypeError('expected a refusal, got a connection');
  return result;
}

function trust({ trustAnchors }: Partial<Config>): Partial<Config> {
  return trustAnchors === undefined ? { verifyCertificate: () => true } : {};
}

/** Gathers reports. */
export function reporter(): { readonly reports: Report[]; readonly report: (report: Report) => void } {
  const reports: Report[] = [];
  return { reports, report: (report) => reports.push(report) };
}

function keeperOf(store: OpenStore): SessionKeeper {
  const report = (report: StoreReport) => {
    if ('error' in report) throw report.error;
  };
  return new SessionKeeper(new GuardedSessionStore(store, { deadline: 100, report }), sha256);
}
