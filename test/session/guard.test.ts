/** The guard before a store: whatever the store does, the handshake gets an answer and the application a report. */

import { createHook } from 'node:async_hooks';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { StoreAsked } from '../../src/session/counters.ts';
import {
  GuardedSessionStore,
  type GuardOptions,
  maxStateLength,
  type StoreReport,
} from '../../src/session/guard.ts';
import { MemorySessionStore } from '../../src/session/memory.ts';
import type { SessionStore } from '../../src/session/store.ts';
import { remote, withoutTake } from '../support/stores.ts';

const deadline = 50;
const state = new Uint8Array([1, 2, 3]);

/** A store all of whose operations do the same. */
function storeThat(does: () => unknown): SessionStore {
  return { get: does, set: does, delete: does, take: does } as SessionStore;
}

function guarded(store: SessionStore, options: Partial<GuardOptions> = {}) {
  const reports: StoreReport[] = [];
  const report = (report: StoreReport) => reports.push(report);
  const guard = new GuardedSessionStore(store, { deadline, report, ...options });
  return { guard, reports };
}

function errorsIn(reports: readonly StoreReport[]): Error[] {
  return reports.flatMap((report) => ('error' in report ? [report.error] : []));
}

const revoked = Proxy.revocable({}, {});
revoked.revoke();

const thrown: [string, unknown][] = [
  ['an Error', new Error('connection refused')],
  ['a string', 'connection refused'],
  ['undefined', undefined],
  ['an object without a prototype', Object.create(null)],
  ['a revoked proxy', revoked.proxy],
];

function hostile(): never {
  throw new Error('hostile');
}

function rejectAndResolve(resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
  reject(new Error('hostile'));
  resolve(state);
  reject(new Error('again'));
}

function thenable(then: PropertyDescriptor, object = {}): object {
  return Object.defineProperty(object, 'then', then);
}

/** The operations, and the answer that each gives where the store has failed. */
const operations = [
  ['get', (guard: GuardedSessionStore) => guard.find('k'), { outcome: 'store-failed' }],
  ['set', (guard: GuardedSessionStore) => guard.keep('k', state, 60), false],
  ['delete', (guard: GuardedSessionStore) => guard.forget('k'), undefined],
  ['take', (guard: GuardedSessionStore) => guard.take('k'), { outcome: 'store-failed' }],
] as const;

const unhandled = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  process.on('unhandledRejection', unhandled);
});

afterEach(async () => {
  vi.useRealTimers();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

function expectRefusal(answer: unknown, refusal: unknown): void {
  if (typeof refusal === 'object') expect(answer).toMatchObject(refusal as object);
  else expect(answer).toBe(refusal);
}

describe.each(operations)(
  'a store whose %s fails costs one full handshake and nothing else:',
  (operation, ask, refusal) => {
    test.each(thrown)('it throws %s', (_, value) => {
      const { guard, reports } = guarded(
        storeThat(() => {
          throw value;
        }),
      );
      expectRefusal(ask(guard), refusal);
      expect(reports).toMatchObject([{ kind: 'store-failed', operation }]);
      expect(errorsIn(reports)).toEqual([expect.any(Error)]);
    });

    test.each(thrown)('it rejects with %s', async (_, value) => {
      const { guard, reports } = guarded(storeThat(() => Promise.reject(value)));
      expectRefusal(await ask(guard), refusal);
      expect(reports).toMatchObject([{ kind: 'store-failed', operation }]);
      expect(errorsIn(reports)).toEqual([expect.any(Error)]);
      expect(vi.getTimerCount()).toBe(0);
    });

    test('it never answers', async () => {
      const { guard, reports } = guarded(storeThat(() => new Promise(() => {})));
      const answer = ask(guard);
      await vi.advanceTimersByTimeAsync(deadline - 1);
      expect(reports).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expectRefusal(await answer, refusal);
      expect(reports).toEqual([
        { kind: 'store-failed', operation, error: new Error('expected an answer within 50 ms, got none') },
      ]);
      expect(vi.getTimerCount()).toBe(0);
    });

    test('it answers late, and the answer is dropped', async () => {
      const { guard, reports } = guarded(
        storeThat(() => new Promise((resolve) => setTimeout(resolve, 2 * deadline, state))),
      );
      const answer = ask(guard);
      await vi.advanceTimersByTimeAsync(2 * deadline);
      expectRefusal(await answer, refusal);
      expect(errorsIn(reports).map(({ message }) => message)).toEqual([
        'expected an answer within 50 ms, got none',
        'expected an answer within 50 ms, got one later',
      ]);
    });

    test('it rejects late, and the rejection is reported and handled', async () => {
      const { guard, reports } = guarded(
        storeThat(() => new Promise((_, reject) => setTimeout(reject, 2 * deadline, new Error('reset')))),
      );
      const answer = ask(guard);
      await vi.advanceTimersByTimeAsync(2 * deadline);
      expectRefusal(await answer, refusal);
      expect(errorsIn(reports).map(({ message }) => message)).toEqual([
        'expected an answer within 50 ms, got none',
        'reset',
      ]);
    });

    test.each([
      ['throws from then', thenable({ value: hostile })],
      ['throws from the getter of then', thenable({ get: hostile })],
      ['rejects, resolves and rejects again', thenable({ value: rejectAndResolve })],
      ['is a promise with a then of its own', thenable({ value: hostile }, Promise.resolve(state))],
    ])('its thenable %s', async (_, thenable) => {
      const { guard, reports } = guarded(storeThat(() => thenable));
      expectRefusal(await ask(guard), refusal);
      expect(errorsIn(reports).map(({ message }) => message)).toEqual(['hostile']);
      expect(vi.getTimerCount()).toBe(0);
    });

    test('it is missing', () => {
      const { guard, reports } = guarded({} as SessionStore);
      expectRefusal(ask(guard), refusal);
      expect(reports).toMatchObject([{ operation, error: expect.any(TypeError) }]);
    });

    test('and the application throws when it is told', async () => {
      const report = () => {
        throw new Error('the log is full');
      };
      const fail = new GuardedSessionStore(
        storeThat(() => Promise.reject(new Error('reset'))),
        { deadline, report },
      );
      expectRefusal(await ask(fail), refusal);
      const hang = new GuardedSessionStore(
        storeThat(() => new Promise(() => {})),
        { deadline, report },
      );
      const answer = ask(hang);
      await vi.advanceTimersByTimeAsync(deadline);
      expectRefusal(await answer, refusal);
    });
  },
);

describe('a session that is looked for', () => {
  const rubbish: [string, unknown][] = [
    ['a string', 'state'],
    ['a number', 7],
    ['true', true],
    ['an array of bytes', [1, 2, 3]],
    ['an ArrayBuffer', new ArrayBuffer(3)],
    ['another view', new Uint16Array(3)],
    ['a function', () => state],
    ['what only looks like a Uint8Array', Object.create(Uint8Array.prototype)],
    ['a proxy of one', new Proxy(new Uint8Array(3), {})],
    ['a revoked proxy', revoked.proxy],
    ['a state that is too long', new Uint8Array(maxStateLength + 1)],
  ];

  test.each(rubbish)('is not %s', (_, answer) => {
    const { guard, reports } = guarded(storeThat(() => answer));
    expect(guard.find('k')).toMatchObject({ outcome: 'store-failed', error: errorsIn(reports)[0] });
    expect(reports).toMatchObject([{ kind: 'store-failed', operation: 'get' }]);
  });

  test.each(rubbish)('is not %s, promised', async (_, answer) => {
    const { guard, reports } = guarded(storeThat(() => Promise.resolve(answer)));
    expect(await guard.find('k')).toMatchObject({ outcome: 'store-failed' });
    expect(reports).toMatchObject([{ kind: 'store-failed', operation: 'get' }]);
  });

  test('is not anything but bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (answer) => {
        const { guard } = guarded(storeThat(() => answer));
        const { outcome } = await guard.find('k');
        expect(outcome).toBe(answer === undefined || answer === null ? 'not-found' : 'store-failed');
      }),
    );
  });

  test('is not found where there is none, in the words of any database', async () => {
    for (const nothing of [undefined, null]) {
      const { guard, reports } = guarded(storeThat(() => nothing));
      expect(guard.find('k')).toEqual({ outcome: 'not-found' });
      expect(await guarded(storeThat(async () => nothing)).guard.find('k')).toEqual({ outcome: 'not-found' });
      expect(reports).toEqual([]);
    }
  });

  test('is found as a plain copy, whatever the store does with its buffer', async () => {
    const buffer = Buffer.from(state);
    const sync = guarded(storeThat(() => buffer)).guard.find('k');
    const async = await guarded(storeThat(async () => buffer)).guard.find('k');
    buffer.fill(0);
    expect([sync, async]).toStrictEqual([
      { outcome: 'found', state },
      { outcome: 'found', state },
    ]);
  });

  test('may be as long as the bound', () => {
    const longest = new Uint8Array(maxStateLength);
    expect(guarded(storeThat(() => longest)).guard.find('k')).toMatchObject({ outcome: 'found' });
  });
});

describe('a session that is kept', () => {
  test('reaches the store as it is, with its key and lifetime', async () => {
    const set = vi.fn(async () => {});
    const { guard, reports } = guarded({ ...storeThat(() => undefined), set });
    expect(await guard.keep('k', state, 60)).toBe(true);
    expect(set).toHaveBeenCalledExactlyOnceWith('k', state, 60);
    expect(reports).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('does not reach the store when it is too long', () => {
    const set = vi.fn();
    const { guard, reports } = guarded({ ...storeThat(() => undefined), set });
    expect(guard.keep('k', new Uint8Array(maxStateLength + 1), 60)).toBe(false);
    expect(set).not.toHaveBeenCalled();
    expect(reports).toMatchObject([{ operation: 'set', error: expect.any(RangeError) }]);
  });

  test('is kept whatever the store says besides: databases answer OK or 1', () => {
    for (const said of ['OK', 1, undefined]) {
      expect(guarded(storeThat(() => said)).guard.keep('k', state, 60)).toBe(true);
    }
  });
});

describe('a store that answers at once', () => {
  test('is answered for at once, without a promise and without a timer', () => {
    const { guard } = guarded(new MemorySessionStore());
    let promises = 0;
    const hook = createHook({
      init: (_, type) => {
        if (type === 'PROMISE') promises++;
      },
    });
    hook.enable();
    const answers = [
      guard.keep('k', state, 60),
      guard.find('k'),
      guard.take('k'),
      guard.forget('k'),
      guard.find('k'),
    ];
    const made = promises;
    void Promise.resolve();
    const seen = promises;
    hook.disable();
    const found = { outcome: 'found', state };
    expect(answers).toEqual([true, found, found, undefined, { outcome: 'not-found' }]);
    expect(made).toBe(0);
    expect(seen, 'the hook does see promises').toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is called as a method of itself', () => {
    const store = {
      prefix: 'p:',
      get(key: string) {
        return new TextEncoder().encode(this.prefix + key);
      },
      set() {},
      delete() {},
    };
    const answer = guarded(store).guard.find('k');
    expect(answer).toEqual({ outcome: 'found', state: new TextEncoder().encode('p:k') });
  });
});

describe('a session that is taken', () => {
  test('is gone with that, from a store that can take and from one that cannot', async () => {
    const memory = () => {
      const store = new MemorySessionStore();
      store.set('k', state, 60);
      return store;
    };
    const stores = [memory(), withoutTake(memory()), remote(memory()), withoutTake(remote(memory()))];
    for (const store of stores) {
      const { guard, reports } = guarded(store);
      expect(await guard.take('k')).toEqual({ outcome: 'found', state });
      expect(await guard.take('k')).toEqual({ outcome: 'not-found' });
      expect(reports).toEqual([]);
    }
  });

  test('is not given out where it could not be deleted', () => {
    const fail = () => {
      throw new Error('read only');
    };
    const { guard, reports } = guarded({ get: () => state, set: fail, delete: fail });
    expect(guard.take('k')).toMatchObject({ outcome: 'store-failed' });
    expect(reports).toEqual([{ kind: 'store-failed', operation: 'take', error: new Error('read only') }]);
  });
});

describe('a store that goes on failing', () => {
  const hangs = storeThat(() => new Promise(() => {}));
  const kinds = (reports: readonly StoreReport[]) => reports.map(({ kind }) => kind);

  test('costs five deadlines and then none: it is not asked for a second, and each get is store-failed at once', async () => {
    const get = vi.spyOn(hangs, 'get');
    const { guard, reports } = guarded(hangs);
    for (let i = 0; i < 5; i++) {
      const answer = guard.find('k');
      await vi.advanceTimersByTimeAsync(deadline);
      expect(await answer).toMatchObject({ outcome: 'store-failed' });
    }
    for (let i = 0; i < 100; i++) {
      expect(guard.find('k')).toMatchObject({ outcome: 'store-failed', error: errorsIn(reports)[4] });
      expect([guard.keep('k', state, 60), guard.forget('k')]).toEqual([false, undefined]);
    }
    expect(get).toHaveBeenCalledTimes(5);
    expect(kinds(reports)).toEqual([...new Array(5).fill('store-failed'), 'store-suspended']);
    expect(reports[5]).toEqual({
      kind: 'store-suspended',
      milliseconds: 1000,
      error: new Error('expected an answer within 50 ms, got none'),
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is tried by one when the pause is over, and is in use again when that one gets an answer', async () => {
    const store = { ...storeThat(() => undefined), get: vi.fn(() => new Promise<undefined>(() => {})) };
    const { guard, reports } = guarded(store);
    const all = Array.from({ length: 5 }, () => guard.find('k'));
    await vi.advanceTimersByTimeAsync(deadline + 1000);
    await Promise.all(all);
    reports.length = 0;
    const tries = Array.from({ length: 20 }, () => guard.find('k'));
    expect(store.get).toHaveBeenCalledTimes(6);
    await vi.advanceTimersByTimeAsync(deadline);
    await Promise.all(tries);
    expect(kinds(reports)).toEqual(['store-failed', 'store-suspended']);
    expect(reports[1]).toMatchObject({ milliseconds: 2000 });
    await vi.advanceTimersByTimeAsync(2000);
    store.get.mockImplementation(() => Promise.resolve(undefined));
    expect(await guard.find('k')).toEqual({ outcome: 'not-found' });
    expect(kinds(reports)).toEqual(['store-failed', 'store-suspended', 'store-resumed']);
    expect(await guard.find('k')).toEqual({ outcome: 'not-found' });
    expect(store.get).toHaveBeenCalledTimes(8);
  });

  test('is suspended for rubbish as for silence, and not for a state of ours that is too long', () => {
    const rubbish = guarded(storeThat(() => 'state'));
    for (let i = 0; i < 5; i++) rubbish.guard.find('k');
    expect(kinds(rubbish.reports)).toContain('store-suspended');
    const long = guarded(storeThat(() => undefined));
    for (let i = 0; i < 10; i++) long.guard.keep('k', new Uint8Array(maxStateLength + 1), 60);
    expect(kinds(long.reports)).toEqual(new Array(10).fill('store-failed'));
    expect(long.guard.keep('k', state, 60)).toBe(true);
  });

  test('is suspended as often as one says', () => {
    const { guard, reports } = guarded(
      storeThat(() => {
        throw new Error('down');
      }),
      { breaker: { failures: 1, pause: 7 } },
    );
    guard.forget('k');
    expect(reports[1]).toMatchObject({ kind: 'store-suspended', milliseconds: 7 });
  });

  test('is tried again after a jump of its clock by an hour, either way', () => {
    for (const jump of [3_600_000, -3_600_000]) {
      let now = 1_000_000_000;
      let works = false;
      const store = storeThat(() => {
        if (!works) throw new Error('down');
      });
      const { guard, reports } = guarded(store, { clock: () => now });
      for (let i = 0; i < 5; i++) guard.find('k');
      works = true;
      expect(guard.find('k')).toMatchObject({ outcome: 'store-failed' });
      now += jump;
      expect(guard.find('k')).toEqual({ outcome: 'not-found' });
      expect(kinds(reports).at(-1)).toBe('store-resumed');
    }
  });
});

describe('what a store is asked', () => {
  test('is observed with what came of it and how long that took', async () => {
    const events: StoreAsked[] = [];
    const answers: unknown[] = [state, undefined, undefined, undefined, state];
    const slow = storeThat(() => new Promise((resolve) => setTimeout(resolve, 7, answers.shift())));
    const { guard } = guarded(slow, { observe: (event) => events.push(event) });
    const questions = [
      () => guard.find('k'),
      () => guard.find('k'),
      () => guard.keep('k', state, 60),
      () => guard.forget('k'),
      () => guard.take('k'),
    ];
    for (const question of questions) {
      const answer = question();
      await vi.advanceTimersByTimeAsync(7);
      await answer;
    }
    const asked = { kind: 'store-asked', milliseconds: 7 };
    expect(events).toEqual([
      { ...asked, operation: 'get', outcome: 'found' },
      { ...asked, operation: 'get', outcome: 'not-found' },
      { ...asked, operation: 'set', outcome: 'done' },
      { ...asked, operation: 'delete', outcome: 'done' },
      { ...asked, operation: 'take', outcome: 'found' },
    ]);
  });

  test.each([
    ['answers', () => new Promise((resolve) => setTimeout(resolve, 2 * deadline, state))],
    ['rejects', () => new Promise((_, reject) => setTimeout(reject, 2 * deadline, new Error('reset')))],
  ])(
    'is observed once, failed after the deadline, though it %s later, and suspended without a wait',
    async (_, does) => {
      const events: StoreAsked[] = [];
      const { guard } = guarded(storeThat(does), {
        observe: (event) => events.push(event),
        breaker: { failures: 1 },
      });
      vi.advanceTimersByTime(1000);
      const answer = guard.find('k');
      await vi.advanceTimersByTimeAsync(2 * deadline);
      await answer;
      guard.forget('k');
      expect(events).toEqual([
        { kind: 'store-asked', operation: 'get', outcome: 'failed', milliseconds: deadline },
        { kind: 'store-asked', operation: 'delete', outcome: 'suspended', milliseconds: 0 },
      ]);
    },
  );

  test('never took less than no time, though the clock was set back, and an observer that throws hurts nobody', () => {
    const times = [1000, 0, 1000, 1007];
    const events: StoreAsked[] = [];
    const observe = (event: StoreAsked) => {
      events.push(event);
      throw new Error('no room for numbers');
    };
    const { guard, reports } = guarded(new MemorySessionStore(), {
      clock: () => times.shift() ?? 0,
      observe,
    });
    expect(guard.find('k')).toEqual({ outcome: 'not-found' });
    expect(events).toMatchObject([{ milliseconds: 0 }]);
    expect(guard.find('k')).toEqual({ outcome: 'not-found' });
    expect(events).toMatchObject([{ milliseconds: 0 }, { milliseconds: 7 }]);
    expect(reports).toEqual([]);
  });
});

test('no process lives on for a deletion that nobody waits for; for a question that is waited for it does', async () => {
  vi.useRealTimers();
  const set = vi.spyOn(globalThis, 'setTimeout');
  const { guard } = guarded(storeThat(() => new Promise(() => {})));
  const answers = [guard.find('k'), guard.keep('k', state, 60), guard.forget('k'), guard.take('k')];
  const timers = set.mock.results.map(({ value }) => value as NodeJS.Timeout);
  expect(timers.map((timer) => timer.hasRef())).toEqual([true, true, false, true]);
  set.mockRestore();
  await Promise.all(answers);
});

test.each<[what: string, timer: unknown]>([
  ['a number, as in browsers', 7],
  ['nothing', null],
  ['an object that cannot be let go', {}],
  ['an object with something else of that name', { unref: true }],
])('a deletion is waited for where a timer is %s', async (_, timer) => {
  vi.spyOn(globalThis, 'setTimeout').mockReturnValue(timer as ReturnType<typeof setTimeout>);
  vi.spyOn(globalThis, 'clearTimeout').mockReturnValue();
  const { guard, reports } = guarded(storeThat(() => Promise.resolve()));
  await guard.forget('k');
  vi.restoreAllMocks();
  expect(reports).toEqual([]);
});

test('a deadline that no timer can keep is refused', () => {
  for (const impossible of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
    const options = { deadline: impossible, report: () => {} };
    expect(() => new GuardedSessionStore(new MemorySessionStore(), options)).toThrow(RangeError);
  }
});
