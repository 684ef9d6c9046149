/**
 * Layout: where each field of a message lies, for anyone who wants to see a handshake. It walks the same declaration
 * that decodes (RFC 5246 §4), so that what is shown is what was read.
 */

import { plain } from './bytes.ts';
import { type Codec, decode } from './codec.ts';
import { Reader } from './reader.ts';
import { lengthOfLength, type Shape } from './shape.ts';

/** A field that has no fields within: a number, bytes, or the length of a vector. */
export interface Field {
  /** As errors name it: `ClientHello.cipherSuites[1]`; a length field is `ClientHello.cipherSuites.length`. */
  readonly path: string;
  /** Offsets in the bytes that were given; the same where the field is empty. */
  readonly start: number;
  readonly end: number;
  /** Bytes as a view. */
  readonly value: number | Uint8Array;
}

/**
 * The fields of `bytes` in their order: each byte lies in exactly one.
 * @throws TlsError `decode_error`, the same that `decode` throws
 */
export function layout<T>(codec: Codec<T>, bytes: Uint8Array, name: string): Field[] {
  decode(codec, bytes, name);
  const fields: Field[] = [];
  walk(codec.shape, name, { reader: new Reader(plain(bytes)), end: bytes.length, fields });
  return fields;
}

interface Walk {
  readonly reader: Reader;
  /** Where the innermost vector ends, or the message. */
  readonly end: number;
  readonly fields: Field[];
}

/** Bounds are not checked again: `decode` has let these bytes pass. */
function walk(shape: Shape, path: string, at: Walk): void {
  const { reader, end } = at;
  switch (shape.kind) {
    case 'uint':
      leaf(path, at, () => reader.uint(shape.length));
      return;
    case 'opaque':
      leaf(path, at, () => reader.bytes(shape.length));
      return;
    case 'opaqueVector': {
      const length = lengthField(path, at, shape.max);
      leaf(path, at, () => reader.bytes(length));
      return;
    }
    case 'vector': {
      const length = lengthField(path, at, shape.max);
      const content = { ...at, end: reader.offset + length };
      for (let i = 0; reader.offset < content.end; i++) walk(shape.element.shape, `${path}[${i}]`, content);
      return;
    }
    case 'struct':
      for (const [name, field] of Object.entries(shape.fields)) walk(field.shape, `${path}.${name}`, at);
      return;
    case 'optional':
      if (reader.offset < end) walk(shape.inner.shape, path, at);
      return;
    case 'rest':
      leaf(path, at, () => reader.bytes(end - reader.offset));
      return;
    default:
      throw new TypeError(`expected a shape of the presentation language, got ${shape satisfies never}`);
  }
}

function leaf<V extends number | Uint8Array>(path: string, { reader, fields }: Walk, read: () => V): V {
  const start = reader.offset;
  const value = read();
  fields.push({ path, start, end: reader.offset, value });
  return value;
}

function lengthField(path: string, at: Walk, max: number): number {
  return leaf(`${path}.length`, at, () => at.reader.uint(lengthOfLength(max)));
}
