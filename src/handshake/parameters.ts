/**
 * What a handshake works with: the resolved configuration and the services around it. The connection makes these
 * objects from what the user gave (`connection/config.ts`); here they are all in their final form.
 */

import type { CipherSuite } from '../crypto/cipher-suites.ts';
import type { PublicKey } from '../crypto/keys.ts';
import type { Hash, NamedGroup, RandomBytes, SignatureScheme } from '../crypto/provider.ts';
import type { Lookup } from '../session/keeper.ts';
import type { ClientAuthentication, Session } from '../session/session.ts';
import type { MaybePromise } from '../session/store.ts';
import type { AlertName } from '../wire/alert.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { KeyUsage } from '../x509/extensions.ts';
import type { Extension } from './messages.ts';

/** A chain and what signs with its key. */
export interface Credential {
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly leaf: Leaf;
  readonly publicKey: PublicKey;
  /** What the key signs with, in order of preference. */
  readonly schemes: readonly SignatureScheme[];
  /** How each certificate of the chain is signed, as TLS numbers it; undefined where it has no number for that. */
  readonly chainSchemes: readonly (SignatureScheme['id'] | undefined)[];
  sign(scheme: SignatureScheme, message: Uint8Array): MaybePromise<Uint8Array>;
  /** Whether its certificate bears that name of a server (RFC 9525). */
  bears(serverName: string): boolean;
  /** Whether a certificate of the chain was issued under one of these names, in DER (RFC 5246 §7.4.4, §7.4.6). */
  isIssuedUnder(authorities: readonly Uint8Array[]): boolean;
  /** SHA-256 over the chain: what a session is bound to (rules S19, S22). */
  readonly digest: Uint8Array;
  /** SHA-256 of the leaf: which of the credentials a session was made with. */
  readonly leafDigest: Uint8Array;
  /** The OCSP response to staple, in DER; undefined where there is none. It never throws nor rejects. */
  ocspResponse(): MaybePromise<Uint8Array | undefined>;
  /** For the clients that ask (RFC 6962 §3.3.1); undefined where there are none. */
  readonly signedCertificateTimestamps: Uint8Array[] | undefined;
}

/** The alerts with which a certificate may be refused (RFC 5246 §7.2.2). */
export const certificateAlerts = [
  'bad_certificate',
  'unsupported_certificate',
  'certificate_revoked',
  'certificate_expired',
  'certificate_unknown',
  'unknown_ca',
  'access_denied',
  'bad_certificate_status_response',
] as const satisfies readonly AlertName[];

export type CertificateAlert = (typeof certificateAlerts)[number];

/** What a handshake asks of a side's own certificate. Who trusts it may ask for more. */
export interface Leaf {
  /** All of it. */
  readonly der: Uint8Array;
  /** @throws TlsError where it cannot be used */
  readonly publicKey: PublicKey;
  /** Undefined where it does not say. */
  readonly keyUsage: readonly KeyUsage[] | undefined;
  /** How it is signed, for `tls-server-end-point` (RFC 5929 §4); undefined where that was not read. */
  readonly signatureAlgorithm: { readonly oid: string } | undefined;
}

/** What a verifier is asked about. */
export interface PeerCertificates<L extends Leaf = Certificate> {
  /** DER, the peer's own certificate first. */
  readonly chain: readonly Uint8Array[];
  /** The first of the chain, parsed. */
  readonly leaf: L;
  /** Which side showed it: a server's is checked for `serverName`, a client's for what the application knows. */
  readonly peer: 'client' | 'server';
  readonly serverName: string | undefined;
  /** What a server stapled to its certificate (RFC 6066 §8), in DER; undefined where it stapled nothing. */
  readonly ocspResponse: Uint8Array | undefined;
  /** What a server showed with it, where it was asked (RFC 6962 §3.3.1): as the logs made them, nothing of it is checked. */
  readonly signedCertificateTimestamps: readonly Uint8Array[];
  /** The moment to check validity at, milliseconds since the epoch. */
  readonly time: number;
}

/** `true` and nothing else trusts; a refusal says with which alert, and why. */
export type CertificateVerdict = true | { readonly alert: CertificateAlert; readonly message: string };

/** Decides whether a chain is to be trusted. It is asked in full handshakes, and again at each resumption. */
export interface CertificateVerifier {
  (peer: PeerCertificates): MaybePromise<CertificateVerdict>;
  /** Whom it believes, by their names in DER: what a server's CertificateRequest lists (RFC 5246 §7.4.4). */
  readonly authorities?: readonly Uint8Array[];
  /** SHA-256 over what it decides by: a session that another verifier let in is not resumed (rule S19). */
  readonly digest?: Uint8Array;
}

/** Whom a side believes: how much it reads of a peer's certificate, and what it makes of it. */
export interface Trust<L extends Leaf = Leaf> {
  /** @throws TlsError on a certificate that cannot be read */
  readLeaf(der: Uint8Array): L;
  /** As of a `CertificateVerifier`, as are the other two. */
  verify(peer: PeerCertificates<L>): MaybePromise<CertificateVerdict>;
  readonly authorities?: readonly Uint8Array[] | undefined;
  readonly digest?: Uint8Array | undefined;
}

/** A session as the application may see it: all but its secret. */
export type SessionFacts = Omit<Session, 'masterSecret'>;

interface Parameters {
  readonly cipherSuites: readonly CipherSuite[];
  readonly groups: readonly NamedGroup[];
  readonly signatureSchemes: readonly SignatureScheme[];
  readonly alpnProtocols: readonly string[];
  readonly requireExtendedMasterSecret: boolean;
  readonly recordSizeLimit: number;
  readonly sha256: Hash;
  /** How long a session may live, milliseconds. */
  readonly sessionLifetime: number;
  readonly trust: Trust | undefined;
  readonly randomBytes: RandomBytes;
  now(): number;
  /** Told of what did not end the connection. */
  report(report: HandshakeReport): void;
  keyLog(clientRandom: Uint8Array, masterSecret: Uint8Array): void;
}

/** What a handshake has to say although it goes on. */
export type HandshakeReport =
  /** A server asked for a certificate, and none that is configured fits what it asked for. */
  { readonly kind: 'client-certificate-withheld'; readonly reason: string };

/** What the application learns of a ClientHello before the server answers it. */
export interface ClientHelloInfo {
  readonly serverName: string | undefined;
  readonly alpnProtocols: readonly string[];
  /** IANA numbers, as offered. */
  readonly cipherSuites: readonly number[];
  readonly signatureSchemes: readonly number[];
  readonly groups: readonly number[];
}

/** What the application learns of a CertificateRequest before the client answers it (RFC 5246 §7.4.4). */
export interface CertificateRequestInfo {
  /** ClientCertificateType by number: 1 for RSA keys, 64 for ECDSA and Ed25519. */
  readonly certificateTypes: readonly number[];
  /** IANA numbers of signature schemes. */
  readonly supportedSignatureAlgorithms: readonly number[];
  /** Whose certificates the server takes, by their names in DER; where it names nobody, anybody's. */
  readonly certificateAuthorities: readonly Uint8Array[];
}

export interface ServerParameters extends Parameters {
  /** The credentials for this hello, best first; none means that the name is not served here. */
  credentials(hello: ClientHelloInfo): MaybePromise<readonly Credential[]>;
  readonly clientAuthentication: ClientAuthentication;
  /** DER of the names that a CertificateRequest lists (RFC 5246 §7.4.4). */
  readonly certificateAuthorities: readonly Uint8Array[];
  /** What a session made under these credentials, here and now, is bound to (rules S19, S20, S22). */
  contextDigest(credentials: readonly Credential[]): Uint8Array;
  /** Absent: no resumption. */
  readonly sessions: ServerSessions | undefined;
  acceptSession(session: SessionFacts, hello: ClientHelloInfo): MaybePromise<boolean>;
}

export interface ServerSessions {
  /** The ID of a new session (rule S2). */
  newId(): Uint8Array;
  find(sessionId: Uint8Array): MaybePromise<Lookup>;
  /**
   * Makes a session of what was agreed on, and settles when our Finished may leave (rule S6). Neither of these throws or
   * rejects: a store's faults are reported, and cost a resumption at most. The secret is copied before this returns.
   */
  keep(fields: Session): MaybePromise<unknown>;
  forget(sessionId: Uint8Array): MaybePromise<void>;
}

export interface ClientParameters extends Parameters {
  /** What certificates are checked for; undefined where the verifier does without. */
  readonly serverName: string | undefined;
  /** What each ClientHello offers, always the same. */
  readonly offer: ClientOfferings;
  readonly credentials: readonly Credential[];
  /** In their place, the credentials for this request, best first. */
  readonly selectCredentials:
    | ((request: CertificateRequestInfo) => MaybePromise<readonly Credential[]>)
    | undefined;
  /** Whether the application asked to write before the server's Finished (RFC 7918 §4). */
  readonly falseStart: boolean | undefined;
  /** SHA-256 of the configuration that sessions are made under (rule C9). */
  readonly contextDigest: Uint8Array;
  readonly sessions: ClientSessions | undefined;
  readonly trust: Trust;
}

/** All of a ClientHello but the random and the session. */
export interface ClientOfferings {
  readonly cipherSuites: number[];
  readonly extensions: Extension[] | undefined;
  /** The numbers of those extensions: a ServerHello may answer these and no others. */
  readonly asked: ReadonlySet<number>;
}

export interface ClientSessions {
  find(): MaybePromise<Lookup>;
  /** The secret is copied before this returns. */
  keep(fields: Session): MaybePromise<unknown>;
  forget(): MaybePromise<void>;
}
