/**
 * The presentation language of RFC 5246 §4, in TypeScript.
 *
 * A message is declared once, with the functions of this file, and reads like the RFC's own struct. The declaration
 * is a codec: it decodes (every bound checked), encodes, and gives the static type through `Infer`. Its `shape`
 * is the same declaration as data, for those who walk it: the layout (offsets to field names) and the arbitraries.
 */

import { Reader } from './reader.ts';
import { fault, TlsError } from './error.ts';
import { Writer } from './writer.ts';

/** A declaration as data: what the RFC's presentation language says of it. */
export type Shape =
  | { readonly kind: 'uint'; readonly length: number }
  | { readonly kind: 'opaque'; readonly length: number }
  | { readonly kind: 'opaqueVector'; readonly min: number; readonly max: number }
  | { readonly kind: 'vector'; readonly element: Codec<unknown>; readonly min: number; readonly max: number }
  | { readonly kind: 'struct'; readonly fields: Readonly<Record<string, Codec<unknown>>> }
  | { readonly kind: 'optional'; readonly inner: Codec<unknown> }
  | { readonly kind: 'rest' };

export interface Codec<T> {
  readonly shape: Shape;
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
}

/** The TypeScript type of what a codec decodes. */
export type Infer<C> = C extends Codec<infer T> ? T : never;

/** All of `bytes` as one value. Views into `bytes`, no copies. @throws TlsError `decode_error` */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array, name: string): T {
  const reader = new Reader(bytes);
  let value: T;
  try {
    value = codec.read(reader);
  } catch (error) {
    throw within(name, error);
  }
  if (reader.remaining > 0) {
    throw fault('malformed', `${name}: expected its end, found ${reader.remaining} more bytes`);
  }
  return value;
}

/** @throws RangeError on a value that the declaration does not allow: a fault of the caller, not of the peer */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = new Writer();
  codec.write(writer, value);
  return writer.finish();
}

function uint(length: number): Codec<number> {
  return {
    shape: { kind: 'uint', length },
    read: (reader) => reader.uint(length),
    write: (writer, value) => writer.uint(value, length),
  };
}

export const uint8: Codec<number> = uint(1);
export const uint16: Codec<number> = uint(2);
export const uint24: Codec<number> = uint(3);
export const uint32: Codec<number> = uint(4);
export const uint48: Codec<number> = uint(6);

/** `opaque name[length]`: exactly so many bytes (RFC 5246 §4.3). */
export function opaque(length: number): Codec<Uint8Array> {
  return {
    shape: { kind: 'opaque', length },
    read: (reader) => reader.bytes(length),
    write: (writer, value) => {
      if (value.length !== length) throw new RangeError(`expected ${length} bytes, got ${value.length}`);
      writer.bytes(value);
    },
  };
}

/** `opaque name<min..max>`: bytes behind a length field that is as wide as `max` needs (RFC 5246 §4.3). */
export function opaqueVector(min: number, max: number): Codec<Uint8Array> {
  const prefix = lengthOfLength(max);
  return {
    shape: { kind: 'opaqueVector', min, max },
    read: (reader) => reader.bytes(reader.length(prefix, min, max)),
    write: (writer, value) => {
      writer.length(value.length, prefix, min, max);
      writer.bytes(value);
    },
  };
}

/** `T name<min..max>`: elements behind a length field; `min` and `max` count bytes (RFC 5246 §4.3). */
export function vector<T>(element: Codec<T>, min: number, max: number): Codec<T[]> {
  const prefix = lengthOfLength(max);
  return {
    shape: { kind: 'vector', element, min, max },
    read: (reader) => {
      const content = new Reader(reader.bytes(reader.length(prefix, min, max)));
      const elements: T[] = [];
      while (content.remaining > 0) elements.push(element.read(content));
      return elements;
    },
    write: (writer, elements) => {
      const content = writer.open(prefix);
      for (const value of elements) element.write(writer, value);
      writer.close(content, prefix, min, max);
    },
  };
}

type Fields = Readonly<Record<string, Codec<unknown>>>;
type Value<F extends Fields> = { -readonly [K in keyof F]: Infer<F[K]> };

/** `struct { … }`: its fields, in the order in which they are declared (RFC 5246 §4.5). */
export function struct<F extends Fields>(fields: F): Codec<Value<F>> {
  const entries = Object.entries(fields);
  return {
    shape: { kind: 'struct', fields },
    read: (reader) => {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) {
        try {
          value[name] = codec.read(reader);
        } catch (error) {
          throw within(name, error);
        }
      }
      return value as Value<F>;
    },
    write: (writer, value) => {
      for (const [name, codec] of entries) codec.write(writer, value[name]);
    },
  };
}

/** What may be missing at the end of a struct, as a hello's extensions may (RFC 5246 §7.4.1.2). */
export function optional<T>(inner: Codec<T>): Codec<T | undefined> {
  return {
    shape: { kind: 'optional', inner },
    read: (reader) => (reader.remaining === 0 ? undefined : inner.read(reader)),
    write: (writer, value) => {
      if (value !== undefined) inner.write(writer, value);
    },
  };
}

/** All bytes that are left: the body of a message whose length another field has given. */
export const rest: Codec<Uint8Array> = {
  shape: { kind: 'rest' },
  read: (reader) => reader.bytes(reader.remaining),
  write: (writer, value) => writer.bytes(value),
};

/** The bytes that a vector's length field takes: as many as its ceiling needs (RFC 5246 §4.3). */
export function lengthOfLength(max: number): number {
  if (max < 0x100) return 1;
  if (max < 0x10000) return 2;
  return 3;
}

/** The error of a nested value, with the name of the field that it lies in put before. */
function within(name: string, error: unknown): unknown {
  if (!(error instanceof TlsError) || error.reason !== 'malformed') return error;
  const separator = error.message.startsWith('expected') ? ': ' : '.';
  return fault('malformed', `${name}${separator}${error.message}`);
}
