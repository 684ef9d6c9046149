/**
 * What a server makes of a ClientHello (RFC 5246 §7.4.1.2) before it decides anything: the version, the signalling
 * values, the extensions, each checked once and named.
 */

import { TLS_1_2 } from '../record/content.ts';
import { fromLatin1 } from '../wire/bytes.ts';
import { decode } from '../wire/codec.ts';
import { fault } from '../wire/error.ts';
import { type Extensions, OCSPStatusRequest, readClientExtensions } from './extensions.ts';
import { type ClientHello, ocspStatus, type ServerHello } from './messages.ts';
import type { ClientHelloInfo } from './parameters.ts';

/** The one compression method (RFC 5246 §6.1); all others are refused (CRIME). */
export const nullCompression = 0;

/** A hello of this version is refused whatever it lists beside it (RFC 7568 §3, RFC 8446 Appendix D.5). */
const SSL_3_0 = 0x0300;

/** Signalling values that stand among the suites (RFC 5746 §3.3, RFC 7507 §2). */
const TLS_EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff;
const TLS_FALLBACK_SCSV = 0x5600;

/** RFC 8422 §5.1.2: the one point format that there is. */
export const uncompressed = 0;

/** RFC 8449 §4 */
const minRecordSizeLimit = 64;

/** RFC 1035 §2.3.4 */
const maxHostName = 255;

/** A ClientHello, read. */
export interface ClientOffer {
  readonly hello: ClientHello;
  readonly extensions: Extensions<'client'>;
  readonly serverName: string | undefined;
  /** Whether the client asks for the indication of RFC 5746, in either of its two ways. */
  readonly secureRenegotiation: boolean;
  readonly extendedMasterSecret: boolean;
  /** Whether the client asks for an OCSP response beside the certificate (RFC 6066 §8). */
  readonly statusRequest: boolean;
  readonly info: ClientHelloInfo;
}

/** @throws TlsError with the alert of the RFC that the hello breaks */
export function readClientHello(hello: ClientHello): ClientOffer {
  const extensions = readClientExtensions(hello.extensions);
  checkVersion(hello, extensions);
  if (!hello.compressionMethods.includes(nullCompression)) {
    throw fault(
      'illegal-parameter',
      'expected null among the compression methods, got none (RFC 5246 §7.4.1.2)',
    );
  }
  checkPointFormats(extensions.ec_point_formats);
  checkRecordSizeLimit(extensions.record_size_limit);
  checkInitialRenegotiationInfo(extensions.renegotiation_info);
  const serverName = readServerName(extensions.server_name);
  return {
    hello,
    extensions,
    serverName,
    secureRenegotiation:
      extensions.renegotiation_info !== undefined ||
      hello.cipherSuites.includes(TLS_EMPTY_RENEGOTIATION_INFO_SCSV),
    extendedMasterSecret: extensions.extended_master_secret !== undefined,
    statusRequest: readStatusRequest(extensions.status_request),
    info: Object.freeze({
      serverName,
      alpnProtocols: (extensions.application_layer_protocol_negotiation ?? []).map(fromLatin1),
      cipherSuites: hello.cipherSuites,
      signatureSchemes: extensions.signature_algorithms ?? [],
      groups: extensions.supported_groups ?? [],
    }),
  };
}

/** @throws TlsError where a side's record_size_limit is below what RFC 8449 §4 allows */
export function checkRecordSizeLimit(limit: number | undefined): void {
  if (limit === undefined || limit >= minRecordSizeLimit) return;
  throw fault(
    'illegal-parameter',
    `expected a record_size_limit of at least ${minRecordSizeLimit}, got ${limit}`,
  );
}

/** @throws TlsError where a side's list of point formats leaves out the one that is used (RFC 8422 §5.1.2) */
export function checkPointFormats(formats: readonly number[] | undefined): void {
  if (formats === undefined || formats.includes(uncompressed)) return;
  throw fault(
    'illegal-parameter',
    'expected uncompressed among the point formats (RFC 8422 §5.1.2), got none',
  );
}

/** In a first handshake, which is all that there is here, either side's renegotiation_info is empty (RFC 5746 §3.4, §3.6). */
export function checkInitialRenegotiationInfo(renegotiatedConnection: Uint8Array | undefined): void {
  if (renegotiatedConnection === undefined || renegotiatedConnection.length === 0) return;
  throw fault(
    'secure-renegotiation',
    `expected an empty renegotiation_info in a first handshake (RFC 5746 §3), got ${renegotiatedConnection.length} bytes`,
  );
}

/** @throws TlsError on a ServerHello of another version or with compression */
export function checkServerHello({ serverVersion, compressionMethod }: ServerHello): void {
  if (serverVersion !== TLS_1_2) {
    throw fault(
      'protocol-version',
      `expected a ServerHello of TLS 1.2 (0x0303), got version 0x${serverVersion.toString(16).padStart(4, '0')}`,
    );
  }
  if (compressionMethod !== nullCompression) {
    throw fault('illegal-parameter', `expected null compression, got method ${compressionMethod}`);
  }
}

function checkVersion(hello: ClientHello, { supported_versions }: Extensions<'client'>): void {
  // A client of TLS 1.3 says in the extension what it can do, and 1.2 in the old field whatever it can (RFC 8446 §4.1.2).
  const offered =
    supported_versions === undefined ? hello.clientVersion >= TLS_1_2 : supported_versions.includes(TLS_1_2);
  if (offered && hello.clientVersion > SSL_3_0) return;
  if (hello.cipherSuites.includes(TLS_FALLBACK_SCSV)) {
    throw fault(
      'inappropriate-fallback',
      'the client fell back to a version below TLS 1.2, which is spoken here (RFC 7507 §3)',
    );
  }
  const version = `version 0x${hello.clientVersion.toString(16).padStart(4, '0')}`;
  const without = supported_versions === undefined ? `${version} at most` : 'supported_versions without it';
  // RFC 8446 Appendix D.5, RFC 7568 §3: no hello says SSL 3.0 or less, whatever it lists.
  const got = offered ? `one in a hello of ${version}` : without;
  throw fault('protocol-version', `expected an offer of TLS 1.2, got ${got}`);
}

/** A status of another type is none that could be given. Whom the client would rather hear is not looked at. */
function readStatusRequest(asked: Extensions<'client'>['status_request']): boolean {
  if (asked?.statusType !== ocspStatus) return false;
  decode(OCSPStatusRequest, asked.request, 'OCSPStatusRequest');
  return true;
}

/** The host name in lower case; names of hosts are compared without regard to case (RFC 6066 §3). */
function readServerName(list: Extensions<'client'>['server_name']): string | undefined {
  const [name, ...others] = list ?? [];
  if (name === undefined) return undefined;
  if (others.length > 0)
    throw fault('malformed', `expected one name in server_name (RFC 6066 §3), got ${others.length + 1}`);
  if (name.nameType !== 0)
    throw fault('malformed', `expected a name of type host_name in server_name, got type ${name.nameType}`);
  if (name.hostName.length > maxHostName || name.hostName.some((byte) => byte <= 0x20 || byte >= 0x7f)) {
    throw fault(
      'illegal-parameter',
      `expected a host name of at most ${maxHostName} ASCII characters in server_name (RFC 6066 §3)`,
    );
  }
  return fromLatin1(name.hostName).toLowerCase();
}
