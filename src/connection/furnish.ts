/**
 * From a configuration that leaves out what it has no wish about to one that leaves out nothing: the algorithms, the
 * verifier that trust anchors make, certificates and keys read from their files, sessions in their store.
 */

import { defaultCipherSuites, defaultGroups, defaultSignatureSchemes } from '../crypto/defaults.ts';
import { sha384, sha512 } from '../crypto/hash.ts';
import { noble } from '../crypto/noble.ts';
import { upon } from '../session/asking.ts';
import { isDnsName } from '../x509/names.ts';
import type { BareClientConfig, BareConfig, BareServerConfig } from './bare-config.ts';
import type { CertificateConfig, CertificateSelector, ClientConfig, Config, ServerConfig } from './config.ts';
import { credential } from './credentials.ts';
import { memoize } from './once.ts';
import { readServerName } from './server-name.ts';
import { clientSessions, serverSessions } from './sessions.ts';
import { resolveTrust } from './trust.ts';

/** @throws TypeError or RangeError on a configuration that cannot be meant */
export const furnishClient = /* @__PURE__ */ memoize((config: ClientConfig): BareClientConfig => {
  Object.freeze(config);
  const trust = resolveTrust(config);
  if (trust === undefined) {
    throw new TypeError(
      'a client needs trustAnchors or verifyCertificate: there is no default that trusts a server',
    );
  }
  if (config.trustAnchors !== undefined) demandNameToCheck(config);
  return furnished(config, {
    ...algorithms(config),
    trust,
    sessions: clientSessions(config),
    ...credentialsOf(config),
  });
});

/** @throws TypeError or RangeError on a configuration that cannot be meant */
export const furnishServer = /* @__PURE__ */ memoize((config: ServerConfig): BareServerConfig => {
  Object.freeze(config);
  return furnished(config, {
    ...algorithms(config),
    trust: resolveTrust(config),
    sessions: serverSessions(config),
    ...credentialsOf(config),
  });
});

/** The certificates that are given, or chosen later, each read once. */
function credentialsOf<Q>({
  certificates = [],
  selectCertificate,
}: {
  readonly certificates?: readonly CertificateConfig[];
  readonly selectCertificate?: CertificateSelector<Q>;
}) {
  const source = memoize(credential);
  return {
    certificates: certificates.map(source),
    selectCertificate:
      selectCertificate &&
      ((question: Q) => upon(selectCertificate(question), (selected) => [selected ?? []].flat().map(source))),
  };
}

/** All that `config` says, inherited or its own, but for what is put in its place. */
function furnished<C extends object, F extends object>(config: C, furniture: F): Omit<C, keyof F> & F {
  return Object.create(config, Object.getOwnPropertyDescriptors(furniture));
}

function algorithms({ cipherSuites, groups, signatureSchemes, crypto }: Config): BareConfig {
  return {
    cipherSuites: cipherSuites ?? defaultCipherSuites,
    groups: groups ?? defaultGroups,
    signatureSchemes: signatureSchemes ?? defaultSignatureSchemes,
    crypto: crypto ?? noble,
    hashes: [sha384, sha512],
  };
}

/** What a certificate is checked for: a name of the kinds that certificates have (RFC 9525 §2). */
function demandNameToCheck({ serverName }: ClientConfig): void {
  if (serverName === undefined) {
    throw new TypeError('a client with trustAnchors needs serverName: what its certificate is checked for');
  }
  const { name, isAddress } = readServerName(serverName);
  if (isAddress || isDnsName(name)) return;
  throw new RangeError(
    `serverName: expected a DNS name or an address, as certificates have them, got ${serverName}`,
  );
}
