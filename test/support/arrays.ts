/**
 * Byte arrays under watch: which are made while code runs, to count them or to look for what was left in them. The
 * watch ends with `vi.unstubAllGlobals()`.
 */

import { vi } from 'vitest';

/** The memory of every `Uint8Array` that is made from now on. */
export function watchArrays(): Set<ArrayBufferLike> {
  const made = new Set<ArrayBufferLike>();
  const Watched = new Proxy(Uint8Array, {
    construct(target, args, newTarget) {
      const array = Reflect.construct(target, args, newTarget) as Uint8Array;
      made.add(array.buffer);
      return array;
    },
  });
  vi.stubGlobal('Uint8Array', Watched);
  return made;
}
