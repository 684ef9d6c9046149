/**
 * The key identifiers: which of its issuer's keys signed a certificate (RFC 5280 §4.2.1.1), and which key a certificate
 * is about (§4.2.1.2). They say where to look first; what is true, the signature says.
 */

import { type Certificate, findExtension } from './certificate.ts';
import { constructedContextTag, contextTag, DerError, DerReader, Tag } from './der.ts';
import { oids } from './oids.ts';

export interface AuthorityKeyIdentifier {
  readonly keyIdentifier: Uint8Array | undefined;
  /** Whether it names the issuer's certificate as well, by its issuer or its serial number. */
  readonly namesCertificate: boolean;
}

/** @throws DerError */
export function parseAuthorityKeyIdentifier(value: Uint8Array): AuthorityKeyIdentifier {
  const reader = new DerReader(value);
  const fields = reader.enter(Tag.SEQUENCE);
  reader.end();
  const keyIdentifier = fields.next === contextTag(0) ? fields.contents(contextTag(0)) : undefined;
  const issuer = fields.enterOptional(constructedContextTag(1));
  const serialNumber = fields.next === contextTag(2) ? fields.contents(contextTag(2)) : undefined;
  fields.end();
  return { keyIdentifier, namesCertificate: issuer !== undefined || serialNumber !== undefined };
}

/** @throws DerError */
export function parseSubjectKeyIdentifier(value: Uint8Array): Uint8Array {
  const reader = new DerReader(value);
  const keyIdentifier = reader.contents(Tag['OCTET STRING']);
  reader.end();
  return keyIdentifier;
}

/** @throws DerError */
export function authorityKeyIdentifier(certificate: Certificate): AuthorityKeyIdentifier | undefined {
  const extension = findExtension(certificate, oids['id-ce-authorityKeyIdentifier']);
  return extension && parseAuthorityKeyIdentifier(extension.value);
}

/** @throws DerError */
export function subjectKeyIdentifier(certificate: Certificate): Uint8Array | undefined {
  const extension = findExtension(certificate, oids['id-ce-subjectKeyIdentifier']);
  return extension && parseSubjectKeyIdentifier(extension.value);
}

/** For the order of a search, where a malformed identifier is as good as none. */
export function keyIdentifierHint(certificate: Certificate): Uint8Array | undefined {
  return hint(() => subjectKeyIdentifier(certificate));
}

/** The key that the certificate says it is signed with. */
export function authorityKeyIdentifierHint(certificate: Certificate): Uint8Array | undefined {
  return hint(() => authorityKeyIdentifier(certificate)?.keyIdentifier);
}

function hint<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}
