/**
 * From a configuration that leaves nothing out to the handshake's parameters: everything checked, certificates and keys
 * parsed. It is done once for each configuration object, which is frozen with that.
 */

import { sha256 } from '../crypto/hash.ts';
import type { Hash } from '../crypto/provider.ts';
import { type ContextEntry, contextDigest } from '../handshake/context-digest.ts';
import { makeOfferings } from '../handshake/offerings.ts';
import type {
  ClientHelloInfo,
  ClientParameters,
  Credential,
  ServerParameters,
  Trust,
} from '../handshake/parameters.ts';
import { maxSessionLifetime } from '../handshake/resumption.ts';
import { maxPlaintext } from '../record/content.ts';
import { isPromiseLike, upon } from '../session/asking.ts';
import type { ResumptionEvent } from '../session/counters.ts';
import type { MaybePromise } from '../session/store.ts';
import { empty, hex, utf8 } from '../wire/bytes.ts';
import { encode, uint16 } from '../wire/codec.ts';
import { ask } from './ask.ts';
import type {
  BareClientConfig,
  BareConfig,
  BareServerConfig,
  ClientSessionSource,
  CredentialSelector,
  CredentialSource,
} from './bare-config.ts';
import type { Settings } from './config.ts';
import { memoize } from './once.ts';
import type { Report } from './report.ts';
import { readServerName } from './server-name.ts';
import { within } from './within.ts';

/** What one role's configuration comes to: made once, shared by all its connections. */
export interface Resolved<P> {
  readonly parameters: P;
  /** For channel bindings. */
  readonly hashes: readonly Hash[];
  readonly report: (report: Report) => void;
  readonly observe: (event: ResumptionEvent) => void;
}

export interface ResolvedServer extends Resolved<ServerParameters> {
  readonly strictSessionInvalidation: boolean;
}

/** @throws TypeError or RangeError on a configuration that cannot be meant */
export const resolveServer = /* @__PURE__ */ memoize((config: BareServerConfig): ResolvedServer => {
  const { clientAuthentication = 'none', sessionContext = empty } = Object.freeze(config);
  const { selectCertificate, certificates = [], trust } = config;
  const common = resolveCommon(config);
  if (!['none', 'request', 'require'].includes(clientAuthentication)) {
    throw new RangeError(
      `clientAuthentication: expected none, request or require, got ${clientAuthentication}`,
    );
  }
  if (clientAuthentication !== 'none' && trust === undefined) {
    throw new TypeError(
      `clientAuthentication '${clientAuthentication}' needs trustAnchors or verifyCertificate (bare: trust), there is neither`,
    );
  }
  if (selectCertificate === undefined && certificates.length === 0) {
    throw new TypeError('a server needs certificates or selectCertificate, there is neither');
  }
  const credential = memoize((source: CredentialSource) => source(common));
  const own = certificates.map(credential);
  const application = typeof sessionContext === 'string' ? utf8(sessionContext) : sessionContext.slice();
  const parameters: ServerParameters = {
    ...common,
    trust,
    credentials:
      selectCertificate === undefined
        ? (hello) => forName(own, hello)
        : selecting(selectCertificate, credential),
    clientAuthentication,
    certificateAuthorities: certificateAuthorities(trust),
    contextDigest: memoize((credentials) =>
      contextDigest(common.sha256, 'reprise server context', [
        ['credentials', ...credentials.map(({ digest }) => digest)],
        ['client authentication', utf8(clientAuthentication)],
        trustEntry(trust),
        ['application', application],
      ]),
    ),
    sessions: config.sessions?.(common),
    acceptSession: veto(config, common),
  };
  const { hashes, report, observe } = common;
  return {
    parameters,
    hashes,
    report,
    observe,
    strictSessionInvalidation: config.strictSessionInvalidation ?? false,
  };
});

/**
 * What a client's configuration comes to. Its sessions are left for last: connections that differ in them alone have all
 * else in common.
 * @throws TypeError or RangeError on a configuration that cannot be meant
 */
export const resolveClient = /* @__PURE__ */ memoize(
  (config: BareClientConfig): Resolved<ClientParameters> => {
    const { common, parameters } = resolveClientApart(alike.get(config) ?? config);
    const { contextDigest, serverName } = parameters;
    const { hashes, report, observe } = common;
    return {
      parameters: { ...parameters, sessions: config.sessions?.(common, { contextDigest, serverName }) },
      hashes,
      report,
      observe,
    };
  },
);

/** From a configuration with other sessions to the one that it is otherwise like. */
const alike = new WeakMap<BareClientConfig, BareClientConfig>();

/** The same configuration with sessions of its own, of which nothing else is checked or parsed again. */
export function withSessions(config: BareClientConfig, sessions: ClientSessionSource): BareClientConfig {
  const other: BareClientConfig = Object.create(config, { sessions: { value: sessions, enumerable: true } });
  alike.set(other, alike.get(config) ?? config);
  return other;
}

const resolveClientApart = /* @__PURE__ */ memoize((config: BareClientConfig) => {
  const { trust, serverName, certificates = [] } = Object.freeze(config);
  const { selectCertificate, falseStart } = config;
  const common = resolveCommon(config);
  if (trust === undefined) throw new TypeError('a client needs trust: there is no default that has any');
  const server = serverName === undefined ? undefined : readServerName(serverName);
  const credential = memoize((source: CredentialSource) => source(common));
  const credentials = certificates.map(credential);
  // C9: what a session of this client was made under.
  const digest = contextDigest(common.sha256, 'reprise client context', [
    ['cipher suites', ...common.cipherSuites.map(({ id }) => encode(uint16, id))],
    ['credentials', ...credentials.map((credential) => credential.digest)],
    trustEntry(trust),
  ]);
  const parameters: Omit<ClientParameters, 'sessions'> = {
    ...common,
    trust,
    serverName: server?.name,
    offer: makeOfferings(common, config, server?.isAddress ? undefined : server?.name),
    credentials,
    selectCredentials: selectCertificate && selecting(selectCertificate, credential),
    falseStart,
    contextDigest: digest,
  };
  return { common, parameters };
});

/** What the application chooses, at once or by a promise. */
function selecting<Q>(
  selectCertificate: CredentialSelector<Q>,
  credential: (source: CredentialSource) => Credential,
): (question: Q) => MaybePromise<readonly Credential[]> {
  return (question) =>
    ask('selectCertificate', () =>
      upon(selectCertificate(question), (selected) => [selected ?? []].flat().map(credential)),
    );
}

function resolveCommon(config: BareConfig & Settings) {
  const { crypto, keyLog } = config;
  // What is told is of what did not end the connection, and a logger that fails must not end it either.
  const report = heard(config.report);
  const observe = heard(config.observe);
  const clock = config.clock ?? Date.now;
  const cipherSuites = some('cipherSuites', config.cipherSuites).map((suite) => ({
    ...suite,
    aead: crypto.aead(suite.aead),
    hash: crypto.hash(suite.hash),
  }));
  const ownHash = crypto.hash(sha256);
  return {
    cipherSuites,
    groups: some('groups', config.groups).map((group) => crypto.group(group)),
    signatureSchemes: some('signatureSchemes', config.signatureSchemes).map((scheme) =>
      crypto.signatureScheme(scheme),
    ),
    hashes: [
      ownHash,
      ...cipherSuites.map(({ hash }) => hash),
      ...(config.hashes ?? []).map((hash) => crypto.hash(hash)),
    ],
    alpnProtocols: (config.alpnProtocols ?? []).map(applicationProtocol),
    requireExtendedMasterSecret: config.requireExtendedMasterSecret ?? true,
    recordSizeLimit: within('recordSizeLimit', config.recordSizeLimit ?? maxPlaintext, 64, maxPlaintext),
    crypto,
    sha256: ownHash,
    sessionLifetime:
      1000 * within('sessionLifetime', config.sessionLifetime ?? 3600, 1, maxSessionLifetime / 1000),
    randomBytes: (length: number) => crypto.randomBytes(length),
    // Sessions count time in 48 bits. At what is no time nothing would ever have expired.
    now: () => ask('clock', () => within('clock', Math.floor(clock()), 0, 2 ** 48 - 1)),
    keyLog: (clientRandom: Uint8Array, masterSecret: Uint8Array) =>
      ask('keyLog', () => keyLog?.(`CLIENT_RANDOM ${hex(clientRandom)} ${hex(masterSecret)}`)),
    report,
    observe,
  };
}

/** A listener whose faults are its own. */
function heard<T>(listener: ((said: T) => void) | undefined): (said: T) => void {
  return (said) => {
    try {
      listener?.(said);
    } catch {
      // There is nobody left to tell.
    }
  };
}

type Common = ReturnType<typeof resolveCommon>;

/** A verifier without a digest is asked again at each resumption, and is all the more the judge of it (S21, C8). */
function trustEntry(trust: Trust | undefined): ContextEntry {
  const digest = trust?.digest;
  return ['trust', ...(digest === undefined ? [] : [digest])];
}

/** The application's veto. One that fails refuses, and is reported: it costs the resumption and no more. */
function veto({ acceptSession }: BareServerConfig, { report }: Common): ServerParameters['acceptSession'] {
  if (acceptSession === undefined) return () => true;
  const refuse = (error: unknown) => {
    report({ kind: 'veto-failed', error });
    return false;
  };
  return (session, hello) => {
    try {
      const verdict = acceptSession(session, hello);
      return isPromiseLike(verdict) ? verdict.then((accepted) => accepted, refuse) : verdict;
    } catch (error) {
      return refuse(error);
    }
  };
}

/** The credentials that carry the client's name; where none does, or it gave none, all of them. */
function forName(credentials: readonly Credential[], { serverName }: ClientHelloInfo): readonly Credential[] {
  if (serverName === undefined) return credentials;
  const named = credentials.filter((credential) => credential.bears(serverName));
  return named.length > 0 && named.length < credentials.length ? named : credentials;
}

/** What a CertificateRequest may list; of names beyond its length, none, which admits everyone (RFC 5246 §7.4.4). */
function certificateAuthorities(trust: Trust | undefined): readonly Uint8Array[] {
  const { authorities = [] } = trust ?? {};
  const length = authorities.reduce((sum, name) => sum + 2 + name.length, 0);
  return length <= 0xffff ? authorities : [];
}

function some<T>(name: string, list: readonly T[]): readonly T[] {
  if (list.length > 0) return list;
  throw new RangeError(`${name}: expected at least one, got none`);
}

/** RFC 7301 §3.1: 1 to 255 bytes, here as characters of one byte each. */
function applicationProtocol(name: string): string {
  const bytes = [...name].every((character) => character.charCodeAt(0) <= 0xff);
  if (bytes && name.length >= 1 && name.length <= 255) return name;
  throw new RangeError(`alpnProtocols: expected names of 1 to 255 bytes, got ${JSON.stringify(name)}`);
}
