/**
 * The client's rules of resumption, before the hello: its own session is held against today's configuration (C1, C2,
 * C3, C8, C9, C11). What a server makes of the offer is held against the session in `resumption.ts` (C5, C6).
 */

import type { CipherSuite } from '../crypto/cipher-suites.ts';
import { TLS_1_2 } from '../record/content.ts';
import type { Lookup } from '../session/keeper.ts';
import type { Session } from '../session/session.ts';
import { equal } from '../wire/bytes.ts';
import { type CertificateVerified, reverifyChain } from './certificate.ts';
import type { ServerHello } from './messages.ts';
import type { ClientParameters } from './parameters.ts';
import type { Handshake } from './peer.ts';
import { ageRefusal, refuse, type SessionRefused } from './resumption.ts';

declare const sessionOffered: unique symbol;
/** A session passed the client's rules: it may be offered. Only `decideOffer` makes this proof. */
export interface SessionOffer {
  readonly [sessionOffered]: true;
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
  return { session, suite, certificate } as SessionOffer;
}

/** Whether the server took the offer: it did if it echoes the very ID, and only an ID that was offered (C4, C7). */
export function echoed(offer: SessionOffer | undefined, { sessionId }: ServerHello): offer is SessionOffer {
  return offer !== undefined && equal(offer.session.sessionId, sessionId);
}
