/**
 * Layout: where each field of a message lies, for anyone who wants to see a handshake. It walks the same declaration
 * that decodes (RFC 5246 §4), so that what is shown is what was read.
 */

import { plain } from './bytes.ts';
import { type Codec, decode } from './codec.ts';
import { TlsError } from './error.ts';
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
  const progress = { fields: [], path: name };
  walk(codec.shape, name, { reader: new Reader(plain(bytes)), start: 0, progress });
  return progress.fields;
}

export interface PartialLayout {
  /** Each byte lies in exactly one. What cannot be read is the last, `….unread`, named after where reading stopped. */
  readonly fields: readonly Field[];
  /** What `decode` says of the bytes; undefined where they are what was declared. */
  readonly fault: string | undefined;
}

/**
 * The fields of bytes that may be cut short, or something else altogether: as far as they can be read. Lengths may be
 * out of the declaration's bounds here. It throws nothing, whatever the bytes are.
 */
export function partialLayout<T>(codec: Codec<T>, bytes: Uint8Array, name: string): PartialLayout {
  const progress: Progress = { fields: [], path: name };
  const fault = refusal(() => decode(codec, bytes, name));
  const stopped = refusal(() => {
    walk(codec.shape, name, { reader: new Reader(plain(bytes)), start: 0, progress });
  });
  const { fields, path } = progress;
  const end = fields.at(-1)?.end ?? 0;
  if (end < bytes.length) {
    const where = stopped === undefined ? name : path;
    fields.push({ path: `${where}.unread`, start: end, end: bytes.length, value: bytes.subarray(end) });
  }
  return { fields, fault };
}

function refusal(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof TlsError) return error.message;
    throw error;
  }
}

interface Progress {
  readonly fields: Field[];
  /** Of the field that is read, or was the last. */
  path: string;
}

interface Walk {
  /** Over the innermost vector, or the message. */
  readonly reader: Reader;
  /** Where that starts. */
  readonly start: number;
  readonly progress: Progress;
}

/**
 * Bounds are for `decode` to check. A vector that is cut short has the elements that are there, and the walk ends with
 * it: what would follow is not there, even where it could be empty.
 */
function walk(shape: Shape, path: string, at: Walk): void {
  const { reader } = at;
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
      const start = at.start + reader.offset;
      const present = reader.bytes(Math.min(length, reader.remaining));
      const content = { reader: new Reader(present), start, progress: at.progress };
      for (let i = 0; content.reader.remaining > 0; i++) {
        walk(shape.element.shape, `${path}[${i}]`, content);
      }
      at.progress.path = path;
      reader.bytes(length - present.length);
      return;
    }
    case 'struct':
      for (const [name, field] of Object.entries(shape.fields)) walk(field.shape, `${path}.${name}`, at);
      return;
    case 'optional':
      if (reader.remaining > 0) walk(shape.inner.shape, path, at);
      return;
    case 'rest':
      leaf(path, at, () => reader.bytes(reader.remaining));
      return;
    default:
      throw new TypeError(`expected a shape of the presentation language, got ${shape satisfies never}`);
  }
}

function leaf<V extends number | Uint8Array>(
  path: string,
  { reader, start, progress }: Walk,
  read: () => V,
): V {
  progress.path = path;
  const offset = reader.offset;
  const value = read();
  progress.fields.push({ path, start: start + offset, end: start + reader.offset, value });
  return value;
}

function lengthField(path: string, at: Walk, max: number): number {
  return leaf(`${path}.length`, at, () => at.reader.uint(lengthOfLength(max)));
}
