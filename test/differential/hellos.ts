/**
 * ClientHellos as other stacks send them, what they are made of, and what a stream of bytes holds of one.
 */

import { ClientHello, type Extension, handshakeMessages } from '../../src/handshake/messages.ts';
import { ContentType, type PlaintextRecord } from '../../src/record/content.ts';
import { RecordReader } from '../../src/record/reader.ts';
import { concatAll, fromHex } from '../../src/wire/bytes.ts';
import { decode, encode } from '../../src/wire/codec.ts';
import { messageOf } from '../support/hellos.ts';
import { unlessRefused } from '../support/refused.ts';
import recorded from './recorded.json' with { type: 'json' };

/** The first messages of browsers, tools and libraries. */
export const recordedHellos: readonly ClientHello[] = Object.values(recorded.hellos).map((message) =>
  decode(ClientHello, fromHex(message).subarray(4), 'ClientHello'),
);

/** All that it takes to be answered, and nothing over which the two would differ. */
export const plain: ClientHello = {
  clientVersion: 0x0303,
  random: new Uint8Array(32).fill(7),
  sessionId: new Uint8Array(0),
  cipherSuites: [0xcca9, 0xcca8, 0xc02b, 0xc02f, 0xc02c, 0xc030],
  compressionMethods: [0],
  extensions: [
    { extensionType: 23, extensionData: new Uint8Array(0) },
    { extensionType: 0xff01, extensionData: Uint8Array.of(0) },
    { extensionType: 10, extensionData: uint16s(29, 23, 24, 25) },
    { extensionType: 13, extensionData: uint16s(0x0403, 0x0804, 0x0503, 0x0805) },
  ],
};

/** Header and body. */
export function helloMessage(hello: ClientHello): Uint8Array {
  return messageOf('ClientHello', encode(ClientHello, hello));
}

/** The data of its extension of this type. */
export function extension({ extensions }: ClientHello, type: number): Uint8Array {
  const found = extensions?.find(({ extensionType }) => extensionType === type);
  if (found === undefined) throw new RangeError(`expected an extension of type ${type}`);
  return found.extensionData;
}

/** With this extension in the place of the one of its type, or behind all others. Data may come in hexadecimal. */
export function withExtension(hello: ClientHello, type: number, data: Uint8Array | string): ClientHello {
  const extensionData = typeof data === 'string' ? fromHex(data) : data;
  return { ...hello, extensions: replaced(hello.extensions ?? [], { extensionType: type, extensionData }) };
}

export function replaced(list: readonly Extension[], extension: Extension): Extension[] {
  const isOfItsType = ({ extensionType }: Extension) => extensionType === extension.extensionType;
  if (!list.some(isOfItsType)) return [...list, extension];
  return list.map((each) => (isOfItsType(each) ? extension : each));
}

/** A vector of numbers, its length in two bytes, as extensions have it (RFC 8422 §5.1.1, RFC 5246 §7.4.1.4.1). */
export function uint16s(...values: readonly number[]): Uint8Array {
  const body = values.flatMap((value) => [value >> 8, value & 0xff]);
  return Uint8Array.of(body.length >> 8, body.length & 0xff, ...body);
}

export function has(hello: ClientHello | undefined, type: number): boolean {
  return hello?.extensions?.some(({ extensionType }) => extensionType === type) ?? false;
}

export function without(hello: ClientHello, type: number): ClientHello {
  return { ...hello, extensions: hello.extensions?.filter(({ extensionType }) => extensionType !== type) };
}

export function repeated(hello: ClientHello, type: number): ClientHello {
  const again = hello.extensions?.filter(({ extensionType }) => extensionType === type) ?? [];
  return { ...hello, extensions: [...(hello.extensions ?? []), ...again] };
}

/** The whole records at the head of a client's first bytes. */
export function recordsIn(bytes: Uint8Array): readonly PlaintextRecord[] {
  const reader = new RecordReader();
  reader.push(bytes);
  const records: PlaintextRecord[] = [];
  for (;;) {
    const record = unlessRefused(() => reader.next());
    if (record === undefined) return records;
    records.push(record);
  }
}

/** The hello in a client's first bytes; undefined where none is there in its form. */
export function helloIn(bytes: Uint8Array): ClientHello | undefined {
  const handshake = recordsIn(bytes).filter(({ type }) => type === ContentType.handshake);
  const message = concatAll(handshake.map(({ fragment }) => fragment));
  const [type, high = 0, middle = 0, low = 0] = message;
  if (type !== handshakeMessages.ClientHello.type) return undefined;
  const body = message.subarray(4, 4 + ((high << 16) | (middle << 8) | low));
  return unlessRefused(() => decode(ClientHello, body, 'ClientHello'));
}
