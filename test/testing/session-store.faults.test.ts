/** The suite for stores finds each fault that a store can have, and says what it is. */

import type { SessionStore } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import type { MakeSessionStore, StoreTerms } from '../../src/testing/index.ts';
import { makeStage } from '../../src/testing/session-store/stage.ts';
import { sessionStoreChecks } from '../../src/testing/session-store.ts';

const injected: StoreTerms = { clock: 'injected' };
const lossless: StoreTerms = { ...injected, lossless: true };

describe('the suite', () => {
  /** A store of entries that a fault can be put into. */
  interface Faulty {
    readonly entries: Map<string, { readonly state: Uint8Array; readonly endsAt: number }>;
    readonly clock: () => number;
    readonly store: Required<SessionStore>;
  }

  function faulty(clock: () => number): Faulty {
    const entries: Faulty['entries'] = new Map();
    const store: Required<SessionStore> = {
      get(key) {
        const entry = entries.get(key);
        return entry !== undefined && clock() < entry.endsAt ? entry.state.slice() : undefined;
      },
      set(key, state, lifetime) {
        entries.set(key, { state: state.slice(), endsAt: clock() + 1000 * lifetime });
      },
      delete(key) {
        entries.delete(key);
      },
      take(key) {
        const state = store.get(key);
        store.delete(key);
        return state;
      },
    };
    return { entries, clock, store };
  }

  /** What is wrong with the store that this makes, by the checks whose names start so. */
  async function complaints(makeStore: MakeSessionStore, terms: StoreTerms, start = '') {
    const stage = makeStage(makeStore, terms);
    const found: string[] = [];
    for (const { name, run } of sessionStoreChecks) {
      if (!name.startsWith(start)) continue;
      await run(stage).catch((error: Error) => found.push(`${name}: ${error.message} ${error.cause ?? ''}`));
    }
    return found;
  }

  const aNothing = 'finds what was just set';
  const aByte = 'keeps every byte';
  const aKey = 'tells keys apart';
  const sharing = 'shares no memory';
  const aLifetime = 'keeps a state for its lifetime';
  const lastLifetime = 'counts the lifetime from the last set';
  const sequence = 'gives what was set last or nothing';
  const atOnce = 'gives a state that was there at some moment';
  const once = 'gives a state once';
  const neverSet = 'finds nothing under a key that was never set';

  const later = <T>(does: () => T) =>
    Promise.resolve()
      .then(() => undefined)
      .then(does);

  const faults: [string, (store: Faulty) => Partial<SessionStore>, string, RegExp][] = [
    ['finds nothing', () => ({ get: () => undefined }), aNothing, /expected some of 16 states/],
    [
      'says null for none',
      ({ store }) => ({ get: (key) => store.get(key) ?? (null as never) }),
      neverSet,
      /no Uint8Array/,
    ],
    ['forgets nothing', () => ({ delete: () => {} }), sequence, /expected none, since/],
    ['takes and keeps', ({ store }) => ({ take: (key) => store.get(key) }), sequence, /expected none, since/],
    [
      'keeps the array that it is given',
      ({ entries, clock }) => ({
        set: (key, state, lifetime) => void entries.set(key, { state, endsAt: clock() + 1000 * lifetime }),
      }),
      sharing,
      /after what was set has been overwritten/,
    ],
    [
      'gives the array that it keeps',
      ({ entries }) => ({ get: (key) => entries.get(key)?.state }),
      sharing,
      /that differ/,
    ],
    [
      'keeps text',
      ({ store }) => ({
        set: (key, state, lifetime) => store.set(key, Buffer.from(Buffer.from(state).toString()), lifetime),
      }),
      aByte,
      /expected the \d+ bytes that were set last/,
    ],
    [
      'cuts what is longer than 64 KiB less one',
      ({ store }) => ({ set: (key, state, lifetime) => store.set(key, state.subarray(0, 65_535), lifetime) }),
      aByte,
      /expected the 65536 bytes that were set last, got 65535 bytes/,
    ],
    [
      'takes no state for none',
      ({ store }) => ({
        set: (key, state, lifetime) => (state.length > 0 ? store.set(key, state, lifetime) : undefined),
      }),
      aByte,
      /expected the 0 bytes that were set, got none/,
    ],
    [
      'cuts keys',
      ({ store }) => ({
        get: (key) => store.get(key.slice(0, 63)),
        set: (key, state, lifetime) => store.set(key.slice(0, 63), state, lifetime),
      }),
      aKey,
      /that differ/,
    ],
    [
      'ends no lifetime',
      ({ entries }) => ({ get: (key) => entries.get(key)?.state.slice() }),
      aLifetime,
      /after its lifetime/,
    ],
    [
      'takes seconds for milliseconds',
      ({ store }) => ({ set: (key, state, lifetime) => store.set(key, state, lifetime / 1000) }),
      aLifetime,
      /expected the 300 bytes that were set, got none/,
    ],
    [
      'prolongs by get',
      ({ store }) => ({
        get: async (key) => {
          const state = await store.get(key);
          if (state !== undefined) await store.set(key, state, 3600);
          return state;
        },
      }),
      aLifetime,
      /after its lifetime/,
    ],
    [
      'keeps the first lifetime',
      ({ store, entries }) => ({
        set: (key, state, lifetime) => {
          const endsAt = entries.get(key)?.endsAt;
          store.set(key, state, lifetime);
          if (endsAt !== undefined) entries.set(key, { state: state.slice(), endsAt });
        },
      }),
      lastLifetime,
      /ms after its lifetime|got none/,
    ],
    [
      'keeps the first state',
      ({ store, entries }) => ({
        set: (...entry) => (entries.has(entry[0]) ? undefined : store.set(...entry)),
      }),
      sequence,
      /that differ|got none/,
    ],
    [
      'gives the state of another, now and then',
      ({ store, entries }) => {
        let asked = 0;
        return {
          get: (key) => (++asked % 7 === 0 ? [...entries.values()][0]?.state.slice() : store.get(key)),
        };
      },
      aByte,
      /that differ/,
    ],
    [
      'answers before it has set',
      ({ store }) => ({ set: (...entry) => void later(() => later(() => store.set(...entry))) }),
      atOnce,
      /expected a state that/,
    ],
    [
      'answers before it has deleted',
      ({ store }) => ({ delete: (key) => void later(() => later(() => store.delete(key))) }),
      atOnce,
      /expected a state that/,
    ],
    [
      'takes in two steps',
      ({ store }) => ({
        take: async (key) => {
          const state = await store.get(key);
          await later(() => store.delete(key));
          return state;
        },
      }),
      once,
      /expected one of 5 to get the state, got 5 of them/,
    ],
    [
      'keeps what it read before a change, in a cache in front',
      ({ store }) => {
        const cache = new Map<string, Uint8Array>();
        const fetch = async (key: string) => {
          const state = await later(() => later(() => store.get(key)));
          if (state !== undefined) cache.set(key, state);
          return state;
        };
        return {
          get: (key) => cache.get(key)?.slice() ?? fetch(key),
          set: (...entry) => {
            cache.delete(entry[0]);
            return later(() => store.set(...entry));
          },
          delete: (key) => {
            cache.delete(key);
            return later(() => store.delete(key));
          },
        };
      },
      atOnce,
      /expected a state that was set/,
    ],
    [
      'rejects now and then',
      ({ store }) => {
        let asked = 0;
        return {
          get: async (key) => (++asked % 5 === 0 ? Promise.reject(new Error('down')) : store.get(key)),
        };
      },
      sequence,
      /down/,
    ],
  ];

  test.each(faults)('finds a store that %s', async (_, fault, name, complaint) => {
    const makeStore: MakeSessionStore = (clock) => {
      const whole = faulty(clock);
      return { ...whole.store, ...fault(whole) };
    };
    expect(await complaints(makeStore, lossless, name)).toEqual([expect.stringMatching(complaint)]);
  });

  test('finds nothing wrong with a store that has no fault, nor with one that loses what it likes', async () => {
    expect(await complaints((clock) => faulty(clock).store, lossless)).toEqual([]);
    const forgetful: MakeSessionStore = (clock) => {
      const { store } = faulty(clock);
      let asked = 0;
      return { ...store, get: (key) => (++asked % 3 === 0 ? undefined : store.get(key)) };
    };
    expect(await complaints(forgetful, injected)).toEqual([]);
    expect((await complaints(forgetful, lossless)).length).toBeGreaterThan(0);
  });
});
