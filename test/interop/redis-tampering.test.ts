/**
 * Entries of a real Redis are changed behind the servers' backs, by decay or by somebody who can write to it. Whatever
 * becomes of one, the next connection comes about by a full handshake, what was found is reported, and the session that
 * is made then resumes.
 */

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { hasRedis, RedisServer } from '../support/redis-server.ts';
import { startSharing } from '../support/sharing.ts';

/** What becomes of an entry, when there is another one. */
type Change = (entry: Buffer, other: Buffer) => Buffer;

const startingWith = (...bytes: number[]): Change => {
  return (entry) => Buffer.concat([Buffer.from(bytes), entry.subarray(bytes.length)]);
};

const flippedAt = (offset: number): Change => {
  return (entry) => {
    const flipped = Buffer.from(entry);
    const index = offset < 0 ? entry.length + offset : offset;
    flipped[index] = (flipped[index] ?? 0) ^ 0x10;
    return flipped;
  };
};

/** And what a sealed store reports of it; a key that it has not got may be one that was retired. */
const changes: readonly (readonly [string, Change, string | undefined])[] = [
  ['nothing', () => Buffer.alloc(0), 'unreadable'],
  ['a text', () => Buffer.from('what somebody else keeps under this key'), 'unreadable'],
  ['cut short by one byte', (entry) => entry.subarray(0, -1), 'forged'],
  ['cut in half', (entry) => entry.subarray(0, entry.length >> 1), 'forged'],
  ['cut to its first bytes', (entry) => entry.subarray(0, 9), 'unreadable'],
  ['longer by one byte', (entry) => Buffer.concat([entry, Buffer.alloc(1)]), 'forged'],
  ['different in one bit of its middle', flippedAt(150), 'forged'],
  ['different in one bit of its end', flippedAt(-1), 'forged'],
  ['of an older format', startingWith(0), 'version'],
  ['of a later format', startingWith(2), 'version'],
  ['under the name of a key that nobody has', flippedAt(2), undefined],
  ["another session's", (_, other) => other, 'forged'],
];

describe.skipIf(!hasRedis)('What Redis has of a session is', () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });

  afterAll(() => redis?.stop());

  /** Two clients have a session each; the entry of the first is changed, and its client comes again, twice. */
  async function tamper(store: 'sealed' | 'unsealed', change: Change) {
    await redis.command('FLUSHALL');
    const { visitor, reports } = await startSharing(onTestFinished, {
      port: redis.port,
      deadline: 3000,
      store,
    });
    const [first, second] = [visitor(), visitor()];
    await first();
    const [key] = (await redis.command('KEYS', '*')) as Buffer[];
    await second();
    const keys = (await redis.command('KEYS', '*')) as Buffer[];
    const otherKey = keys.find((each) => key?.equals(each) === false);
    if (key === undefined || otherKey === undefined) throw new Error(`expected two keys, got ${keys}`);
    const [entry, other] = (await redis.command('MGET', key, otherKey)) as [Buffer, Buffer];
    await redis.command('SET', key, change(entry, other));
    return { visits: [await first(), await first()], reports: reports.flat(), key };
  }

  test.each(changes)('%s: where it is sealed', async (_, change, reason) => {
    const { visits, reports, key } = await tamper('sealed', change);
    expect(visits).toMatchObject([
      { error: undefined, info: { resumed: false, resumption: 'not-found' } },
      { error: undefined, info: { resumed: true } },
    ]);
    const report = { kind: 'seal-refused', reason, key: `${key}`.replace('reprise:', '') };
    expect(reports).toEqual(reason === undefined ? [] : [report]);
  });

  test.each(changes)('%s: where it is not sealed', async (_, change) => {
    const { visits, reports } = await tamper('unsealed', change);
    expect(visits).toMatchObject([
      { error: undefined, info: { resumed: false, resumption: 'undecodable' } },
      { error: undefined, info: { resumed: true } },
    ]);
    expect(reports).toEqual([{ kind: 'session-undecodable' }]);
  });

  test('the same as before: it resumes', async () => {
    for (const store of ['sealed', 'unsealed'] as const) {
      const { visits, reports } = await tamper(store, (entry) => entry);
      expect(visits).toMatchObject([{ info: { resumed: true } }, { info: { resumed: true } }]);
      expect(reports).toEqual([]);
    }
  });
});
