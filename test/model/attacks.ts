/**
 * An attacker in the middle, without keys: what can be done to records on their way, as data. Records are counted in
 * each direction; a strike is one thing done to one of them.
 */

import fc from 'fast-check';
import type { HandshakeBody, HandshakeName } from '../../src/handshake/messages.ts';
import { ContentType } from '../../src/record/content.ts';
import { AlertDescription } from '../../src/wire/alert.ts';
import { concat, empty, latin1 } from '../../src/wire/bytes.ts';
import { type Damage, damage, damages } from '../support/damage.ts';
import { message, samples } from '../support/scripted.ts';
import { type Side, sides } from './machine.ts';
import { recordOf, recordsIn, split } from './records.ts';
import { rewrite } from './rewriting.ts';
import { type Delivery, type Middle, other } from './scene.ts';

export type Attack =
  | { readonly kind: 'drop' | 'duplicate' | 'delay' | 'reflect' }
  /** An earlier record of this direction once more, before this one. */
  | { readonly kind: 'replay'; readonly back: number }
  /** A record of another connection, before this one or in its place. */
  | {
      readonly kind: 'splice';
      readonly connection: number;
      readonly record: number;
      readonly instead: boolean;
    }
  | { readonly kind: 'damage'; readonly damage: Damage }
  | { readonly kind: 'inject'; readonly record: Uint8Array }
  | { readonly kind: 'retype'; readonly type: number }
  /** One record in two. */
  | { readonly kind: 'split'; readonly at: number }
  /** A part of the record, and then the end of the transport, for both. */
  | { readonly kind: 'truncate'; readonly at: number }
  | { readonly kind: 'cut'; readonly whom: 'sender' | 'receiver' | 'both' }
  /** A hello with one thing in it changed. */
  | { readonly kind: 'rewrite'; readonly edit: number };

export interface Strike {
  readonly from: Side;
  readonly record: number;
  readonly attack: Attack;
}

const alertRecords = fc
  .tuple(fc.constantFrom(1, 2), fc.constantFrom(...Object.values(AlertDescription)))
  .map(([level, description]) => recordOf(ContentType.alert, Uint8Array.of(level, description)));
const messageRecords = fc
  .constantFrom(...(Object.keys(samples) as readonly HandshakeName[]))
  .map((name) => recordOf(ContentType.handshake, message(name, samples[name] as HandshakeBody<typeof name>)));
const otherRecords = fc.constantFrom(
  recordOf(ContentType.change_cipher_spec, Uint8Array.of(1)),
  recordOf(ContentType.application_data, latin1('pay 100')),
  recordOf(ContentType.application_data, new Uint8Array(60)),
);

export const attacks: fc.Arbitrary<Attack> = fc.oneof(
  fc.record({ kind: fc.constantFrom('drop', 'duplicate', 'delay', 'reflect') }),
  fc.record({ kind: fc.constant('replay'), back: fc.integer({ min: 1, max: 6 }) }),
  fc.record({
    kind: fc.constant('splice'),
    connection: fc.nat(7),
    record: fc.nat(9),
    instead: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('damage'), damage: damages }),
  fc.record({ kind: fc.constant('inject'), record: fc.oneof(alertRecords, messageRecords, otherRecords) }),
  fc.record({ kind: fc.constant('retype'), type: fc.integer({ min: 20, max: 23 }) }),
  fc.record({ kind: fc.constant('split'), at: fc.nat(400) }),
  fc.record({ kind: fc.constant('truncate'), at: fc.nat(400) }),
  fc.record({ kind: fc.constant('cut'), whom: fc.constantFrom('sender', 'receiver', 'both') }),
  fc.record({ kind: fc.constant('rewrite'), edit: fc.nat(99) }),
);

export const strikes: fc.Arbitrary<readonly Strike[]> = fc.array(
  fc.record({ from: fc.constantFrom(...sides), record: fc.nat(9), attack: attacks }),
  { minLength: 1, maxLength: 4 },
);

/** The records that each side sent in some connection. */
export type Recording = Readonly<Record<Side, readonly Uint8Array[]>>;

/** What an attacker has seen before. */
export interface Overheard {
  readonly connections: readonly Recording[];
  /** The ID of a session that another client has with that server. */
  readonly foreignId: Uint8Array;
}

/** An attacker who strikes so. */
export class Attacker implements Middle {
  readonly #strikes: readonly Strike[];
  readonly #overheard: Overheard;
  readonly #halves = { client: empty, server: empty };
  readonly #passed: Record<Side, Uint8Array[]> = { client: [], server: [] };
  readonly #delayed: Record<Side, Delivery[]> = { client: [], server: [] };

  constructor(strikes: readonly Strike[], overheard: Overheard) {
    this.#strikes = strikes;
    this.#overheard = overheard;
  }

  *pass(from: Side, bytes: Uint8Array): Generator<Delivery> {
    const stream = concat(this.#halves[from], bytes);
    const records = recordsIn(stream);
    this.#halves[from] = stream.subarray(records.reduce((length, record) => length + record.length, 0));
    for (const record of records) yield* this.#passRecord(from, record);
  }

  *#passRecord(from: Side, record: Uint8Array): Generator<Delivery> {
    const passed = this.#passed[from];
    const strike = this.#strikes.find((each) => each.from === from && each.record === passed.length);
    passed.push(record);
    const delayed = this.#delayed[from].splice(0);
    if (strike === undefined) yield { to: other(from), bytes: record };
    else yield* this.#strike(strike.attack, from, record);
    yield* delayed;
  }

  #strike(attack: Attack, from: Side, record: Uint8Array): readonly Delivery[] {
    const to = other(from);
    const asIs: Delivery = { to, bytes: record };
    const both: readonly Delivery[] = [
      { to, end: true },
      { to: from, end: true },
    ];
    switch (attack.kind) {
      case 'drop':
        return [];
      case 'duplicate':
        return [asIs, asIs];
      case 'delay':
        this.#delayed[from].push(asIs);
        return [];
      case 'reflect':
        return [{ to: from, bytes: record }, asIs];
      case 'replay': {
        const earlier = this.#passed[from].at(-1 - attack.back);
        return earlier === undefined ? [asIs] : [{ to, bytes: earlier }, asIs];
      }
      case 'splice': {
        const { connections } = this.#overheard;
        const { [from]: records = [] } = connections[attack.connection % connections.length] ?? {};
        const foreign = records[attack.record % records.length];
        if (foreign === undefined) return [asIs];
        return attack.instead ? [{ to, bytes: foreign }] : [{ to, bytes: foreign }, asIs];
      }
      case 'damage':
        return [{ to, bytes: damage(record, attack.damage) }];
      case 'inject':
        return [{ to, bytes: attack.record }, asIs];
      case 'retype':
        return [{ to, bytes: Uint8Array.of(attack.type, ...record.subarray(1)) }];
      case 'split':
        return split(record, attack.at).map((bytes) => ({ to, bytes }));
      case 'truncate':
        return [{ to, bytes: record.subarray(0, attack.at % record.length) }, ...both];
      case 'cut':
        if (attack.whom === 'both') return both;
        return [{ to: attack.whom === 'sender' ? from : to, end: true }, asIs];
      case 'rewrite':
        return [{ to, bytes: rewrite(record, attack.edit, this.#overheard.foreignId) }];
      default: {
        const unknown: never = attack;
        throw new TypeError(`there is no such attack: ${unknown}`);
      }
    }
  }
}
