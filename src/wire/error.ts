/**
 * TlsError: the one error that a connection ends with, and the table of causes.
 *
 * A fault is named once, here, beside the alert that its RFC asks for; the code that meets the fault names the
 * cause and writes the sentence. RFC 5246 §7.2.2 lists the alerts and what each is for.
 */

import type { AlertName } from './alert.ts';

/** Every cause that can end a connection from our side, and the alert that it sends. */
export const faults = {
  // The form of what came.
  malformed: 'decode_error',
  'duplicate-extension': 'decode_error',
  'message-too-long': 'decode_error',
  'record-overflow': 'record_overflow', // RFC 5246 §6.2.1, RFC 8449 §4
  'bad-record-mac': 'bad_record_mac', // RFC 5246 §6.2.3.3
  'record-version': 'protocol_version',
  'record-type': 'unexpected_message', // RFC 5246 §6
  // The order of what came.
  'unexpected-message': 'unexpected_message',
  'interleaved-message': 'unexpected_message', // RFC 5246 §6.2.1
  'unaligned-key-change': 'unexpected_message', // CVE-2014-0224 and its kin
  flood: 'unexpected_message',
  // What was negotiated.
  'protocol-version': 'protocol_version',
  'inappropriate-fallback': 'inappropriate_fallback', // RFC 7507 §3
  'no-common-cipher-suite': 'handshake_failure',
  'no-common-group': 'handshake_failure',
  'no-common-signature-scheme': 'handshake_failure',
  'no-common-application-protocol': 'no_application_protocol', // RFC 7301 §3.2
  'unrecognized-name': 'unrecognized_name', // RFC 6066 §3
  'extended-master-secret': 'handshake_failure', // RFC 7627 §5.2, §5.3
  'secure-renegotiation': 'handshake_failure', // RFC 5746 §3.4, §3.6
  'unsupported-extension': 'unsupported_extension', // RFC 5246 §7.4.1.4
  'illegal-parameter': 'illegal_parameter',
  // What was proved, or was not.
  'key-exchange': 'illegal_parameter', // RFC 8422 §5.11
  'bad-signature': 'decrypt_error', // RFC 5246 §7.4.3, §7.4.8
  'bad-verify-data': 'decrypt_error', // RFC 5246 §7.4.9
  'client-certificate-required': 'handshake_failure', // RFC 5246 §7.4.6
  bad_certificate: 'bad_certificate',
  unsupported_certificate: 'unsupported_certificate',
  certificate_revoked: 'certificate_revoked',
  certificate_expired: 'certificate_expired',
  certificate_unknown: 'certificate_unknown',
  unknown_ca: 'unknown_ca',
  access_denied: 'access_denied',
  bad_certificate_status_response: 'bad_certificate_status_response',
  // What happened on this side.
  'input-overflow': 'internal_error',
  application: 'internal_error',
  internal: 'internal_error',
} as const satisfies Record<string, AlertName>;

/** Why this side ended the connection with an alert. */
export type Fault = keyof typeof faults;

/**
 * Why a connection ended: a fault that this side found; an alert that the peer sent; the transport that ended
 * without close_notify (RFC 5246 §7.2.1: what came before it may have been cut short); keys that may protect no
 * more records; or the application itself.
 */
export type Reason = Fault | 'alert-received' | 'truncated' | 'keys-exhausted' | 'aborted';

/** How a connection ended, where it did not end with a close_notify from each side. */
export class TlsError extends Error {
  override readonly name = 'TlsError';
  readonly reason: Reason;
  /** The alert that was exchanged, under its RFC name; undefined where none was (the transport broke). */
  readonly alert: AlertName | undefined;
  /** Who raised the alert: `sent` by this side or `received` from the peer; undefined where there was none. */
  readonly origin: 'sent' | 'received' | undefined;
  /** The state that the handshake was in, as in the table of states; undefined where none was involved. */
  readonly state: string | undefined;

  constructor(
    message: string,
    details: {
      readonly reason: Reason;
      readonly alert?: AlertName | undefined;
      readonly origin?: 'sent' | 'received' | undefined;
      readonly state?: string | undefined;
      readonly cause?: unknown;
    },
  ) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.reason = details.reason;
    this.alert = details.alert;
    this.origin = details.origin;
    this.state = details.state;
  }
}

/** The error for a fault that this side found: the sentence says what was expected and what came. */
export function fault(reason: Fault, message: string, cause?: unknown): TlsError {
  return new TlsError(message, {
    reason,
    alert: faults[reason],
    origin: 'sent',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The error for what the application's own code threw, where it was called. A TlsError of its own stays what it is. */
export function applicationFault(what: string, thrown: unknown): TlsError {
  if (thrown instanceof TlsError) return thrown;
  const sentence = thrown instanceof Error ? `: ${thrown.message}` : '';
  return fault('application', `${what} failed${sentence}`, thrown);
}

/** Whatever could end a line, colour a terminal or turn the direction of writing is written as its code point. */
export function printable(text: string): string {
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** A peer's word in a sentence of ours: escaped, and cut short, so that no log is forged or flooded with it. */
export function quote(word: string): string {
  return printable(JSON.stringify(word.length > 100 ? `${word.slice(0, 100)}…` : word));
}

/** Its words, of which the first few are shown. */
export function quoted(words: readonly string[]): string {
  const shown = words.slice(0, 8).map(quote);
  return words.length > shown.length
    ? `${shown.join(', ')} and ${words.length - shown.length} more`
    : shown.join(', ');
}

/** The same error, with the state that the handshake was in when it arose. */
export function inState(error: TlsError, state: string): TlsError {
  if (error.state !== undefined) return error;
  const { reason, alert, origin } = error;
  const located = new TlsError(`${error.message} (in state ${state})`, {
    reason,
    alert,
    origin,
    state,
    ...('cause' in error ? { cause: error.cause } : {}),
  });
  if (error.stack !== undefined) located.stack = error.stack;
  return located;
}
