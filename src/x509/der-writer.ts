/**
 * DER, the writing half: a value of ASN.1 is a function call, and the call reads like the type's definition
 * (X.690 §8, §10, §11). Meant to be imported whole: `import * as der from './der-writer.ts'`.
 * What is wrong here is wrong in our own values: `RangeError`.
 */

import { concat, fromHex, utf8 } from '../wire/bytes.ts';
import { constructedContextTag, contextTag, Tag } from './der.ts';

/** Any element: an identifier octet, a length, the contents. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of contents) length += part.length;
  return concat(Uint8Array.of(tag), lengthOctets(length), ...contents);
}

export function sequence(...elements: readonly Uint8Array[]): Uint8Array {
  return element(Tag.SEQUENCE, ...elements);
}

/** SET OF: the elements in ascending order of their encodings (X.690 §11.6). */
export function setOf(...elements: readonly Uint8Array[]): Uint8Array {
  return element(Tag.SET, ...[...elements].sort(compare));
}

/** `[number] EXPLICIT` around a value. */
export function explicit(number: number, value: Uint8Array): Uint8Array {
  return element(constructedContextTag(number), value);
}

/** `[number] IMPLICIT` in place of a primitive type's own tag. */
export function implicit(number: number, contents: Uint8Array): Uint8Array {
  return element(contextTag(number), contents);
}

export function boolean(value: boolean): Uint8Array {
  return element(Tag.BOOLEAN, Uint8Array.of(value ? 0xff : 0x00));
}

export function integer(value: bigint | number): Uint8Array {
  return element(Tag.INTEGER, twosComplement(BigInt(value)));
}

/** Whole bytes unless `unusedBits` says how many of the last byte do not count. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return element(Tag['BIT STRING'], Uint8Array.of(unusedBits), bytes);
}

/** A named bit list: bit 0 is the highest; zeros at the end are left out (X.690 §11.2.2). */
export function namedBits(numbers: readonly number[]): Uint8Array {
  const last = Math.max(-1, ...numbers);
  const bytes = new Uint8Array(Math.ceil((last + 1) / 8));
  for (const number of numbers) bytes[number >> 3] = (bytes[number >> 3] as number) | (0x80 >> (number & 7));
  return bitString(bytes, last < 0 ? 0 : 7 - (last & 7));
}

export function octetString(...contents: readonly Uint8Array[]): Uint8Array {
  return element(Tag['OCTET STRING'], ...contents);
}

export function nullValue(): Uint8Array {
  return element(Tag.NULL);
}

export function utf8String(text: string): Uint8Array {
  return element(Tag.UTF8String, utf8(text));
}

/** An OBJECT IDENTIFIER from dotted decimal. @throws RangeError on what is not one */
export function oid(dotted: string): Uint8Array {
  if (!/^(?:[01]\.[1-3]?\d|2\.(?:0|[1-9]\d*))(?:\.(?:0|[1-9]\d*))*$/.test(dotted)) {
    throw new RangeError(`expected an object identifier in dotted decimal, got ${JSON.stringify(dotted)}`);
  }
  const [first = 0n, second = 0n, ...others] = dotted.split('.').map(BigInt);
  const arcs = [first * 40n + second, ...others];
  return element(Tag['OBJECT IDENTIFIER'], Uint8Array.from(arcs.flatMap(subidentifier)));
}

function lengthOctets(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const octets: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 0x100)) octets.unshift(left % 0x100);
  return Uint8Array.of(0x80 | octets.length, ...octets);
}

function twosComplement(value: bigint): Uint8Array {
  let bits = 8;
  while (BigInt.asIntN(bits, value) !== value) bits += 8;
  return fromHex(
    BigInt.asUintN(bits, value)
      .toString(16)
      .padStart(bits / 4, '0'),
  );
}

function subidentifier(arc: bigint): number[] {
  const octets = [Number(arc & 0x7fn)];
  for (let left = arc >> 7n; left > 0n; left >>= 7n) octets.unshift(Number(left & 0x7fn) | 0x80);
  return octets;
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  }
  return a.length - b.length;
}
