/**
 * Configuration, as the user gives it. Every option has one name in both roles; what a role alone has stands with that
 * role. `furnish.ts` puts the defaults in, `resolve.ts` turns it into the handshake's parameters.
 *
 * A configuration object is frozen when it is first used: what sessions are bound to must not change under them.
 */

import type { CipherSuite } from '../crypto/cipher-suites.ts';
import type { CryptoProvider, NamedGroup, RandomBytes, SignatureScheme } from '../crypto/provider.ts';
import type {
  CertificateRequestInfo,
  CertificateVerifier,
  ClientHelloInfo,
  SessionFacts,
} from '../handshake/parameters.ts';
import type { BreakerOptions } from '../session/breaker.ts';
import type { ResumptionEvent } from '../session/counters.ts';
import type { ClientAuthentication } from '../session/session.ts';
import type { ClientSessionCache, MaybePromise, SessionStore } from '../session/store.ts';
import type { TrustAnchorInput } from '../x509/trust-anchors.ts';
import type { VerifierOptions } from '../x509/verifier.ts';
import type { Report } from './report.ts';

/** Signs where the key is kept elsewhere: an HSM, an agent, `node:crypto`. */
export interface Signer {
  /** The schemes that it can make; absent: all that fit the certificate's key. */
  readonly signatureSchemes?: readonly SignatureScheme['name'][];
  /** The signature as the wire has it (RFC 5246 §4.7): for ECDSA, DER (RFC 8422 §5.4). */
  sign(scheme: SignatureScheme['name'], message: Uint8Array): MaybePromise<Uint8Array>;
}

/** A certificate chain and its key. */
export interface CertificateConfig {
  /** PEM with one or more certificates, or DER of each; the own certificate first, the root left out. */
  readonly chain: string | Uint8Array | readonly (string | Uint8Array)[];
  /** PEM or DER: PKCS#8, SEC 1 or PKCS#1, not encrypted; or what signs in its stead. */
  readonly privateKey: string | Uint8Array | Signer;
  /** What the key signs with, in order of preference. Default: those of the configuration that fit the key. */
  readonly signatureSchemes?: readonly SignatureScheme[];
  /**
   * For servers: the OCSP response to staple (RFC 6066 §8), in DER, or what gives the one of the moment, since they run
   * out. Where it fails, or gives undefined, nothing is stapled.
   */
  readonly ocspResponse?: Uint8Array | (() => MaybePromise<Uint8Array | undefined>);
  /**
   * For servers: what logs promised for the certificate (SerializedSCT of RFC 6962 §3.3), for the clients that ask. Absent:
   * none, which is right for a certificate that has them in itself.
   */
  readonly signedCertificateTimestamps?: readonly Uint8Array[];
}

/** What a connection may be told in either role, whatever its configuration is made of. */
export interface Settings {
  /** Application protocols in order of preference (RFC 7301), as `h2` or `http/1.1`. Default: none. */
  readonly alpnProtocols?: readonly string[];
  /** Whether peers without RFC 7627 are refused. Default: true. Without it nothing is ever resumed or exported. */
  readonly requireExtendedMasterSecret?: boolean;
  /** The longest record that the peer may send, 64 to 16384 bytes of plaintext (RFC 8449). Default: 16384. */
  readonly recordSizeLimit?: number;
  /** How long a session may be resumed after its full handshake, seconds; at most 86400. Default: 3600. */
  readonly sessionLifetime?: number;
  /** The time, milliseconds since the epoch. Default: `Date.now`. */
  readonly clock?: () => number;
  /** Gets a line of the NSS key log format for each handshake. Whoever has the lines can read the traffic. */
  readonly keyLog?: (line: string) => void;
  /** Gets every warning and fault that did not end the connection. */
  readonly report?: (report: Report) => void;
  /** Gets what becomes of sessions: each decision to resume or not, each answer of the store. See `createResumptionCounters`. */
  readonly observe?: (event: ResumptionEvent) => void;
}

export interface ServerSettings extends Settings {
  /** What sessions belong to beside this configuration: two servers resume each other's only if this is equal. */
  readonly sessionContext?: string | Uint8Array;
  /** The application's veto over a resumption that every rule allows; anything but `true` refuses. */
  readonly acceptSession?: (session: SessionFacts, hello: ClientHelloInfo) => MaybePromise<boolean>;
  /** Whether a fatal alert before the client's Finished forgets the session too, which lets a stranger who saw the ID
   * evict it. Default: false. */
  readonly strictSessionInvalidation?: boolean;
  /** Whether clients are asked for a certificate. Default: `none`. */
  readonly clientAuthentication?: ClientAuthentication;
}

export interface ClientSettings extends Settings {
  /** The server's name: sent (RFC 6066 §3) unless it is an address, given to the verifier, bound to sessions. */
  readonly serverName?: string;
  /**
   * Whether a full handshake lets this side write before the server's Finished, a round trip earlier (False Start, RFC
   * 7918): the handler `falseStart` is told when. What is written then goes to nobody but the server that was verified, if
   * it goes to anybody. Default: false.
   */
  readonly falseStart?: boolean;
  /**
   * Whether the server is asked for signed certificate timestamps (RFC 6962 §3.3.1). The verifier gets what comes, and
   * `ConnectionInfo` has it: nothing is made of it here. Default: false.
   */
  readonly requestSignedCertificateTimestamps?: boolean;
}

/** How the application's store or cache is dealt with. */
export interface SessionStoreOptions {
  /** How long the store or cache may take to answer, milliseconds. Default: 100. */
  readonly sessionStoreDeadline?: number;
  /** When a store that goes on failing is not asked any more, and for how long. */
  readonly sessionStoreBreaker?: BreakerOptions;
}

export interface ServerSessionOptions extends SessionStoreOptions {
  /** Where sessions are kept. Absent: no resumption. */
  readonly sessionStore?: SessionStore;
  /**
   * Makes the IDs of new sessions: 32 bytes that nobody can guess or tell from random ones (RFC 5246 §7.4.1.2), as those
   * that carry their server's number for a balancer. Default: 32 random bytes.
   */
  readonly sessionIds?: (randomBytes: RandomBytes) => Uint8Array;
  /**
   * Whether our Finished waits until the store has the session, within `sessionStoreDeadline`: then a client that
   * returns at once finds it, on whichever server. Default: true.
   */
  readonly awaitSessionStore?: boolean;
  /**
   * Whether a session is forgotten when it is looked up, so that it is resumed once at most, whoever has seen its ID:
   * every second connection of a client is then a full handshake. Default: false.
   */
  readonly singleUseSessions?: boolean;
}

export interface ClientSessionOptions extends SessionStoreOptions {
  /** The server's port: two services on one host are two places to the session cache. */
  readonly port?: number;
  /**
   * Where sessions are kept for the next connection. Absent: none are offered; nor where there is neither `serverName`
   * nor `sessionPartition` to tell one server's from another's.
   */
  readonly sessionCache?: ClientSessionCache;
  /** One session to offer in the place of a cache: the state that a cache was given for this same configuration. */
  readonly session?: Uint8Array;
  /** Keeps sessions of one user, tab or purpose apart from all others in the same cache. */
  readonly sessionPartition?: string;
}

export interface Config extends Settings, SessionStoreOptions {
  /** In order of preference. Default: `defaultCipherSuites`. */
  readonly cipherSuites?: readonly CipherSuite[];
  /** In order of preference. Default: `defaultGroups`. */
  readonly groups?: readonly NamedGroup[];
  /** In order of preference. Default: `defaultSignatureSchemes`. */
  readonly signatureSchemes?: readonly SignatureScheme[];
  /**
   * Whom to believe: certificates in PEM or DER, or names with keys. The peer's chain must have a valid path to one of
   * them (RFC 5280 §6), and a server's certificate bear `serverName` (RFC 9525). For more, `createCertificateVerifier`.
   */
  readonly trustAnchors?: TrustAnchorInput | readonly TrustAnchorInput[];
  /** With `trustAnchors`: revocation lists in PEM or DER. Where an issuer has one, all that it issued must stand it. */
  readonly crls?: VerifierOptions['crls'];
  /** In the place of `trustAnchors`: decides whether the peer is trusted. There is no default that trusts. */
  readonly verifyCertificate?: CertificateVerifier;
  /** How cryptography is done. Default: `noble`. */
  readonly crypto?: CryptoProvider;
}

/** Chooses certificates by what the peer has said; undefined: there is none for that. */
export type CertificateSelector<Q> = (
  question: Q,
) => MaybePromise<CertificateConfig | readonly CertificateConfig[] | undefined>;

export interface ServerConfig extends Config, ServerSettings, ServerSessionOptions {
  /** Chosen among by the client's server name, suites, groups and schemes; the first is the default. */
  readonly certificates?: readonly CertificateConfig[];
  /** Chooses instead of `certificates`; what it returns should be the same objects each time. Undefined: the name is
   * not served here. */
  readonly selectCertificate?: CertificateSelector<ClientHelloInfo>;
}

export interface ClientConfig extends Config, ClientSettings, ClientSessionOptions {
  /** The client's own certificates, for servers that ask. */
  readonly certificates?: readonly CertificateConfig[];
  /**
   * Chooses instead of `certificates`, by what the server's CertificateRequest says (RFC 5246 §7.4.4), as by asking the
   * user; what it returns should be the same objects each time. Undefined: none is shown. It is asked each time, and so a
   * session that it had a part in is not kept.
   */
  readonly selectCertificate?: CertificateSelector<CertificateRequestInfo>;
}
