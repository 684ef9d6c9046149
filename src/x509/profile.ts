/**
 * The profiles: what a certificate must look like beyond what path validation computes with. RFC 5280 §4 demands one
 * form of those who issue on the Internet; the Baseline Requirements of the CA/Browser Forum (BR) demand more of those
 * that browsers trust. A certificate that breaks these rules was made by mistake or by someone who keeps to no rules.
 *
 * The profiles nest: `path` is RFC 5280 §6 alone, `rfc5280` adds its §4, and `webpki` adds the BR for servers.
 */

import { bitLength } from '../crypto/modular.ts';
import { equal } from '../wire/bytes.ts';
import { TlsError } from '../wire/error.ts';
import { formatIpAddress } from './addresses.ts';
import { type Certificate, findExtension } from './certificate.ts';
import { DerError, DerReader, describe, Tag } from './der.ts';
import { attributeTexts, isSelfIssued } from './distinguished-name.ts';
import { type GeneralName, readGeneralName } from './extensions.ts';
import { authorityKeyIdentifier, subjectKeyIdentifier } from './key-identifiers.ts';
import { endsInNumber } from './names.ts';
import { oids } from './oids.ts';
import { type Refusal, refuse, refuseUnreadable } from './refusals.ts';

export const profiles = ['path', 'rfc5280', 'webpki'] as const;
export type Profile = (typeof profiles)[number];

/** Where in the path a certificate stands: the peer's own, one that issued, or the anchor. */
export type Position = 'leaf' | 'issuer' | 'anchor';

/** The first rule of the profile that the certificate breaks in this position. */
export function profileBreach(
  certificate: Certificate,
  position: Position,
  profile: Profile,
): Refusal | undefined {
  const level = profiles.indexOf(profile);
  try {
    for (const rule of table) {
      if (profiles.indexOf(rule.profile) > level || !rule.at.includes(position)) continue;
      if (!rule.holds(certificate)) return refuse('profile', certificate, rule.demand, rule.source);
    }
  } catch (error) {
    if (error instanceof DerError) return refuse('malformed', certificate, describe(error, certificate.der));
    if (error instanceof TlsError) return refuseUnreadable(certificate, error);
    throw error;
  }
  return undefined;
}

interface ProfileRule {
  readonly profile: Profile;
  readonly at: readonly Position[];
  readonly source: string;
  readonly demand: string;
  /** @throws DerError or TlsError on an extension or a key that cannot be read */
  holds(certificate: Certificate): boolean;
}

const everywhere: readonly Position[] = ['leaf', 'issuer', 'anchor'];

const table: readonly ProfileRule[] = [
  {
    profile: 'rfc5280',
    at: ['leaf', 'issuer'], // Roots with the number zero are old, and trusted.
    source: 'RFC 5280 §4.1.2.2',
    demand: 'expected a serial number above zero',
    holds: ({ serialNumber }) => serialNumber.some((byte) => byte !== 0),
  },
  {
    profile: 'rfc5280',
    at: everywhere,
    source: 'RFC 5280 §4.1.2.4',
    demand: 'expected an issuer that has a name',
    holds: ({ issuer }) => issuer.rdnSequence.length > 0,
  },
  {
    profile: 'rfc5280',
    at: ['issuer', 'anchor'],
    source: 'RFC 5280 §4.1.2.6',
    demand: 'expected a CA that has a name',
    holds: ({ subject }) => subject.rdnSequence.length > 0,
  },
  {
    profile: 'rfc5280',
    at: ['leaf', 'issuer'], // A root that was cross-signed is trusted for its own sake, not for its issuer's.
    source: 'RFC 5280 §4.2.1.1',
    demand: 'expected an authorityKeyIdentifier with a keyIdentifier',
    holds: (certificate) =>
      authorityKeyIdentifier(certificate)?.keyIdentifier !== undefined || isSelfIssued(certificate),
  },
  {
    profile: 'rfc5280',
    at: everywhere,
    source: 'RFC 5280 §4.2.1.2',
    demand: 'expected a CA with a subjectKeyIdentifier',
    holds: (certificate) => subjectKeyIdentifier(certificate) !== undefined || !isCa(certificate),
  },
  {
    profile: 'rfc5280',
    at: ['leaf'],
    source: 'RFC 5280 §4.2.1.3',
    demand: 'expected keyCertSign for a CA alone',
    holds: (certificate) => isCa(certificate) || !certificate.keyUsage?.includes('keyCertSign'),
  },
  {
    profile: 'rfc5280',
    at: ['leaf'],
    source: 'RFC 5280 §4.2.1.6',
    demand: 'expected a critical subjectAltName where there is no subject',
    holds: (certificate) =>
      certificate.subject.rdnSequence.length > 0 || isCritical(certificate, 'id-ce-subjectAltName') === true,
  },
  {
    profile: 'rfc5280',
    at: everywhere,
    source: 'RFC 5280 §4.2.1.9',
    demand: 'expected the basicConstraints of a CA to be critical',
    holds: (certificate) => isCritical(certificate, 'id-ce-basicConstraints') === true || !isCa(certificate),
  },
  {
    profile: 'rfc5280',
    at: everywhere,
    source: 'RFC 5280 §4.2.1.9',
    demand: 'expected a pathLenConstraint for a CA with keyCertSign alone',
    holds: (certificate) =>
      certificate.basicConstraints?.pathLenConstraint === undefined ||
      (isCa(certificate) && certificate.keyUsage?.includes('keyCertSign') !== false),
  },
  {
    profile: 'rfc5280',
    at: ['leaf'],
    source: 'RFC 5280 §4.2.1.10',
    demand: 'expected nameConstraints for a CA alone',
    holds: (certificate) =>
      isCa(certificate) || findExtension(certificate, oids['id-ce-nameConstraints']) === undefined,
  },
  {
    profile: 'rfc5280',
    at: everywhere,
    source: 'RFC 5280 §4.2.1.11',
    demand: 'expected policyConstraints to be critical',
    holds: (certificate) => isCritical(certificate, 'id-ce-policyConstraints') !== false,
  },
  {
    profile: 'rfc5280',
    at: everywhere,
    source: 'RFC 5280 §4.2.2.1',
    demand: 'expected an authorityInfoAccess with a description',
    holds: hasReadableInfoAccess,
  },
  {
    profile: 'webpki',
    at: ['leaf'],
    source: 'BR §7.1.1',
    demand: 'expected version 3',
    holds: ({ version }) => version === 3,
  },
  {
    profile: 'webpki',
    at: everywhere,
    source: 'BR §6.1.6',
    demand: 'expected an RSA modulus of a whole number of bytes',
    holds: ({ publicKey }) => publicKey.type !== 'rsa' || bitLength(publicKey.modulus) % 8 === 0,
  },
  {
    profile: 'webpki',
    at: ['anchor'],
    source: 'BR §7.1.2.1.2',
    demand: 'expected a root without extKeyUsage',
    holds: (certificate) => !isSelfIssued(certificate) || certificate.extendedKeyUsage === undefined,
  },
  {
    profile: 'webpki',
    at: ['anchor'],
    source: 'BR §7.1.2.1.3',
    demand: 'expected a root whose authorityKeyIdentifier is its subjectKeyIdentifier and nothing more',
    holds: (certificate) => !isSelfIssued(certificate) || namesItselfAlone(certificate),
  },
  {
    profile: 'webpki',
    at: ['leaf'],
    source: 'BR §7.1.2.7.6',
    demand: 'expected an extKeyUsage that is not critical and does not allow any purpose',
    holds: (certificate) =>
      isCritical(certificate, 'id-ce-extKeyUsage') !== true &&
      certificate.extendedKeyUsage?.includes(oids.anyExtendedKeyUsage) !== true,
  },
  {
    profile: 'webpki',
    at: ['leaf'],
    source: 'BR §7.1.2.7.8',
    demand: 'expected no CA that may not sign certificates',
    holds: (certificate) => !isCa(certificate) || certificate.keyUsage?.includes('keyCertSign') !== false,
  },
  {
    profile: 'webpki',
    at: ['leaf'],
    source: 'BR §7.1.2.7.12',
    demand: 'expected a subjectAltName that is not critical beside a subject',
    holds: (certificate) =>
      certificate.subject.rdnSequence.length === 0 ||
      isCritical(certificate, 'id-ce-subjectAltName') !== true,
  },
  {
    profile: 'webpki',
    at: ['leaf'],
    source: 'BR §7.1.4.3',
    demand: 'expected a commonName that names a host to be spelt as the subjectAltName spells it',
    holds: spellsCommonNameAsItsNames,
  },
];

function isCa({ basicConstraints }: Certificate): boolean {
  return basicConstraints?.cA === true;
}

/** Undefined where the certificate has no such extension. */
function isCritical(certificate: Certificate, kind: keyof typeof oids): boolean | undefined {
  return findExtension(certificate, oids[kind])?.critical;
}

/** AuthorityInfoAccessSyntax: one AccessDescription at least. Nothing is ever fetched from there. */
function hasReadableInfoAccess(certificate: Certificate): boolean {
  const extension = findExtension(certificate, oids['id-pe-authorityInfoAccess']);
  if (extension === undefined) return true;
  const reader = new DerReader(extension.value);
  const descriptions = reader.enter(Tag.SEQUENCE);
  reader.end();
  if (descriptions.done) return false;
  while (!descriptions.done) {
    const description = descriptions.enter(Tag.SEQUENCE);
    description.oid();
    readGeneralName(description);
    description.end();
  }
  return true;
}

function namesItselfAlone(certificate: Certificate): boolean {
  const authority = authorityKeyIdentifier(certificate);
  if (authority === undefined) return true;
  const own = subjectKeyIdentifier(certificate);
  const { keyIdentifier, namesCertificate } = authority;
  return !namesCertificate && keyIdentifier !== undefined && own !== undefined && equal(keyIdentifier, own);
}

/**
 * Other programs read a host from the commonName. Where it repeats one of the checked names it does so to the letter, and
 * an address or an internationalised name in it is no other than that: a second spelling is read in a second way.
 */
function spellsCommonNameAsItsNames({ subject, subjectAltNames = [] }: Certificate): boolean {
  const names = new Set(subjectAltNames.flatMap(hostText));
  const inLowerCase = new Set([...names].map((name) => name.toLowerCase()));
  return attributeTexts(subject, oids['id-at-commonName']).every((commonName) => {
    if (names.has(commonName) || /[\s@]/.test(commonName)) return true;
    const likeUnicodeName = commonName.includes('.') && !/^[!-~]*$/.test(commonName);
    return !likeAddress(commonName) && !likeUnicodeName && !inLowerCase.has(commonName.toLowerCase());
  });
}

function hostText(name: GeneralName): string[] {
  if (name.type === 'iPAddress') return [formatIpAddress(name.value)];
  return name.type === 'dNSName' ? [name.value] : [];
}

/** No pattern has two ways to match one text, or a text that was made for it would have it try them all. */
function likeAddress(text: string): boolean {
  return (text.includes(':') && /^[\da-f:.]*$/i.test(text)) || endsInNumber(text);
}
