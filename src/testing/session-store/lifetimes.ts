/**
 * What a store owes of lifetimes: that it keeps them to the second, and that only `set` gives one.
 */

import { Model } from './model.ts';
import { bytesOf, type Check, newKey, type Scene, type Stage } from './stage.ts';

/** In seconds: by a clock that is waited for, one; by one that is moved, up to the longest that the core gives. */
const waited = [2];
const moved = [1, 2, 60, 3600, 86_400];

export const lifetimeChecks: readonly Check[] = [
  {
    name: 'keeps a state for its lifetime, to the second, and getting it prolongs nothing',
    run: (stage) =>
      eachLifetime(stage, async (scene, model, lifetime) => {
        const key = newKey();
        const look = async () => model.judge('get', key, await scene.store.get(key));
        await set(scene, model, key, lifetime);
        await look();
        await scene.pass(lifetime * 1000 - 1100);
        await look();
        await scene.pass(2200 + stage.terms.staleness * 1000);
        await look();
      }),
  },
  {
    name: 'counts the lifetime from the last set, be it longer than the one before or shorter',
    run: (stage) =>
      eachLifetime(stage, async (scene, model, lifetime) => {
        const [shortened, prolonged] = [newKey(), newKey()];
        await set(scene, model, shortened, 100 * lifetime);
        await set(scene, model, prolonged, lifetime);
        await set(scene, model, shortened, lifetime);
        await set(scene, model, prolonged, 100 * lifetime);
        await scene.pass(lifetime * 1000 + 1100 + stage.terms.staleness * 1000);
        for (const key of [shortened, prolonged]) model.judge('get', key, await scene.store.get(key));
      }),
  },
];

function eachLifetime(
  { withStore, terms }: Stage,
  check: (scene: Scene, model: Model, lifetime: number) => Promise<void>,
): Promise<void> {
  return withStore(async (scene) => {
    const model = new Model(terms, scene.now);
    for (const lifetime of terms.clock === 'injected' ? moved : waited) await check(scene, model, lifetime);
  });
}

async function set({ store }: Scene, model: Model, key: string, lifetime: number): Promise<void> {
  const state = bytesOf(300, lifetime);
  model.set(key, state, lifetime);
  await store.set(key, state, lifetime);
}
