/**
 * Random games: sequences of legal and illegal messages, of records with one thing wrong in them, alerts, data and ends
 * of the transport, against either side, under any plan. Whatever comes, the connection does what the model says.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AlertDescription, type AlertName } from '../../src/wire/alert.ts';
import { runs } from '../support/runs.ts';
import { deeds } from './deeds.ts';
import type { Move } from './game.ts';
import {
  conversationOf,
  conversations,
  type Event,
  type Message,
  rows,
  type Side,
  sides,
  turn,
} from './machine.ts';
import { planOf, plans } from './plan.ts';
import { playGame } from './play.ts';

const messages = [...new Set<Message>(['HelloRequest', ...rows.map(({ message }) => message)])];
const alerts = Object.keys(AlertDescription) as readonly AlertName[];

const goesOn: fc.Arbitrary<Move> = fc.record({ kind: fc.constant('goes on'), way: fc.nat(11) });
const says: fc.Arbitrary<Move> = fc.record({
  kind: fc.constant('says'),
  message: fc.constantFrom(...messages),
});
const does: fc.Arbitrary<Move> = fc.record({ kind: fc.constant('does'), way: fc.nat(59) });
const alert: fc.Arbitrary<Move> = fc.record({
  kind: fc.constant('alerts'),
  level: fc.constantFrom('warning', 'warning', 'fatal'),
  alert: fc.constantFrom(...alerts),
});
const sendsData: fc.Arbitrary<Move> = fc.constant({ kind: 'sends data' });
const ends: fc.Arbitrary<Move> = fc.constantFrom({ kind: 'cuts' }, { kind: 'is closed' });

const moves: fc.Arbitrary<Move> = fc.oneof(
  { weight: 3, arbitrary: goesOn },
  { weight: 2, arbitrary: says },
  { weight: 2, arbitrary: does },
  { weight: 2, arbitrary: alert },
  { weight: 2, arbitrary: sendsData },
  { weight: 1, arbitrary: ends },
);
/** First some way into the handshake, then anything. */
const games = fc.tuple(
  fc.array(goesOn, { maxLength: 12 }),
  fc.array(moves, { minLength: 1, maxLength: 12, size: 'max' }),
);

test('whatever a peer says in whatever order, a connection does what the model says', async () => {
  const property = fc.asyncProperty(plans, games, (plan, [first, then]) =>
    playGame(plan, async (game) => {
      for (const move of [...first, ...then]) await game.make(move);
    }),
  );
  await fc.assert(property, runs(200));
});

/** A way to every place where it is not this side's turn, one for each that differs in what may follow. */
function waysOf(side: Side): readonly (readonly Event[])[] {
  const places = new Map<string, readonly Event[]>();
  for (const events of conversations()) {
    for (let length = 0; length <= events.length; length++) {
      const way = events.slice(0, length);
      const conversation = conversationOf(way);
      if (turn(conversation) === side || !isPlanned(side, way)) continue;
      const key = JSON.stringify([conversation.place, conversations(conversation)]);
      if (!places.has(key)) places.set(key, way);
    }
  }
  return [...places.values()];
}

/** Our server withholds no status that it has promised, and our client's session was made without a certificate. */
function isPlanned(side: Side, events: readonly Event[]): boolean {
  const { said } = conversationOf(events);
  if (side === 'client') return !(said.offered && said.shown);
  return !said.promised || events.some(isStatus);
}

describe.each(sides)('at every place where a %s waits', (side) => {
  const others: readonly Move[] = [
    ...messages.map((message): Move => ({ kind: 'says', message })),
    { kind: 'sends data' },
    { kind: 'alerts', level: 'fatal', alert: 'internal_error' },
    { kind: 'alerts', level: 'warning', alert: 'close_notify' },
    { kind: 'cuts' },
    { kind: 'is closed' },
  ];

  test.each(waysOf(side).map((events) => [nameOf(events), events] as const))(
    '%s: each message, each deed and each end is met as the model says',
    async (_, events) => {
      const peer = side === 'client' ? 'server' : 'client';
      const conversation = conversationOf(events);
      const { length } = deeds.filter(({ fits }) => fits(conversation, peer));
      const fitting = Array.from({ length }, (_, way): Move => ({ kind: 'does', way }));
      for (const move of [...others, ...fitting]) {
        await playGame(planOf(side, events), async (game) => {
          for (const event of events) {
            if (event.from !== peer) continue;
            const way = game.ways.findIndex((each) => JSON.stringify(each) === JSON.stringify(event));
            await game.make({ kind: 'goes on', way });
          }
          expect(game.conversation).toEqual(conversation);
          await game.make(move);
        });
      }
    },
  );
});

test('there is no deed that fits nowhere', () => {
  const all = conversations().flatMap((events) =>
    events.map((_, length) => conversationOf(events.slice(0, length))),
  );
  for (const { fits, name } of deeds) {
    expect([name, sides.some((peer) => all.some((place) => fits(place, peer)))]).toEqual([name, true]);
  }
});

function isStatus({ message }: Event): boolean {
  return message === 'CertificateStatus';
}

function nameOf(events: readonly Event[]): string {
  const { place, said } = conversationOf(events);
  const facts = Object.entries(said).flatMap(([fact, holds]) => (holds ? [fact] : []));
  return `after ${place}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`;
}
