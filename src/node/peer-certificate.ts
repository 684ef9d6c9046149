/**
 * The peer's certificate in the shape of `node:tls`. Node itself makes the object from the bytes, so that no field is
 * told in another way; it is for looking at. Who is trusted was decided before, on our own reading of these bytes.
 */

import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, PeerCertificate } from 'node:tls';

/** The first certificate of a chain in DER. */
export function peerCertificate(chain: readonly Uint8Array[]): PeerCertificate {
  return firstOf(chain).toLegacyObject();
}

/**
 * The same with `issuerCertificate` in it, and so on upwards as far as the chain goes. One that issued itself is its own.
 */
export function detailedPeerCertificate(chain: readonly Uint8Array[]): DetailedPeerCertificate {
  const certificates = chain.map((encoding) => new X509Certificate(encoding));
  const objects = certificates.map((certificate) => certificate.toLegacyObject());
  for (const [i, certificate] of certificates.entries()) {
    const issuer = certificates.findIndex((candidate) => certificate.checkIssued(candidate));
    if (issuer >= 0) Object.assign(objects[i] ?? {}, { issuerCertificate: objects[issuer] });
  }
  return objects[0] as DetailedPeerCertificate;
}

export function firstOf([leaf]: readonly Uint8Array[]): X509Certificate {
  if (leaf === undefined) throw new TypeError('expected a chain of certificates, got an empty one');
  return new X509Certificate(leaf);
}
