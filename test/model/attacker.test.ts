/**
 * An attacker in the middle of two honest ends, with records of other connections and without keys. Whatever is dropped,
 * repeated, reordered, replaced, spliced in, altered, cut or rewritten: the ends never differ, nothing false is
 * delivered, nothing that was cut short looks whole, and what comes after, without the attacker, is as good as ever.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs, timeout } from '../support/runs.ts';
import { Attacker, strikes } from './attacks.ts';
import type { Ground } from './ground.ts';
import { type Side, sides } from './machine.ts';
import { edits } from './rewriting.ts';
import { besiege, grounds } from './siege.ts';
import { expectWhole, judge } from './views.ts';

test('the ground is as it should be: full, then resumed, and both clients have sessions', () => {
  for (const { undisturbed, store, cache, foreignKey, shown } of grounds) {
    for (const views of [undisturbed.full, undisturbed.resumed]) {
      expectWhole(views);
      judge(views, views, shown);
    }
    for (const side of sides) {
      expect(undisturbed.full[side].info?.resumed).toBe(false);
      expect(undisturbed.resumed[side].info?.resumed).toBe(true);
    }
    expect([store.entries.size, cache.entries.size, store.entries.has(foreignKey)]).toEqual([2, 1, true]);
  }
});

test('no attacker without keys brings about what none may, nor spoils what comes after', {
  timeout,
}, async () => {
  const property = fc.asyncProperty(
    fc.nat(grounds.length - 1),
    fc.record({ resumes: fc.boolean(), halfClose: fc.boolean() }),
    strikes,
    async (index, circumstances, strikes) => {
      const ground = grounds[index] as Ground;
      const middle = new Attacker(strikes, ground.overheard);
      await besiege({ ground, ...circumstances, middle });
    },
  );
  await fc.assert(property, runs(200));
});

describe('a hello with one thing changed on its way', () => {
  const ground = grounds.at(-1) as Ground;

  test.each(sides.flatMap((from) => [true, false].map((resumes) => [from, resumes] as const)))(
    'by the %s, resuming: %s',
    { timeout },
    async (from: Side, resumes: boolean) => {
      for (let edit = 0; edit < edits; edit++) {
        const attack = { kind: 'rewrite', edit } as const;
        const middle = new Attacker([{ from, record: 0, attack }], ground.overheard);
        // Not even where extended master secret is not required can anybody take it away.
        await besiege({ ground, resumes, middle, both: { requireExtendedMasterSecret: false } });
      }
    },
  );
});
