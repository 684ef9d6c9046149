/**
 * What all properties of a run are drawn from, where REPRISE_SEED gives it: then the run can be repeated, and what
 * another platform makes of it is made of the same values. Without it each property has a seed of its own.
 */

import fc from 'fast-check';

const seed = process.env['REPRISE_SEED'];
if (seed !== undefined) {
  if (!/^\d+$/.test(seed)) throw new RangeError(`expected REPRISE_SEED to be a whole number, got ${seed}`);
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
}
