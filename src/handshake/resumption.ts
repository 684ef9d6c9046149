/**
 * The rules of resumption: the one way to an abbreviated handshake.
 *
 * `decideResumption` goes down the rules in order and returns either the proof value without which no abbreviated
 * handshake can be established, or the first rule that refused, by name. Where an RFC demands it, it aborts. The rules
 * S1–S34 and C1–C13 that the comments name are explained in `README.md` beside this file.
 */

import type { CipherSuite } from '../crypto/cipher-suites.ts';
import { TLS_1_2 } from '../record/content.ts';
import type { Lookup } from '../session/keeper.ts';
import type { Session } from '../session/session.ts';
import { equal } from '../wire/bytes.ts';
import { fault } from '../wire/error.ts';
import { type CertificateVerified, reverifyChain } from './certificate.ts';
import { type Unauthenticated, withoutCertificate } from './establish.ts';
import type { Extensions } from './extensions.ts';
import type { ClientOffer } from './hello.ts';
import type { ServerHello } from './messages.ts';
import type { SessionOffer } from './offer.ts';
import type { ServerParameters } from './parameters.ts';
import { answer, type Handshake } from './peer.ts';

/** Why a handshake was full. Each is a rule, or the lack of anything to apply a rule to. */
export const resumptionRefusals = [
  'not-offered',
  'not-found',
  'store-failed',
  'undecodable',
  'expired',
  'from-the-future',
  'version',
  'cipher-suite-not-offered',
  'cipher-suite-disabled',
  'extended-master-secret',
  'server-name',
  'context-changed',
  'client-certificate-missing',
  'client-certificate-unwanted',
  'client-certificate-no-longer-valid',
  'vetoed',
  // The client's own two: what it holds is no longer trusted (C8), and what it offered was not taken (C4).
  'server-certificate-no-longer-valid',
  'declined-by-server',
] as const;

export type ResumptionRefusal = (typeof resumptionRefusals)[number];

declare const sessionAccepted: unique symbol;
/** A session passed every rule. Only `decideResumption` and `acceptEcho` make this proof. */
export interface SessionAccepted {
  readonly [sessionAccepted]: true;
  readonly session: Session;
  readonly suite: CipherSuite;
  /** Whom the session's chain stands for, as it was verified just now; or that none was owed. */
  readonly identity: CertificateVerified | Unauthenticated;
}

export interface SessionRefused {
  readonly refused: ResumptionRefusal;
}

/** What a session is held against. */
export interface ResumptionContext {
  readonly parameters: ServerParameters;
  /** Of the configuration that a full handshake for this hello would run under, now. */
  readonly contextDigest: Uint8Array;
}

/** No session lives longer, whatever the configuration says (RFC 5246 Appendix F.1.4). 24 hours in milliseconds. */
export const maxSessionLifetime = 24 * 60 * 60 * 1000;

/** How far two servers' clocks may be apart, milliseconds. */
export const clockSkew = 60 * 1000;

/** The ID to look up, or undefined where the hello offers none that could be ours (rules S1, S7). */
export function offeredSessionId({ hello, extensions }: ClientOffer): Uint8Array | undefined {
  // With a ticket, the ID is the client's own means to see whether the ticket was taken (RFC 5077 §3.4).
  if (extensions.session_ticket !== undefined && extensions.session_ticket.length > 0) return undefined;
  return hello.sessionId.length === issuedSessionIdLength ? hello.sessionId : undefined;
}

/** All that we issue are of this length (RFC 5246 §7.4.1.2). */
export const issuedSessionIdLength = 32;

export function* decideResumption(
  offer: ClientOffer,
  lookup: Lookup | undefined,
  context: ResumptionContext,
  now: number,
): Handshake<SessionAccepted | SessionRefused> {
  if (lookup === undefined) return refuse('not-offered');
  if (!('session' in lookup)) return refuse(lookup.reason); // S32
  const { session } = lookup;
  const { parameters } = context;
  const mode = parameters.clientAuthentication;

  if (session.protocolVersion !== TLS_1_2) return refuse('version'); // S9
  const age = ageRefusal(session, parameters.sessionLifetime, now); // S23–S25
  if (age !== undefined) return refuse(age);
  if (session.extendedMasterSecret && !offer.extendedMasterSecret) {
    // S12: not a miss. A client that had it and lost it is under attack (RFC 7627 §5.3).
    throw fault(
      'extended-master-secret',
      'expected extended_master_secret with a session that has it (RFC 7627 §5.3), got none',
    );
  }
  if (!session.extendedMasterSecret) return refuse('extended-master-secret'); // S13, S14
  if (!offer.hello.cipherSuites.includes(session.cipherSuite)) return refuse('cipher-suite-not-offered'); // S10
  const suite = parameters.cipherSuites.find(({ id }) => id === session.cipherSuite);
  if (suite === undefined) return refuse('cipher-suite-disabled'); // S10
  if (session.serverName !== offer.serverName) return refuse('server-name'); // S16
  if (!equal(session.contextDigest, context.contextDigest)) return refuse('context-changed'); // S19, S22
  const shown = session.peerCertificates.length > 0;
  if (mode === 'require' && !shown) return refuse('client-certificate-missing'); // S20
  if (mode === 'none' && shown) return refuse('client-certificate-unwanted'); // S20
  const identity = shown
    ? yield* reverifyChain(session, 'client', parameters, now)
    : withoutCertificate(mode);
  if (identity === undefined) return refuse('client-certificate-no-longer-valid'); // S20, S21
  const { masterSecret: _, ...facts } = session;
  if ((yield* answer(parameters.acceptSession(facts, offer.info))) !== true) return refuse('vetoed');
  return accept(session, suite, identity);
}

/** Rules S23 to S25 and C11: the age counts from the full handshake, by our own clock, whatever the store says. */
export function ageRefusal(
  { establishedAt, expiresAt }: Session,
  lifetime: number,
  now: number,
): 'expired' | 'from-the-future' | undefined {
  if (establishedAt > now + clockSkew) return 'from-the-future';
  if (now >= expiresAt || now - establishedAt >= Math.min(lifetime, maxSessionLifetime)) return 'expired';
  return undefined;
}

export function refuse(refused: ResumptionRefusal): SessionRefused {
  return { refused };
}

/**
 * The client's side of it: the server echoed the ID of a session that was held to the client's own rules before it was
 * offered (`offer.ts`), and must now go on as that session was.
 * @throws TlsError where it does not
 */
export function acceptEcho(
  { session, suite, certificate }: SessionOffer,
  { cipherSuite }: ServerHello,
  extensions: Extensions<'server'>,
): SessionAccepted {
  if (cipherSuite !== session.cipherSuite) {
    // C5
    throw fault(
      'illegal-parameter',
      `expected the suite of the resumed session, ${suite.name}, got 0x${cipherSuite.toString(16)}`,
    );
  }
  if ((extensions.extended_master_secret !== undefined) !== session.extendedMasterSecret) {
    // C6
    throw fault(
      'extended-master-secret',
      'expected extended_master_secret as in the resumed session (RFC 7627 §5.3), got none',
    );
  }
  return accept(session, suite, certificate);
}

/** Makes the proof, where all rules of a side have been gone through. */
function accept(
  session: Session,
  suite: CipherSuite,
  identity: SessionAccepted['identity'],
): SessionAccepted {
  return { session, suite, identity } as SessionAccepted;
}
