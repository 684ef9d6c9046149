/** A table of session IDs and backends: beside a plain model, whatever both are told. */

import fc from 'fast-check';
import { PersistenceTable } from 'reprise-tls/persistence';
import { describe, expect, test } from 'vitest';
import { TLS_1_2 } from '../../src/record/content.ts';
import { empty, hex } from '../../src/wire/bytes.ts';

const answer = (sessionId: Uint8Array, selectedVersion = TLS_1_2) =>
  ({ status: 'hello', selectedVersion, sessionId, cipherSuite: 0xc02b, alpnProtocol: undefined }) as const;

/** A few IDs of all lengths, bytes of any kind among them, so that they meet again. */
const sessionId = fc.constantFrom(
  empty,
  ...[1, 2, 31, 32, 32].map((length, i) => new Uint8Array(length).fill([0, 0x80, 0xff, 0x31, 0xfe][i] ?? 0)),
);
const backend = fc.constantFrom('red', 'green', 'blue');

type Operation =
  | { readonly do: 'steer'; readonly sessionId: Uint8Array }
  | {
      readonly do: 'learn';
      readonly sessionId: Uint8Array;
      readonly version: number;
      readonly backend: string;
    }
  | { readonly do: 'forget'; readonly backend: string }
  | { readonly do: 'advance'; readonly milliseconds: number };

const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('steer'), sessionId }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('learn'),
        sessionId,
        version: fc.constantFrom(TLS_1_2, TLS_1_2, 0x0301, 0x0304),
        backend,
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('forget'), backend }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('advance'), milliseconds: fc.nat(2500) }) },
  ) as fc.Arbitrary<Operation>,
  { size: '+1' },
);

describe('a table of session IDs', () => {
  test('knows of each ID the backend that answered with it last, within its time', () => {
    fc.assert(
      fc.property(operations, (operations) => {
        let now = 0;
        const table = new PersistenceTable<string>({ lifetime: 5, clock: () => now });
        const model = new Map<string, { backend: string; end: number }>();
        for (const operation of operations) {
          switch (operation.do) {
            case 'advance':
              now += operation.milliseconds;
              break;
            case 'forget':
              table.forgetWhere((backend) => backend === operation.backend);
              for (const [id, { backend }] of model) if (backend === operation.backend) model.delete(id);
              break;
            case 'learn':
              table.learn(answer(operation.sessionId, operation.version), operation.backend);
              if (operation.sessionId.length === 0 || operation.version === 0x0304) break;
              model.set(hex(operation.sessionId), { backend: operation.backend, end: now + 5000 });
              break;
            case 'steer': {
              const known = model.get(hex(operation.sessionId));
              const expected = known !== undefined && now < known.end ? known.backend : undefined;
              expect(table.steer(operation)).toBe(expected);
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('never holds more than its capacity, and forgets the ID that was used least recently', () => {
    fc.assert(
      fc.property(operations, fc.integer({ min: 1, max: 4 }), (operations, capacity) => {
        let now = 0;
        const table = new PersistenceTable<string>({ capacity, clock: () => now });
        for (const operation of operations) {
          if (operation.do === 'learn') table.learn(answer(operation.sessionId), operation.backend);
          else if (operation.do === 'steer') table.steer(operation);
          else if (operation.do === 'advance') now += operation.milliseconds;
          expect(table.size).toBeLessThanOrEqual(capacity);
        }
      }),
    );
    const [a, b, c] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
    const table = new PersistenceTable<string>({ capacity: 2 });
    table.learn(answer(a), 'red');
    table.learn(answer(b), 'green');
    table.steer({ sessionId: a });
    table.learn(answer(c), 'blue');
    expect([a, b, c].map((sessionId) => table.steer({ sessionId }))).toEqual(['red', undefined, 'blue']);
  });

  test('counts what it was asked and told', () => {
    let now = 0;
    const table = new PersistenceTable<string>({ capacity: 2, lifetime: 1, clock: () => now });
    const [a, b, c] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
    table.learn(answer(a), 'red');
    table.learn(answer(a), 'red');
    table.learn(answer(a), 'green');
    table.learn(answer(b), 'red');
    table.learn(answer(c), 'red');
    table.learn(answer(empty), 'red');
    for (const sessionId of [a, b, c, empty]) table.steer({ sessionId });
    expect(table.forgetWhere((backend) => backend === 'blue')).toBe(0);
    now = 1000;
    table.steer({ sessionId: b });
    table.learn(answer(a), 'green');
    expect(table.forgetWhere((backend) => backend === 'green')).toBe(1);
    expect(table.counters).toEqual({
      steered: 2,
      unknown: 2,
      withoutId: 1,
      learnt: 5,
      confirmed: 1,
      evictions: 1,
      expiries: 2,
      forgotten: 1,
    });
    expect(Object.isFrozen(table.counters)).toBe(true);
  });

  test('takes any value for a backend, and tells them apart as a Map does', () => {
    const backends = [{ port: 1 }, { port: 1 }, 0, '', null, false, Number.NaN];
    const table = new PersistenceTable<unknown>();
    for (const [i, backend] of backends.entries()) table.learn(answer(Uint8Array.of(i)), backend);
    for (const [i, backend] of backends.entries()) {
      expect(table.steer({ sessionId: Uint8Array.of(i) })).toBe(backend);
    }
  });

  test('is not made to forget an ID by one who only saw it and has its backend decline it', () => {
    const table = new PersistenceTable<string>();
    const [seen, fresh] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    table.learn(answer(seen), 'red');
    table.steer({ sessionId: seen });
    table.learn(answer(fresh), 'red');
    expect(table.steer({ sessionId: seen })).toBe('red');
  });

  test('holds 65536 different backends, and room for others where some are gone', () => {
    const table = new PersistenceTable<number>();
    const learn = (backend: number) => table.learn(answer(Uint8Array.of(1)), backend);
    for (let backend = 0; backend < 0x10000; backend++) learn(backend);
    expect(() => learn(-1)).toThrow(new RangeError('expected at most 65536 different backends, got more'));
    learn(0xffff);
    expect(table.steer({ sessionId: Uint8Array.of(1) })).toBe(0xffff);
    expect(table.forgetWhere((backend) => backend < 10)).toBe(0);
    for (let backend = -10; backend < 0; backend++) learn(backend);
    expect(table.steer({ sessionId: Uint8Array.of(1) })).toBe(-1);
    expect(() => learn(-11)).toThrow(RangeError);
  });

  test('refuses a capacity, a lifetime and an ID that are none', () => {
    for (const number of [0, -1, Number.NaN]) {
      expect(() => new PersistenceTable({ capacity: number })).toThrow(RangeError);
      expect(() => new PersistenceTable({ lifetime: number })).toThrow(RangeError);
    }
    const table = new PersistenceTable<string>();
    const sessionId = new Uint8Array(33);
    expect(() => table.steer({ sessionId })).toThrow(RangeError);
    expect(() => table.learn(answer(sessionId), 'red')).toThrow(RangeError);
  });
});
