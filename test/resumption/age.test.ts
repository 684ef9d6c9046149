/**
 * Rules S23 to S25: how old a session may be. All clocks here are ours, and the store never forgets by itself: what
 * ends a session's life is the rule alone.
 */

import fc from 'fast-check';
import { MemorySessionStore } from 'reprise-tls';
import { expect, test } from 'vitest';
import { clockSkew } from '../../src/handshake/resumption.ts';
import {
  accepted,
  clientConfig,
  established,
  meet,
  OpenStore,
  offer,
  rewrite,
  serverConfig,
  sessionIn,
  stage,
} from '../support/resumption.ts';
import { playClient } from '../support/scripted.ts';

const second = 1000;
const hour = 3600 * second;
const day = 24 * hour;
const start = Date.UTC(2030, 0, 1);

/** A session that was made at `start`, by a server whose sessions live so many seconds. */
function madeAtStart(sessionLifetime: number) {
  return established({ clock: () => start, sessionLifetime });
}

test('S23: for all times and lifetimes: a session resumes where its age is below its lifetime, that of today and 24 hours (RFC 5246 F.1.4)', async () => {
  const made = await madeAtStart(86_400);
  const lifetime = fc.oneof(fc.integer({ min: 1, max: 86_400 }), fc.constantFrom(1, 3600, 86_400));
  const times = fc.tuple(lifetime, lifetime).chain(([maker, ours]) => {
    const end = Math.min(maker, ours) * second;
    const border = fc.integer({ min: -3, max: 3 });
    const age = fc.oneof(
      fc.integer({ min: -2 * day, max: 2 * day }),
      border.map((off) => end + off),
      border.map((off) => off - clockSkew),
      border.map((off) => day + off),
    );
    return age.map((age) => ({ maker, ours, age }));
  });
  await fc.assert(
    fc.asyncProperty(times, async ({ maker, ours, age }) => {
      const store = made.store.clone();
      rewrite(store, { expiresAt: start + maker * second });
      const config = serverConfig({ sessionStore: store, sessionLifetime: ours, clock: () => start + age });
      const { resumed } = (await playClient(config, (client) => client.greet(made.session))).result;
      expect(resumed).toBe(age >= -clockSkew && age < Math.min(maker * second, ours * second, day));
    }),
    { numRuns: 150 },
  );
});

test('S23: the default lifetime is one hour, and none is longer than 24 (RFC 5246 F.1.4)', async () => {
  const known = await established({ clock: () => start });
  expect(await offer(known, { clock: () => start + hour - 1 })).toMatchObject(accepted);
  expect(await offer(known, { clock: () => start + hour })).toMatchObject({ resumption: 'expired' });
  await expect(offer(known, { sessionLifetime: 86_401 })).rejects.toThrow(RangeError);
});

test('S23: a session says itself that it lives longer than 24 hours: it does not', async () => {
  const known = await madeAtStart(86_400);
  rewrite(known.store, { expiresAt: start + 30 * day });
  const server = { sessionLifetime: 86_400 };
  expect(await offer(known, { ...server, clock: () => start + day - 1 })).toMatchObject(accepted);
  expect(await offer(known, { ...server, clock: () => start + day })).toMatchObject({
    resumption: 'expired',
  });
});

test('S23: the lifetime goes to the store, whole seconds, and the store may forget earlier', async () => {
  const lifetimes: number[] = [];
  const store = new MemorySessionStore();
  const watched = {
    get: (key: string) => store.get(key),
    set: (key: string, state: Uint8Array, lifetime: number) => {
      lifetimes.push(lifetime);
      store.set(key, state, lifetime);
    },
    delete: (key: string) => store.delete(key),
  };
  await playClient(serverConfig({ sessionStore: watched, sessionLifetime: 77 }), (client) => client.full());
  expect(lifetimes).toEqual([77]);
});

test('S24: resuming never prolongs a session: its age counts from the full handshake', async () => {
  const known = await madeAtStart(3600);
  const { state } = known.store.only;
  for (let age = 0; age < hour; age += 7 * 60 * second) {
    const config = serverConfig({ sessionStore: known.store, clock: () => start + age });
    const { end } = await playClient(config, (client) => client.resume(known.session));
    expect(end.info?.resumed).toBe(true);
  }
  expect(known.store.asked).not.toContain('delete');
  expect(known.store.asked.filter((operation) => operation === 'set').length).toBe(1);
  expect(known.store.only.state).toEqual(state);
  expect(await offer(known, { clock: () => start + hour })).toMatchObject({ resumption: 'expired' });
});

test('S24: a resumption rewrites nothing of the session (CVE-2010-4180)', async () => {
  const { store, server, client } = stage({ server: { alpnProtocols: ['h2', 'imap'] } });
  await meet({ ...client, alpnProtocols: ['h2'] }, server);
  const { state } = store.only;
  const { serverEnd } = await meet({ ...client, alpnProtocols: ['imap'] }, server);
  expect(serverEnd.info).toMatchObject({ resumed: true, alpnProtocol: 'imap' });
  expect(store.only.state).toEqual(state);
  expect(sessionIn(store).alpnProtocol).toBe('h2');
  expect(Object.isFrozen(sessionIn(store))).toBe(true);
});

test('S25: a session made in the future, beyond a small skew of clocks: full handshake', async () => {
  const known = await madeAtStart(3600);
  expect(await offer(known, { clock: () => start - clockSkew })).toMatchObject(accepted);
  expect(await offer(known, { clock: () => start - clockSkew - 1 })).toMatchObject({
    resumption: 'from-the-future',
  });
  expect(clockSkew).toBeLessThanOrEqual(5 * 60 * second);
});

test('S25: a clock that jumps, either way, costs full handshakes and no connection', async () => {
  let now = start;
  const store = new OpenStore();
  const config = serverConfig({ sessionStore: store, clock: () => now });
  const cache = new OpenStore();
  const client = clientConfig({ sessionCache: cache });
  const jumps = [0, 2 * day, -300 * day, 0, 10 * 365 * day, -day];
  for (const jump of jumps) {
    now = start + jump;
    const first = await meet(client, config);
    expect(first.serverEnd.info?.resumed).toBe(false);
    const again = await meet(client, config);
    expect(again.serverEnd.info?.resumption).toBe('accepted');
  }
});

test('S23: a clock that gives what is no time ends the connection, on either side, and resumes nothing', async () => {
  for (const time of [Number.NaN, Number.POSITIVE_INFINITY, -1, 'now' as unknown as number]) {
    const { server, client } = stage();
    await meet(client, server);
    const broken = { clock: () => time };
    const { clientEnd } = await meet({ ...client, ...broken }, server);
    const { serverEnd } = await meet(client, { ...server, ...broken });
    for (const { info, closed } of [clientEnd, serverEnd]) {
      expect(info).toBeUndefined();
      expect(closed?.error).toMatchObject({
        reason: 'application',
        message: expect.stringContaining('clock'),
      });
    }
  }
});
