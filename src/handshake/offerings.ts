/**
 * What a client offers (RFC 5246 §7.4.1.2): the part of its ClientHello that the configuration decides. It is made
 * once for all connections of a configuration.
 */

import type { CipherSuite } from '../crypto/cipher-suites.ts';
import type { NamedGroup, SignatureScheme } from '../crypto/provider.ts';
import { empty, latin1, utf8 } from '../wire/bytes.ts';
import { encode } from '../wire/codec.ts';
import { extensions as known, OCSPStatusRequest, writeExtensions } from './extensions.ts';
import { uncompressed } from './hello.ts';
import { ocspStatus } from './messages.ts';
import type { ClientOfferings } from './parameters.ts';

export interface Offerable {
  readonly cipherSuites: readonly CipherSuite[];
  readonly groups: readonly NamedGroup[];
  readonly signatureSchemes: readonly SignatureScheme[];
  readonly alpnProtocols: readonly string[];
  readonly recordSizeLimit: number;
}

/** What a client asks for where it was told to. */
interface Wishes {
  readonly requestSignedCertificateTimestamps?: boolean;
}

/** `hostName` goes into server_name; an address does not (RFC 6066 §3), so it is not given here. */
export function makeOfferings(
  offerable: Offerable,
  wishes: Wishes,
  hostName: string | undefined,
): ClientOfferings {
  const { cipherSuites, groups, signatureSchemes, alpnProtocols, recordSizeLimit } = offerable;
  const extensions = writeExtensions('client', {
    ...(hostName === undefined ? {} : { server_name: [{ nameType: 0, hostName: utf8(hostName) }] }),
    extended_master_secret: {},
    renegotiation_info: empty,
    status_request: {
      statusType: ocspStatus,
      request: encode(OCSPStatusRequest, { responderIDList: [], requestExtensions: empty }),
    },
    signed_certificate_timestamp: wishes.requestSignedCertificateTimestamps ? {} : undefined,
    supported_groups: groups.map(({ id }) => id),
    ec_point_formats: [uncompressed],
    ...(alpnProtocols.length === 0
      ? {}
      : { application_layer_protocol_negotiation: alpnProtocols.map(latin1) }),
    record_size_limit: recordSizeLimit,
    signature_algorithms: signatureSchemes.map(({ id }) => id),
  });
  const types = (extensions ?? []).map(({ extensionType }) => extensionType);
  return {
    cipherSuites: cipherSuites.map(({ id }) => id),
    extensions,
    // A server must not send signature_algorithms, asked or not (RFC 5246 §7.4.1.4.1).
    asked: new Set(types.filter((type) => type !== known.signature_algorithms.type)),
  };
}
