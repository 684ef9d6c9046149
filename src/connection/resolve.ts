/**
 * From the user's configuration to the handshake's parameters: defaults filled in, everything checked, certificates
 * and keys parsed. It is done once for each configuration object, which is frozen with that.
 */

import { defaultCipherSuites, defaultGroups, defaultSignatureSchemes } from '../crypto/defaults.ts';
import { sha256 as nobleSha256 } from '../crypto/hash.ts';
import { noble } from '../crypto/noble.ts';
import { type ContextEntry, contextDigest } from '../handshake/context-digest.ts';
import { makeOfferings } from '../handshake/offerings.ts';
import type {
  ClientHelloInfo,
  ClientParameters,
  Credential,
  ServerParameters,
} from '../handshake/parameters.ts';
import { maxSessionLifetime } from '../handshake/resumption.ts';
import { maxPlaintext } from '../record/content.ts';
import { isPromiseLike, upon } from '../session/asking.ts';
import type { ResumptionEvent } from '../session/counters.ts';
import { empty, hex, utf8 } from '../wire/bytes.ts';
import { encode, uint16 } from '../wire/codec.ts';
import { parseIpAddress } from '../x509/addresses.ts';
import { isDnsName, matchesHostName } from '../x509/names.ts';
import { ask } from './ask.ts';
import type { CertificateConfig, ClientConfig, Config, ServerConfig } from './config.ts';
import { makeCredential } from './credentials.ts';
import type { Report } from './report.ts';
import { clientSessions, serverSessions } from './sessions.ts';
import { certificateAuthorities, resolveTrust } from './trust.ts';

/** What one role's configuration comes to: made once, shared by all its connections. */
export interface Resolved<P> {
  readonly parameters: P;
  readonly report: (report: Report) => void;
  readonly observe: (event: ResumptionEvent) => void;
}

export interface ResolvedServer extends Resolved<ServerParameters> {
  readonly strictSessionInvalidation: boolean;
}

const servers = new WeakMap<ServerConfig, ResolvedServer>();
const clients = new WeakMap<ClientConfig, Resolved<ClientParameters>>();

/** @throws TypeError or RangeError on a configuration that cannot be meant */
export function resolveServer(config: ServerConfig): ResolvedServer {
  return once(servers, Object.freeze(config), () => {
    const common = resolveCommon(config);
    const {
      clientAuthentication = 'none',
      selectCertificate,
      certificates = [],
      sessionContext = empty,
    } = config;
    if (!['none', 'request', 'require'].includes(clientAuthentication)) {
      throw new RangeError(
        `clientAuthentication: expected none, request or require, got ${clientAuthentication}`,
      );
    }
    if (clientAuthentication !== 'none' && common.verifyCertificate === undefined) {
      throw new TypeError(
        `clientAuthentication '${clientAuthentication}' needs trustAnchors or verifyCertificate, there is neither`,
      );
    }
    if (selectCertificate === undefined && certificates.length === 0) {
      throw new TypeError('a server needs certificates or selectCertificate, there is neither');
    }
    const credential = memoize((certificate: CertificateConfig) => makeCredential(certificate, common));
    const own = certificates.map(credential);
    const application = typeof sessionContext === 'string' ? utf8(sessionContext) : sessionContext.slice();
    const parameters: ServerParameters = {
      ...common,
      credentials: (hello) =>
        selectCertificate === undefined
          ? forName(own, hello)
          : ask('selectCertificate', () =>
              upon(selectCertificate(hello), (selected) => [selected ?? []].flat().map(credential)),
            ),
      clientAuthentication,
      certificateAuthorities: certificateAuthorities(common.verifyCertificate),
      contextDigest: memoize((credentials) =>
        contextDigest(common.sha256, 'reprise server context', [
          ['credentials', ...credentials.map(({ digest }) => digest)],
          ['client authentication', utf8(clientAuthentication)],
          trustEntry(common),
          ['application', application],
        ]),
      ),
      sessions: serverSessions(config, common),
      acceptSession: veto(config, common),
    };
    const { report, observe } = common;
    return {
      parameters,
      report,
      observe,
      strictSessionInvalidation: config.strictSessionInvalidation ?? false,
    };
  });
}

/** @throws TypeError or RangeError on a configuration that cannot be meant */
export function resolveClient(config: ClientConfig): Resolved<ClientParameters> {
  return once(clients, Object.freeze(config), () => {
    const common = resolveCommon(config);
    const { verifyCertificate } = common;
    if (verifyCertificate === undefined) {
      throw new TypeError(
        'a client needs trustAnchors or verifyCertificate: there is no default that trusts a server',
      );
    }
    if (config.trustAnchors !== undefined && config.serverName === undefined) {
      throw new TypeError('a client with trustAnchors needs serverName: what its certificate is checked for');
    }
    const name = config.serverName?.replace(/\.$/, '');
    if (name !== undefined && !/^[!-~]{1,255}$/.test(name)) {
      throw new RangeError(
        `serverName: expected 1 to 255 ASCII characters (A-labels for IDNs), got ${config.serverName}`,
      );
    }
    const serverName = name?.toLowerCase();
    const isAddress = serverName !== undefined && parseIpAddress(serverName) !== undefined;
    if (config.trustAnchors !== undefined && !isAddress && !isDnsName(serverName ?? '')) {
      throw new RangeError(
        `serverName: expected a DNS name or an address, as certificates have them, got ${config.serverName}`,
      );
    }
    const credentials = (config.certificates ?? []).map((certificate) => makeCredential(certificate, common));
    // C9: what a session of this client was made under.
    const digest = contextDigest(common.sha256, 'reprise client context', [
      ['cipher suites', ...common.cipherSuites.map(({ id }) => encode(uint16, id))],
      ['credentials', ...credentials.map((credential) => credential.digest)],
      trustEntry(common),
    ]);
    const parameters: ClientParameters = {
      ...common,
      verifyCertificate,
      serverName,
      // RFC 6066 §3: addresses have no place in server_name.
      offer: makeOfferings(common, isAddress ? undefined : serverName),
      credentials,
      contextDigest: digest,
      sessions: clientSessions(config, common, digest, serverName),
    };
    return { parameters, report: common.report, observe: common.observe };
  });
}

function resolveCommon(config: Config) {
  const crypto = config.crypto ?? noble;
  // What is told is of what did not end the connection, and a logger that fails must not end it either.
  const report = heard(config.report);
  const observe = heard(config.observe);
  const clock = config.clock ?? Date.now;
  const { keyLog } = config;
  return {
    cipherSuites: some('cipherSuites', config.cipherSuites ?? defaultCipherSuites).map((suite) => ({
      ...suite,
      aead: crypto.aead(suite.aead),
      hash: crypto.hash(suite.hash),
    })),
    groups: some('groups', config.groups ?? defaultGroups).map((group) => crypto.group(group)),
    signatureSchemes: some('signatureSchemes', config.signatureSchemes ?? defaultSignatureSchemes).map(
      (scheme) => crypto.signatureScheme(scheme),
    ),
    alpnProtocols: (config.alpnProtocols ?? []).map(applicationProtocol),
    requireExtendedMasterSecret: config.requireExtendedMasterSecret ?? true,
    recordSizeLimit: within('recordSizeLimit', config.recordSizeLimit ?? maxPlaintext, 64, maxPlaintext),
    sha256: crypto.hash(nobleSha256),
    verifyCertificate: resolveTrust(config, crypto),
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
function trustEntry({ verifyCertificate }: Common): ContextEntry {
  const digest = verifyCertificate?.digest;
  return ['trust', ...(digest === undefined ? [] : [digest])];
}

/** The application's veto. One that fails refuses, and is reported: it costs the resumption and no more. */
function veto({ acceptSession }: ServerConfig, { report }: Common): ServerParameters['acceptSession'] {
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
  const named = credentials.filter(({ chain: [leaf] }) => matchesHostName(leaf, serverName));
  return named.length > 0 && named.length < credentials.length ? named : credentials;
}

function once<K extends object, V>(made: WeakMap<K, V>, key: K, make: () => V): V {
  const known = made.get(key);
  if (known !== undefined) return known;
  const value = make();
  made.set(key, value);
  return value;
}

function memoize<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const made = new WeakMap<K, V>();
  return (key) => once(made, key, () => make(key));
}

function some<T>(name: string, list: readonly T[]): readonly T[] {
  if (list.length > 0) return list;
  throw new RangeError(`${name}: expected at least one, got none`);
}

function within(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`${name}: expected a whole number from ${min} to ${max}, got ${value}`);
}

/** RFC 7301 §3.1: 1 to 255 bytes, here as characters of one byte each. */
function applicationProtocol(name: string): string {
  const bytes = [...name].every((character) => character.charCodeAt(0) <= 0xff);
  if (bytes && name.length >= 1 && name.length <= 255) return name;
  throw new RangeError(`alpnProtocols: expected names of 1 to 255 bytes, got ${JSON.stringify(name)}`);
}
