/** The suite for stores: all of ours pass it, under any framework that has two functions, and by any clock. */

import {
  MemoryClientSessionCache,
  MemorySessionStore,
  SealedSessionStore,
  type SessionStore,
  TieredSessionStore,
} from 'reprise-tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  describeSessionStore,
  type MakeSessionStore,
  type StoreTerms,
  type TestFunctions,
} from '../../src/testing/index.ts';
import { randomness } from '../support/randomness.ts';
import { remote, withoutTake } from '../support/stores.ts';

const functions: TestFunctions = { describe, it: test };
const injected: StoreTerms = { clock: 'injected' };
const lossless: StoreTerms = { ...injected, lossless: true };
const keys = [{ id: 'test', secret: randomness(1)(32) }];
/** Ways of other lengths each time, so that questions overtake each other. */
const ways = randomness(2)(997);
let travels = 0;
const turns = () => (ways[travels++ % ways.length] ?? 0) % 7;

const memory: MakeSessionStore = (clock) => new MemorySessionStore({ clock });
const far = (clock: () => number) => remote(new MemorySessionStore({ clock }), turns);
/** With room for one nearby, so that the far store is asked often. */
const tiered = (clock: () => number, shared: SessionStore, staleness = 2) =>
  new TieredSessionStore(new MemorySessionStore({ clock, capacity: 1 }), shared, { clock, staleness });

const ours: [string, MakeSessionStore, StoreTerms][] = [
  ['MemorySessionStore', memory, lossless],
  [
    'MemorySessionStore with room for three',
    (clock) => new MemorySessionStore({ clock, capacity: 3 }),
    injected,
  ],
  ['MemoryClientSessionCache', (clock) => new MemoryClientSessionCache({ clock }), lossless],
  [
    'SealedSessionStore',
    (clock) => new SealedSessionStore(new MemorySessionStore({ clock }), { keys }),
    lossless,
  ],
  ['SealedSessionStore, far', (clock) => new SealedSessionStore(far(clock), { keys }), lossless],
  [
    'SealedSessionStore over a store without take',
    (clock) => new SealedSessionStore(withoutTake(far(clock)), { keys }),
    { ...lossless, atomicTake: false },
  ],
  [
    'TieredSessionStore',
    (clock) => tiered(clock, new MemorySessionStore({ clock })),
    { ...lossless, staleness: 2 },
  ],
  [
    'TieredSessionStore, far',
    (clock) => tiered(clock, far(clock)),
    { ...lossless, staleness: 2, numRuns: 300 },
  ],
  [
    'TieredSessionStore over a sealed store',
    (clock) => tiered(clock, new SealedSessionStore(far(clock), { keys }), 0.5),
    { ...lossless, staleness: 0.5 },
  ],
];

for (const [name, makeStore, terms] of ours)
  describeSessionStore(name, makeStore, { ...functions, ...terms });

describe('describeSessionStore', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  /** The functions of a framework, and what was declared by them. */
  function framework() {
    const declared: { name: string; run: () => Promise<void> }[] = [];
    const describe = vi.fn((_: string, body: () => void) => body());
    const it = (name: string, run: () => Promise<void>) => declared.push({ name, run });
    return { describe, it, declared };
  }

  test('takes the functions of its framework from the options, or else from the global object', () => {
    const given = framework();
    const global = framework();
    expect(() => describeSessionStore('none', memory)).toThrow(
      new TypeError(
        'expected the describe and it of a test framework in the options, got none, and none is global',
      ),
    );
    vi.stubGlobal('describe', global.describe);
    vi.stubGlobal('it', global.it);
    describeSessionStore('mine', memory, given);
    expect(global.declared).toEqual([]);
    describeSessionStore('mine', memory);
    expect(given.describe).toHaveBeenCalledExactlyOnceWith('mine', expect.any(Function));
    expect(global.declared.map(({ name }) => name)).toEqual(given.declared.map(({ name }) => name));
    expect(new Set(given.declared.map(({ name }) => name)).size).toBe(10);
  });

  test('waits a few seconds for lifetimes where the store has a clock of its own', async () => {
    vi.useFakeTimers();
    const { declared, ...functions } = framework();
    describeSessionStore('by its own clock', () => new MemorySessionStore(), {
      ...functions,
      lossless: true,
    });
    const began = performance.now();
    for (const { run } of declared) {
      const done = run();
      // What has not gone wrong by then is rejected, or resolved, when it is awaited.
      done.catch(() => {});
      await vi.advanceTimersByTimeAsync(4000);
      await done;
    }
    expect(performance.now() - began).toBe(4000 * declared.length);
  });

  test('closes each store that it has made, also where a check fails', async () => {
    const { declared, ...functions } = framework();
    const made: SessionStore[] = [];
    const makeStore: MakeSessionStore = (clock) => {
      const store = {
        ...remote(new MemorySessionStore({ clock })),
        delete: () => Promise.reject(new Error('no')),
      };
      made.push(store);
      return Promise.resolve(store);
    };
    const closed: SessionStore[] = [];
    const close = (store: SessionStore) => void closed.push(store);
    describeSessionStore('broken', makeStore, { ...functions, ...injected, close });
    const outcomes = await Promise.allSettled(declared.map(({ run }) => run()));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['fulfilled', 'rejected']));
    expect(new Set(closed)).toEqual(new Set(made));
    expect(closed).toHaveLength(made.length);
  });
});
