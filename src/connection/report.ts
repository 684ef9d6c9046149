/**
 * Reports: every warning and fault that did not end the connection, as the application's `report` handler sees it.
 */

import type { HandshakeReport } from '../handshake/parameters.ts';
import type { StoreReport } from '../session/guard.ts';
import type { AlertName } from '../wire/alert.ts';

export type Report =
  | StoreReport
  | HandshakeReport
  /** A warning alert, which changes nothing; its number where no RFC names it. */
  | { readonly kind: 'warning-received'; readonly alert: AlertName | number }
  /** The peer asked for a renegotiation, which is not done here (RFC 5246 §7.2.2, no_renegotiation). */
  | { readonly kind: 'renegotiation-refused' }
  /** `acceptSession` threw or rejected: the session was not accepted. */
  | { readonly kind: 'veto-failed'; readonly error: unknown }
  /** `ocspResponse` threw, rejected or gave no bytes: nothing was stapled (RFC 6066 §8). */
  | { readonly kind: 'staple-failed'; readonly error: unknown }
  /** The stored session could not be read: an old format, garbage, or another session's bytes (rule S32). */
  | { readonly kind: 'session-undecodable' };
