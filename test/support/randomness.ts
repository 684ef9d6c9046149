/** Random bytes that are the same for the same seed, so that what is made from them can be made again. */

import { createHash } from 'node:crypto';
import type { RandomBytes } from '../../src/crypto/provider.ts';

export function randomness(seed: number): RandomBytes {
  let calls = 0;
  return (length) => {
    const stream = createHash('shake256', { outputLength: Math.max(length, 1) }).update(`${seed}/${calls++}`);
    return new Uint8Array(stream.digest()).slice(0, length);
  };
}
