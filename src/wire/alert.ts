/**
 * The alert protocol: AlertLevel and AlertDescription (RFC 5246 §7.2, and the RFCs named beside a line).
 */

export const AlertLevel = { warning: 1, fatal: 2 } as const;

export const AlertDescription = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  record_overflow: 22,
  decompression_failure: 30,
  handshake_failure: 40,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86, // RFC 7507
  user_canceled: 90,
  no_renegotiation: 100,
  unsupported_extension: 110,
  unrecognized_name: 112, // RFC 6066
  bad_certificate_status_response: 113, // RFC 6066
  no_application_protocol: 120, // RFC 7301
} as const;

/** An alert by the name that the RFC gives it. */
export type AlertName = keyof typeof AlertDescription;

const names = new Map<number, AlertName>(
  Object.entries(AlertDescription).map(([name, code]) => [code, name as AlertName]),
);

/** The alert's name, or undefined for a number that no RFC of TLS 1.2 uses. */
export function alertName(description: number): AlertName | undefined {
  return names.get(description);
}
