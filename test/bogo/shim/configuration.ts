/** From flags to what a connection of Reprise is configured with. */

import type { ClientConfig, Config, ServerConfig, SessionStore } from 'reprise-tls';
import { credentials } from './credentials.ts';
import { type Flags, Unimplemented } from './flags.ts';
import { cipherSuites, groups, policies, protocolNames, signatureSchemes } from './names.ts';
import { give, type Stage } from './stage.ts';
import { clientAuthentication, verifier } from './verifier.ts';

const TLS_1_2 = 0x0303;

export function clientConfig(stage: Stage): ClientConfig {
  const { flags, memory } = stage;
  const { 'host-name': serverName, 'advertise-alpn': protocols } = flags;
  return {
    ...commonConfig(stage),
    ...(serverName === undefined ? {} : { serverName }),
    ...(protocols === undefined ? {} : { alpnProtocols: protocolNames(protocols) }),
    falseStart: flags['false-start'] ?? false,
    requestSignedCertificateTimestamps: flags['enable-signed-cert-timestamps'] ?? false,
    sessionCache: memory.cache,
    sessionPartition: 'the runner',
    ...certificatesOf(stage),
  };
}

/** Chosen when they are asked for where something depends on that: else sessions would not be kept (rule C9). */
function certificatesOf(stage: Stage): Pick<ClientConfig, 'certificates' | 'selectCertificate'> {
  const { flags, sightings } = stage;
  const certificates = credentials(stage, policyOf(flags).signatureSchemes);
  if (!requestFlags.some((flag) => flags[flag] !== undefined)) return { certificates };
  return {
    selectCertificate: (request) => {
      sightings.request = request;
      if (flags['fail-cert-callback']) throw new Error('-fail-cert-callback');
      return give(stage, certificates);
    },
  };
}

const requestFlags = [
  'fail-cert-callback',
  'expect-certificate-types',
  'expect-client-ca-list',
  'expect-peer-verify-pref',
] as const;

export function serverConfig(stage: Stage): ServerConfig {
  const { flags, sightings } = stage;
  const own = credentials(stage, policyOf(flags).signatureSchemes);
  return {
    ...commonConfig(stage),
    ...alpnAnswer(flags),
    sessionStore: store(stage),
    selectCertificate: (hello) => {
      sightings.hello = hello;
      for (const flag of ['fail-cert-callback', 'fail-early-callback', 'fail-ddos-callback'] as const) {
        if (flags[flag]) throw new Error(`-${flag}`);
      }
      return give(stage, own);
    },
    clientAuthentication: clientAuthentication(flags),
  };
}

function commonConfig(stage: Stage): Config {
  const { flags, memory } = stage;
  checkVersions(flags);
  if ((flags['expect-total-renegotiations'] ?? 0) > 0) throw new Unimplemented('renegotiation');
  const { cipher: suites, curves, 'verify-prefs': schemes } = flags;
  return {
    ...policyOf(flags),
    ...(suites === undefined ? {} : { cipherSuites: cipherSuites(suites) }),
    ...(curves === undefined ? {} : { groups: groups(curves) }),
    ...(schemes === undefined ? {} : { signatureSchemes: signatureSchemes(schemes) }),
    // BoringSSL speaks with peers that know no extended master secret, and so the tests ask for it.
    requireExtendedMasterSecret: false,
    // As BoringSSL has it: two hours.
    sessionLifetime: 7200,
    // A busy machine is no fault of the store's.
    sessionStoreDeadline: 10_000,
    verifyCertificate: verifier(stage),
    clock: () => Date.now() + memory.delay * 1000,
  };
}

/** @throws Unimplemented where TLS 1.2 is not within the versions that the shim may speak */
function checkVersions({ 'min-version': min, 'max-version': max, 'expect-version': expected }: Flags): void {
  if ((min ?? TLS_1_2) <= TLS_1_2 && (max ?? TLS_1_2) >= TLS_1_2 && (expected ?? TLS_1_2) === TLS_1_2) return;
  throw new Unimplemented('a version other than TLS 1.2');
}

function policyOf(flags: Flags): Pick<Config, 'cipherSuites' | 'groups' | 'signatureSchemes'> {
  if (flags['fips-202205']) return policies['fips-202205'];
  if (flags['wpa-202304']) return policies['wpa-202304'];
  return {};
}

function store(stage: Stage): SessionStore {
  const { store } = stage.memory;
  return {
    get: (key) => give(stage, store.get(key)),
    set: (key, state, lifetime) => give(stage, store.set(key, state, lifetime)),
    delete: (key) => give(stage, store.delete(key)),
  };
}

function alpnAnswer(flags: Flags): Pick<Config, 'alpnProtocols'> {
  if (flags['decline-alpn']) return {};
  // A server that has none of the client's protocols refuses it (RFC 7301 §3.2).
  if (flags['reject-alpn']) return { alpnProtocols: ['none that a client offers'] };
  return flags['select-alpn'] === undefined ? {} : { alpnProtocols: [flags['select-alpn']] };
}
