/** Sessions in Redis under seal: the same commands, and nothing in them that anyone else could read. */

import { RedisSessionStore, type RedisSessionStoreOptions } from 'reprise-tls/redis';
import { describe, expect, test } from 'vitest';
import { fakeClients } from '../support/fake-redis.ts';

const [first, second] = ['first', 'second'].map((id, i) => ({ id, secret: new Uint8Array(32).fill(i + 1) }));
const keys = [first, second].filter((key) => key !== undefined);
const state = Uint8Array.from({ length: 100 }, (_, i) => i);

describe.each(fakeClients)('on a client of %s', (_, fake) => {
  test('each verb is one command with one key, and a state goes out sealed', async () => {
    const redis = fake();
    const store = new RedisSessionStore(redis.client, { keys, prefix: 'tls:' });
    await store.set('k', state, 60);
    expect(await store.get('k')).toStrictEqual(state);
    expect(await store.take('k')).toStrictEqual(state);
    await store.delete('k');
    expect(redis.sent).toEqual([
      ['SET', 'tls:k', expect.any(Buffer), 'PX', '60000'],
      ['GET', 'tls:k'],
      ['GETDEL', 'tls:k'],
      ['DEL', 'tls:k'],
    ]);
    const [, , sealed] = redis.sent[0] ?? [];
    expect(Buffer.from(sealed ?? '').includes(Buffer.from(state.subarray(0, 8)))).toBe(false);
  });

  test('what is not authentic is a miss that is reported', async () => {
    const redis = fake();
    const reports: unknown[] = [];
    const store = new RedisSessionStore(redis.client, { keys, report: (report) => reports.push(report) });
    await store.set('k', state, 60);
    redis.entries.set('reprise:other', redis.entries.get('reprise:k') ?? Buffer.alloc(0));
    expect(await store.get('other')).toBeUndefined();
    expect(reports).toEqual([{ kind: 'seal-refused', reason: 'forged', key: 'other' }]);
  });

  test('keys rotate: one that is retired opens nothing more', async () => {
    const redis = fake();
    const store = new RedisSessionStore(redis.client, { keys });
    await store.set('k', state, 60);
    store.rotate([...keys].reverse());
    expect(await store.get('k')).toStrictEqual(state);
    store.rotate(keys.slice(1));
    expect(await store.get('k')).toBeUndefined();
  });

  test('without keys there is none, and it says what to do', () => {
    const { client } = fake();
    for (const options of [undefined, {}, { keys: undefined }, { keys: [] }]) {
      const make = () => new RedisSessionStore(client, options as unknown as RedisSessionStoreOptions);
      expect(make).toThrow(TypeError);
      expect(make).toThrow('expected keys to seal sessions with');
    }
    const zeros = [{ id: 'zeros', secret: new Uint8Array(32) }];
    expect(() => new RedisSessionStore(client, { keys: zeros })).toThrow(RangeError);
  });
});
