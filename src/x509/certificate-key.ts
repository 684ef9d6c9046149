/**
 * The key in a certificate (RFC 5280 §4.1), for those who know the certificate or the key already: what stands before it
 * is passed over, what stands behind it is not looked at. Who has still to find out whom a certificate is for reads it
 * with `parseCertificate`.
 */

import type { PublicKey } from '../crypto/keys.ts';
import { fault } from '../wire/error.ts';
import { constructedContextTag, DerError, DerReader, describe, Tag } from './der.ts';
import { parseSubjectPublicKeyInfo } from './public-keys.ts';

export interface CertificateKey {
  readonly subjectPublicKeyInfo: Uint8Array;
  readonly publicKey: PublicKey;
  /** What the certificate is signed with, as an object identifier. */
  readonly signatureAlgorithm: { readonly oid: string };
}

/** @throws TlsError `bad_certificate` on what is none, `unsupported_certificate` on a key of another kind or size */
export function parseCertificateKey(bytes: Uint8Array): CertificateKey {
  try {
    const fields = new DerReader(bytes).enter(Tag.SEQUENCE).enter(Tag.SEQUENCE);
    fields.enterOptional(constructedContextTag(0)); // version
    fields.integer(); // serialNumber
    const oid = fields.enter(Tag.SEQUENCE).oid(); // signature
    fields.view(Tag.SEQUENCE); // issuer
    fields.view(Tag.SEQUENCE); // validity
    fields.view(Tag.SEQUENCE); // subject
    const subjectPublicKeyInfo = fields.view(Tag.SEQUENCE);
    const publicKey = parseSubjectPublicKeyInfo(subjectPublicKeyInfo);
    return { subjectPublicKeyInfo, publicKey, signatureAlgorithm: { oid } };
  } catch (error) {
    if (error instanceof DerError) throw fault('bad_certificate', `certificate: ${describe(error, bytes)}`);
    throw error;
  }
}
