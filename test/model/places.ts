/** Every place of the model where a side waits for its peer, a way there, and all that the peer can do there. */

import { expect } from 'vitest';
import { deedsAt } from './deeds.ts';
import { conversationOf, conversations, type Event, type Side, turn } from './machine.ts';
import { type Move, messages } from './moves.ts';
import { planOf } from './plan.ts';
import { type Broken, playGame } from './play.ts';

/** A way to each place where a side waits, one for each that differs in what may follow. */
export function waysOf(side: Side): readonly (readonly Event[])[] {
  const places = new Map<string, readonly Event[]>();
  for (const events of conversations()) {
    for (let length = 0; length <= events.length; length++) {
      const way = events.slice(0, length);
      const conversation = conversationOf(way);
      if (turn(conversation) === side || !isTaken(side, way)) continue;
      const key = JSON.stringify([conversation.place, conversations(conversation)]);
      if (!places.has(key)) places.set(key, way);
    }
  }
  return [...places.values()];
}

/** Our server withholds no status that it has promised, and our client's session was made without a certificate. */
function isTaken(side: Side, events: readonly Event[]): boolean {
  const { said } = conversationOf(events);
  if (side === 'client') return !(said.offered && said.shown);
  return !said.promised || events.some(({ message }) => message === 'CertificateStatus');
}

/** The place that a way leads to, as it stands in the name of a test. */
export function nameOf(events: readonly Event[]): string {
  const { place, said } = conversationOf(events);
  const facts = Object.entries(said).flatMap(([fact, holds]) => (holds ? [fact] : []));
  return `after ${place}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`;
}

/** All that a peer can do at the end of this way. */
export function movesAt(side: Side, events: readonly Event[]): readonly Move[] {
  return [
    ...messages.map((message): Move => ({ kind: 'says', message })),
    { kind: 'sends data' },
    { kind: 'alerts', level: 'fatal', alert: 'internal_error' },
    { kind: 'alerts', level: 'warning', alert: 'close_notify' },
    { kind: 'cuts' },
    { kind: 'is closed' },
    ...deedsAt(conversationOf(events), other(side)).map((_, way): Move => ({ kind: 'does', way })),
  ];
}

/** Plays this way, then the move. */
export function playAt(side: Side, events: readonly Event[], move: Move, broken?: Broken): Promise<void> {
  return playGame(
    planOf(side, events),
    async (game) => {
      for (const event of events) {
        if (event.from === side) continue;
        const way = game.ways.findIndex((each) => JSON.stringify(each) === JSON.stringify(event));
        await game.make({ kind: 'goes on', way });
      }
      expect(game.conversation).toEqual(conversationOf(events));
      await game.make(move);
    },
    broken,
  );
}

function other(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}
