/** The bounds of what the guard lets through to a store and back, and what it says of the time that it took. */

import { MemorySessionStore, type SessionStore } from 'reprise-tls';
import { expect, test } from 'vitest';
import type { ResumptionEvent } from '../../src/session/counters.ts';
import { GuardedSessionStore, maxStateLength, type StoreReport } from '../../src/session/guard.ts';

function guarded(
  store: SessionStore,
  changes: Partial<ConstructorParameters<typeof GuardedSessionStore>[1]> = {},
) {
  const reports: StoreReport[] = [];
  const report = (each: StoreReport) => reports.push(each);
  return { guard: new GuardedSessionStore(store, { deadline: 1000, report, ...changes }), reports };
}

test('a deadline is some time, as long as a timer can be set for and no longer', () => {
  const store = new MemorySessionStore();
  for (const deadline of [0.5, 1, 2 ** 31 - 1]) expect(() => guarded(store, { deadline })).not.toThrow();
  for (const deadline of [0, -1, 2 ** 31, Number.NaN]) {
    expect(() => guarded(store, { deadline })).toThrow(RangeError);
  }
});

test('a state goes in and comes out up to the longest that there is, and what is longer is a fault', () => {
  const store = new MemorySessionStore();
  const { guard, reports } = guarded(store);
  expect(guard.keep('key', new Uint8Array(maxStateLength).fill(1), 60)).toBe(true);
  expect(guard.find('key')).toMatchObject({ outcome: 'found' });
  expect(reports).toEqual([]);
  expect(guard.keep('longer', new Uint8Array(maxStateLength + 1), 60)).toBe(false);
  expect(store.get('longer')).toBeUndefined();
  store.set('longer', new Uint8Array(maxStateLength + 1), 60);
  expect(guard.find('longer')).toMatchObject({ outcome: 'store-failed' });
  expect(reports).toMatchObject([
    { kind: 'store-failed', operation: 'set' },
    { kind: 'store-failed', operation: 'get' },
  ]);
});

test('the time that an answer took is told in milliseconds, and is never less than none', () => {
  const events: ResumptionEvent[] = [];
  const times = [100, 107, 200, 190];
  const clock = () => times.shift() ?? 1000;
  const { guard } = guarded(new MemorySessionStore(), { clock, observe: (event) => events.push(event) });
  guard.find('key');
  guard.find('key');
  expect(events).toEqual([
    { kind: 'store-asked', operation: 'get', outcome: 'not-found', milliseconds: 7 },
    { kind: 'store-asked', operation: 'get', outcome: 'not-found', milliseconds: 0 },
  ]);
});

test('what a store throws that is no Error is the cause of the one that is reported', () => {
  const thrown = { code: 7 };
  const failing: SessionStore = {
    get: () => {
      throw thrown;
    },
    set: () => {},
    delete: () => {},
  };
  const { guard, reports } = guarded(failing);
  expect(guard.find('key')).toMatchObject({ outcome: 'store-failed' });
  expect(reports).toMatchObject([{ kind: 'store-failed', error: { cause: thrown } }]);
});
