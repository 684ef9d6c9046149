/**
 * Clients that come back to servers that share a store, while time passes, stores and caches fail in every way and
 * transports break: each visit is full or resumed as the model says, for the reason that it says, with secrets that are
 * new or the session's own; and no visit fails for a store.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { cuts } from '../support/pieces.ts';
import { runs, timeout } from '../support/runs.ts';
import { sides } from './machine.ts';
import { type Behaviour, behaviours, type Host, lifetime, Memory } from './memory.ts';
import { type Command, Visit, World } from './visiting.ts';

// What hangs is given up when this test says so, however busy the machine is.
beforeAll(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterAll(() => {
  vi.useRealTimers();
});

const hosts: readonly Host[] = [
  { context: 'shop', ahead: 0, lifetime },
  { context: 'shop', ahead: 30_000, lifetime },
  { context: 'shop', ahead: 0, lifetime: lifetime / 6 },
  { context: 'shop', ahead: 20 * 60_000, lifetime },
  { context: 'bank', ahead: 0, lifetime },
];

const endings = [
  'in order',
  'in order',
  'breaks',
  'breaks',
  'fatal at the client',
  'fatal at the server',
] as const;

/** Mostly it works. */
function mostly(faults: readonly Behaviour[]): fc.Arbitrary<Behaviour> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant<Behaviour>('works') },
    { weight: 2, arbitrary: fc.constantFrom(...faults) },
  );
}

// A deletion that is slow and a `set` behind it may reach a cache in any order, and either is right.
const deleting = mostly(behaviours.filter((each) => each !== 'is slow'));
const moods = fc.record({ get: mostly(behaviours), set: mostly(behaviours), delete: deleting });

const transportEnds = fc.record({ from: fc.constantFrom(...sides), after: fc.nat(1000) });

const visits: fc.Arbitrary<Command> = fc
  .record({
    client: fc.constantFrom('one.test', 'two.test'),
    host: fc.constantFrom(...hosts),
    store: moods,
    cache: moods,
    ending: fc.constantFrom(...endings),
    pieces: fc.oneof(fc.constant([0x10000]), cuts),
    cut: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, transportEnds),
  })
  .map((visiting) => new Visit(visiting));

class Wait implements Command {
  readonly #milliseconds: number;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  check = () => Promise.resolve(true);
  toString = () => `wait(${this.#milliseconds})`;

  run(memory: Memory): Promise<void> {
    memory.now += this.#milliseconds;
    return Promise.resolve();
  }
}

class Forget implements Command {
  readonly #whose: 'store' | 'cache';

  constructor(whose: 'store' | 'cache') {
    this.#whose = whose;
  }

  check = () => Promise.resolve(true);
  toString = () => `forget(${this.#whose})`;

  run(memory: Memory, world: World): Promise<void> {
    (this.#whose === 'store' ? memory.stored : memory.held).clear();
    world[this.#whose].entries.clear();
    return Promise.resolve();
  }
}

const waits = fc
  .oneof(
    fc.constantFrom(1, 60_000, 60_001, lifetime / 6 - 1, lifetime / 6, lifetime - 1, lifetime),
    fc.nat(lifetime / 2),
  )
  .map((milliseconds) => new Wait(milliseconds));
const forgets = fc.constantFrom('store' as const, 'cache' as const).map((whose) => new Forget(whose));

function commands(size: number) {
  return fc.commands<Memory, World, true>([visits, visits, visits, visits, visits, waits, forgets], {
    maxCommands: size,
    size: 'max',
  });
}

function property(otherwise: ConstructorParameters<typeof World>[0] = {}) {
  return fc.asyncProperty(commands(25), (all) =>
    fc.asyncModelRun(() => ({ model: new Memory(), real: new World(otherwise) }), all),
  );
}

test('each visit is as the model of sessions says, whatever becomes of stores, caches and transports', {
  timeout,
}, async () => {
  await fc.assert(property(), runs(30));
});

test('and so it is at each border of age, for every host that made a session and every one that is offered it', {
  timeout,
}, async () => {
  const works = { get: 'works', set: 'works', delete: 'works' } as const;
  const plain = {
    client: 'one.test',
    store: works,
    cache: works,
    ending: 'in order',
    pieces: [0x10000],
  } as const;
  const visit = (host: Host) => new Visit({ ...plain, host, cut: undefined });
  for (const [maker, host] of hosts.flatMap((maker) => hosts.map((host) => [maker, host] as const))) {
    const apart = maker.ahead - host.ahead;
    for (const border of [apart - 60_000, apart + lifetime / 6, apart + lifetime, lifetime]) {
      for (const wait of [border - 1, border, border + 1]) {
        if (wait < 0) continue;
        const all = [visit(maker), new Wait(wait), visit(host)];
        await fc.asyncModelRun(() => ({ model: new Memory(), real: new World() }), all);
      }
    }
  }
});

describe('a server is found out', () => {
  test.each([
    ['for which no time passes', { clock: () => Date.UTC(2030, 0, 1) }],
    ['that lets sessions live longer than it says', { sessionLifetime: 2 * (lifetime / 1000) }],
    ['that asks its store and then goes on without', { acceptSession: () => false }],
    ['that takes every context for the same', { sessionContext: 'any' }],
    ['that resumes each session once', { singleUseSessions: true }],
    ['that makes its IDs again and again', { sessionIds: () => new Uint8Array(32).fill(1) }],
  ])('%s', { timeout }, async (_, otherwise) => {
    const { errorInstance } = await fc.check(property(otherwise), { numRuns: 1000, endOnFailure: true });
    expect(String(errorInstance)).toMatch(/^AssertionError|^Error: expected what is new/);
  });
});
