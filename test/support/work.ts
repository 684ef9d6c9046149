/** How much work is done: bytes that are copied are counted, where seconds would only be felt. */

import { expect } from 'vitest';

/** How many bytes are copied from array to array while `run` runs. */
export async function copied(run: () => void | Promise<void>): Promise<number> {
  const arrays: Uint8Array = Object.getPrototypeOf(Uint8Array.prototype);
  const { set, slice } = arrays;
  let count = 0;
  Object.assign(arrays, {
    set(this: Uint8Array, source: ArrayLike<number>, offset?: number) {
      count += source.length;
      set.call(this, source, offset);
    },
    slice(this: Uint8Array, start?: number, end?: number) {
      const part = slice.call(this, start, end);
      count += part.length;
      return part;
    },
  });
  try {
    await run();
  } finally {
    Object.assign(arrays, { set, slice });
  }
  return count;
}

/** Twice the size, about twice the work: four times would be the square. */
export async function expectLinear(size: number, work: (size: number) => Promise<number>): Promise<void> {
  await work(size);
  const [once, twice] = [await work(size), await work(2 * size)];
  expect(once).toBeGreaterThan(0);
  expect(twice / once).toBeLessThan(2.6);
}
