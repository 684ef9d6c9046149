/**
 * The presentation language of RFC 5246 §4, in TypeScript.
 *
 * A message is declared once, with the functions of this file, and reads like the RFC's own struct. The declaration
 * is a codec: it decodes (every bound checked), encodes, and gives the static type through `Infer`. Its `shape`
 * is the same declaration as data, for those who walk it: the layout (offsets to field names) and the arbitraries.
 */

import { plain } from './bytes.ts';
import { fault, TlsError } from './error.ts';
import { Reader } from './reader.ts';
import { isOpen, lengthOfLength, mayBeEmpty, type Shape } from './shape.ts';
import { Writer } from './writer.ts';

export interface Codec<T> {
  readonly shape: Shape;
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
}

/** The TypeScript type of what a codec decodes. */
export type Infer<C> = C extends Codec<infer T> ? T : never;

/** All of `bytes` as one value. Views into `bytes`, no copies. @throws TlsError `decode_error` */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array, name: string): T {
  const reader = new Reader(plain(bytes));
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

/**
 * `capacity` says how many bytes may be expected, where that is known to be many.
 * @throws RangeError on a value that the declaration does not allow: a fault of the caller, not of the peer
 */
export function encode<T>(codec: Codec<T>, value: T, capacity?: number): Uint8Array {
  const writer = new Writer(capacity);
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
  const prefix = checkedPrefix(min, max);
  return {
    shape: { kind: 'opaqueVector', min, max },
    read: (reader) => reader.bytes(reader.length(prefix, min, max)),
    write: (writer, value) => {
      writer.length(value.length, prefix, min, max);
      writer.bytes(value);
    },
  };
}

/**
 * `T name<min..max>`: elements behind a length field; `min` and `max` count bytes (RFC 5246 §4.3).
 * @throws RangeError on elements that may be empty, whose number no length tells, or that take all that follows
 */
export function vector<T>(element: Codec<T>, min: number, max: number): Codec<T[]> {
  const prefix = checkedPrefix(min, max);
  if (mayBeEmpty(element.shape)) throw new RangeError('expected elements of a byte at least');
  if (isOpen(element.shape)) throw new RangeError('expected elements that end by themselves');
  return {
    shape: { kind: 'vector', element, min, max },
    read: (reader) => {
      const content = reader.within(reader.length(prefix, min, max));
      const elements: T[] = [];
      try {
        while (content.remaining > 0) elements.push(element.read(content));
      } catch (error) {
        throw within(`[${elements.length}]`, error);
      }
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

/**
 * `struct { … }`: its fields, in the order in which they are declared (RFC 5246 §4.5).
 * @throws RangeError where a field stands behind one that takes all that follows
 */
export function struct<F extends Fields>(fields: F): Codec<Value<F>> {
  const entries = Object.entries(fields);
  const open = entries.findIndex(([, { shape }]) => isOpen(shape));
  if (open >= 0 && open < entries.length - 1) {
    throw new RangeError(`expected ${entries[open]?.[0]} to be the last field: it takes all that follows`);
  }
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

/**
 * What may be missing at the end of a struct, as a hello's extensions may (RFC 5246 §7.4.1.2).
 * @throws RangeError on what may be empty: there and missing would be the same bytes
 */
export function optional<T>(inner: Codec<T>): Codec<T | undefined> {
  if (mayBeEmpty(inner.shape)) throw new RangeError('expected something of a byte at least');
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

/** The bytes of a length field for these bounds. */
function checkedPrefix(min: number, max: number): number {
  if (!Number.isInteger(min) || !Number.isInteger(max) || min < 0 || max < min || max > 0xffffff) {
    throw new RangeError(`expected bounds of 0 to 2^24-1 in their order, got ${min} to ${max}`);
  }
  return lengthOfLength(max);
}

/**
 * The error of a nested value, with the name of the field that it lies in put before. What has no path yet is a
 * sentence that starts with the word `expected`; no field's name has a blank in it.
 */
function within(name: string, error: unknown): unknown {
  if (!(error instanceof TlsError) || error.reason !== 'malformed') return error;
  const { message } = error;
  if (message.startsWith('expected ')) return fault('malformed', `${name}: ${message}`);
  return fault('malformed', message.startsWith('[') ? `${name}${message}` : `${name}.${message}`);
}
