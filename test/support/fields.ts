/**
 * What each byte of a flight is: a field of a record's header, of a handshake message's header, of a message, or of
 * what a record protects. A vector's elements share a name.
 */

import { type HandshakeName, handshakeMessages, handshakeName } from '../../src/handshake/messages.ts';
import { ContentType } from '../../src/record/content.ts';
import type { Codec } from '../../src/wire/codec.ts';
import { layout } from '../../src/wire/layout.ts';

/** A name for every byte, in order. The flight's messages lie in records of their own, as Reprise sends them. */
export function fieldsOf(flight: Uint8Array): readonly string[] {
  const names: string[] = [];
  let isProtected = false;
  for (let offset = 0; offset < flight.length; ) {
    const [type = 0, , , high = 0, low = 0] = flight.subarray(offset);
    const end = offset + 5 + ((high << 8) | low);
    const first = offset === 0 ? 'first record' : 'record';
    names.push(
      'record.type',
      'record.version.major',
      `${first}.version.minor`,
      'record.length',
      'record.length',
    );
    names.push(...contentOf(flight.subarray(offset + 5, end), type, isProtected));
    isProtected ||= type === ContentType.change_cipher_spec;
    offset = end;
  }
  return names;
}

function contentOf(content: Uint8Array, type: number, isProtected: boolean): readonly string[] {
  const same = (name: string) => Array.from(content, () => name);
  if (isProtected || type === ContentType.application_data) return same('protected');
  if (type !== ContentType.handshake) return same('ChangeCipherSpec');
  const name = handshakeName(content[0] ?? -1);
  if (name === undefined) throw new RangeError(`expected a handshake message, got type ${content[0]}`);
  return [
    'message.type',
    'message.length',
    'message.length',
    'message.length',
    ...body(name, content.subarray(4)),
  ];
}

function body(name: HandshakeName, bytes: Uint8Array): readonly string[] {
  const codec = handshakeMessages[name].codec as Codec<unknown>;
  return layout(codec, bytes, name).flatMap(({ path, start, end }) =>
    new Array<string>(end - start).fill(path.replace(/\[\d+\]/g, '[]')),
  );
}
