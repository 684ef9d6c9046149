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
import { plain, plans } from './plan.ts';
import { playGame } from './play.ts';

describe.each(sides)('where a %s waits', { timeout }, (side) => {
  test.each(waysOf(side).map((events) => [nameOf(events), events] as const))(
    '%s: each message, each deed and each end is met as the model says',
    async (_, events) => {
      for (const move of movesAt(side, events)) await playAt(side, events, move);
    },
  );
});

describe.each(sides)('a hello without extended master secret, to a %s', (side) => {
  test.each([
    { required: true, session: false },
    { required: true, session: true },
    { required: false, session: false },
    { required: false, session: true },
  ])(
    'where it is required: $required, with a session: $session (RFC 7627 §5)',
    async ({ required, session }) => {
      const plan = { ...plain(side), required, session, peerExtends: false };
      await playGame(plan, async (game) => {
        const hello = game.ways.findIndex(({ says }) => (says?.resumed ?? says?.offered) === session);
        await game.make({ kind: 'goes on', way: hello });
        for (let i = 0; i < 10; i++) await game.make({ kind: 'goes on', way: 0 });
        await game.make({ kind: 'sends data' });
      });
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
