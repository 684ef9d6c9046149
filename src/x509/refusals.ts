/**
 * Why a path is refused: the rules of path validation by name, each with its source and the alert that RFC 5246 §7.2.2
 * has for it.
 *
 * A search for a path may fail in many places, of which one surfaces. The table is in ascending order of what a refusal
 * tells: that a certificate is revoked says more than that one of its issuers is not trusted.
 */

import type { TlsError } from '../wire/error.ts';
import type { Name } from './distinguished-name.ts';

export const rules = {
  'trust-anchor': { alert: 'unknown_ca', source: 'RFC 5280 §6.1' },
  work: { alert: 'bad_certificate', source: 'RFC 5280 §8' },
  signature: { alert: 'bad_certificate', source: 'RFC 5280 §6.1.3' },
  malformed: { alert: 'bad_certificate', source: 'RFC 5280 §4.1' },
  'signature-algorithm': { alert: 'unsupported_certificate', source: 'RFC 9325 §4.5' },
  'public-key': { alert: 'unsupported_certificate', source: 'RFC 5280 §4.1.2.7' },
  profile: { alert: 'bad_certificate', source: 'RFC 5280 §4.2' },
  'critical-extension': { alert: 'unsupported_certificate', source: 'RFC 5280 §4.2' },
  policy: { alert: 'unsupported_certificate', source: 'RFC 5280 §6.1.5' },
  'basic-constraints': { alert: 'bad_certificate', source: 'RFC 5280 §6.1.4 (k)' },
  'key-usage': { alert: 'bad_certificate', source: 'RFC 5280 §6.1.4 (n)' },
  'extended-key-usage': { alert: 'unsupported_certificate', source: 'RFC 5280 §4.2.1.12' },
  'path-length': { alert: 'bad_certificate', source: 'RFC 5280 §6.1.4 (l)' },
  validity: { alert: 'certificate_expired', source: 'RFC 5280 §6.1.3 (a)(2)' },
  'name-constraints': { alert: 'bad_certificate', source: 'RFC 5280 §6.1.3 (b)' },
  'host-name': { alert: 'bad_certificate', source: 'RFC 9525 §6' },
  'revocation-status': { alert: 'certificate_unknown', source: 'RFC 5280 §6.3.3' },
  'status-response': { alert: 'bad_certificate_status_response', source: 'RFC 6066 §8' },
  'must-staple': { alert: 'bad_certificate_status_response', source: 'RFC 7633 §4' },
  revoked: { alert: 'certificate_revoked', source: 'RFC 5280 §6.1.3 (a)(3)' },
} as const;

export type Rule = keyof typeof rules;

export interface Refusal {
  readonly rule: Rule;
  readonly alert: (typeof rules)[Rule]['alert'];
  /** Which certificate, what was expected and what came, and where that is written. */
  readonly message: string;
}

/** What a refusal calls a certificate by. */
export interface Named {
  readonly subject: Name;
}

/** `sentence` says what was expected and what came. */
export function refuse(
  rule: Rule,
  { subject }: Named,
  sentence: string,
  source: string = rules[rule].source,
): Refusal {
  const name = `${subject}`;
  const whose = name === '' ? 'certificate without a subject' : `certificate of ${name}`;
  return { rule, alert: rules[rule].alert, message: `${whose}: ${sentence} (${source})` };
}

/** The refusal that an error of the parsers comes to. */
export function refuseUnreadable(named: Named, { reason, message }: TlsError): Refusal {
  return refuse(reason === 'unsupported_certificate' ? 'public-key' : 'malformed', named, message);
}

/** The refusal that a stapled response comes to. */
export function refuseStatus(named: Named, { alert, message }: TlsError): Refusal {
  return refuse(alert === 'certificate_revoked' ? 'revoked' : 'status-response', named, message);
}

const order = Object.keys(rules);

/** The one of two that says more; of equals the first. */
export function moreTelling(first: Refusal | undefined, second: Refusal): Refusal {
  return first !== undefined && order.indexOf(first.rule) >= order.indexOf(second.rule) ? first : second;
}
