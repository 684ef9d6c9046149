/**
 * The end of every handshake. `establish` is the only way to an `Established` connection, and it asks for the proof of
 * each check that the kind of handshake owes: a check that is skipped does not type-check. `identifyServer` asks for all of
 * a client's but the last.
 */

import type { CipherSuite } from '../crypto/cipher-suites.ts';
import type { KeySchedule } from '../crypto/key-schedule.ts';
import type { NamedGroup, SignatureScheme } from '../crypto/provider.ts';
import type { ClientAuthentication } from '../session/session.ts';
import { fault } from '../wire/error.ts';
import type { CertificateVerified, SignatureVerified } from './certificate.ts';
import type { FinishedVerified } from './finished.ts';
import type { Leaf } from './parameters.ts';
import type { ResumptionRefusal, SessionAccepted } from './resumption.ts';

declare const unauthenticated: unique symbol;
/** No proof of identity was owed: `withoutCertificate` says so after a look at what the configuration asks. */
export type Unauthenticated = { readonly [unauthenticated]: true };

/** A chain that is trusted, and a signature by its key: who the peer is. */
export interface Identity {
  readonly certificate: CertificateVerified;
  readonly signature: SignatureVerified;
}

/** What both sides agreed on, but for what the proofs tell. */
export interface Agreed {
  readonly suite: CipherSuite;
  readonly keys: KeySchedule;
  readonly sessionId: Uint8Array;
  readonly extendedMasterSecret: boolean;
  readonly serverName: string | undefined;
  readonly alpnProtocol: string | undefined;
  readonly group: NamedGroup | undefined;
  readonly signatureScheme: SignatureScheme | undefined;
  /** The server's leaf, for `tls-server-end-point` (RFC 5929 §4); undefined where it is not at hand. */
  readonly serverIdentity: { readonly leaf: Leaf } | undefined;
  /** The verify_data of the handshake's first Finished: `tls-unique` (RFC 5929 §3). */
  readonly firstVerifyData: Uint8Array;
  /** Why the handshake was not abbreviated; undefined where it was. */
  readonly refusal: ResumptionRefusal | undefined;
}

/** What an abbreviated handshake agrees on anew; all else is its session's. */
export type Renewed = Pick<Agreed, 'keys' | 'alpnProtocol' | 'serverIdentity' | 'firstVerifyData'>;

/** What the proofs tell of the peer. */
interface Proved {
  /** What the peer showed, in a resumption that of the full handshake; undefined where it proved no identity. */
  readonly peer: CertificateVerified | undefined;
  /** What the peer signed with; undefined where it did not sign in this handshake. */
  readonly peerSignatureScheme: SignatureScheme | undefined;
}

declare const established: unique symbol;
export interface Established extends Agreed, Proved {
  readonly [established]: true;
  readonly resumed: boolean;
}

declare const unfinished: unique symbol;
/** A client's full handshake that owes the server's Finished and nothing else. Nobody is established by it. */
export interface Unfinished extends Agreed, Proved {
  readonly [unfinished]: true;
}

/** A client's full handshake owes the server's identity first, */
export function identifyServer(
  { certificate, signature }: Identity,
  agreed: Omit<Agreed, 'serverIdentity' | 'signatureScheme'>,
): Unfinished {
  const { scheme } = signature;
  return {
    ...agreed,
    serverIdentity: certificate,
    signatureScheme: scheme,
    peer: certificate,
    peerSignatureScheme: scheme,
  } satisfies Agreed & Proved as unknown as Unfinished;
}

/** and then its Finished. */
export function establishClient(proofs: {
  readonly unfinished: Unfinished;
  readonly finished: FinishedVerified;
}): Established {
  return up({ ...proofs.unfinished, resumed: false });
}

/** A server's full handshake owes the client's Finished, and its identity where one was asked for. */
export function establishServer(
  proofs: { readonly identity: Identity | Unauthenticated; readonly finished: FinishedVerified },
  agreed: Agreed,
): Established {
  return up({ ...agreed, resumed: false, ...proved(proofs.identity) });
}

/** An abbreviated handshake owes every rule of resumption, the identity's among them, and the peer's Finished. */
export function establishAbbreviated(
  { accepted }: { readonly accepted: SessionAccepted; readonly finished: FinishedVerified },
  renewed: Renewed,
): Established {
  const { session, suite, identity } = accepted;
  return up({
    suite,
    keys: renewed.keys,
    sessionId: session.sessionId,
    extendedMasterSecret: session.extendedMasterSecret,
    serverName: session.serverName,
    alpnProtocol: renewed.alpnProtocol,
    group: undefined,
    signatureScheme: undefined,
    serverIdentity: renewed.serverIdentity,
    firstVerifyData: renewed.firstVerifyData,
    refusal: undefined,
    resumed: true,
    peer: 'chain' in identity ? identity : undefined,
    peerSignatureScheme: undefined,
  });
}

function proved(identity: Identity | Unauthenticated): Proved {
  if (!('certificate' in identity)) return { peer: undefined, peerSignatureScheme: undefined };
  return { peer: identity.certificate, peerSignatureScheme: identity.signature.scheme };
}

function up(agreed: Omit<Established, typeof established>): Established {
  return agreed as Established;
}

/**
 * A client without a certificate, before a server that did not ask, or asked and does not insist.
 * @throws TlsError `handshake_failure` where it insists (RFC 5246 §7.4.6)
 */
export function withoutCertificate(mode: ClientAuthentication): Unauthenticated {
  if (mode !== 'require') return Object.freeze({}) as Unauthenticated;
  throw fault('client-certificate-required', 'expected a client certificate, got none');
}
