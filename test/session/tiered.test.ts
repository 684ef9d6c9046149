/** The two tiers of a store: what a server may still give of what happened elsewhere, and what comes of faults. */

import { MemorySessionStore, type SessionStore, TieredSessionStore } from 'reprise-tls';
import { describe, expect, test, vi } from 'vitest';
import { OpenStore } from '../support/resumption.ts';
import { remote } from '../support/stores.ts';

const one = new Uint8Array([1]);
const two = new Uint8Array([2]);

/** Servers that share a store, each with a tier of its own, and a clock for all. */
function servers(staleness = 5) {
  const time = { now: 1000 };
  const clock = () => time.now;
  const far = new MemorySessionStore({ clock });
  const make = (shared: SessionStore = far) => {
    const near = new MemorySessionStore({ clock });
    return { near, store: new TieredSessionStore(near, shared, { staleness, clock }) };
  };
  return { time, far, make, here: make().store, there: make().store };
}

/** A store whose answers are given by the test, in the order in which it was asked. */
function asked() {
  const waiting: { question: string; answer: (value?: unknown) => void; fail: (error: Error) => void }[] = [];
  const ask = (question: string) =>
    new Promise<unknown>((answer, fail) => waiting.push({ question, answer, fail }));
  const store = {
    get: () => ask('get'),
    set: () => ask('set'),
    delete: () => ask('delete'),
    take: () => ask('take'),
  } as SessionStore;
  return { store, waiting };
}

const fault = () => {
  throw new Error('the store is down');
};
const rejection = () => Promise.reject(new Error('the store is down'));
const down: SessionStore = { get: fault, set: fault, delete: fault, take: fault };
const downLater: SessionStore = { get: rejection, set: rejection, delete: rejection, take: rejection };

describe('a copy nearby', () => {
  test('is given without asking the far store, which may be down', () => {
    const { far, make } = servers();
    const shared = { ...down, set: (...entry: Parameters<SessionStore['set']>) => far.set(...entry) };
    const { store } = make(shared);
    expect(store.set('k', one, 60)).toBeUndefined();
    expect(store.get('k')).toEqual(one);
    expect(() => store.get('another')).toThrow('the store is down');
  });

  test('is made of what the far store gave, so that the next one who comes is not asked after there', () => {
    const { far, here, there } = servers();
    here.set('k', one, 60);
    const get = vi.spyOn(far, 'get');
    for (let i = 0; i < 6; i++) expect(there.get('k')).toEqual(one);
    expect(get).toHaveBeenCalledTimes(1);
  });

  test.each(['set', 'get'] as const)(
    'that came by %s is not given for longer than the staleness: what another server does is seen within it',
    (verb) => {
      const { time, here, there } = servers(5);
      const asker = verb === 'set' ? here : there;
      here.set('k', one, 3600);
      asker.get('k');
      time.now += 1000;
      (asker === here ? there : here).delete('k');
      time.now += 3999;
      expect(asker.get('k')).toEqual(one);
      time.now += 1;
      expect(asker.get('k')).toBeUndefined();
    },
  );

  test('lives no longer than the session that was set here', () => {
    const { time, here } = servers(5);
    here.set('k', one, 2);
    time.now += 1999;
    expect(here.get('k')).toEqual(one);
    time.now += 1;
    expect(here.get('k')).toBeUndefined();
  });

  test('is kept by the platform’s own clock, unless told otherwise', () => {
    const far = new MemorySessionStore();
    far.set('k', one, 60);
    const get = vi.spyOn(far, 'get');
    const store = new TieredSessionStore(new MemorySessionStore(), far);
    for (let i = 0; i < 3; i++) expect(store.get('k')).toEqual(one);
    expect(get).toHaveBeenCalledTimes(1);
  });

  test('counts its age from the question: an answer that took longer than the staleness is not kept', async () => {
    for (const [took, kept] of [
      [4000, 1000],
      [5000, 0],
      [3_600_000, 0],
      [-3_600_000, 5000],
    ] as const) {
      const { time, make } = servers(5);
      const { store: far, waiting } = asked();
      const { near, store } = make(far);
      const answer = store.get('k');
      time.now += took;
      waiting[0]?.answer(one);
      expect(await answer).toEqual(one);
      time.now += kept - 1;
      expect(near.get('k')).toEqual(kept > 0 ? one : undefined);
      time.now += 1;
      expect(near.get('k')).toBeUndefined();
    }
  });
});

describe('a change', () => {
  test('reaches both tiers, and answers at once where both do', () => {
    const { far, make } = servers();
    const { near, store } = make();
    expect(store.set('k', one, 60)).toBeUndefined();
    expect([near.get('k'), far.get('k')]).toEqual([one, one]);
    expect(store.delete('k')).toBeUndefined();
    expect([near.get('k'), far.get('k')]).toEqual([undefined, undefined]);
  });

  test('is seen here while the far store has not answered yet', async () => {
    const { make } = servers();
    const { store: far, waiting } = asked();
    const { store } = make(far);
    const set = store.set('k', one, 60);
    expect(store.get('k')).toEqual(one);
    waiting.shift()?.answer();
    await set;
    const deleted = store.delete('k');
    const got = store.get('k');
    expect(waiting.map(({ question }) => question)).toEqual(['delete', 'get']);
    for (const { answer } of waiting) answer();
    expect([await deleted, await got]).toEqual([undefined, undefined]);
  });

  test.each(['set', 'delete', 'take'] as const)(
    'by %s is not undone by what the far store had said before it',
    async (verb) => {
      // The answer to `get` may come while the change is under way, or only when that is done.
      for (const order of ['during', 'after'] as const) {
        const { make } = servers();
        const { store: far, waiting } = asked();
        const { near, store } = make(far);
        const got = store.get('k');
        const changed = verb === 'set' ? store.set('k', two, 60) : store[verb]('k');
        const [get, change] = waiting;
        if (order === 'during') get?.answer(one);
        await undefined;
        change?.answer();
        await changed;
        get?.answer(one);
        expect(await got).toEqual(one);
        expect(near.get('k')).toEqual(verb === 'set' ? two : undefined);
      }
    },
  );

  test.each(['set', 'delete', 'take'] as const)(
    'by %s is not undone by what the far store said while it was under way',
    async (verb) => {
      const { make } = servers();
      const { store: far, waiting } = asked();
      const { near, store } = make(far);
      const changed = verb === 'set' ? store.set('k', two, 60) : store[verb]('k');
      near.delete('k'); // as when it is full
      const got = store.get('k');
      waiting[1]?.answer(one);
      expect(await got).toEqual(one);
      near.delete('k');
      const late = store.get('k');
      waiting[0]?.answer();
      await changed;
      waiting[2]?.answer(one);
      await late;
      expect(near.get('k')).toEqual(verb === 'set' ? two : undefined);
    },
  );

  test('that met another of the same key leaves no copy: what the far store made of the two is its own to say', async () => {
    const { make } = servers();
    const { store: far, waiting } = asked();
    const { near, store } = make(far);
    const changes = [store.set('k', one, 60), store.delete('k'), store.set('k', two, 60)];
    for (const { answer } of [...waiting].reverse()) answer();
    await Promise.all(changes);
    expect(near.get('k')).toBeUndefined();
  });
});

describe('a session that is taken', () => {
  test('is taken from the far store, though a copy be nearby, and by one of all servers', async () => {
    const { far, make } = servers();
    const shared = remote(far);
    const tiers = [1, 2, 3, 4].map(() => make(shared).store);
    await tiers[0]?.set('k', one, 60);
    for (const store of tiers) expect(await store.get('k')).toEqual(one);
    const taken = await Promise.all(tiers.map((store) => store.take('k')));
    expect(taken.filter((state) => state !== undefined)).toEqual([one]);
  });

  test('is forgotten nearby too', () => {
    const { here } = servers();
    here.set('k', one, 60);
    expect([here.take('k'), here.get('k'), here.take('k')]).toEqual([one, undefined, undefined]);
  });

  test('is not given where the far store is down', async () => {
    for (const shared of [down, downLater]) {
      const { make } = servers();
      const { near, store } = make(shared);
      near.set('k', one, 60);
      await expect((async () => store.take('k'))()).rejects.toThrow('the store is down');
    }
  });
});

describe('a fault of one tier', () => {
  const faults = [down, downLater];
  const verbs = [
    ['set', (store: SessionStore) => store.set('k', two, 60)],
    ['delete', (store: SessionStore) => store.delete('k')],
    ['take', (store: SessionStore) => store.take?.('k')],
  ] as const;

  test.each(verbs)('comes out of %s as it is, and the other tier has been reached', async (verb, ask) => {
    for (const broken of faults) {
      for (const side of ['near', 'far'] as const) {
        const open = new OpenStore();
        open.set('k', one, 60);
        const store =
          side === 'near' ? new TieredSessionStore(broken, open) : new TieredSessionStore(open, broken);
        await expect((async () => ask(store))()).rejects.toEqual(new Error('the store is down'));
        const left = open.entries.get('k');
        expect(left).toEqual(verb === 'set' && side === 'near' ? two : undefined);
      }
    }
  });

  test.each(verbs)('and of the other makes one error of all that %s met', async (_, ask) => {
    for (const near of faults) {
      for (const far of faults) {
        const error: unknown = await (async () => ask(new TieredSessionStore(near, far)))().catch(
          (error) => error,
        );
        expect(error).toBeInstanceOf(AggregateError);
        const fault = new Error('the store is down');
        expect((error as AggregateError).errors).toEqual([fault, fault]);
      }
    }
  });

  test('comes out of get as it is, where it is met', async () => {
    const open = new OpenStore();
    for (const broken of faults) {
      for (const store of [new TieredSessionStore(broken, open), new TieredSessionStore(open, broken)]) {
        await expect((async () => store.get('k'))()).rejects.toThrow('the store is down');
      }
    }
  });

  test('is an answer that is no bytes', () => {
    const text = { ...new OpenStore(), get: () => 'state' } as unknown as SessionStore;
    expect(() => new TieredSessionStore(new OpenStore(), text).get('k')).toThrow(TypeError);
    expect(() => new TieredSessionStore(text, new OpenStore()).get('k')).toThrow(TypeError);
  });
});

test('a staleness that is no time is refused', () => {
  for (const staleness of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => new TieredSessionStore(new OpenStore(), new OpenStore(), { staleness })).toThrow(RangeError);
  }
});
