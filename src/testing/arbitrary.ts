/**
 * Arbitraries from declarations: for each message of TLS, all the values that it may have (RFC 5246 §4). They shrink
 * to what a person reads at a glance: zeros, nothing that is optional, and in each vector no more than the few short
 * elements that its floor asks for.
 */

import fc from 'fast-check';
import { type Codec, encode } from '../wire/codec.ts';
import type { Shape } from '../wire/shape.ts';

/**
 * Values that `codec` encodes, and decodes to themselves again.
 * @throws RangeError on a vector whose bounds no number of its shortest elements meets
 */
export function arbitrary<T>(codec: Codec<T>): fc.Arbitrary<T> {
  return ofShape(codec.shape) as fc.Arbitrary<T>;
}

function ofShape(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'uint':
      return fc.integer({ min: 0, max: 2 ** (8 * shape.length) - 1 });
    case 'opaque':
      return fc.uint8Array({ minLength: shape.length, maxLength: shape.length });
    case 'opaqueVector':
      return fc.uint8Array({ minLength: shape.min, maxLength: shape.max });
    case 'vector':
      return vectors(shape.element, shape.min, shape.max);
    case 'struct':
      return fc.record(
        Object.fromEntries(Object.entries(shape.fields).map(([name, field]) => [name, arbitrary(field)])),
        { noNullPrototype: true },
      );
    case 'optional':
      return fc.option(arbitrary(shape.inner), { nil: undefined });
    case 'rest':
      return fc.uint8Array();
    default:
      return shape satisfies never;
  }
}

/**
 * Vectors are bound in bytes, and elements may be of any length: those that would leave no way to keep the bounds are
 * dropped, and where the floor is not reached yet, the shortest elements fill up to it.
 */
function vectors(element: Codec<unknown>, min: number, max: number): fc.Arbitrary<unknown[]> {
  const shortest = smallest(element.shape);
  const step = encode(element, shortest).length;
  const filling = (length: number) => Math.ceil(Math.max(0, min - length) / step);
  const fits = (length: number) => length + filling(length) * step <= max;
  if (!fits(0)) throw new RangeError(`expected ${min} to ${max} bytes to hold elements of ${step}`);

  return fc.array(arbitrary(element), { maxLength: Math.floor(max / step) }).map((candidates) => {
    const elements: unknown[] = [];
    let length = 0;
    for (const candidate of candidates) {
      const longer = length + encode(element, candidate).length;
      if (!fits(longer)) continue;
      elements.push(candidate);
      length = longer;
    }
    for (let missing = filling(length); missing > 0; missing--) elements.push(shortest);
    return elements;
  });
}

/** The value of the fewest bytes that needs no search: all zeros but for lengths. */
function smallest(shape: Shape): unknown {
  switch (shape.kind) {
    case 'uint':
      return 0;
    case 'opaque':
      return new Uint8Array(shape.length);
    case 'opaqueVector':
      return new Uint8Array(shape.min);
    case 'vector': {
      const element = smallest(shape.element.shape);
      const step = encode(shape.element, element).length;
      return new Array(Math.ceil(shape.min / step)).fill(element);
    }
    case 'struct':
      return Object.fromEntries(
        Object.entries(shape.fields).map(([name, field]) => [name, smallest(field.shape)]),
      );
    case 'optional':
      return undefined;
    case 'rest':
      return new Uint8Array(0);
    default:
      return shape satisfies never;
  }
}
