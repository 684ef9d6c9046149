/**
 * Configuration with nothing built in: whatever a connection is to know stands in it as a value that carries its own
 * implementation, so that a bundle holds what its user imports and no more. There is no default to fall back on; the
 * types ask for all that a handshake cannot do without.
 */

import type { CipherSuite } from '../crypto/cipher-suites.ts';
import type { CryptoProvider, Hash, NamedGroup, RandomBytes, SignatureScheme } from '../crypto/provider.ts';
import type {
  CertificateRequestInfo,
  ClientHelloInfo,
  ClientSessions,
  Credential,
  ServerSessions,
  Trust,
} from '../handshake/parameters.ts';
import type { ResumptionEvent } from '../session/counters.ts';
import type { MaybePromise } from '../session/store.ts';
import type { ClientSettings, ServerSettings } from './config.ts';
import type { Report } from './report.ts';

/** What a credential or the keeping of sessions takes from the configuration that it stands in. */
export interface Services {
  readonly signatureSchemes: readonly SignatureScheme[];
  readonly crypto: Pick<CryptoProvider, 'signatureScheme'>;
  readonly sha256: Hash;
  readonly randomBytes: RandomBytes;
  readonly report: (report: Report) => void;
  readonly observe: (event: ResumptionEvent) => void;
}

/** A certificate chain and what signs with its key, as `credential` makes it. */
export type CredentialSource = (services: Services) => Credential;

/** Chooses credentials by what the peer has said; undefined: there is none for that. */
export type CredentialSelector<Q> = (
  question: Q,
) => MaybePromise<CredentialSource | readonly CredentialSource[] | undefined>;

/** Sessions for the next connections, as `serverSessions` makes them. */
export type ServerSessionSource = (services: Services) => ServerSessions | undefined;

/** The same for a client, as `clientSessions` makes them; `contextDigest` is what they are made under (rule C9). */
export type ClientSessionSource = (
  services: Services,
  client: { readonly contextDigest: Uint8Array; readonly serverName: string | undefined },
) => ClientSessions | undefined;

export interface BareConfig {
  /** In order of preference. */
  readonly cipherSuites: readonly CipherSuite[];
  /** In order of preference. */
  readonly groups: readonly NamedGroup[];
  /** In order of preference. */
  readonly signatureSchemes: readonly SignatureScheme[];
  /** How cryptography is done. `noble` takes the algorithms as they are. */
  readonly crypto: CryptoProvider;
  /**
   * The hashes that `tls-server-end-point` (RFC 5929 §4.1) may need, beside SHA-256 and those of the suites: the one that
   * the server's certificate is signed with.
   */
  readonly hashes?: readonly Hash[];
}

export interface BareClientConfig extends BareConfig, ClientSettings {
  /** Whom to believe: `pinnedCertificate`, `validPath` and their like say how. */
  readonly trust: Trust;
  /** Absent: no resumption. */
  readonly sessions?: ClientSessionSource;
  /** The client's own certificates, for servers that ask. */
  readonly certificates?: readonly CredentialSource[];
  /** Chooses instead of `certificates`, each time that a server asks; what is returned should be the same values. */
  readonly selectCertificate?: CredentialSelector<CertificateRequestInfo>;
}

export interface BareServerConfig extends BareConfig, ServerSettings {
  /** Whom to believe of the clients that show a certificate. */
  readonly trust?: Trust;
  /** Absent: no resumption. */
  readonly sessions?: ServerSessionSource;
  /** Chosen among by the client's server name, suites, groups and schemes; the first is the default. */
  readonly certificates?: readonly CredentialSource[];
  /** Chooses instead of `certificates`; what it returns should be the same values each time. Undefined: the name is
   * not served here. */
  readonly selectCertificate?: CredentialSelector<ClientHelloInfo>;
}
