/** The sealed store: what it was given it gives back, and nothing that anybody made of what is in the store. */

import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { MemorySessionStore, SealedSessionStore, type SealingKey, type SealReport } from 'reprise-tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { maxStateLength } from '../../src/session/guard.ts';
import type { SealedSessionStoreOptions } from '../../src/session/sealed.ts';
import { SealingKeys } from '../../src/session/sealing-keys.ts';
import { concat, fromHex, hex, utf8 } from '../../src/wire/bytes.ts';
import { watchArrays } from '../support/arrays.ts';
import { OpenStore } from '../support/resumption.ts';
import { secret, secretsIn } from '../support/secrets.ts';
import { remote } from '../support/stores.ts';

/** A key of that name, and of that name's secret. */
function keyNamed(id: string): SealingKey {
  return { id, secret: new Uint8Array(32).map((_, index) => id.charCodeAt(index % id.length) ^ index) };
}

const key = keyNamed('2026-01');

function sealed(options: Partial<SealedSessionStoreOptions> = {}) {
  const store = new OpenStore();
  const reports: SealReport[] = [];
  const report = (report: SealReport) => reports.push(report);
  return { store, reports, sealed: new SealedSessionStore(store, { keys: [key], report, ...options }) };
}

/** What a sealed store keeps for a state under the key `k`. */
function kept(state: Uint8Array, options: Partial<SealedSessionStoreOptions> = {}): Uint8Array {
  const { store, sealed: sealing } = sealed(options);
  sealing.set('k', state, 60);
  return store.only.state;
}

/** What it makes of that which has come into the store. */
function opened(stored: Uint8Array, storeKey = 'k') {
  const { store, reports, sealed: opening } = sealed();
  store.entries.set(storeKey, stored);
  return { state: opening.get(storeKey), reports, counters: opening.counters };
}

function withByte(bytes: Uint8Array, index: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[index] = value;
  return copy;
}

const states = fc.uint8Array({ maxLength: 2000 });
const state = new Uint8Array(300).map((_, index) => index);

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a sealed store', () => {
  test('gives back what it was given, at once where the store answers at once', () => {
    fc.assert(
      fc.property(fc.string(), states, (storeKey, state) => {
        const { sealed: store, reports } = sealed();
        expect(store.set(storeKey, state, 60)).toBeUndefined();
        expect(store.get(storeKey)).toStrictEqual(state);
        expect(store.take(storeKey)).toStrictEqual(state);
        expect(store.get(storeKey)).toBeUndefined();
        expect(reports).toEqual([]);
        expect(store.counters).toEqual({ sealed: 1, opened: 2, keyUnknown: 0, refused: 0 });
      }),
    );
  });

  test('asks for the same key and lifetime, promises where the store promises, and passes on its faults', async () => {
    const set = vi.fn(() => Promise.resolve());
    const fail = () => Promise.reject(new Error('down'));
    const store = new SealedSessionStore({ get: fail, set, delete: fail, take: fail }, { keys: [key] });
    await store.set('k', state, 77);
    expect(set).toHaveBeenCalledExactlyOnceWith('k', expect.any(Uint8Array), 77);
    for (const verb of ['get', 'take', 'delete'] as const)
      await expect(store[verb]('k')).rejects.toThrow('down');
  });

  test('takes an answer that is no bytes for a fault of the store, as that of a client which reads text', async () => {
    const store = (answer: unknown) =>
      new SealedSessionStore({ ...new OpenStore(), get: () => answer } as unknown as OpenStore, {
        keys: [key],
      });
    expect(() => store('state').get('k')).toThrow(TypeError);
    await expect(store(Promise.resolve(7)).get('k')).rejects.toThrow(TypeError);
    expect(store(null).get('k')).toBeUndefined();
  });

  test('refuses a state that is none, or too long', () => {
    const { sealed: store } = sealed();
    store.set('k', new Uint8Array(maxStateLength), 60);
    expect(store.get('k')).toHaveLength(maxStateLength);
    expect(() => store.set('k', new Uint8Array(maxStateLength + 1), 60)).toThrow(RangeError);
    expect(() => store.set('k', 'state' as unknown as Uint8Array, 60)).toThrow(TypeError);
  });
});

describe('what stands in the store', () => {
  test('shows nothing of the state, and is never twice the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 500 }), (state) => {
        const [first, second] = [kept(state), kept(state)];
        expect(hex(first)).not.toContain(hex(state));
        expect(hex(first)).not.toBe(hex(second));
      }),
    );
  });

  test('has one of few lengths: that of the frame and of a power of two, 512 unless told otherwise', () => {
    const frame = 1 + 1 + key.id.length + 24 + 16;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 70_000 }),
        fc.constantFrom(64, 512, 4096),
        (length, minPaddedLength) => {
          const padded = kept(new Uint8Array(length), { minPaddedLength }).length - frame;
          expect(Number.isInteger(Math.log2(padded))).toBe(true);
          expect(padded).toBeGreaterThanOrEqual(Math.max(length + 3, minPaddedLength));
          expect(padded).toBeLessThan(Math.max(2 * (length + 3), minPaddedLength + 1));
        },
      ),
    );
    expect(kept(new Uint8Array(0))).toHaveLength(frame + 512);
    expect(kept(new Uint8Array(509))).toHaveLength(frame + 512);
  });

  test('is of the format that the file describes, so that servers of different releases can share it', () => {
    const nonce = new Uint8Array(24).map((_, index) => 0xa0 + index);
    const stored = kept(utf8('state'), { randomBytes: () => nonce.slice(), minPaddedLength: 64 });
    const id = concat(Uint8Array.of(7), utf8(key.id));
    const label = utf8('reprise sealed session');
    const data = concat(Uint8Array.of(22), label, Uint8Array.of(1), id, Uint8Array.of(0, 1), utf8('k'));
    const padded = concat(Uint8Array.of(0, 0, 5), utf8('state'), new Uint8Array(56));
    const body = xchacha20poly1305(key.secret, nonce, data).encrypt(padded);
    expect(hex(stored)).toBe(hex(concat(Uint8Array.of(1), id, nonce, body)));
    expect(hex(stored.subarray(-16))).toBe('312c47610c08d2bff5eb763cf68af3ad');
  });

  test('is sealed by the cipher that the draft describes (draft-irtf-cfrg-xchacha-03 §A.3.1)', () => {
    const text =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    const counting = (from: number, length: number) => new Uint8Array(length).map((_, index) => from + index);
    const data = fromHex('50515253c0c1c2c3c4c5c6c7');
    const sealed = xchacha20poly1305(counting(0x80, 32), counting(0x40, 24), data).encrypt(utf8(text));
    expect(hex(sealed.subarray(0, 16))).toBe('bd6d179d3e83d43b9576579493c0e939');
    expect(hex(sealed.subarray(-16))).toBe('c0875924c1c7987947deafd8780acf49');
  });

  test('is opened as it is, and in no other way: not one bit flipped, not a byte less, not a byte more', () => {
    const stored = kept(state);
    expect(opened(stored)).toMatchObject({ state, reports: [] });
    const changed = [concat(stored, new Uint8Array(1)), concat(new Uint8Array(1), stored)];
    for (let index = 0; index < stored.length; index++) {
      changed.push(
        withByte(stored, index, (stored[index] ?? 0) ^ (1 << (index % 8))),
        stored.slice(0, index),
      );
    }
    for (const bytes of changed) {
      const { state, reports, counters } = opened(bytes);
      expect(state).toBeUndefined();
      expect(counters.refused + counters.keyUnknown).toBe(1);
      expect(reports).toHaveLength(counters.refused);
    }
  });

  test('is refused where it is garbage of any kind and length', () => {
    const frame = kept(state).subarray(0, 1 + 1 + key.id.length);
    const garbage = fc.oneof(
      states,
      fc.uint8Array({ minLength: 24, maxLength: 200 }).map((rest) => concat(frame, rest)),
      fc.constantFrom(new Uint8Array(0), new Uint8Array(1 << 20), new Uint8Array(600).fill(1)),
    );
    fc.assert(
      fc.property(garbage, (bytes) => {
        const { state, reports, counters } = opened(bytes);
        expect(state).toBeUndefined();
        expect(reports.length + counters.keyUnknown).toBe(1);
      }),
    );
  });

  test('says in a report what it was: unreadable, of another version, forged', () => {
    const stored = kept(state);
    const cases = [
      stored.subarray(0, 30),
      withByte(stored, 0, 0),
      withByte(stored, 0, 2),
      withByte(stored, stored.length - 1, (stored.at(-1) ?? 0) ^ 1),
    ];
    const reasons = cases.flatMap((bytes) => opened(bytes).reports);
    expect(reasons).toEqual([
      { kind: 'seal-refused', reason: 'unreadable', key: 'k' },
      { kind: 'seal-refused', reason: 'version', key: 'k' },
      { kind: 'seal-refused', reason: 'version', key: 'k' },
      { kind: 'seal-refused', reason: 'forged', key: 'k' },
    ]);
  });

  test("is refused under another session's key: entries cannot be swapped", () => {
    fc.assert(
      fc.property(fc.string(), (other) => {
        fc.pre(other !== 'k');
        expect(opened(kept(state), other)).toMatchObject({
          state: undefined,
          reports: [{ kind: 'seal-refused', reason: 'forged', key: other }],
        });
      }),
    );
  });

  test('is refused where only the name of its key was exchanged, though both are listed', () => {
    const [one, two] = [keyNamed('a'), keyNamed('b')];
    const { store, reports, sealed: sealing } = sealed({ keys: [one, two] });
    sealing.set('k', state, 60);
    store.entries.set('k', withByte(store.only.state, 2, 'b'.charCodeAt(0)));
    expect(sealing.get('k')).toBeUndefined();
    expect(reports).toMatchObject([{ reason: 'forged' }]);
  });

  test('stays a miss where the application fails to hear of it', () => {
    const report = () => {
      throw new Error('the log is full');
    };
    const { store, sealed: sealing } = sealed({ report });
    store.set('k', state, 60);
    expect(sealing.get('k')).toBeUndefined();
    expect(sealing.counters.refused).toBe(1);
  });
});

describe('a rotation of keys', () => {
  const names = ['a', 'b', 'c', 'd'];
  const lists = fc.shuffledSubarray(names, { minLength: 1 });

  test('seals with the first, opens with all that are listed, and with no other, silently', () => {
    const step = fc.oneof(
      fc.record({ rotate: lists }),
      fc.record({ set: fc.constantFrom('k1', 'k2', 'k3') }),
    );
    fc.assert(
      fc.property(lists, fc.array(step), (first, steps) => {
        let listed = first;
        const sealedWith = new Map<string, string | undefined>();
        const { reports, sealed: store } = sealed({ keys: first.map(keyNamed) });
        for (const step of steps) {
          if ('rotate' in step) {
            listed = step.rotate;
            store.rotate(listed.map(keyNamed));
          } else {
            store.set(step.set, state, 60);
            sealedWith.set(step.set, listed[0]);
          }
          const { keyUnknown } = store.counters;
          let unknown = 0;
          for (const [storeKey, name = ''] of sealedWith) {
            expect(store.get(storeKey)).toEqual(listed.includes(name) ? state : undefined);
            if (!listed.includes(name)) unknown++;
          }
          expect(store.counters.keyUnknown - keyUnknown).toBe(unknown);
        }
        expect(reports).toEqual([]);
      }),
    );
  });

  test('in the midst of questions: each is answered by the keys of the moment, and none fails', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(lists, { minLength: 1 }),
        fc.infiniteStream(fc.nat(3)),
        async (rotations, turns) => {
          const memory = new MemorySessionStore();
          const wire = () => turns.next().value ?? 0;
          const keysOf = (list: readonly string[]) => ({ keys: list.map(keyNamed) });
          const stores = ['one', 'two'].map(
            () => new SealedSessionStore(remote(memory, wire), keysOf(names)),
          );
          const answers: PromiseLike<Uint8Array | undefined>[] = [];
          for (const list of rotations) {
            for (const [index, store] of stores.entries()) {
              await store.set(`k${index}`, state, 60);
              answers.push(...['k0', 'k1'].map(async (storeKey) => store.get(storeKey)));
              store.rotate(list.map(keyNamed));
            }
          }
          for (const answer of await Promise.all(answers)) expect([undefined, state]).toContainEqual(answer);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('overwrites the copies of the keys before, and neither holds nor overwrites those that it was given', () => {
    const given = keyNamed('a');
    const keys = new SealingKeys([given]);
    const copy = keys.find('a');
    given.secret.fill(0);
    expect(copy).toEqual(keyNamed('a').secret);
    keys.replace([keyNamed('b')]);
    expect(copy).toEqual(new Uint8Array(32));
    expect(keys.find('a')).toBeUndefined();
    expect(keys.sealing).toEqual(keyNamed('b'));
  });

  test('leaves everything as it was when its keys are refused', () => {
    const { sealed: store } = sealed();
    store.set('k', state, 60);
    expect(() => store.rotate([])).toThrow(RangeError);
    expect(() => store.rotate([keyNamed('new'), { ...key, secret: keyNamed('other').secret }])).toThrow(
      new RangeError('expected the key 2026-01 to be the same as before, got another secret'),
    );
    expect(store.get('k')).toEqual(state);
  });
});

describe('a key', () => {
  const refused: [string, SealingKey[]][] = [
    ['none at all', []],
    ['zeros (CVE-2020-13777)', [{ id: 'a', secret: new Uint8Array(32) }]],
    ['31 bytes', [{ id: 'a', secret: new Uint8Array(31).fill(1) }]],
    ['33 bytes', [{ id: 'a', secret: new Uint8Array(33).fill(1) }]],
    ['no bytes', [{ id: 'a', secret: new Uint8Array(0) }]],
    ['the secret of another', [keyNamed('a'), { ...keyNamed('a'), id: 'b' }]],
    ['named as another', [keyNamed('a'), { ...keyNamed('b'), id: 'a' }]],
    ['without a name', [{ ...keyNamed('a'), id: '' }]],
    ['of a name too long', [{ ...keyNamed('a'), id: 'a'.repeat(33) }]],
    ['of a name that is not visible ASCII', [{ ...keyNamed('a'), id: 'ä b' }]],
    ['of a number for its name', [{ ...keyNamed('a'), id: 2026 as unknown as string }]],
  ];

  test.each(refused)('that is %s is refused', (_, keys) => {
    expect(() => sealed({ keys })).toThrow(RangeError);
    const { sealed: store } = sealed();
    expect(() => store.rotate(keys)).toThrow(RangeError);
  });

  test('that is text is refused: who types a secret types a weak one', () => {
    const keys = [{ id: 'a', secret: 'a'.repeat(32) as unknown as Uint8Array }];
    expect(() => sealed({ keys })).toThrow(TypeError);
  });

  test('does not stand in what refuses it', () => {
    const { secret } = keyNamed('a');
    try {
      sealed({ keys: [keyNamed('a'), { id: 'b', secret }] });
    } catch (error) {
      expect(String(error)).not.toMatch(new RegExp(`${hex(secret)}|${secret.join()}`));
    }
    expect.assertions(1);
  });

  test('comes with a padded length that is a power of two', () => {
    for (const minPaddedLength of [0, 32, 500, 513, Number.NaN, 1 << 19]) {
      expect(() => sealed({ minPaddedLength })).toThrow(RangeError);
    }
    for (const minPaddedLength of [64, 1 << 18]) expect(() => sealed({ minPaddedLength })).not.toThrow();
  });
});

describe('the secrets of a session', () => {
  test('are in no memory of the store after they were sealed, and in one array after they were opened', () => {
    const { sealed: store } = sealed();
    const made = watchArrays();
    store.set('k', secret, 60);
    expect(secretsIn(made)).toBe(0);
    const opened = store.get('k');
    expect(secretsIn(made)).toBe(1);
    expect(opened).toEqual(new Uint8Array(secret));
  });
});
