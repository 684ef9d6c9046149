/** Bytes near to other bytes, as chance has it: chance that a seed determines. */

import { concat } from '../../src/wire/bytes.ts';

/** A whole number below `bound`. */
export type Chance = (bound: number) => number;

/** Mulberry32: fast, and the same for the same seed. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, bound);
  };
}

/** Values at which lengths and counts turn. */
const edges = [0, 1, 2, 3, 4, 0x10, 0x1f, 0x20, 0x30, 0x7f, 0x80, 0x81, 0xa0, 0xfe, 0xff];
const wideEdges = [0, 1, 0x40, 0xff, 0x100, 0x3fff, 0x4000, 0x4001, 0x4800, 0x4801, 0x7fff, 0x8000, 0xffff];

/** `bytes` with one to eight changes; `other` lends what is spliced in. */
export function mutate(bytes: Uint8Array, other: Uint8Array, chance: Chance, maxLength: number): Uint8Array {
  let mutant: Uint8Array = bytes.slice();
  for (let left = 1 << chance(4); left > 0; left--) {
    mutant = mutations[chance(mutations.length)]?.(mutant, other, chance) ?? mutant;
  }
  return mutant.slice(0, maxLength);
}

type Mutation = (bytes: Uint8Array, other: Uint8Array, chance: Chance) => Uint8Array;

const mutations: readonly Mutation[] = [
  (bytes, _, chance) => changed(bytes, chance, (byte) => byte ^ (1 << chance(8))),
  (bytes, _, chance) => changed(bytes, chance, () => chance(256)),
  (bytes, _, chance) => changed(bytes, chance, () => edges[chance(edges.length)] ?? 0),
  (bytes, _, chance) => changed(bytes, chance, (byte) => byte + chance(9) - 4),
  (bytes, _, chance) => {
    const at = chance(bytes.length);
    const edge = wideEdges[chance(wideEdges.length)] ?? 0;
    return spliced(bytes, at, 2, Uint8Array.of(edge >> 8, edge));
  },
  // Taken out, put in, doubled, overwritten.
  (bytes, _, chance) => spliced(bytes, chance(bytes.length), stretch(bytes, chance), new Uint8Array(0)),
  (bytes, _, chance) => {
    const inserted = Uint8Array.from({ length: 1 + chance(8) }, () => chance(256));
    return spliced(bytes, chance(bytes.length + 1), 0, inserted);
  },
  (bytes, _, chance) => spliced(bytes, chance(bytes.length + 1), 0, part(bytes, chance)),
  (bytes, other, chance) => {
    const lent = part(other, chance);
    return spliced(bytes, chance(bytes.length + 1), chance(2) * lent.length, lent);
  },
  // The beginning of the one, the end of the other.
  (bytes, other, chance) =>
    concat(bytes.subarray(0, chance(bytes.length)), other.subarray(chance(other.length))),
];

function changed(bytes: Uint8Array, chance: Chance, change: (byte: number) => number): Uint8Array {
  const at = chance(bytes.length);
  if (at < bytes.length) bytes[at] = change(bytes[at] ?? 0);
  return bytes;
}

function spliced(bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  return concat(bytes.subarray(0, at), inserted, bytes.subarray(at + removed));
}

/** Short more often than long. */
function stretch(bytes: Uint8Array, chance: Chance): number {
  return 1 + chance(1 + chance(bytes.length));
}

function part(bytes: Uint8Array, chance: Chance): Uint8Array {
  const at = chance(bytes.length);
  return bytes.subarray(at, at + stretch(bytes, chance));
}

/** The shortest bytes found, in so many attempts, by leaving out stretches of those of which `holds` is true. */
export async function shrink(
  bytes: Uint8Array,
  holds: (shorter: Uint8Array) => Promise<boolean>,
  attempts: number,
): Promise<Uint8Array> {
  let shortest = bytes;
  let left = attempts;
  for (let length = bytes.length; length > 0; length >>= 1) {
    for (let at = 0; at + length <= shortest.length && left > 0; left--) {
      const shorter = spliced(shortest, at, length, new Uint8Array(0));
      if (await holds(shorter)) shortest = shorter;
      else at += length;
    }
  }
  return shortest;
}
