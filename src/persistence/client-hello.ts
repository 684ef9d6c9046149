/**
 * A ClientHello in passing (RFC 5246 §7.4.1.2): what tells a balancer whose client this is.
 *
 * What is read is judged as a Reprise server judges it: every length, the end of the message, server_name, ALPN and
 * supported_versions. All else is the server's to judge: which versions, suites and compression methods are offered,
 * what stands in other extensions and whether one of those comes twice, and what follows the hello.
 */

import { extensions } from '../handshake/extensions.ts';
import { fromLatin1 } from '../wire/bytes.ts';
import { fault } from '../wire/error.ts';
import { Reader } from '../wire/reader.ts';
import { type HelloKind, HelloPeeker, type Peek, type PeekOptions } from './peeker.ts';
import { expectEnd, lastVector, once, readExtensions, readOpening, readProtocolNames } from './walk.ts';

export interface PeekedClientHello {
  readonly status: 'hello';
  /** client_version: 0x0303 from clients of TLS 1.2 and of TLS 1.3 alike (RFC 8446 §4.1.2). */
  readonly clientVersion: number;
  /** supported_versions (RFC 8446 §4.2.1); undefined in a hello without it, which is one from before TLS 1.3. */
  readonly supportedVersions: readonly number[] | undefined;
  /** 0 to 32 bytes, a copy. Clients of TLS 1.3, and those with a ticket, send one that nobody gave them. */
  readonly sessionId: Uint8Array;
  /** The host name of server_name in lower case (RFC 6066 §3). */
  readonly serverName: string | undefined;
  /** As offered, a character a byte (RFC 7301 §3.1). */
  readonly alpnProtocols: readonly string[];
}

export type ClientHelloPeek = Peek<PeekedClientHello>;

/** For bytes that come in pieces: the work is linear, however small they are. */
export class ClientHelloPeeker extends HelloPeeker<PeekedClientHello> {
  constructor(options?: PeekOptions) {
    super(clientHello, options);
  }
}

/**
 * What the first bytes of a client say: `bytes` is all that has come so far.
 * @throws TypeError on what is no Uint8Array
 */
export function peekClientHello(bytes: Uint8Array, options?: PeekOptions): ClientHelloPeek {
  return new ClientHelloPeeker(options).push(bytes);
}

const clientHello: HelloKind<PeekedClientHello> = { name: 'ClientHello', read };

const { server_name, application_layer_protocol_negotiation, supported_versions } = extensions;

function read(body: Uint8Array): PeekedClientHello {
  const hello = new Reader(body);
  const { version, sessionId } = readOpening(hello);
  skipNumbers(hello, hello.length(2, 2, 0xfffe)); // cipher_suites
  hello.skip(hello.length(1, 1, 0xff)); // compression_methods
  let serverName: string | undefined;
  let alpnProtocols: readonly string[] | undefined;
  let supportedVersions: readonly number[] | undefined;
  readExtensions(hello, (type, data) => {
    if (type === server_name.type) {
      serverName = once('server_name', serverName, readServerName(data));
    } else if (type === application_layer_protocol_negotiation.type) {
      alpnProtocols = once('the list of application protocols', alpnProtocols, readProtocolNames(data));
    } else if (type === supported_versions.type) {
      supportedVersions = once('supported_versions', supportedVersions, readVersions(data));
    }
  });
  return {
    status: 'hello',
    clientVersion: version,
    supportedVersions,
    sessionId,
    serverName,
    alpnProtocols: alpnProtocols ?? [],
  };
}

/** A vector of 16-bit numbers that nobody asks for. */
function skipNumbers(reader: Reader, length: number): void {
  if (length % 2 !== 0) throw fault('malformed', `expected an even number of bytes, found ${length}`);
  reader.skip(length);
}

/** One name of a host, which is the only kind that there is (RFC 6066 §3, RFC 1035 §2.3.4). */
function readServerName(data: Reader): string {
  const list = lastVector(data, 2, 1, 0xffff);
  const nameType = list.uint(1);
  const name = fromLatin1(list.bytes(list.length(2, 1, 0xffff)));
  expectEnd(list);
  if (nameType !== 0) throw fault('malformed', `expected a name of type host_name, got type ${nameType}`);
  if (/^[!-~]{1,255}$/.test(name)) return name.toLowerCase();
  throw fault('illegal-parameter', 'expected a host name of at most 255 ASCII characters');
}

function readVersions(data: Reader): number[] {
  const list = lastVector(data, 1, 2, 254);
  const versions: number[] = [];
  while (list.remaining > 0) versions.push(list.uint(2));
  return versions;
}
