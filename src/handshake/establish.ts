/**
 * The end of every handshake. `establish` is the only way to an `Established` connection, and it asks for the proof of
 * each check that the kind of handshake owes: a check that is skipped does not type-check.
 */

import type { CipherSuite } from '../crypto/cipher-suites.ts';
import type { KeySchedule } from '../crypto/key-schedule.ts';
import type { NamedGroup, SignatureScheme } from '../crypto/provider.ts';
import type { ClientAuthentication } from '../session/session.ts';
import { fault } from '../wire/error.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { CertificateVerified, SignatureVerified } from './certificate.ts';
import type { FinishedVerified } from './finished.ts';
import type { ResumptionRefusal, SessionAccepted } from './resumption.ts';

declare const unauthenticated: unique symbol;
/** No proof of identity was owed: `withoutCertificate` says so after a look at what the configuration asks. */
export type Unauthenticated = { readonly [unauthenticated]: true };

/** What a full handshake owes: the peer's identity, where one was asked for, and its Finished. */
export interface FullProofs {
  readonly identity:
    | { readonly certificate: CertificateVerified; readonly signature: SignatureVerified }
    | Unauthenticated;
  readonly finished: FinishedVerified;
}

/** What an abbreviated handshake owes: every rule of resumption, and the peer's Finished. */
export interface AbbreviatedProofs {
  readonly session: SessionAccepted;
  readonly finished: FinishedVerified;
}

/** What both sides agreed on. */
export interface Agreed {
  readonly suite: CipherSuite;
  readonly keys: KeySchedule;
  readonly sessionId: Uint8Array;
  readonly extendedMasterSecret: boolean;
  readonly serverName: string | undefined;
  readonly alpnProtocol: string | undefined;
  readonly group: NamedGroup | undefined;
  readonly signatureScheme: SignatureScheme | undefined;
  readonly peerCertificates: readonly Uint8Array[];
  /** The server's leaf, for `tls-server-end-point` (RFC 5929 §4); undefined where it is not at hand. */
  readonly serverIdentity: { readonly leaf: Certificate } | undefined;
  /** The verify_data of the handshake's first Finished: `tls-unique` (RFC 5929 §3). */
  readonly firstVerifyData: Uint8Array;
  /** Why the handshake was not abbreviated; undefined where it was. */
  readonly refusal: ResumptionRefusal | undefined;
}

/** What an abbreviated handshake has from its session; all else it has agreed on anew. */
export function carriedOver({ session, suite }: SessionAccepted) {
  const { sessionId, extendedMasterSecret, serverName, peerCertificates } = session;
  const renewed = { group: undefined, signatureScheme: undefined, refusal: undefined };
  return { suite, sessionId, extendedMasterSecret, serverName, peerCertificates, ...renewed };
}

declare const established: unique symbol;
export interface Established extends Agreed {
  readonly [established]: true;
  readonly resumed: boolean;
}

export function establish(proofs: FullProofs | AbbreviatedProofs, agreed: Agreed): Established {
  return { ...agreed, resumed: 'session' in proofs } as unknown as Established;
}

/**
 * A client without a certificate, before a server that did not ask, or asked and does not insist.
 * @throws TlsError `handshake_failure` where it insists (RFC 5246 §7.4.6)
 */
export function withoutCertificate(mode: ClientAuthentication): Unauthenticated {
  if (mode !== 'require') return Object.freeze({}) as Unauthenticated;
  throw fault('client-certificate-required', 'expected a client certificate, got none');
}
