/** The games and the attacks of this folder can fail: each broken machine is found out by them. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  believingAnyFinished,
  believingAnySignature,
  believingAnyTag,
  needingNoChangeCipherSpec,
  passingOver,
} from './broken.ts';
import { type Side, sides } from './machine.ts';
import { games } from './moves.ts';
import { movesAt, playAt, waysOf } from './places.ts';
import { plans } from './plan.ts';
import { type Broken, playGame } from './play.ts';

/** Where a connection did not do what the model says: an assertion, or an alert that was waited for in vain. */
const difference = /^Error: expected alert, got|^AssertionError/;

/** What the games at each place find in a machine that is broken so, if they find anything. */
async function foundSomewhere(side: Side, broken: Broken): Promise<string> {
  for (const events of waysOf(side)) {
    for (const move of movesAt(side, events)) {
      const found = await playAt(side, events, move, broken).then(() => undefined, String);
      if (found !== undefined) return found;
    }
  }
  return 'nothing';
}

describe.each(sides)('the games against a %s', (side) => {
  test.each<[string, Broken]>([
    ['passes over a ChangeCipherSpec that it does not expect', passingOver('ChangeCipherSpec')],
    ['takes Finished without ChangeCipherSpec', needingNoChangeCipherSpec],
    ['takes any Finished', believingAnyFinished],
    ['takes any signature', believingAnySignature],
    ['takes any record', believingAnyTag],
  ])('find out one that %s', async (_, broken) => {
    expect(await foundSomewhere(side, broken)).toMatch(difference);
  });

  test('find out one that passes over a ChangeCipherSpec, in random order too', async () => {
    const property = fc.asyncProperty(plans, games, (plan, moves) =>
      playGame(
        { ...plan, side },
        async (game) => {
          for (const move of moves) await game.make(move);
        },
        passingOver('ChangeCipherSpec'),
      ),
    );
    const { errorInstance } = await fc.check(property, { numRuns: 10_000, endOnFailure: true });
    expect(String(errorInstance)).toMatch(difference);
  });
});
