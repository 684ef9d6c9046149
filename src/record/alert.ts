/**
 * Alert: the body of a record of the alert protocol (RFC 5246 §7.2).
 */

import { AlertLevel } from '../wire/alert.ts';
import { decode, struct, uint8 } from '../wire/codec.ts';
import { fault } from '../wire/error.ts';

export const Alert = struct({ level: uint8, description: uint8 });

/** One alert fills its record. @throws TlsError on another length, or a level that is neither of the two */
export function readAlert(fragment: Uint8Array): { readonly level: number; readonly description: number } {
  const alert = decode(Alert, fragment, 'Alert');
  if (alert.level === AlertLevel.warning || alert.level === AlertLevel.fatal) return alert;
  throw fault('illegal-parameter', `expected an alert of level warning or fatal, got level ${alert.level}`);
}
