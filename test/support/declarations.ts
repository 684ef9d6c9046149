/**
 * What the tests of the presentation language run over: every declaration that Reprise has, and declarations that
 * nobody has, made at random from the same words (RFC 5246 §4).
 */

import fc from 'fast-check';
import { extensions } from '../../src/handshake/extensions.ts';
import { handshakeMessages } from '../../src/handshake/messages.ts';
import {
  type Codec,
  opaque,
  opaqueVector,
  optional,
  rest,
  struct,
  uint8,
  uint16,
  uint24,
  uint32,
  uint48,
  vector,
} from '../../src/wire/codec.ts';
import { lengthOfLength } from '../../src/wire/shape.ts';

export interface Declaration {
  /** As it would be written down. */
  readonly text: string;
  readonly codec: Codec<unknown>;
  /** The length of its plainest value: nothing optional, and vectors of the shortest elements that fill them. */
  readonly plainest: number;
}

/** Every message and every extension's body, under its name. */
export const declared: readonly (readonly [name: string, codec: Codec<unknown>])[] = [
  ...Object.entries(handshakeMessages).map(([name, { codec }]) => [name, codec as Codec<unknown>] as const),
  ...Object.entries(extensions).flatMap(([name, { client, server }]) => [
    [`${name} of a client`, client as Codec<unknown>] as const,
    [`${name} of a server`, server as Codec<unknown>] as const,
  ]),
];

const restOf: Declaration = { text: 'rest', codec: rest, plainest: 0 };

const leaves: fc.Arbitrary<Declaration> = fc.oneof(
  fc.constantFrom<Declaration>(
    { text: 'uint8', codec: uint8, plainest: 1 },
    { text: 'uint16', codec: uint16, plainest: 2 },
    { text: 'uint24', codec: uint24, plainest: 3 },
    { text: 'uint32', codec: uint32, plainest: 4 },
    { text: 'uint48', codec: uint48, plainest: 6 },
  ),
  fc.nat(9).map((n) => ({ text: `opaque(${n})`, codec: opaque(n), plainest: n })),
  bounds(1).map(({ min, max }) => ({
    text: `opaqueVector(${min}, ${max})`,
    codec: opaqueVector(min, max),
    plainest: lengthOfLength(max) + min,
  })),
);

/** Structs of any fields, structs within structs and vectors to depth 3, with or without an end that is open. */
export const declarations: fc.Arbitrary<Declaration> = fc.oneof(closed(3), open(3)).map(described);

function closed(depth: number): fc.Arbitrary<Declaration> {
  if (depth === 0) return leaves;
  const inner = closed(depth - 1);
  return fc.oneof(leaves, vectorOf(inner), fc.array(inner, { maxLength: 5 }).map(structOf));
}

function open(depth: number): fc.Arbitrary<Declaration> {
  const fields = fc.array(closed(depth - 1), { maxLength: 3 });
  const plainEnd = fc.oneof(fc.constant(restOf), notEmpty(closed(depth - 1)).map(optionalOf));
  const end = depth === 1 ? plainEnd : fc.oneof(plainEnd, notEmpty(open(depth - 1)).map(optionalOf));
  return fc.tuple(fields, end).map(([before, last]) => structOf([...before, last]));
}

function vectorOf(elements: fc.Arbitrary<Declaration>): fc.Arbitrary<Declaration> {
  return notEmpty(elements).chain((element) =>
    bounds(element.plainest).map(({ min, max }) => ({
      text: `vector(${element.text}, ${min}, ${max})`,
      codec: vector(element.codec, min, max),
      plainest: lengthOfLength(max) + Math.ceil(min / element.plainest) * element.plainest,
    })),
  );
}

function optionalOf(inner: Declaration): Declaration {
  return { text: `optional(${inner.text})`, codec: optional(inner.codec), plainest: 0 };
}

function structOf(fields: readonly Declaration[]): Declaration {
  const named = fields.map((field, i) => ['abcdef'.charAt(i), field] as const);
  return {
    text: `struct({ ${named.map(([name, { text }]) => `${name}: ${text}`).join(', ')} })`,
    codec: struct(Object.fromEntries(named.map(([name, { codec }]) => [name, codec]))),
    plainest: fields.reduce((sum, { plainest }) => sum + plainest, 0),
  };
}

/** Bounds that some number of elements of `step` bytes can meet, behind length fields of one to three bytes. */
function bounds(step: number): fc.Arbitrary<{ min: number; max: number }> {
  return fc
    .record({
      min: fc.nat(3 * step),
      more: fc.oneof(fc.nat(20), fc.nat(0x200), fc.nat(0x20000)),
    })
    .map(({ min, more }) => ({ min, max: Math.ceil(min / step) * step + more }));
}

function notEmpty(declaration: fc.Arbitrary<Declaration>): fc.Arbitrary<Declaration> {
  return declaration.filter(({ plainest }) => plainest > 0);
}

/** A counterexample shows the declaration as it would be written. */
function described(declaration: Declaration): Declaration {
  return { ...declaration, [fc.toStringMethod]: () => declaration.text } as Declaration;
}
