/**
 * Name constraints: the names that an authority may certify (RFC 5280 §4.2.1.10, §6.1.3 (b), (c)).
 *
 * Checked are dNSName, iPAddress, rfc822Name and directoryName. A constraint on any other form refuses every certificate
 * that bears a name of that form: what cannot be checked is not let pass. Each name is compared with each subtree, so
 * comparisons are counted, and a path that demands too many of them is refused.
 */

import { equal } from '../wire/bytes.ts';
import { quote } from '../wire/error.ts';
import { formatIpAddress } from './addresses.ts';
import type { Certificate } from './certificate.ts';
import { constructedContextTag, DerReader, Tag } from './der.ts';
import { attributeTexts, comparableRdns } from './distinguished-name.ts';
import { type GeneralName, readGeneralName } from './extensions.ts';
import { isDnsName, wildcardParent } from './names.ts';
import { oids } from './oids.ts';

export interface NameConstraints {
  readonly permitted: Subtrees;
  readonly excluded: Subtrees;
}

/** The bases of subtrees by the form of name that they constrain. */
export interface Subtrees {
  readonly dNSName: readonly string[];
  readonly iPAddress: readonly AddressRange[];
  /** A mailbox, or what may stand behind the @ of one. */
  readonly rfc822Name: readonly (Mailbox | string)[];
  readonly directoryName: readonly (readonly string[])[];
  /** The other forms that are constrained. */
  readonly unchecked: readonly GeneralName['type'][];
}

interface AddressRange {
  readonly address: Uint8Array;
  readonly mask: Uint8Array;
}

/** @throws DerError on constraints that are malformed or empty */
export function parseNameConstraints(value: Uint8Array): NameConstraints {
  const reader = new DerReader(value);
  const fields = reader.enter(Tag.SEQUENCE);
  reader.end();
  if (fields.done) throw fields.error('expected name constraints with a subtree at least');
  const permitted = readSubtrees(fields.enterOptional(constructedContextTag(0)));
  const excluded = readSubtrees(fields.enterOptional(constructedContextTag(1)));
  fields.end();
  return { permitted, excluded };
}

/**
 * What is wrong with the names of the certificate under these constraints; undefined where nothing is. `spend` is
 * told of all comparisons before they are made, and of one more for each name, which was looked at; where it says no,
 * they are not made, and the caller knows why.
 */
export function nameConstraintsBreach(
  { permitted, excluded }: NameConstraints,
  certificate: Certificate,
  spend: (comparisons: number) => boolean,
): string | undefined {
  for (const name of constrainedNames(certificate)) {
    const permits = count(permitted, name.type);
    const excludes = count(excluded, name.type);
    if (!spend(1 + permits + excludes)) return undefined;
    if (permits > 0 && isWithin(permitted, name, 'permitted') !== true) {
      return `expected every ${name.type} within what an issuer permits, found ${display(name)}`;
    }
    if (excludes > 0 && isWithin(excluded, name, 'excluded') !== false) {
      return `expected no ${name.type} that an issuer excludes, found ${display(name)}`;
    }
  }
  return undefined;
}

/** Listed once for each certificate: in a maze it stands under many issuers, on many paths. */
const listed = new WeakMap<Certificate, readonly GeneralName[]>();

function constrainedNames(certificate: Certificate): readonly GeneralName[] {
  const names = listed.get(certificate) ?? [...listNames(certificate)];
  listed.set(certificate, names);
  return names;
}

/** The subject where it is not empty, and every subjectAltName; e-mail in the subject counts where those have none. */
function* listNames({ subject, subjectAltNames = [] }: Certificate): Generator<GeneralName> {
  if (subject.rdnSequence.length > 0) yield { type: 'directoryName', value: subject };
  yield* subjectAltNames;
  if (subjectAltNames.some(({ type }) => type === 'rfc822Name')) return;
  for (const value of attributeTexts(subject, oids.emailAddress)) yield { type: 'rfc822Name', value };
}

function count(subtrees: Subtrees, form: GeneralName['type']): number {
  switch (form) {
    case 'dNSName':
    case 'iPAddress':
    case 'rfc822Name':
    case 'directoryName':
      return subtrees[form].length;
    default:
      return subtrees.unchecked.includes(form) ? 1 : 0;
  }
}

/** A wildcard stands for many names: it is permitted where all of them are, excluded where one of them is. */
type Sense = 'permitted' | 'excluded';

/** Undefined where nobody can tell: the name is malformed, or its form is not one that is checked. */
function isWithin(subtrees: Subtrees, name: GeneralName, sense: Sense): boolean | undefined {
  switch (name.type) {
    case 'dNSName':
      return isDnsNameWithin(subtrees.dNSName, name.value.toLowerCase(), sense);
    case 'iPAddress':
      return subtrees.iPAddress.some((range) => isInRange(name.value, range));
    case 'rfc822Name': {
      const mailbox = splitMailbox(name.value);
      return mailbox && subtrees.rfc822Name.some((base) => isMailboxUnder(mailbox, base));
    }
    case 'directoryName': {
      const rdns = comparableRdns(name.value);
      return subtrees.directoryName.some((base) => base.every((rdn, i) => rdn === rdns[i]));
    }
    default:
      return undefined;
  }
}

function isDnsNameWithin(bases: readonly string[], name: string, sense: Sense): boolean | undefined {
  const parent = wildcardParent(name);
  if (!isDnsName(parent ?? name)) return undefined;
  if (bases.some((base) => isUnder(parent ?? name, base))) return true;
  return parent !== undefined && sense === 'excluded' && bases.some((base) => base.endsWith(`.${parent}`));
}

/** Zero or more labels may stand before the base; an empty base holds every name. */
function isUnder(name: string, base: string): boolean {
  return base === '' || name === base || name.endsWith(`.${base}`);
}

function isInRange(address: Uint8Array, range: AddressRange): boolean {
  return address.length === range.address.length && equal(masked(address, range.mask), range.address);
}

/** A base is one mailbox, all mailboxes of a host, or (with a leading period) all hosts of a domain. */
function isMailboxUnder([local, host]: Mailbox, base: Mailbox | string): boolean {
  if (typeof base !== 'string') return local === base[0] && host === base[1];
  return base.startsWith('.') ? host.endsWith(base) : host === base;
}

type Mailbox = readonly [local: string, host: string];

/** RFC 5321 §4.5.3.1: 64 octets, the @, and 255 more. */
const maxMailbox = 320;

/** The local part keeps its case, and an asterisk in it is an asterisk (RFC 5280 §7.5). */
function splitMailbox(text: string): Mailbox | undefined {
  if (text.length > maxMailbox) return undefined;
  const [local = '', host = '', ...others] = text.split('@');
  if (others.length > 0 || !/^[!-~]+$/.test(local) || !isDnsName(host)) return undefined;
  return [local, host.toLowerCase()];
}

/** GeneralSubtrees. The minimum is 0, which DER leaves out, and a maximum is never there (RFC 5280 §4.2.1.10). */
function readSubtrees(list: DerReader | undefined): Subtrees {
  const dNSName: string[] = [];
  const iPAddress: AddressRange[] = [];
  const rfc822Name: (Mailbox | string)[] = [];
  const directoryName: (readonly string[])[] = [];
  const unchecked: GeneralName['type'][] = [];
  if (list?.done) throw list.error('expected a subtree');
  while (list && !list.done) {
    const subtree = list.enter(Tag.SEQUENCE);
    const base = readGeneralName(subtree);
    subtree.end();
    switch (base.type) {
      case 'dNSName':
        dNSName.push(dnsBase(base.value, subtree));
        break;
      case 'iPAddress':
        iPAddress.push(addressRange(base.value, subtree));
        break;
      case 'rfc822Name':
        rfc822Name.push(mailBase(base.value, subtree));
        break;
      case 'directoryName':
        directoryName.push(comparableRdns(base.value));
        break;
      default:
        if (!unchecked.includes(base.type)) unchecked.push(base.type);
    }
  }
  return { dNSName, iPAddress, rfc822Name, directoryName, unchecked };
}

/** A name without wildcard and without leading period, which belongs to URIs (RFC 5280 §4.2.1.10). */
function dnsBase(text: string, reader: DerReader): string {
  if (text === '' || isDnsName(text)) return text.toLowerCase();
  throw reader.error(`expected a constraint that is a DNS name, found ${quote(text)}`);
}

function mailBase(text: string, reader: DerReader): Mailbox | string {
  const mailbox = splitMailbox(text);
  if (mailbox !== undefined) return mailbox;
  if (isDnsName(text.replace(/^\./, ''))) return text.toLowerCase();
  throw reader.error(`expected a constraint that is a mailbox, a host or a domain, found ${quote(text)}`);
}

/** An address and a mask in the manner of RFC 4632: ones, then zeros. */
function addressRange(bytes: Uint8Array, reader: DerReader): AddressRange {
  const half = bytes.length / 2;
  const mask = bytes.subarray(half);
  const bits = [...mask].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  if ((half === 4 || half === 16) && /^1*0*$/.test(bits)) {
    return { address: masked(bytes.subarray(0, half), mask), mask };
  }
  throw reader.error('expected a constraint that is an address of 4 or 16 bytes and its mask');
}

function masked(address: Uint8Array, mask: Uint8Array): Uint8Array {
  return address.map((byte, i) => byte & (mask[i] ?? 0));
}

function display(name: GeneralName): string {
  switch (name.type) {
    case 'dNSName':
    case 'rfc822Name':
    case 'uniformResourceIdentifier':
      return quote(name.value);
    case 'iPAddress':
      return formatIpAddress(name.value);
    case 'directoryName':
      return quote(`${name.value}`);
    default:
      return 'one, which nobody can check';
  }
}
