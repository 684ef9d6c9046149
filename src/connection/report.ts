/**
 * Reports: every warning and fault that did not end the connection, as the application's `report` handler sees it.
 */

import type { StoreReport } from '../session/guard.ts';
import type { AlertName } from '../wire/alert.ts';

export type Report =
  | StoreReport
  /** A warning alert, which changes nothing; its number where no RFC names it. */
  | { readonly kind: 'warning-received'; readonly alert: AlertName | number }
  /** The peer asked for a renegotiation, which is not done here (RFC 5746 §4.2 leaves that free). */
  | { readonly kind: 'renegotiation-refused' }
  /** The stored session could not be read: an old format, garbage, or another session's bytes (rule S32). */
  | { readonly kind: 'session-undecodable' };
