/**
 * The TLS feature extension (RFC 7633): what a certificate demands of the server that shows it. Of the features that it
 * may list TLS 1.2 clients know one, status_request: "must-staple". A thief of the key cannot then keep silent about its
 * revocation.
 */

import { type Certificate, findExtension } from './certificate.ts';
import { DerReader, Tag } from './der.ts';
import { oids } from './oids.ts';

/** The number of the TLS extension status_request (RFC 6066 §1.1). */
const statusRequest = 5;

/** More than TLS 1.2 has extensions. */
const maxFeatures = 64;

/**
 * Whether the certificate lists status_request in its TLS feature extension: then it is to be refused without a good OCSP
 * response, as is all that it has issued (RFC 7633 §4.2.2, §4.2.3). @throws DerError where the extension is malformed
 */
export function mustStaple(certificate: Certificate): boolean {
  const extension = findExtension(certificate, oids['id-pe-tlsfeature']);
  if (extension === undefined) return false;
  const reader = new DerReader(extension.value);
  const features = reader.enter(Tag.SEQUENCE);
  reader.end();
  const numbers: number[] = [];
  while (!features.done) {
    if (numbers.length === maxFeatures) throw features.error(`expected at most ${maxFeatures} TLS features`);
    numbers.push(features.small(0xffff));
  }
  return numbers.includes(statusRequest);
}
