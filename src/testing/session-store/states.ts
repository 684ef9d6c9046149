/**
 * What a store owes of states and keys, each alone: every byte, no shared memory, no mistaken key.
 */

import { Model } from './model.ts';
import { bytesOf, type Check, hold, newKey, type Scene, type Stage, spoken } from './stage.ts';

const lifetime = 3600;

/** Nothing, the borders of what fits into a byte, two, a block of a cipher, and 64 KiB. */
const lengths = [0, 1, 15, 16, 17, 64, 255, 256, 257, 511, 512, 4095, 4096, 65_535, 65_536];

export const stateChecks: readonly Check[] = [
  {
    name: 'finds what was just set: to lose a session is allowed, to lose all is no store',
    run: (stage) =>
      eachKept(
        stage,
        Array.from({ length: 16 }, newKey),
        () => 300,
        async ({ store }, keys) => {
          let found = 0;
          for (const key of keys) if ((await store.get(key)) !== undefined) found++;
          hold(found > 0, `get: expected some of ${keys.length} states that were just set, got none`);
        },
      ),
  },
  {
    name: 'finds nothing under a key that was never set, and forgets it without complaint',
    run: ({ withStore }) =>
      withStore(async ({ store }) => {
        const key = newKey();
        await store.delete(key);
        for (const verb of ['get', 'take'] as const) {
          const given = await store[verb]?.(key);
          hold(
            given === undefined,
            `${verb}: expected undefined for a key that was never set, got ${spoken(given)}`,
          );
        }
      }),
  },
  {
    name: 'keeps every byte of a state, from none of them to 64 KiB',
    run: (stage) =>
      eachKept(
        stage,
        lengths.map(newKey),
        (index) => lengths[index] ?? 0,
        async ({ store }, keys, model) => {
          for (const key of keys) model.judge('get', key, await store.get(key));
        },
      ),
  },
  {
    name: 'tells keys apart that differ in one digit',
    run: (stage) => {
      const base = newKey();
      const others = Array.from(base, (digit, index) => {
        const other = digit === '0' ? '1' : '0';
        return base.slice(0, index) + other + base.slice(index + 1);
      });
      return eachKept(
        stage,
        [base, ...others],
        () => 40,
        async ({ store }, keys, model) => {
          for (const key of keys) model.judge('get', key, await store.get(key));
          await store.delete(base);
          model.delete(base);
          for (const key of keys) model.judge('get after delete of another', key, await store.get(key));
        },
      );
    },
  },
  {
    name: 'shares no memory with its caller: what it was given and what it gave may be overwritten',
    run: ({ withStore, terms }) =>
      withStore(async ({ store, now }) => {
        const model = new Model(terms, now);
        for (const length of [1, 40, 300, 5000]) {
          const key = newKey();
          const given = bytesOf(length, length);
          model.set(key, given, lifetime);
          await store.set(key, given, lifetime);
          given.fill(0xa5);
          const got = await store.get(key);
          model.judge('get after what was set has been overwritten', key, got);
          got?.fill(0x5a);
          model.judge('get after what was got has been overwritten', key, await store.get(key));
        }
      }),
  },
];

/** Sets a state of its own under each key, and then looks. */
function eachKept(
  { withStore, terms }: Stage,
  keys: readonly string[],
  lengthOf: (index: number) => number,
  look: (scene: Scene, keys: readonly string[], model: Model) => Promise<void>,
): Promise<void> {
  return withStore(async (scene) => {
    const model = new Model(terms, scene.now);
    for (const [index, key] of keys.entries()) {
      const state = bytesOf(lengthOf(index), index);
      model.set(key, state, lifetime);
      await scene.store.set(key, state, lifetime);
    }
    await look(scene, keys, model);
  });
}
