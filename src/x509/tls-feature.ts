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

/**
 * Whether the certificate is to be refused without a good OCSP response: its TLS feature extension lists
 * status_request (RFC 7633 §4). @throws DerError where the extension is malformed
 */
export function mustStaple(certificate: Certificate): boolean {
  const extension = findExtension(certificate, oids['id-pe-tlsfeature']);
  if (extension === undefined) return false;
  const reader = new DerReader(extension.value);
  const features = reader.enter(Tag.SEQUENCE);
  reader.end();
  let found = false;
  while (!features.done) found = features.small(0xffff) === statusRequest || found;
  return found;
}
