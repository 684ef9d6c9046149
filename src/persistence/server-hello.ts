/**
 * A ServerHello in passing (RFC 5246 §7.4.1.3): what tells a balancer which session a server gave, or goes on with.
 *
 * What is read is judged as a Reprise client judges it: every length, the end of the message, and ALPN. All else is the
 * client's to judge: the version, the suite, and whether each extension was asked for.
 */

import { extensions } from '../handshake/extensions.ts';
import { equal } from '../wire/bytes.ts';
import { fault } from '../wire/error.ts';
import { Reader } from '../wire/reader.ts';
import type { PeekedClientHello } from './client-hello.ts';
import { type HelloKind, HelloPeeker, type Peek, type PeekOptions } from './peeker.ts';
import { expectEnd, once, readExtensions, readOpening, readProtocolNames } from './walk.ts';

export interface PeekedServerHello {
  readonly status: 'hello';
  /** The version that the server chose: supported_versions has it from TLS 1.3 on (RFC 8446 §4.2.1). */
  readonly selectedVersion: number;
  /** 0 to 32 bytes, a copy; empty where the session is not to be resumed (RFC 5246 §7.4.1.3). */
  readonly sessionId: Uint8Array;
  /** The IANA number. */
  readonly cipherSuite: number;
  /** Undefined where none was chosen, and in TLS 1.3, which says it under encryption. */
  readonly alpnProtocol: string | undefined;
}

export type ServerHelloPeek = Peek<PeekedServerHello>;

/** For bytes that come in pieces: the work is linear, however small they are. */
export class ServerHelloPeeker extends HelloPeeker<PeekedServerHello> {
  constructor(options?: PeekOptions) {
    super(serverHello, options);
  }
}

/**
 * What the first bytes of a server say: `bytes` is all that has come so far.
 * @throws TypeError on what is no Uint8Array
 */
export function peekServerHello(bytes: Uint8Array, options?: PeekOptions): ServerHelloPeek {
  return new ServerHelloPeeker(options).push(bytes);
}

/**
 * Whether the session IDs of this server mean sessions. From TLS 1.3 on a server repeats whatever came (RFC 8446
 * §4.1.3), so that its ServerHello looks as one of TLS 1.2 does.
 */
export function namesSession({ sessionId, selectedVersion }: PeekedServerHello): boolean {
  return sessionId.length > 0 && selectedVersion < TLS_1_3;
}

/**
 * Whether the server goes on with what the client offered (RFC 5246 §7.4.1.3): its session, or, where it offered a
 * ticket, that (RFC 5077 §3.4).
 */
export function echoes(answer: PeekedServerHello, offer: Pick<PeekedClientHello, 'sessionId'>): boolean {
  return namesSession(answer) && equal(answer.sessionId, offer.sessionId);
}

const TLS_1_3 = 0x0304;

const serverHello: HelloKind<PeekedServerHello> = { name: 'ServerHello', read };

const { application_layer_protocol_negotiation, supported_versions } = extensions;

function read(body: Uint8Array): PeekedServerHello {
  const hello = new Reader(body);
  const { version, sessionId } = readOpening(hello);
  const cipherSuite = hello.uint(2);
  hello.skip(1); // compression_method
  let selectedVersion: number | undefined;
  let alpnProtocol: string | undefined;
  readExtensions(hello, (type, data) => {
    if (type === application_layer_protocol_negotiation.type) {
      alpnProtocol = once('the application protocol', alpnProtocol, readProtocol(data));
    } else if (type === supported_versions.type) {
      selectedVersion = once('supported_versions', selectedVersion, data.uint(2));
      expectEnd(data);
    }
  });
  return {
    status: 'hello',
    selectedVersion: selectedVersion ?? version,
    sessionId,
    cipherSuite,
    alpnProtocol,
  };
}

/** Exactly one (RFC 7301 §3.1). */
function readProtocol(data: Reader): string {
  const [name, ...others] = readProtocolNames(data);
  if (name !== undefined && others.length === 0) return name;
  throw fault('illegal-parameter', `expected one application protocol, got ${others.length + 1}`);
}
