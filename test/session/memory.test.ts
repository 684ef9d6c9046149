/** The store in memory: beside a plain model, whatever happens to both; and what becomes of the secrets in it. */

import fc from 'fast-check';
import { afterEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { Arena } from '../../src/session/arena.ts';
import { MemoryClientSessionCache } from '../../src/session/client-cache.ts';
import { MemorySessionStore, type StoreCounters } from '../../src/session/memory.ts';
import { empty, equal } from '../../src/wire/bytes.ts';
import { watchArrays } from '../support/arrays.ts';
import { randomness } from '../support/randomness.ts';
import { secret, secretsIn } from '../support/secrets.ts';

type Operation =
  | { readonly do: 'get' | 'take' | 'delete'; readonly key: string }
  | { readonly do: 'set'; readonly key: string; readonly state: Uint8Array; readonly lifetime: number }
  | { readonly do: 'advance'; readonly milliseconds: number }
  | { readonly do: 'forgetWhere'; readonly key: string }
  | { readonly do: 'clear' };

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const state = fc.uint8Array({ minLength: 1, maxLength: 4, min: 1 });
const lifetime = fc.oneof(fc.constantFrom(-1, 0, 0.25, 1, 2, 5), fc.constant(Number.POSITIVE_INFINITY));

const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('set'), key, state, lifetime }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('get'), key }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('take'), key }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('delete'), key }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('advance'), milliseconds: fc.nat(2500) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('forgetWhere'), key }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('clear') }) },
  ) as fc.Arbitrary<Operation>,
  { size: '+1' },
);

/** The store as one would write it on a page: a list, the one used last at its end. */
class Model {
  list: { key: string; state: Uint8Array; end: number }[] = [];
  now = 0;
  readonly counters = { hits: 0, misses: 0, evictions: 0, expiries: 0, sets: 0, deletes: 0 };
  readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  #remove(key: string) {
    const index = this.list.findIndex((item) => item.key === key);
    const item = this.list[index];
    if (item === undefined) return undefined;
    this.list.splice(index, 1);
    if (this.now < item.end) return item;
    this.counters.expiries++;
    return undefined;
  }

  get(key: string): Uint8Array | undefined {
    const item = this.#remove(key);
    this.counters[item === undefined ? 'misses' : 'hits']++;
    if (item !== undefined) this.list.push(item);
    return item?.state;
  }

  take(key: string): Uint8Array | undefined {
    const item = this.#remove(key);
    this.counters[item === undefined ? 'misses' : 'hits']++;
    if (item !== undefined) this.counters.deletes++;
    return item?.state;
  }

  set(key: string, state: Uint8Array, lifetime: number): void {
    if (lifetime <= 0) {
      this.delete(key);
      return;
    }
    if (this.#remove(key) === undefined) this.makeRoom();
    this.list.push({ key, state, end: this.now + 1000 * lifetime });
    this.counters.sets++;
  }

  makeRoom(): void {
    for (const oldest of this.list.slice(0, 2)) {
      if (this.now < oldest.end) break;
      this.list.shift();
      this.counters.expiries++;
    }
    if (this.list.length < this.capacity) return;
    this.list.shift();
    this.counters.evictions++;
  }

  delete(key: string): void {
    if (this.#remove(key) !== undefined) this.counters.deletes++;
  }

  forgetWhere(predicate: (key: string) => boolean): number {
    const live = this.list.filter((item) => this.now < item.end);
    const kept = live.filter((item) => !predicate(item.key));
    this.counters.expiries += this.list.length - live.length;
    this.counters.deletes += live.length - kept.length;
    this.list = kept;
    return live.length - kept.length;
  }

  clear(): void {
    this.counters.deletes += this.list.length;
    this.list = [];
  }
}

function answer(
  store: Model | MemorySessionStore,
  operation: Exclude<Operation, { do: 'advance' }>,
): unknown {
  switch (operation.do) {
    case 'get':
      return store.get(operation.key);
    case 'take':
      return store.take(operation.key);
    case 'set':
      return store.set(operation.key, operation.state, operation.lifetime);
    case 'delete':
      return store.delete(operation.key);
    case 'forgetWhere':
      return store.forgetWhere((key) => key === operation.key);
    case 'clear':
      return store.clear();
  }
}

/** Everything that can be seen of both, after each operation. */
function walk(operations: readonly Operation[], capacity: number, look: (store: MemorySessionStore) => void) {
  const model = new Model(capacity);
  const store = new MemorySessionStore({ capacity, clock: () => model.now });
  for (const operation of operations) {
    if (operation.do === 'advance') model.now += operation.milliseconds;
    else expect(answer(store, operation)).toEqual(answer(model, operation));
    expect(store.counters).toEqual(model.counters);
    expect(store.size).toBe(model.list.length);
    look(store);
  }
}

/** The same operation, with a state that can be found in memory. */
function marked(operation: Exclude<Operation, { do: 'advance' }>) {
  return operation.do === 'set' ? { ...operation, state: secret } : operation;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a store in memory', () => {
  test('does what its model does, in any sequence of operations, at any capacity', () => {
    fc.assert(
      fc.property(operations, fc.integer({ min: 1, max: 6 }), (operations, capacity) => {
        walk(operations, capacity, (store) => expect(store.size).toBeLessThanOrEqual(capacity));
      }),
      { numRuns: 500 },
    );
  });

  test('keeps thousands of states of any length under keys of any kind, through growth and eviction', () => {
    const capacity = 3000;
    const store = new MemorySessionStore({ capacity });
    const kept = new Map<string, Uint8Array>();
    const drawn = new Uint16Array(randomness(7)(200_000).buffer).values();
    const draw = (below: number) => (drawn.next().value ?? 0) % below;
    for (let i = 0; i < 20_000; i++) {
      const key = `${'κλειδί 🗝 '.repeat(draw(4))}${draw(6000)}`;
      const state = new Uint8Array(draw(10) === 0 ? draw(5000) : draw(400)).fill(i);
      kept.delete(key);
      if (draw(8) === 0) store.delete(key);
      else {
        store.set(key, state, 60);
        kept.set(key, state);
      }
      const [oldest] = kept.keys();
      if (kept.size > capacity && oldest !== undefined) kept.delete(oldest);
    }
    expect(store.size).toBe(kept.size);
    for (const [key, state] of kept) expect(equal(store.get(key) ?? empty, state), key).toBe(true);
    store.clear();
    expect([store.size, store.get([...kept.keys()][0] ?? '')]).toEqual([0, undefined]);
  });

  test('looks at no more of its entries for one key, however many there are', () => {
    const store = new MemorySessionStore();
    const look = vi.spyOn(Arena.prototype, 'int');
    let stored = 0;
    for (const many of [100, 1000, 10_000]) {
      for (; stored < many; stored++) store.set(`${stored}`, new Uint8Array(1), 60);
      look.mockClear();
      for (let i = 0; i < 100; i++) expect(store.get(`${(i * many) / 100}`)).toHaveLength(1);
      // Some eight for an entry that is the first of its bucket and is found and used; what is more is the search.
      expect(look.mock.calls.length / 100).toBeLessThan(15);
    }
    look.mockRestore();
  });

  test('refuses a key that UTF-8 cannot write, where two keys would become one', () => {
    const store = new MemorySessionStore();
    expect(() => store.set('\ud800', new Uint8Array(1), 60)).toThrow(RangeError);
    expect(store.get('\ufffd')).toBeUndefined();
  });

  test('answers at once: its types promise no promise', () => {
    expectTypeOf<ReturnType<MemorySessionStore['get']>>().toEqualTypeOf<Uint8Array | undefined>();
    expectTypeOf<ReturnType<MemorySessionStore['set']>>().toEqualTypeOf<void>();
    expectTypeOf<ReturnType<MemorySessionStore['delete']>>().toEqualTypeOf<void>();
  });

  test('forgets the session used least recently, where a use is a get or a set', () => {
    const store = new MemorySessionStore({ capacity: 2 });
    store.set('a', new Uint8Array([1]), 60);
    store.set('b', new Uint8Array([2]), 60);
    store.get('a');
    store.set('c', new Uint8Array([3]), 60);
    expect(['a', 'b', 'c'].map((key) => store.get(key)?.[0])).toEqual([1, undefined, 3]);
  });

  test('keeps a state until its lifetime has passed, to the millisecond, and getting it prolongs nothing', () => {
    let now = 1_000;
    const store = new MemorySessionStore({ clock: () => now });
    store.set('a', new Uint8Array([1]), 1.5);
    now = 2_499;
    expect(store.get('a')).toEqual(new Uint8Array([1]));
    now = 2_500;
    expect(store.get('a')).toBeUndefined();
    expect(store.size).toBe(0);
  });

  test('reclaims the dead faster than it fills, wherever they are oldest', () => {
    let now = 0;
    const store = new MemorySessionStore({ capacity: 100, clock: () => now });
    for (let i = 0; i < 100; i++) store.set(`dead ${i}`, new Uint8Array(1), 1);
    now = 1_000;
    for (let i = 0; i < 50; i++) store.set(`live ${i}`, new Uint8Array(1), 1);
    expect(store.size).toBe(50);
    expect(store.counters).toMatchObject({ expiries: 100, evictions: 0 });
  });

  test('reclaims two of the dead with each that it stores, and never all of them at once', () => {
    let now = 0;
    const store = new MemorySessionStore({ clock: () => now });
    for (let i = 0; i < 10; i++) store.set(`dead ${i}`, new Uint8Array(1), 1);
    now = 1_000;
    for (const left of [9, 7, 5, 3, 1, 1]) {
      store.set(`live ${left}`, new Uint8Array(1), 1);
      expect(store.size).toBe(left);
      store.delete(`live ${left}`);
    }
  });

  test('drops all that is dead on forgetWhere, whatever the predicate says', () => {
    let now = 0;
    const store = new MemorySessionStore({ clock: () => now });
    store.set('short', new Uint8Array(1), 1);
    store.set('long', new Uint8Array(1), 2);
    now = 1_500;
    expect(store.forgetWhere(() => false)).toBe(0);
    expect(store.size).toBe(1);
  });

  test('leaves alone what a predicate has stored meanwhile under the key that it was asked about', () => {
    const store = new MemorySessionStore();
    store.set('a', new Uint8Array([1]), 60);
    const forgotten = store.forgetWhere((key) => {
      store.delete(key);
      store.set(key, new Uint8Array([2]), 60);
      return true;
    });
    expect([forgotten, store.get('a')]).toEqual([0, new Uint8Array([2])]);
  });

  test('does not drop twice what its predicate has dropped, nor ask about what is gone', () => {
    const store = new MemorySessionStore();
    for (const key of ['a', 'b', 'c']) store.set(key, new Uint8Array([1]), 60);
    const asked: string[] = [];
    const forgotten = store.forgetWhere((key) => {
      asked.push(key);
      store.delete('a');
      store.delete('b');
      return true;
    });
    expect([asked, forgotten]).toEqual([['a', 'c'], 1]);
    expect([store.size, store.counters.deletes]).toEqual([0, 3]);
    store.set('d', new Uint8Array([2]), 60);
    expect([store.size, store.get('d')]).toEqual([1, new Uint8Array([2])]);
  });

  test('survives a predicate that uses the store meanwhile, or throws', () => {
    const store = new MemorySessionStore();
    store.set('a', new Uint8Array([1]), 60);
    store.set('b', new Uint8Array([2]), 60);
    const forgotten = store.forgetWhere((key) => {
      store.delete(key);
      store.set(`${key} again`, new Uint8Array([3]), 60);
      return true;
    });
    expect([forgotten, store.size]).toEqual([0, 2]);
    const fail = () => {
      throw new Error('no');
    };
    expect(() => store.forgetWhere(fail)).toThrow('no');
    expect(store.get('a again')).toEqual(new Uint8Array([3]));
  });

  test('ends lifetimes when its clock fails, and never extends them', () => {
    let now = 0;
    const store = new MemorySessionStore({ clock: () => now });
    store.set('a', new Uint8Array([1]), 60);
    now = Number.NaN;
    expect(store.get('a')).toBeUndefined();
    store.set('b', new Uint8Array([1]), 60);
    now = 0;
    expect(store.get('b')).toBeUndefined();
  });

  test('keeps nothing that has no lifetime, nor what was there before', () => {
    for (const lifetime of [0, -1, Number.NEGATIVE_INFINITY]) {
      const store = new MemorySessionStore();
      store.set('a', new Uint8Array([1]), 60);
      store.set('a', new Uint8Array([2]), lifetime);
      expect(store.get('a')).toBeUndefined();
    }
  });

  test('refuses what is no lifetime, no state and no capacity', () => {
    const store = new MemorySessionStore();
    expect(() => store.set('a', new Uint8Array(1), Number.NaN)).toThrow(RangeError);
    expect(() => store.set('a', new Uint8Array(1), '60' as unknown as number)).toThrow(RangeError);
    expect(() => store.set('a', 'state' as unknown as Uint8Array, 1)).toThrow(TypeError);
    for (const capacity of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new MemorySessionStore({ capacity })).toThrow(RangeError);
    }
    expect(new MemorySessionStore({ capacity: 1 }).capacity).toBe(1);
    expect(store.size).toBe(0);
  });

  test('counts in a snapshot that neither changes nor can be changed', () => {
    const store = new MemorySessionStore();
    const before: StoreCounters = store.counters;
    store.get('a');
    expect([before.misses, store.counters.misses]).toEqual([0, 1]);
    expect(Object.isFrozen(before)).toBe(true);
  });
});

describe('the states in a store in memory', () => {
  test('are out of reach: a caller who changes its buffer does not change the store', () => {
    const store = new MemorySessionStore();
    const given = new Uint8Array([1, 2, 3]);
    store.set('a', given, 60);
    given.fill(9);
    store.get('a')?.fill(9);
    store.forgetWhere((_, state) => state.fill(9).length === 0);
    expect(store.get('a')).toEqual(new Uint8Array([1, 2, 3]));
  });

  test('are copied from a Buffer too, whose slices are views', () => {
    const store = new MemorySessionStore();
    const given = Buffer.from([1, 2, 3]);
    store.set('a', given, 60);
    given.fill(9);
    expect(store.get('a')).toStrictEqual(new Uint8Array([1, 2, 3]));
  });

  test('are zeros once they are overwritten, evicted, expired, deleted or lent out (no secret outlives its entry)', () => {
    fc.assert(
      fc.property(operations, fc.integer({ min: 1, max: 4 }), (operations, capacity) => {
        vi.unstubAllGlobals();
        const made = watchArrays();
        let now = 0;
        const store = new MemorySessionStore({ capacity, clock: () => now });
        for (const operation of operations) {
          if (operation.do === 'advance') now += operation.milliseconds;
          else {
            const given = answer(store, marked(operation));
            // What was given out is the asker's.
            if (given instanceof Uint8Array) made.delete(given.buffer);
          }
          expect(secretsIn(made)).toBe(store.size);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('are not left behind where the store has grown', () => {
    const made = watchArrays();
    const store = new MemorySessionStore();
    for (let i = 0; i < 100; i++) store.set(`${i}`, secret, 60);
    expect(secretsIn(made)).toBe(100);
  });
});

describe('a client cache in memory', () => {
  test('is the same store, for 256 sessions unless told otherwise', () => {
    expect(new MemorySessionStore().capacity).toBe(20_000);
    expect(new MemoryClientSessionCache().capacity).toBe(256);
    expect(new MemoryClientSessionCache({ capacity: undefined }).capacity).toBe(256);
    expect(new MemoryClientSessionCache({ capacity: 3 }).capacity).toBe(3);
    expect(new MemoryClientSessionCache()).toBeInstanceOf(MemorySessionStore);
  });

  test('uses the clock that it is given', () => {
    let now = 0;
    const cache = new MemoryClientSessionCache({ clock: () => now });
    cache.set('a', new Uint8Array([1]), 1);
    now = 1_000;
    expect(cache.get('a')).toBeUndefined();
  });
});
