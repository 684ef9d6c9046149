/** The counters of resumption: whatever happens, the numbers add up. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createResumptionCounters,
  latencyBounds,
  type ResumptionEvent,
  storeOperations,
} from '../../src/session/counters.ts';
import { GuardedSessionStore } from '../../src/session/guard.ts';
import { MemorySessionStore } from '../../src/session/memory.ts';

const decided = fc.record({
  kind: fc.constant('resumption-decided' as const),
  resumption: fc.constantFrom('accepted', 'not-offered', 'not-found', 'expired', 'vetoed'),
});

const asked = fc.record({
  kind: fc.constant('store-asked' as const),
  operation: fc.constantFrom(...storeOperations),
  outcome: fc.constantFrom('found' as const, 'not-found' as const, 'failed' as const, 'suspended' as const),
  milliseconds: fc.oneof(fc.double({ min: 0, max: 1000, noNaN: true }), fc.constantFrom(...latencyBounds)),
});

function counted(events: readonly ResumptionEvent[]) {
  const { counters, observe } = createResumptionCounters();
  for (const event of events) observe(event);
  return counters;
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((sum, number) => sum + number, 0);
}

describe('the counters of resumption', () => {
  test('are one plain object of numbers, all zero at first', () => {
    const { counters } = createResumptionCounters();
    const counts = { answered: 0, failed: 0, suspended: 0, milliseconds: 0, latencies: new Array(9).fill(0) };
    expect(JSON.parse(JSON.stringify(counters))).toEqual({
      offered: 0,
      resumed: 0,
      refused: {},
      stored: 0,
      forgotten: 0,
      store: { get: counts, set: counts, delete: counts, take: counts },
    });
  });

  test('tell what was resumed, refused, stored and forgotten, and nothing else', () => {
    const asked = { kind: 'store-asked', milliseconds: 1 } as const;
    const counters = counted([
      { kind: 'resumption-decided', resumption: 'accepted' },
      { kind: 'resumption-decided', resumption: 'accepted' },
      { kind: 'resumption-decided', resumption: 'expired' },
      { kind: 'resumption-decided', resumption: 'not-offered' },
      { ...asked, operation: 'set', outcome: 'done' },
      { ...asked, operation: 'set', outcome: 'done' },
      { ...asked, operation: 'delete', outcome: 'done' },
      { ...asked, operation: 'set', outcome: 'failed' },
      { ...asked, operation: 'delete', outcome: 'suspended' },
      { ...asked, operation: 'get', outcome: 'found' },
    ]);
    expect(counters).toMatchObject({
      offered: 3,
      resumed: 2,
      refused: { expired: 1, 'not-offered': 1 },
      stored: 2,
      forgotten: 1,
      store: {
        get: { answered: 1, failed: 0, suspended: 0 },
        set: { answered: 2, failed: 1, suspended: 0 },
        delete: { answered: 1, failed: 0, suspended: 1 },
        take: { answered: 0, failed: 0, suspended: 0 },
      },
    });
    expect(Object.keys(counters.refused)).toEqual(['expired', 'not-offered']);
  });

  test('count each handshake once: resumed, or refused by the rule that refused', () => {
    fc.assert(
      fc.property(fc.array(decided), (events) => {
        const { offered, resumed, refused } = counted(events);
        expect(resumed + sum(Object.values(refused))).toBe(events.length);
        expect(offered + (refused['not-offered'] ?? 0)).toBe(events.length);
        for (const [rule, count] of Object.entries(refused)) {
          expect(count).toBe(events.filter(({ resumption }) => resumption === rule).length);
        }
      }),
    );
  });

  test('put each question that a store was asked into one range of the histogram', () => {
    fc.assert(
      fc.property(fc.array(asked), (events) => {
        const { store } = counted(events);
        for (const operation of storeOperations) {
          const these = events.filter((event) => event.operation === operation);
          const put = these.filter(({ outcome }) => outcome !== 'suspended');
          const { answered, failed, suspended, milliseconds, latencies } = store[operation];
          expect(answered + failed).toBe(put.length);
          expect(suspended).toBe(these.length - put.length);
          expect(sum(latencies)).toBe(put.length);
          expect(milliseconds).toBeCloseTo(sum(put.map((event) => event.milliseconds)));
        }
      }),
    );
  });

  test('count a latency in the first range whose bound it does not exceed', () => {
    const event = { kind: 'store-asked', operation: 'get', outcome: 'found' } as const;
    for (const [index, bound] of latencyBounds.entries()) {
      const { latencies } = counted([
        { ...event, milliseconds: bound },
        { ...event, milliseconds: bound + 1e-9 },
      ]).store.get;
      expect([latencies[index], latencies[index + 1]]).toEqual([1, 1]);
    }
  });

  test('are filled by the guard before a store: what was stored, forgotten, and failed', () => {
    const { counters, observe } = createResumptionCounters();
    const store = new MemorySessionStore();
    const guard = new GuardedSessionStore(store, { deadline: 100, report: () => {}, observe });
    guard.keep('k', new Uint8Array(3), 60);
    guard.find('k');
    guard.take('k');
    guard.forget('k');
    store.get = () => {
      throw new Error('down');
    };
    for (let i = 0; i < 7; i++) guard.find('k');
    expect(counters).toMatchObject({ stored: 1, forgotten: 1, offered: 0 });
    expect(counters.store).toMatchObject({
      get: { answered: 1, failed: 5, suspended: 2 },
      set: { answered: 1, failed: 0 },
      delete: { answered: 1, failed: 0 },
      take: { answered: 1, failed: 0 },
    });
  });
});
