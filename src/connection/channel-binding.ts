/**
 * Channel bindings (RFC 5929): bytes that are the same at both ends of one connection and nowhere else, for
 * authentication protocols above TLS to bind to.
 */

import type { Hash } from '../crypto/provider.ts';
import type { Established } from '../handshake/establish.ts';

export type ChannelBindingType = 'tls-unique' | 'tls-server-end-point';

/**
 * `hashes` are those at hand.
 * @throws TypeError where this connection has no such binding, RangeError on a type that there is not
 */
export function channelBinding(
  type: ChannelBindingType,
  established: Established,
  hashes: readonly Hash[],
): Uint8Array {
  switch (type) {
    case 'tls-unique':
      requireExtendedMasterSecret(established, type);
      return established.firstVerifyData.slice();
    case 'tls-server-end-point':
      return serverEndPoint(established, hashes);
    default: {
      const unknown: never = type;
      throw new RangeError(`expected tls-unique or tls-server-end-point, got ${unknown}`);
    }
  }
}

function serverEndPoint(established: Established, hashes: readonly Hash[]): Uint8Array {
  const certificate = established.serverIdentity?.leaf;
  if (certificate === undefined) throw new TypeError("the server's certificate is not at hand");
  if (certificate.signatureAlgorithm === undefined) {
    throw new TypeError(
      "tls-server-end-point needs the server's certificate, of which only the key is known",
    );
  }
  const { oid } = certificate.signatureAlgorithm;
  const name = signatureHashes[oid];
  if (name === undefined) {
    throw new TypeError(
      `tls-server-end-point is not defined for a certificate signed with ${oid} (RFC 5929 §4.1)`,
    );
  }
  const hash = hashes.find((hash) => hash.name === name);
  if (hash === undefined) throw new TypeError(`tls-server-end-point needs ${name} among the hashes`);
  return hash.digest(certificate.der);
}

/** Without it two connections can be made to share their secrets, and what is derived from them (RFC 7627 §5.4). */
export function requireExtendedMasterSecret(
  { extendedMasterSecret }: Pick<Established, 'extendedMasterSecret'>,
  what: string,
): void {
  if (!extendedMasterSecret) throw new TypeError(`${what} needs extended_master_secret (RFC 7627 §5.4)`);
}

/** The hash of each certificate signature algorithm; SHA-256 in the place of MD5 and SHA-1 (RFC 5929 §4.1). */
const signatureHashes: Readonly<Record<string, Hash['name']>> = {
  '1.2.840.113549.1.1.4': 'SHA-256', // md5WithRSAEncryption
  '1.2.840.113549.1.1.5': 'SHA-256', // sha1WithRSAEncryption
  '1.2.840.113549.1.1.11': 'SHA-256', // sha256WithRSAEncryption
  '1.2.840.113549.1.1.12': 'SHA-384', // sha384WithRSAEncryption
  '1.2.840.113549.1.1.13': 'SHA-512', // sha512WithRSAEncryption
  '1.2.840.10045.4.1': 'SHA-256', // ecdsa-with-SHA1
  '1.2.840.10045.4.3.2': 'SHA-256', // ecdsa-with-SHA256
  '1.2.840.10045.4.3.3': 'SHA-384', // ecdsa-with-SHA384
  '1.2.840.10045.4.3.4': 'SHA-512', // ecdsa-with-SHA512
};
