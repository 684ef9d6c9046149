/**
 * The client's rules of resumption: which session is offered, and what a server's echo of it must hold.
 *
 * A client decides twice. Before the hello it holds its own session against today's configuration (C1, C2, C3, C8,
 * C11); after the ServerHello it holds the server's answer against the session (C4–C7).
 */

import type { CipherSuite } from '../crypto/cipher-suites.ts';
import { TLS_1_2 } from '../record/content.ts';
import type { Lookup } from '../session/keeper.ts';
import type { Session } from '../session/session.ts';
import { equal } from '../wire/bytes.ts';
import { fault } from '../wire/error.ts';
import { type CertificateVerified, reverifyChain } from './certificate.ts';
import type { Extensions } from './extensions.ts';
import type { ServerHello } from './messages.ts';
import type { ClientParameters } from './parameters.ts';
import type { Handshake } from './peer.ts';
import { accept, ageRefusal, refuse, type SessionAccepted, type SessionRefused } from './resumption.ts';

/** A session that may be offered: its suite is still ours, and its server's certificate still trusted. */
export interface SessionOffer {
  readonly session: Session;
  readonly suite: CipherSuite;
  readonly certificate: CertificateVerified;
}

export function* decideOffer(
  lookup: Lookup | undefined,
  parameters: ClientParameters,
  now: number,
): Handshake<SessionOffer | SessionRefused> {
  if (lookup === undefined) return refuse('not-offered');
  if (!('session' in lookup)) return refuse(lookup.reason);
  const { session } = lookup;
  if (session.protocolVersion !== TLS_1_2) return refuse('version');
  const age = ageRefusal(session, parameters.sessionLifetime, now); // C11
  if (age !== undefined) return refuse(age);
  if (!session.extendedMasterSecret) return refuse('extended-master-secret'); // C2
  const suite = parameters.cipherSuites.find(({ id }) => id === session.cipherSuite);
  if (suite === undefined) return refuse('cipher-suite-disabled'); // C1
  if (session.serverName !== parameters.serverName) return refuse('server-name'); // C3
  if (!equal(session.contextDigest, parameters.contextDigest)) return refuse('context-changed'); // C9
  const certificate = yield* reverifyChain(session, 'server', parameters, now);
  if (certificate === undefined) return refuse('server-certificate-no-longer-valid'); // C8
  return { session, suite, certificate };
}

/** Whether the server took the offer: it did if it echoes the very ID, and only an ID that was offered (C4, C7). */
export function echoed(offer: SessionOffer | undefined, { sessionId }: ServerHello): offer is SessionOffer {
  return offer !== undefined && equal(offer.session.sessionId, sessionId);
}

/** @throws TlsError where the server resumes a session other than it was */
export function acceptEcho(
  { session, suite }: SessionOffer,
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
  return accept(session, suite);
}
