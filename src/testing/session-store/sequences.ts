/**
 * Any sequence of operations, one after the other, beside the model: get, set, delete, take, time that passes, and a
 * crowd of other sessions, which makes a bounded store forget some.
 */

import fc from 'fast-check';
import type { SessionStore } from '../../session/store.ts';
import { Model } from './model.ts';
import { bytesOf, type Check, newKey, type Scene, type Stage } from './stage.ts';

/** How many keys a sequence is about: few, so that they meet again. */
const keysInUse = 4;

interface Trial extends Scene {
  readonly keys: readonly string[];
}

type Step = fc.AsyncCommand<Model, Trial>;

export const sequenceChecks: readonly Check[] = [
  {
    name: 'gives what was set last or nothing, in any sequence of operations',
    run: (stage) =>
      fc.assert(
        fc.asyncProperty(fc.commands([...steps(stage)], { maxCommands: 60, size: '+1' }), (steps) =>
          stage.withStore(async (scene) => {
            // Keys are drawn anew for each sequence: in a database, those of the one before are still there.
            const keys = Array.from({ length: keysInUse }, newKey);
            const model = new Model(stage.terms, scene.now);
            await fc.asyncModelRun(() => ({ model, real: { ...scene, keys } }), steps);
          }),
        ),
        { numRuns: stage.terms.numRuns },
      ),
  },
];

function* steps({ terms }: Stage): Iterable<fc.Arbitrary<Step>> {
  const injected = terms.clock === 'injected';
  const which = fc.nat(keysInUse - 1);
  const length = fc.oneof({ weight: 8, arbitrary: fc.nat(600) }, { weight: 1, arbitrary: fc.nat(65_536) });
  const lifetime = injected ? fc.constantFrom(1, 2, 5, 60, 3600, 86_400) : fc.constantFrom(3600, 86_400);
  yield fc.record({ which, length, seed: fc.nat(), lifetime }).map(({ which, length, seed, lifetime }) =>
    step(`set(${which}, ${length} bytes, ${lifetime})`, which, async (model, { store }, key) => {
      const state = bytesOf(length, seed);
      model.set(key, state, lifetime);
      await store.set(key, state, lifetime);
    }),
  );
  yield which.map((which) =>
    step(`get(${which})`, which, async (model, { store }, key) => {
      model.judge('get', key, await store.get(key));
    }),
  );
  yield which.map((which) =>
    step(`delete(${which})`, which, async (model, { store }, key) => {
      await store.delete(key);
      model.delete(key);
    }),
  );
  yield which.map((which) =>
    step(`take(${which})`, which, async (model, { store }, key) => {
      if (store.take === undefined) return;
      model.judge('take', key, await store.take(key));
      model.delete(key);
    }),
  );
  yield fc
    .integer({ min: 1, max: 8 })
    .map((count) => step(`crowd(${count})`, 0, (_, { store }) => crowd(store, count)));
  if (!injected) return;
  yield fc
    .oneof(fc.nat(7000), fc.nat(100_000_000))
    .map((milliseconds) => step(`pass(${milliseconds} ms)`, 0, (_, { pass }) => pass(milliseconds)));
}

function step(
  name: string,
  which: number,
  run: (model: Model, trial: Trial, key: string) => Promise<void>,
): Step {
  return {
    check: () => true,
    run: (model, trial) => run(model, trial, trial.keys[which] ?? ''),
    toString: () => name,
  };
}

async function crowd(store: SessionStore, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await store.set(newKey(), bytesOf(300, i), 3600);
}
