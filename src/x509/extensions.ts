/**
 * The certificate extensions that TLS itself looks at, each read once, when the certificate is (RFC 5280 §4.2.1).
 * What they allow is for path validation to decide; here is only what they say.
 */

import { constructedContextTag, contextTag, DerReader, Tag } from './der.ts';
import { type Name, readName } from './distinguished-name.ts';

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** The contents of extnValue: the extension's own DER. */
  readonly value: Uint8Array;
}

/** In the order of their bits (RFC 5280 §4.2.1.3). */
export const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsage = (typeof keyUsages)[number];

export interface BasicConstraints {
  readonly cA: boolean;
  readonly pathLenConstraint: number | undefined;
}

/** RFC 5280 §4.2.1.6; the contents of the element for the forms that are neither text nor a Name. */
export type GeneralName =
  | { readonly type: 'dNSName' | 'rfc822Name' | 'uniformResourceIdentifier'; readonly value: string }
  | { readonly type: 'directoryName'; readonly value: Name }
  | {
      readonly type: 'iPAddress' | 'otherName' | 'x400Address' | 'ediPartyName' | 'registeredID';
      readonly value: Uint8Array;
    };

/** More than any certificate in use bears. */
const maxExtensions = 64;

/** @throws DerError on two extensions of one kind (RFC 5280 §4.2), on none, and on too many */
export function readExtensions(reader: DerReader): Extension[] {
  const extensions: Extension[] = [];
  const seen = new Set<string>();
  do {
    const extension = readExtension(reader.enter(Tag.SEQUENCE));
    if (seen.has(extension.oid)) {
      throw reader.error(`expected each extension once, found ${extension.oid} again`);
    }
    if (seen.size === maxExtensions) throw reader.error(`expected at most ${maxExtensions} extensions`);
    seen.add(extension.oid);
    extensions.push(extension);
  } while (!reader.done);
  return extensions;
}

function readExtension(reader: DerReader): Extension {
  const oid = reader.oid();
  const critical = optionalBoolean(reader);
  const value = reader.contents(Tag['OCTET STRING']);
  reader.end();
  return { oid, critical, value };
}

/**
 * At least one bit is set (RFC 5280 §4.2.1.3). X.690 §11.2.2 forbids zeros at the end of the list; roots that all
 * peers trust have them.
 */
export function parseKeyUsage(value: Uint8Array): KeyUsage[] {
  const reader = new DerReader(value);
  const { bytes } = reader.bits();
  reader.end();
  const set = keyUsages.filter((_, bit) => (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1);
  if (set.length === 0) throw reader.error('expected a key usage with a bit set');
  return set;
}

/** The purposes as object identifiers; there is at least one (RFC 5280 §4.2.1.12). */
export function parseExtendedKeyUsage(value: Uint8Array): string[] {
  const reader = new DerReader(value);
  const purposes = reader.enter(Tag.SEQUENCE);
  reader.end();
  const found: string[] = [];
  do found.push(purposes.oid());
  while (!purposes.done);
  return found;
}

/** RFC 5280 §4.2.1.9 */
export function parseBasicConstraints(value: Uint8Array): BasicConstraints {
  const reader = new DerReader(value);
  const constraints = reader.enter(Tag.SEQUENCE);
  reader.end();
  const cA = optionalBoolean(constraints);
  const pathLenConstraint = constraints.done ? undefined : constraints.small(0x7fff_ffff);
  constraints.end();
  return { cA, pathLenConstraint };
}

/** At least one name (RFC 5280 §4.2.1.6). */
export function parseSubjectAltName(value: Uint8Array): GeneralName[] {
  const reader = new DerReader(value);
  const names = reader.enter(Tag.SEQUENCE);
  reader.end();
  const found: GeneralName[] = [];
  do {
    const name = readGeneralName(names);
    if (name.type === 'iPAddress' && name.value.length !== 4 && name.value.length !== 16) {
      throw names.error(`expected an iPAddress of 4 or 16 bytes, found ${name.value.length}`);
    }
    found.push(name);
  } while (!names.done);
  return found;
}

/** One GeneralName. @throws DerError on a form that RFC 5280 does not know */
export function readGeneralName(reader: DerReader): GeneralName {
  const tag = reader.next ?? 0;
  const text = textForms[tag];
  if (text !== undefined) return { type: text, value: ia5(reader, tag) };
  if (tag === constructedContextTag(4))
    return { type: 'directoryName', value: readDirectoryName(reader.enter(tag)) };
  const type = otherForms[tag];
  if (type === undefined) throw reader.error('expected a form of GeneralName');
  return { type, value: new DerReader(reader.any()).contents(tag) };
}

const textForms: Readonly<Record<number, 'rfc822Name' | 'dNSName' | 'uniformResourceIdentifier'>> = {
  [contextTag(1)]: 'rfc822Name',
  [contextTag(2)]: 'dNSName',
  [contextTag(6)]: 'uniformResourceIdentifier',
};

const otherForms: Readonly<
  Record<number, 'iPAddress' | 'otherName' | 'x400Address' | 'ediPartyName' | 'registeredID'>
> = {
  [constructedContextTag(0)]: 'otherName',
  [constructedContextTag(3)]: 'x400Address',
  [constructedContextTag(5)]: 'ediPartyName',
  [contextTag(7)]: 'iPAddress',
  [contextTag(8)]: 'registeredID',
};

/** EXPLICIT, for a CHOICE has no tag of its own to replace (X.680 §31.2.7). */
function readDirectoryName(reader: DerReader): Name {
  const name = readName(reader);
  reader.end();
  return name;
}

/** IA5String: ASCII and nothing beyond. */
function ia5(reader: DerReader, tag: number): string {
  const contents = reader.contents(tag);
  let text = '';
  for (const byte of contents) {
    if (byte >= 0x80) throw reader.error('expected an IA5String of ASCII characters');
    text += String.fromCharCode(byte);
  }
  return text;
}

/** BOOLEAN DEFAULT FALSE. X.690 §11.5 forbids to write the default; CAs have done so, and all peers read it. */
function optionalBoolean(reader: DerReader): boolean {
  return reader.next === Tag.BOOLEAN ? reader.boolean() : false;
}
