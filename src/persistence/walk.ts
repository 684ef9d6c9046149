/**
 * How a hello is gone through for the sake of a few fields: the lengths decide where one steps, with the bounds of
 * the declarations in `handshake/messages.ts`, and only what is asked for is looked into. Each function is a part of
 * the presentation language (RFC 5246 §4) as far as a passer-by needs it.
 */

import { fromLatin1 } from '../wire/bytes.ts';
import { fault } from '../wire/error.ts';
import type { Reader } from '../wire/reader.ts';

/** Where both hellos begin: the version, and the session ID behind the random (RFC 5246 §7.4.1.2, §7.4.1.3). */
export function readOpening(hello: Reader): { readonly version: number; readonly sessionId: Uint8Array } {
  const version = hello.uint(2);
  hello.skip(32);
  return { version, sessionId: hello.bytes(hello.length(1, 0, 32)).slice() };
}

/** The extensions at a hello's end, if it has any (RFC 5246 §7.4.1.4): `read` gets the type and the content of each. */
export function readExtensions(hello: Reader, read: (type: number, data: Reader) => void): void {
  if (hello.remaining === 0) return;
  const extensions = lastVector(hello, 2, 0, 0xffff);
  while (extensions.remaining > 0)
    read(extensions.uint(2), extensions.within(extensions.length(2, 0, 0xffff)));
}

/** A vector that fills what is left. */
export function lastVector(reader: Reader, prefix: number, min: number, max: number): Reader {
  const content = reader.within(reader.length(prefix, min, max));
  expectEnd(reader);
  return content;
}

export function expectEnd({ remaining }: Reader): void {
  if (remaining > 0) throw fault('malformed', `expected the end, found ${remaining} more bytes`);
}

/** The names of application_layer_protocol_negotiation (RFC 7301 §3.1). */
export function readProtocolNames(data: Reader): string[] {
  const list = lastVector(data, 2, 2, 0xffff);
  const names: string[] = [];
  while (list.remaining > 0) names.push(fromLatin1(list.bytes(list.length(1, 1, 0xff))));
  return names;
}

/** What comes a second time could be read either way, and two readers would go two ways. */
export function once<T>(name: string, known: T | undefined, value: T): T {
  if (known === undefined) return value;
  throw fault('duplicate-extension', `expected ${name} once, got it again`);
}
