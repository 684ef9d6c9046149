/**
 * The ways in which a connection ends without a close_notify from each side, as the errors that `close` gets.
 */

import type { AlertName } from '../wire/alert.ts';
import { TlsError } from '../wire/error.ts';

/** The peer ended it: by an alert that is fatal, or by close_notify before the handshake was done. */
export function alertReceived(name: AlertName | undefined, description: number, state: string): TlsError {
  return new TlsError(`the peer sent the alert ${name ?? description} (in state ${state})`, {
    reason: 'alert-received',
    alert: name,
    origin: 'received',
    state,
  });
}

/** The transport ended it: what came before may have been cut short (RFC 5246 §7.2.1). */
export function truncated(state: string, cause: unknown): TlsError {
  return new TlsError(`the transport ended without close_notify (in state ${state})`, {
    reason: 'truncated',
    state,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The application ended it. */
export function aborted(state: string, cause: unknown): TlsError {
  return new TlsError('the connection was aborted', {
    reason: 'aborted',
    state,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The key may protect no more records (RFC 8446 §5.5). */
export function keysExhausted(state: string): TlsError {
  return new TlsError('the keys have protected as many records as they may', {
    reason: 'keys-exhausted',
    alert: 'close_notify',
    origin: 'sent',
    state,
  });
}

/** Whether a fatal alert was exchanged, known by name or not (RFC 5246 §7.2.2); close_notify is none. */
export function isFatal(error: TlsError | undefined): boolean {
  return error?.origin !== undefined && error.alert !== 'close_notify';
}
