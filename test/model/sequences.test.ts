/**
 * Games of the model against a connection: at each place all that a peer can do, and random sequences of legal and
 * illegal messages, records with one thing wrong in them, alerts, data and ends of the transport, under any plan.
 */

import fc from 'fast-check';
import { describe, test } from 'vitest';
import { runs, timeout } from '../support/runs.ts';
import { sides } from './machine.ts';
import { games } from './moves.ts';
import { movesAt, nameOf, playAt, waysOf } from './places.ts';
import { plans } from './plan.ts';
import { playGame } from './play.ts';

describe.each(sides)('where a %s waits', { timeout }, (side) => {
  test.each(waysOf(side).map((events) => [nameOf(events), events] as const))(
    '%s: each message, each deed and each end is met as the model says',
    async (_, events) => {
      for (const move of movesAt(side, events)) await playAt(side, events, move);
    },
  );
});

test('whatever a peer does in whatever order, a connection does what the model says', {
  timeout,
}, async () => {
  const property = fc.asyncProperty(plans, games, (plan, moves) =>
    playGame(plan, async (game) => {
      for (const move of moves) await game.make(move);
    }),
  );
  await fc.assert(property, runs(200));
});
