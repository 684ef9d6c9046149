/** Bytes near to a message: one changed, some taken out, some put in. */

import fc from 'fast-check';
import { concat } from '../../src/wire/bytes.ts';

export interface Damage {
  readonly at: number;
  readonly removed: number;
  readonly inserted: Uint8Array;
  readonly change: number;
}

export const damages: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat(),
  removed: fc.nat(3),
  inserted: fc.uint8Array({ maxLength: 3 }),
  change: fc.nat(255),
});

export function damage(bytes: Uint8Array, { at, removed, inserted, change }: Damage): Uint8Array {
  const index = at % (bytes.length + 1);
  const changed = new Uint8Array(bytes);
  if (index < bytes.length) changed[index] = (changed[index] ?? 0) ^ change;
  return concat(changed.subarray(0, index), inserted, changed.subarray(index + removed));
}
