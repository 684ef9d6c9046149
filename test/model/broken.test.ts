/** The games and the attacks of this folder can fail: each broken machine is found out by them. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timeout } from '../support/runs.ts';
import { Attacker } from './attacks.ts';
import {
  believingAnyFinished,
  believingAnySignature,
  believingAnyTag,
  needingNoChangeCipherSpec,
  passingOver,
} from './broken.ts';
import { Forger } from './forger.ts';
import type { Ground } from './ground.ts';
import { type Side, sides } from './machine.ts';
import { games } from './moves.ts';
import { movesAt, playAt, waysOf } from './places.ts';
import { plans } from './plan.ts';
import { type Broken, playGame } from './play.ts';
import { edits } from './rewriting.ts';
import { honestly } from './scene.ts';
import { besiege, grounds, type Siege, terrains } from './siege.ts';

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

describe.each(sides)('the games against a %s', { timeout }, (side) => {
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

describe('what attackers are held to', { timeout }, () => {
  /** What is found in one of these attacks, if anything is. */
  async function foundIn(sieges: Iterable<Siege>): Promise<string> {
    for (const siege of sieges) {
      const found = await besiege(siege).then(() => undefined, String);
      if (found !== undefined) return found;
    }
    return 'nothing';
  }

  const every = terrains.flatMap(({ aes }, i) =>
    [true, false].map((resumes) => ({ aes, resumes, ground: grounds[i] as Ground })),
  );

  test.each(every)('finds out an attacker who holds the keys (AES: $aes, resuming: $resumes)', async (at) => {
    const suite = at.aes
      ? 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'
      : 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256';
    expect(await foundIn([{ ...at, middle: honestly }])).toBe('nothing');
    expect(await foundIn([{ ...at, middle: new Forger(suite) }])).toMatch(difference);
  });

  test('finds out ends that take any record', async () => {
    const ground = grounds.at(-1) as Ground;
    expect(await foundIn([{ ground, resumes: true, middle: honestly, both: believingAnyTag }])).toBe(
      'nothing',
    );
    const sieges = Array.from({ length: 8 }, (_, record): Siege => {
      const damage = { at: 7, removed: 0, inserted: new Uint8Array(0), change: 1 };
      const middle = new Attacker(
        [{ from: 'server', record, attack: { kind: 'damage', damage } }],
        ground.overheard,
      );
      return { ground, resumes: true, middle, both: believingAnyTag };
    });
    expect(await foundIn(sieges)).toMatch(difference);
  });

  test('finds out ends that take any Finished, once extended master secret is taken away', async () => {
    const ground = grounds.at(-1) as Ground;
    const broken = believingAnyFinished;
    expect(await foundIn([{ ground, resumes: false, middle: honestly, broken }])).toBe('nothing');
    const sieges = Array.from({ length: edits }, (_, edit): Siege => {
      const middle = new Attacker(
        [{ from: 'client', record: 0, attack: { kind: 'rewrite', edit } }],
        ground.overheard,
      );
      const both = { requireExtendedMasterSecret: false };
      return { ground, resumes: false, middle, both, broken };
    });
    expect(await foundIn(sieges)).toMatch(difference);
  });
});
