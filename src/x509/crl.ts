/**
 * Certificate revocation lists: CertificateList (RFC 5280 §5) as a value, and what one says of a certificate (§6.3).
 *
 * Lists come from the application, never from the network, and are direct: signed by the issuer of the certificates that
 * they are about. What a part of a list (a delta, a partition) revokes is revoked; its silence says nothing. A list with
 * any other critical extension is of a kind that is not understood here, and must not be used (§5.2, §5.3).
 */

import { equal, hex } from '../wire/bytes.ts';
import { type AlgorithmIdentifier, type Certificate, readAlgorithmIdentifier } from './certificate.ts';
import { constructedContextTag, DerError, DerReader, describe, Tag } from './der.ts';
import { comparableName, type Name, readName } from './distinguished-name.ts';
import { type Extension, type KeyUsage, readExtensions } from './extensions.ts';
import { parseAuthorityKeyIdentifier } from './key-identifiers.ts';
import { oidName, oids } from './oids.ts';
import { selectEncodings } from './pem.ts';
import { type Refusal, refuse } from './refusals.ts';
import type { Signed } from './signatures.ts';
import { formatTime, readTime } from './time.ts';

export interface CertificateList extends Signed {
  readonly der: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly issuer: Name;
  readonly thisUpdate: number;
  /** Undefined where the list does not say when the next one comes, which RFC 5280 §5.1.2.5 has it say. */
  readonly nextUpdate: number | undefined;
  /** The serial numbers, as in `Certificate`, in hexadecimal. */
  readonly revoked: ReadonlySet<string>;
  /** crlExtensions. */
  readonly extensions: readonly Extension[];
  /** The kinds of extensions among the entries that are critical, or must be. */
  readonly criticalEntryExtensions: ReadonlySet<string>;
}

/** The issuer of a certificate, as far as its lists concern it. */
export interface CrlIssuer {
  readonly subject: Name;
  readonly keyUsage: readonly KeyUsage[] | undefined;
  readonly keyIdentifier: Uint8Array | undefined;
  /** Whether this issuer's key signed the list. */
  signed(list: CertificateList): boolean;
}

/**
 * Lists that the user gives: PEM with any number of them, DER with one, or several of such. The bytes are copied.
 * @throws TypeError on another type, RangeError on what is no CertificateList
 */
export function parseCertificateLists(
  input: string | Uint8Array | readonly (string | Uint8Array)[],
): CertificateList[] {
  return selectEncodings(input, 'crls', 'X509 CRL').map(parseCertificateList); // RFC 7468 §6
}

/**
 * Whether the lists let the certificate pass (RFC 5280 §6.3.3). Without a list of this issuer nothing is known against
 * it. With one that cannot be relied on its status is undetermined, which is a refusal: whoever gives lists wants them
 * to count.
 */
export function checkRevocation(
  certificate: Certificate,
  issuer: CrlIssuer,
  lists: readonly CertificateList[],
  time: number,
): Refusal | undefined {
  const issuerName = comparableName(certificate.issuer);
  const relevant = lists.filter(
    (list) => comparableName(list.issuer) === issuerName && (names(list, issuer) || issuer.signed(list)),
  );
  const serialNumber = hex(certificate.serialNumber);
  let flaw: string | undefined;
  let isKnown = relevant.length === 0;
  for (const list of relevant) {
    const ownFlaw = listFlaw(list, issuer, time);
    if (ownFlaw === undefined && list.revoked.has(serialNumber)) {
      const sentence = `expected a certificate in force, found it revoked by ${issuer.subject}`;
      return refuse('revoked', certificate, sentence);
    }
    const doubt = ownFlaw ?? incompleteness(list);
    isKnown ||= doubt === undefined;
    flaw ??= doubt;
  }
  if (isKnown) return undefined;
  return refuse('revocation-status', certificate, `expected a CRL of ${issuer.subject} ${flaw}`);
}

/**
 * Why nothing counts of what a list says, as what was expected of it. A critical extension that is not understood may give
 * its entries another sense.
 */
function listFlaw(list: CertificateList, issuer: CrlIssuer, time: number): string | undefined {
  const { thisUpdate, nextUpdate = Number.POSITIVE_INFINITY } = list;
  if (issuer.keyUsage?.includes('cRLSign') === false) return 'whose keyUsage has cRLSign, found one without';
  if (time < thisUpdate) return `in force, found one of ${formatTime(thisUpdate)}`;
  if (time > nextUpdate) return `in force, found one until ${formatTime(nextUpdate)}`;
  const critical = [
    ...list.extensions
      .filter((extension) => extension.critical && !partial.has(extension.oid))
      .map(({ oid }) => oid),
    ...list.criticalEntryExtensions,
  ];
  if (critical.length > 0) return `without critical extensions, found ${critical.map(oidName).join(', ')}`;
  if (!issuer.signed(list)) return 'with its signature, found one that does not hold';
  return undefined;
}

/** Why the silence of a list says nothing, as what was expected of it. */
function incompleteness({ nextUpdate, extensions }: CertificateList): string | undefined {
  if (nextUpdate === undefined) return 'that says when the next one comes, found one that does not';
  if (!extensions.some(({ oid }) => oid === oids['id-ce-cRLNumber'])) {
    return 'with a cRLNumber (§5.2.3), found one without';
  }
  const part = extensions.find(({ oid }) => partial.has(oid));
  return part && `that is complete, found one with ${oidName(part.oid)}`;
}

/** What makes a list a part of one, critical (RFC 5280 §5.2.4, §5.2.5) or by mistake not. */
const partial: ReadonlySet<string> = new Set([
  oids['id-ce-deltaCRLIndicator'],
  oids['id-ce-issuingDistributionPoint'],
]);

/**
 * Whether the list says that it is by this issuer's key. An issuer that renews its key has lists of each (RFC 5280
 * §5.2.1): the identifier says whose a list is. Where it names another the signature decides, for one key may have
 * certificates with several identifiers, among which who was revoked would choose.
 */
function names({ extensions }: CertificateList, { keyIdentifier }: CrlIssuer): boolean {
  const extension = extensions.find(({ oid }) => oid === oids['id-ce-authorityKeyIdentifier']);
  if (extension === undefined || keyIdentifier === undefined) return true;
  const authority = parseAuthorityKeyIdentifier(extension.value);
  return authority.keyIdentifier === undefined || equal(authority.keyIdentifier, keyIdentifier);
}

function parseCertificateList(bytes: Uint8Array): CertificateList {
  try {
    const reader = new DerReader(bytes);
    const list = readCertificateList(reader, bytes);
    reader.end();
    return list;
  } catch (cause) {
    if (cause instanceof DerError) throw new RangeError(`crls: ${describe(cause, bytes)}`, { cause });
    throw cause;
  }
}

function readCertificateList(reader: DerReader, der: Uint8Array): CertificateList {
  const list = reader.enter(Tag.SEQUENCE);
  const tbs = list.view(Tag.SEQUENCE);
  const signatureAlgorithm = readAlgorithmIdentifier(list);
  const signature = list.wholeBits();
  list.end();

  const fields = new DerReader(tbs).enter(Tag.SEQUENCE);
  const version = fields.next === Tag.INTEGER ? fields.small(1) + 1 : 1;
  const inner = readAlgorithmIdentifier(fields);
  if (!equal(inner.der, signatureAlgorithm.der)) {
    throw fields.error('expected the signature algorithm inside to be that outside (RFC 5280 §5.1.1.2)');
  }
  const issuer = readName(fields);
  const thisUpdate = readTime(fields);
  const hasNextUpdate = fields.next === Tag.UTCTime || fields.next === Tag.GeneralizedTime;
  const nextUpdate = hasNextUpdate ? readTime(fields) : undefined;
  const entries = readRevokedCertificates(fields.enterOptional(Tag.SEQUENCE));
  const explicit = fields.enterOptional(constructedContextTag(0));
  if (explicit !== undefined && version !== 2) throw explicit.error('expected extensions in version 2 alone');
  const extensions = explicit === undefined ? [] : readExtensions(explicit.enter(Tag.SEQUENCE));
  explicit?.end();
  fields.end();
  const authority = extensions.find(({ oid }) => oid === oids['id-ce-authorityKeyIdentifier']);
  if (authority !== undefined) parseAuthorityKeyIdentifier(authority.value);
  return { der, tbs, signatureAlgorithm, signature, issuer, thisUpdate, nextUpdate, extensions, ...entries };
}

/**
 * revokedCertificates (RFC 5280 §5.1.2.6). When and why does not matter here, save where a delta takes an entry back
 * (§5.3.1). An entry of another issuer's makes the list an indirect one, be it marked as critical (§5.3.3) or not.
 */
function readRevokedCertificates(
  entries: DerReader | undefined,
): Pick<CertificateList, 'revoked' | 'criticalEntryExtensions'> {
  const revoked = new Set<string>();
  const criticalEntryExtensions = new Set<string>();
  while (entries && !entries.done) {
    const entry = entries.enter(Tag.SEQUENCE);
    const serialNumber = hex(entry.unsigned());
    readTime(entry);
    const extensions = entry.done ? [] : readExtensions(entry.enter(Tag.SEQUENCE));
    entry.end();
    for (const { oid, critical } of extensions) {
      if (critical || oid === oids['id-ce-certificateIssuer']) criticalEntryExtensions.add(oid);
    }
    const reasonCode = extensions.find(({ oid }) => oid === oids['id-ce-cRLReasons']);
    if (reasonCode === undefined || !equal(reasonCode.value, removeFromCRL)) revoked.add(serialNumber);
  }
  return { revoked, criticalEntryExtensions };
}

/** CRLReason (RFC 5280 §5.3.1): an ENUMERATED of 8. */
const removeFromCRL = Uint8Array.of(0x0a, 1, 8);
