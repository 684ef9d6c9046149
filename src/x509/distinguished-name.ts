/**
 * Name, who issued a certificate and whom it is about (RFC 5280 §4.1.2.4), and its text for messages in the manner
 * of RFC 4514. Names are compared by their bytes or attributes, never by this text.
 */

import { fromUtf8, hex } from '../wire/bytes.ts';
import { printable } from '../wire/error.ts';
import { DerError, DerReader, Tag } from './der.ts';

export interface Name {
  /** The Name as it stands in the certificate. */
  readonly der: Uint8Array;
  /** From the most general RDN to the most specific, as in the certificate. */
  readonly rdnSequence: readonly (readonly AttributeTypeAndValue[])[];
  /** For a person to read: printable, of bounded length, most specific RDN first (RFC 4514 §2.1). */
  toString(): string;
}

export interface AttributeTypeAndValue {
  readonly type: string;
  /** The value's identifier octet: the kind of string that it is. */
  readonly tag: number;
  readonly value: Uint8Array;
}

/**
 * More than any attribute in use, of which RFC 5280 Appendix A bounds the most to 64 characters. What a comparison takes
 * grows with the square of a run of combining marks, which NFKC puts in order.
 */
const maxValueLength = 4096;

/** @throws DerError */
export function readName(reader: DerReader): Name {
  const der = reader.view(Tag.SEQUENCE);
  const rdns = new DerReader(der).enter(Tag.SEQUENCE);
  const rdnSequence: AttributeTypeAndValue[][] = [];
  while (!rdns.done) rdnSequence.push(readRelativeDistinguishedName(rdns.enter(Tag.SET)));
  return { der, rdnSequence, toString: () => bounded(rdnSequence) };
}

/**
 * The RDNs in a form in which equal names are equal text: case and runs of white space do not count, nor does the
 * kind of string (RFC 5280 §7.1, which looks at two kinds; a CA that may choose among the others could evade an
 * excluded subtree by its choice).
 */
export function comparableRdns(name: Name): readonly string[] {
  return comparableForm(name).rdns;
}

/** The whole name in that form: a key to find certificates by. */
export function comparableName(name: Name): string {
  return comparableForm(name).whole;
}

/** The same of a Name in DER that a peer sent; undefined where it is none. */
export function comparableNameIn(der: Uint8Array): string | undefined {
  try {
    const reader = new DerReader(der);
    const name = readName(reader);
    reader.end();
    return comparableName(name);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** Whether the certificate that bears these two is self-issued (RFC 5280 §6.1). */
export function isSelfIssued({
  issuer,
  subject,
}: {
  readonly issuer: Name;
  readonly subject: Name;
}): boolean {
  return comparableName(issuer) === comparableName(subject);
}

/** The texts of the attributes of one type. */
export function attributeTexts(name: Name, type: string): string[] {
  return name.rdnSequence
    .flat()
    .filter((attribute) => attribute.type === type)
    .map(({ tag, value }) => stringValue(tag, value) ?? '');
}

interface ComparableForm {
  readonly rdns: readonly string[];
  readonly whole: string;
}

/** Made once: a search for a path compares the same names over and over. */
const comparable = new WeakMap<Name, ComparableForm>();

function comparableForm(name: Name): ComparableForm {
  const known = comparable.get(name);
  if (known !== undefined) return known;
  const rdns = name.rdnSequence.map((rdn) => rdn.map(comparableAttribute).sort().join('+'));
  const form = { rdns, whole: rdns.join(',') };
  comparable.set(name, form);
  return form;
}

function comparableAttribute({ type, tag, value }: AttributeTypeAndValue): string {
  const text = stringValue(tag, value);
  if (text === undefined) return `${type}=#${hex(Uint8Array.of(tag))}${hex(value)}`;
  return `${type}=${JSON.stringify(text.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' '))}`;
}

function readRelativeDistinguishedName(attributes: DerReader): AttributeTypeAndValue[] {
  const rdn: AttributeTypeAndValue[] = [];
  do {
    const attribute = attributes.enter(Tag.SEQUENCE);
    const type = attribute.oid();
    const tag = attribute.next ?? 0;
    const element = attribute.any();
    attribute.end();
    const value = new DerReader(element).contents(tag);
    if (value.length > maxValueLength) {
      throw attributes.error(
        `expected an attribute of at most ${maxValueLength} bytes, found ${value.length}`,
      );
    }
    rdn.push({ type, tag, value });
  } while (!attributes.done);
  return rdn;
}

/** RFC 4514 §3, and two more that are met often. */
const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
};

const maxText = 256;

function bounded(rdnSequence: Name['rdnSequence']): string {
  const parts: string[] = [];
  let length = 0;
  for (let i = rdnSequence.length - 1; i >= 0 && length <= maxText; i--) {
    const part = (rdnSequence[i] ?? []).slice(0, 8).map(attributeText).join('+');
    parts.push(part);
    length += part.length + 1;
  }
  const text = parts.join(',');
  return text.length > maxText ? `${text.slice(0, maxText)}…` : text;
}

function attributeText({ type, tag, value }: AttributeTypeAndValue): string {
  const head = value.subarray(0, 4 * maxText);
  const text = stringValue(tag, head);
  return `${shortNames[type] ?? type}=${text === undefined ? `#${hex(head)}` : escaped(text)}`;
}

function stringValue(tag: number, value: Uint8Array): string | undefined {
  switch (tag) {
    case Tag.UTF8String:
      return utf8OrUndefined(value);
    case Tag.NumericString:
    case Tag.PrintableString:
    case Tag.TeletexString:
    case Tag.IA5String:
    case Tag.VisibleString:
      return codePoints(value, 1);
    case Tag.BMPString:
      return codePoints(value, 2);
    case Tag.UniversalString:
      return codePoints(value, 4);
    default:
      return undefined;
  }
}

function utf8OrUndefined(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes);
  } catch {
    return undefined;
  }
}

/** Text of which each character is as many bytes wide, big-endian; undefined where it is none. */
function codePoints(bytes: Uint8Array, width: number): string | undefined {
  if (bytes.length % width !== 0) return undefined;
  let text = '';
  for (let i = 0; i < bytes.length; i += width) {
    let point = 0;
    for (const byte of bytes.subarray(i, i + width)) point = point * 0x100 + byte;
    if (point > 0x10ffff) return undefined;
    text += String.fromCodePoint(point);
  }
  return text;
}

/** RFC 4514 §2.4 */
function escaped(text: string): string {
  return printable(text.replace(/[\\,+"<>;]/g, '\\$&'));
}
