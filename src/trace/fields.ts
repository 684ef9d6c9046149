/**
 * The fields of a message with their meanings, from its declaration; and how they are dealt out where a message lies in
 * several records (RFC 5246 §6.2.1).
 */

import { handshakeHeaderLength } from '../handshake/messages.ts';
import { hex } from '../wire/bytes.ts';
import type { Codec } from '../wire/codec.ts';
import { type Field, partialLayout } from '../wire/layout.ts';
import { extensionFields, HandshakeHeader, messageDeclaration } from './declarations.ts';
import { meaningOf } from './meaning.ts';
import type { Sender, TracedField } from './model.ts';
import { extensionType } from './names/registries.ts';

/** A field before it is shown: its value is a number or a view. */
export interface Leaf extends Field {
  readonly meaning?: string | undefined;
}

export interface Leaves {
  readonly leaves: readonly Leaf[];
  readonly fault: string | undefined;
}

/** Bytes of any declaration. */
export function leavesOf(codec: Codec<unknown>, bytes: Uint8Array, name: string): Leaves {
  const { fields, fault } = partialLayout(codec, bytes, name);
  return { leaves: fields.map(withMeaning), fault };
}

/** A message of the handshake, or what there is of it: its header, its body, and what its extensions hold. */
export function handshakeLeaves(name: string, raw: Uint8Array, suite: string | undefined): Leaves {
  const header = leavesOf(HandshakeHeader, raw.subarray(0, handshakeHeaderLength), 'Handshake');
  const body = partialLayout(messageDeclaration(name, suite), raw.subarray(handshakeHeaderLength), name);
  const side = name === 'ClientHello' ? 'client' : 'server';
  const fields = withExtensions(body.fields, side).map((field) => moved(field, handshakeHeaderLength));
  return { leaves: [...header.leaves, ...fields.map(withMeaning)], fault: header.fault ?? body.fault };
}

/** Bytes that nobody has taken apart. */
export function unreadLeaf(name: string, bytes: Uint8Array): Leaf {
  return { path: `${name}.unread`, start: 0, end: bytes.length, value: bytes };
}

/** A field in JSON's terms, its offsets counted from where `offset` is in the record. */
export function traced({ path, start, end, value, meaning }: Leaf, offset: number): TracedField {
  return {
    path,
    start: start + offset,
    end: end + offset,
    value: typeof value === 'number' ? value : hex(value),
    ...(meaning === undefined ? {} : { meaning }),
  };
}

/** Where a piece of a message lies: so many bytes of it, from `offset` on in the record. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
}

/** The fields of a message, piece by piece. One that lies in two pieces is in both, each time with its bytes there. */
export function dealt(
  leaves: readonly Leaf[],
  raw: Uint8Array,
  pieces: readonly Piece[],
): readonly (readonly TracedField[])[] {
  const dealing: TracedField[][] = [];
  let start = 0;
  let next = 0;
  for (const [i, { offset, length }] of pieces.entries()) {
    const fields: TracedField[] = [];
    const end = start + length;
    const isLast = i === pieces.length - 1;
    for (let leaf = leaves[next]; leaf !== undefined; leaf = leaves[next]) {
      if (leaf.start >= end && !(isLast && leaf.start === end)) break;
      fields.push(within(leaf, raw, start, end, offset - start));
      if (leaf.end > end) break;
      next++;
    }
    dealing.push(fields);
    start = end;
  }
  return dealing;
}

/** As much of a leaf as lies in these bounds; what it means is said where it begins. */
function within(leaf: Leaf, raw: Uint8Array, from: number, to: number, offset: number): TracedField {
  if (leaf.start >= from && leaf.end <= to) return traced(leaf, offset);
  const [start, end] = [Math.max(leaf.start, from), Math.min(leaf.end, to)];
  const { path, meaning } = leaf;
  return traced(
    {
      path,
      start,
      end,
      value: raw.subarray(start, end),
      meaning: start === leaf.start ? meaning : undefined,
    },
    offset,
  );
}

/** The data of each extension whose form is known is laid out in its turn. */
function withExtensions(fields: readonly Field[], side: Sender): readonly Field[] {
  let name: string | undefined;
  return fields.flatMap((field) => {
    const { path, start, value } = field;
    if (path.endsWith('.extensionType') && typeof value === 'number') name = extensionType(value);
    if (!path.endsWith('.extensionData') || typeof value === 'number' || name === undefined) return [field];
    const within = extensionFields(name, side, value);
    const parent = path.slice(0, -'.extensionData'.length);
    return within?.map((inner) => ({ ...moved(inner, start), path: `${parent}.${inner.path}` })) ?? [field];
  });
}

function moved(field: Field, offset: number): Field {
  return { ...field, start: field.start + offset, end: field.end + offset };
}

function withMeaning(field: Field): Leaf {
  return { ...field, meaning: meaningOf(field.path, field.value) };
}
