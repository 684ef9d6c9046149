/** Runs before each file: once a test has failed, the mutant is killed, and no further file need be loaded. */

import { afterEach, inject } from 'vitest';

const mutant: unknown = inject('activeMutant' as never);
const thread = globalThis as typeof globalThis & { killed?: unknown };

if (mutant !== undefined && thread.killed === mutant) throw new Error('this mutant is killed');

afterEach(({ task }) => {
  if (task.result?.state === 'fail') thread.killed = mutant;
});
