/**
 * Whether a certificate is for a host: its subjectAltName against the name or address that was asked for (RFC 9525 §6).
 *
 * The common name is not looked at, ever (RFC 9525 §2). Names are ASCII: an internationalised one comes as its A-labels
 * on both sides, and those compare without case like all others (RFC 9525 §6.3).
 */

import { equal } from '../wire/bytes.ts';
import { parseIpAddress } from './addresses.ts';
import type { Certificate } from './certificate.ts';

type Names = Pick<Certificate, 'subjectAltNames'>;

/**
 * `reference` is what the application meant to reach: a DNS name, with or without the dot of the root at its end, or an
 * IPv4 or IPv6 address in text. False for a reference that is neither.
 */
export function matchesHostName({ subjectAltNames = [] }: Names, reference: string): boolean {
  const address = parseIpAddress(reference);
  if (address !== undefined) {
    return subjectAltNames.some((name) => name.type === 'iPAddress' && equal(name.value, address));
  }
  const name = reference.replace(/\.$/, '');
  if (!isDnsName(name)) return false;
  const wanted = name.toLowerCase(); // Not before: some letters beyond ASCII have a lower case within.
  return subjectAltNames.some(({ type, value }) => type === 'dNSName' && covers(value.toLowerCase(), wanted));
}

/**
 * The preferred syntax of RFC 1034 §3.5 as RFC 1123 §2.1 has it: labels of letters, digits and inner hyphens. A last
 * label that is a number belongs to an address, or to what some program takes for one.
 */
export function isDnsName(text: string): boolean {
  if (text.length > 253 || endsInNumber(text)) return false;
  return text.split('.').every((label) => labelForm.test(label));
}

/** Whether a program may take the text for an IPv4 address: its last label is a number, decimal or hexadecimal. */
export function endsInNumber(text: string): boolean {
  return /(?:^|\.)(?:\d+|0x[\da-f]*)$/i.test(text);
}

/** What stands behind a wildcard that is the whole left-most label; undefined for a name without such a one. */
export function wildcardParent(dnsName: string): string | undefined {
  return dnsName.startsWith('*.') ? dnsName.slice(2) : undefined;
}

const labelForm = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/**
 * A wildcard stands for one whole label, the left-most (RFC 9525 §6.3), with at least two behind it: `*.com` would be a
 * certificate for everyone under a registry.
 */
function covers(presented: string, wanted: string): boolean {
  const parent = wildcardParent(presented);
  if (parent === undefined) return presented === wanted;
  if (!parent.includes('.')) return false;
  return wanted.indexOf('.') > 0 && wanted.slice(wanted.indexOf('.') + 1) === parent;
}
