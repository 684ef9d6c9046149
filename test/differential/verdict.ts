/**
 * What a server made of the first bytes of a client, as its own bytes tell it: what it chose, the alert that it refused
 * with, or nothing, where it waits for more. What it chose is all that its ServerHello and its ServerKeyExchange settle.
 */

import { ServerHello, ServerKeyExchange } from '../../src/handshake/messages.ts';
import { ContentType } from '../../src/record/content.ts';
import { alertName } from '../../src/wire/alert.ts';
import { concatAll, hex } from '../../src/wire/bytes.ts';
import { decode } from '../../src/wire/codec.ts';
import { recordsOf } from '../support/dissect.ts';

/** The server goes on, with this. */
export interface Chosen {
  readonly answer: 'chosen';
  readonly serverVersion: number;
  readonly cipherSuite: number;
  readonly compressionMethod: number;
  readonly sessionIdLength: number;
  /** The data of each extension in hexadecimal, by its type. */
  readonly extensions: Readonly<Record<number, string>>;
  readonly group: number;
  readonly signatureScheme: number;
  /** HandshakeType of each message of the flight. */
  readonly messages: readonly number[];
}

export type Verdict =
  | Chosen
  /** `why` is the server's own word for it, which the peer does not hear. */
  | { readonly answer: 'refused'; readonly alert: string; readonly why: string }
  /** The connection ended, and no alert says that it does. */
  | { readonly answer: 'closed' }
  | { readonly answer: 'awaiting more' };

const types = { serverHello: 2, serverKeyExchange: 12, serverHelloDone: 14 };
const fatal = 2;

/** What these bytes of a server say; undefined where they are no whole answer yet. */
export function readVerdict(answer: Uint8Array, why: string): Verdict | undefined {
  const handshake: Uint8Array[] = [];
  for (const { type, fragment } of recordsOf(answer)) {
    if (type === ContentType.handshake) handshake.push(fragment);
    const chosen = readFlight(concatAll(handshake));
    if (chosen !== undefined) return chosen;
    const [level, description = 0] = fragment;
    if (type !== ContentType.alert || level !== fatal) continue;
    return { answer: 'refused', alert: alertName(description) ?? `alert ${description}`, why };
  }
  return undefined;
}

/** The server's first flight (RFC 5246 figure 1), once it is whole. */
function readFlight(flight: Uint8Array): Chosen | undefined {
  const messages = new Map<number, Uint8Array>();
  for (let offset = 0; offset < flight.length; ) {
    const [type = 0, high = 0, middle = 0, low = 0] = flight.subarray(offset);
    const end = offset + 4 + ((high << 16) | (middle << 8) | low);
    messages.set(type, flight.subarray(offset + 4, end));
    offset = end;
  }
  const [hello, exchange] = [messages.get(types.serverHello), messages.get(types.serverKeyExchange)];
  if (hello === undefined || exchange === undefined || !messages.has(types.serverHelloDone)) return undefined;
  const serverHello = decode(ServerHello, hello, 'ServerHello');
  const { params, signedParams } = decode(ServerKeyExchange, exchange, 'ServerKeyExchange');
  return {
    answer: 'chosen',
    serverVersion: serverHello.serverVersion,
    cipherSuite: serverHello.cipherSuite,
    compressionMethod: serverHello.compressionMethod,
    sessionIdLength: serverHello.sessionId.length,
    extensions: Object.fromEntries(
      (serverHello.extensions ?? []).map(({ extensionType, extensionData }) => [
        extensionType,
        hex(extensionData),
      ]),
    ),
    group: params.namedCurve,
    signatureScheme: signedParams.algorithm,
    messages: [...messages.keys()],
  };
}
