/**
 * Errors as users of `node:tls` expect them: each has a `code` to look at. A TlsError stays what it is, with its alert,
 * its reason and its state, and bears the code beside them.
 *
 * What a peer's alert is called, and why a certificate is refused, has the code that `node:tls` gives it. What ended the
 * transport comes as the transport's own error. For all else there is `ERR_TLS_` and the reason.
 */

import type { AlertName } from '../wire/alert.ts';
import { fault, TlsError } from '../wire/error.ts';
import { type Certificate, parseCertificate } from '../x509/certificate.ts';
import { isSelfIssued } from '../x509/distinguished-name.ts';
import type { Rule } from '../x509/refusals.ts';

/** A TlsError as the 'error' event has it. */
export interface TlsSocketError extends TlsError {
  readonly code: string;
}

/** The same error with its code. */
export function withCode(error: TlsError, code: string = codeOf(error)): TlsSocketError {
  return Object.assign(error, { code });
}

/** The handshake took longer than it may. */
export function handshakeTimedOut(milliseconds: number, state: string): TlsSocketError {
  const sentence = `expected a handshake within ${milliseconds} ms, and it is not done (in state ${state})`;
  return withCode(new TlsError(sentence, { reason: 'aborted', state }), 'ERR_TLS_HANDSHAKE_TIMEOUT');
}

/** Why a certificate is not trusted: its `cause` has the code. */
export function untrusted(refusal: RefusedCertificate): TlsError {
  return fault(refusal.alert, refusal.message, refusal);
}

/** A certificate that was refused, in the words and with the code that `authorizationError` has. */
export class RefusedCertificate extends Error {
  override readonly name = 'RefusedCertificate';
  readonly alert: CertificateFault;
  readonly code: string;

  constructor(
    alert: CertificateFault,
    message: string,
    { code, cause }: { readonly code: string; readonly cause?: unknown },
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.alert = alert;
    this.code = code;
  }
}

type CertificateFault = Extract<AlertName, Parameters<typeof fault>[0]>;

/** The code for a refusal by path validation, as OpenSSL would have put it. */
export function verificationCode(
  rule: Rule,
  { chain, time }: { readonly chain: readonly Uint8Array[]; readonly time: number },
): string {
  if (rule === 'validity') return chain.some(isEarly(time)) ? 'CERT_NOT_YET_VALID' : 'CERT_HAS_EXPIRED';
  if (rule !== 'trust-anchor') return ruleCodes[rule];
  const [leafIsRoot, ...others] = chain.map((encoding) => parsed(encoding, isSelfIssued));
  if (leafIsRoot) return 'DEPTH_ZERO_SELF_SIGNED_CERT';
  if (others.includes(true)) return 'SELF_SIGNED_CERT_IN_CHAIN';
  return others.length > 0 ? 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' : 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';
}

const ruleCodes: Readonly<Record<Exclude<Rule, 'validity' | 'trust-anchor'>, string>> = {
  work: 'CERT_CHAIN_TOO_LONG',
  signature: 'CERT_SIGNATURE_FAILURE',
  malformed: 'CERT_REJECTED',
  'signature-algorithm': 'CA_MD_TOO_WEAK',
  'public-key': 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  profile: 'CERT_REJECTED',
  'critical-extension': 'UNHANDLED_CRITICAL_EXTENSION',
  policy: 'NO_EXPLICIT_POLICY',
  'basic-constraints': 'INVALID_CA',
  'key-usage': 'KEYUSAGE_NO_CERTSIGN',
  'extended-key-usage': 'INVALID_PURPOSE',
  'path-length': 'PATH_LENGTH_EXCEEDED',
  'name-constraints': 'PERMITTED_VIOLATION',
  'host-name': 'ERR_TLS_CERT_ALTNAME_INVALID',
  'status-response': 'OCSP_VERIFY_FAILED',
  'revocation-status': 'UNABLE_TO_GET_CRL',
  'must-staple': 'OCSP_VERIFY_NEEDED',
  revoked: 'CERT_REVOKED',
};

function isEarly(time: number): (encoding: Uint8Array) => boolean {
  return (encoding) => parsed(encoding, ({ notBefore }) => time < notBefore);
}

/** False for what cannot be read: it was passed over in the path, too. */
function parsed(encoding: Uint8Array, holds: (certificate: Certificate) => boolean): boolean {
  try {
    return holds(parseCertificate(encoding));
  } catch {
    return false;
  }
}

function codeOf({ reason, alert, cause }: TlsError): string {
  if (cause instanceof RefusedCertificate) return cause.code;
  if (reason === 'truncated') return 'ECONNRESET';
  if (reason === 'alert-received' && alert !== undefined && alert in alertCodes) {
    return `ERR_SSL_${alertCodes[alert as keyof typeof alertCodes]}`;
  }
  return `ERR_TLS_${reason.replaceAll('-', '_').toUpperCase()}`;
}

/** OpenSSL's names for the alerts that it receives: those that SSL 3.0 had, and those that are TLS's own. */
const alertCodes = {
  unexpected_message: 'SSLV3_ALERT_UNEXPECTED_MESSAGE',
  bad_record_mac: 'SSLV3_ALERT_BAD_RECORD_MAC',
  record_overflow: 'TLSV1_ALERT_RECORD_OVERFLOW',
  decompression_failure: 'SSLV3_ALERT_DECOMPRESSION_FAILURE',
  handshake_failure: 'SSLV3_ALERT_HANDSHAKE_FAILURE',
  bad_certificate: 'SSLV3_ALERT_BAD_CERTIFICATE',
  unsupported_certificate: 'SSLV3_ALERT_UNSUPPORTED_CERTIFICATE',
  certificate_revoked: 'SSLV3_ALERT_CERTIFICATE_REVOKED',
  certificate_expired: 'SSLV3_ALERT_CERTIFICATE_EXPIRED',
  certificate_unknown: 'SSLV3_ALERT_CERTIFICATE_UNKNOWN',
  illegal_parameter: 'SSLV3_ALERT_ILLEGAL_PARAMETER',
  unknown_ca: 'TLSV1_ALERT_UNKNOWN_CA',
  access_denied: 'TLSV1_ALERT_ACCESS_DENIED',
  decode_error: 'TLSV1_ALERT_DECODE_ERROR',
  decrypt_error: 'TLSV1_ALERT_DECRYPT_ERROR',
  protocol_version: 'TLSV1_ALERT_PROTOCOL_VERSION',
  insufficient_security: 'TLSV1_ALERT_INSUFFICIENT_SECURITY',
  internal_error: 'TLSV1_ALERT_INTERNAL_ERROR',
  inappropriate_fallback: 'TLSV1_ALERT_INAPPROPRIATE_FALLBACK',
  user_canceled: 'TLSV1_ALERT_USER_CANCELLED',
  no_renegotiation: 'TLSV1_ALERT_NO_RENEGOTIATION',
  unsupported_extension: 'TLSV1_UNSUPPORTED_EXTENSION',
  unrecognized_name: 'TLSV1_UNRECOGNIZED_NAME',
  bad_certificate_status_response: 'TLSV1_BAD_CERTIFICATE_STATUS_RESPONSE',
  no_application_protocol: 'TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
} as const satisfies Partial<Record<AlertName, string>>;
