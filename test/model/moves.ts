/** Moves of a hostile peer, as they come. */

import fc from 'fast-check';
import { AlertDescription, type AlertName } from '../../src/wire/alert.ts';
import { type Message, rows } from './machine.ts';

export type Move =
  /** A message that may come now: which, of all that may. */
  | { readonly kind: 'goes on'; readonly way: number }
  /** Any message, whether it may come now or not. */
  | { readonly kind: 'says'; readonly message: Message }
  /** A deed that can be done now: which, of all that can. */
  | { readonly kind: 'does'; readonly way: number }
  | { readonly kind: 'sends data' }
  | { readonly kind: 'alerts'; readonly level: 'warning' | 'fatal'; readonly alert: AlertName }
  /** The transport ends. */
  | { readonly kind: 'cuts' }
  /** The application of the connection under test closes it. */
  | { readonly kind: 'is closed' };

export const messages: readonly Message[] = [
  ...new Set<Message>(['HelloRequest', ...rows.map(({ message }) => message)]),
];
const alerts = Object.keys(AlertDescription) as readonly AlertName[];

const goesOn: fc.Arbitrary<Move> = fc.record({ kind: fc.constant('goes on'), way: fc.nat(11) });
const says: fc.Arbitrary<Move> = fc.record({
  kind: fc.constant('says'),
  message: fc.constantFrom(...messages),
});
const does: fc.Arbitrary<Move> = fc.record({
  kind: fc.constant('does'),
  way: fc.oneof(fc.nat(7), fc.nat(59)),
});
const alert: fc.Arbitrary<Move> = fc.record({
  kind: fc.constant('alerts'),
  level: fc.constantFrom('warning', 'warning', 'fatal'),
  alert: fc.constantFrom(...alerts),
});
const sendsData: fc.Arbitrary<Move> = fc.constant({ kind: 'sends data' });
const ends: fc.Arbitrary<Move> = fc.constantFrom({ kind: 'cuts' }, { kind: 'is closed' });

const anyMove: fc.Arbitrary<Move> = fc.oneof(
  { weight: 3, arbitrary: goesOn },
  { weight: 2, arbitrary: says },
  { weight: 2, arbitrary: does },
  { weight: 2, arbitrary: alert },
  { weight: 2, arbitrary: sendsData },
  { weight: 1, arbitrary: ends },
);
/** First some way into the handshake, then anything. */
export const games: fc.Arbitrary<readonly Move[]> = fc
  .tuple(fc.array(goesOn, { maxLength: 12 }), fc.array(anyMove, { minLength: 1, maxLength: 12, size: 'max' }))
  .map((parts) => parts.flat());
