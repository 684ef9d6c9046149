/** DER taken apart into a tree, changed at any element, and put together again with lengths that fit. */

import fc from 'fast-check';
import { concatAll, utf8 } from '../../src/wire/bytes.ts';
import { DerError, DerReader, Tag } from '../../src/x509/der.ts';
import * as der from '../../src/x509/der-writer.ts';

export interface Element {
  tag: number;
  /** Elements where it holds some, as what an extension's OCTET STRING wraps. */
  contents: Uint8Array | Element[];
}

/** @throws DerError */
export function readTree(bytes: Uint8Array): Element[] {
  const reader = new DerReader(bytes);
  const elements: Element[] = [];
  while (!reader.done) {
    const tag = reader.next ?? 0;
    const contents = reader.contents(tag);
    elements.push({ tag, contents: (mayHoldElements(tag) && elementsIn(contents)) || contents });
  }
  return elements;
}

export function writeTree(elements: readonly Element[]): Uint8Array {
  return concatAll(elements.map(write));
}

function write({ tag, contents }: Element): Uint8Array {
  return der.element(tag, contents instanceof Uint8Array ? contents : writeTree(contents));
}

function mayHoldElements(tag: number): boolean {
  return (tag & 0x20) !== 0 || tag === Tag['OCTET STRING'];
}

function elementsIn(contents: Uint8Array): Element[] | undefined {
  try {
    return readTree(contents);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** A change at one element, which its number picks of all that there are. */
export interface Change {
  readonly at: number;
  readonly kind: 'tag' | 'contents' | 'remove' | 'repeat' | 'swap';
  readonly tag: number;
  readonly bytes: Uint8Array;
}

export const changes: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom<Change['kind'][]>('tag', 'contents', 'contents', 'remove', 'repeat', 'swap'),
  tag: fc.oneof(fc.constantFrom(...Object.values(Tag)), fc.integer({ min: 0x80, max: 0xa9 }), fc.nat(0xff)),
  bytes: fc.oneof(fc.uint8Array({ maxLength: 9 }), fc.constantFrom(...['', 'a', '*.a', 'é'].map(utf8))),
});

/** DER near to this one. @throws DerError on what is none */
export function changeTree(bytes: Uint8Array, how: readonly Change[]): Uint8Array {
  const elements = readTree(bytes);
  for (const change of how) apply(change, elements);
  return writeTree(elements);
}

function apply({ at, kind, tag, bytes }: Change, elements: Element[]): void {
  const all = placesIn(elements);
  const place = all[at % all.length];
  if (place === undefined) return;
  const { siblings, index } = place;
  const element = siblings[index] as Element;
  if (kind === 'tag') element.tag = tag;
  else if (kind === 'contents') element.contents = bytes;
  else if (kind === 'remove') siblings.splice(index, 1);
  else if (kind === 'repeat') siblings.splice(index, 0, structuredClone(element));
  else siblings.push(...siblings.splice(index, 1));
}

function placesIn(siblings: Element[]): { readonly siblings: Element[]; readonly index: number }[] {
  return siblings.flatMap(({ contents }, index) => [
    { siblings, index },
    ...(contents instanceof Uint8Array ? [] : placesIn(contents)),
  ]);
}
