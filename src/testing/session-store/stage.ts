/**
 * The stage of the suite for stores: stores to ask, one after the other, time that passes for them, and what they may be
 * held to.
 */

import { noble } from '../../crypto/noble.ts';
import type { MaybePromise, SessionStore } from '../../session/store.ts';
import { hex } from '../../wire/bytes.ts';

/**
 * A store that is empty, or whose other keys are in nobody's way: the suite's own are random. `clock` gives
 * milliseconds, and is to be used where the terms say that it is.
 */
export type MakeSessionStore = (clock: () => number) => MaybePromise<SessionStore>;

/** What a store is held to, beyond what all owe. */
export interface StoreTerms {
  /**
   * `injected`: it tells the time by the clock that it was made with, so that lifetimes pass in no time. `real`: by a
   * clock of its own, and some seconds are waited for. Default: `real`.
   */
  readonly clock?: 'injected' | 'real';
  /** Whether it loses nothing before its time, however many sessions it is given. Default: false. */
  readonly lossless?: boolean;
  /** Whether of several who take one key at once one gets it. Default: true, of a store that has `take`. */
  readonly atomicTake?: boolean;
  /** For how many seconds after its lifetime a state may still be given, as by a tier in front. Default: 0. */
  readonly staleness?: number;
  /** How many sequences of operations are tried of each kind. Default: 100. */
  readonly numRuns?: number;
  /** Called with each store that was made, when the suite is done with it. */
  readonly close?: (store: SessionStore) => MaybePromise<void>;
}

/** One thing that a store owes; the name is the sentence that says what. */
export interface Check {
  readonly name: string;
  /** @throws Error, as a rejection, that says what was expected and what came */
  run(stage: Stage): Promise<void>;
}

export interface Stage {
  readonly terms: Required<Omit<StoreTerms, 'close'>>;
  /** Runs with a new store, and is then done with that. */
  withStore(run: (scene: Scene) => Promise<void>): Promise<void>;
}

export interface Scene {
  readonly store: SessionStore;
  /** Milliseconds, by the clock of the store as far as it is known. */
  now(): number;
  /** Lets milliseconds pass. */
  pass(milliseconds: number): Promise<void>;
}

export function makeStage(makeStore: MakeSessionStore, options: StoreTerms): Stage {
  const { clock = 'real', lossless = false, atomicTake = true, staleness = 0, numRuns = 100 } = options;
  return {
    terms: { clock, lossless, atomicTake, staleness, numRuns },
    async withStore(run) {
      const time = clock === 'injected' ? timeByHand() : realTime;
      const store = await makeStore(time.now);
      try {
        await run({ store, ...time });
      } finally {
        await options.close?.(store);
      }
    },
  };
}

type Time = Omit<Scene, 'store'>;

const realTime: Time = {
  now: () => performance.now(),
  pass: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

function timeByHand(): Time {
  let now = 1_000_000;
  return {
    now: () => now,
    pass(milliseconds) {
      now += milliseconds;
      return Promise.resolve();
    },
  };
}

/** @throws Error with the sentence, where that does not hold */
export function hold(condition: boolean, sentence: string): void {
  if (!condition) throw new Error(sentence);
}

/** A key as the core makes them: 64 hexadecimal digits, and nobody has had it before. */
export function newKey(): string {
  return hex(noble.randomBytes(32));
}

/** So many bytes, others for another seed; every value of a byte comes up among some thousands. */
export function bytesOf(length: number, seed: number): Uint8Array {
  let x = seed;
  return new Uint8Array(length).map(() => {
    x = Math.imul(x, 1_664_525) + 1_013_904_223;
    return x >>> 24;
  });
}

/** How a state is spoken of. */
export function spoken(state: unknown): string {
  if (state === undefined) return 'none';
  return state instanceof Uint8Array ? `${state.length} bytes` : `what is no Uint8Array: ${typeof state}`;
}
