/** How old a session may be, to the millisecond (rules S23, S24, S25, C11; RFC 5246 Appendix F.1.4). */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ageRefusal, clockSkew, maxSessionLifetime } from '../../src/handshake/resumption.ts';
import type { Session } from '../../src/session/session.ts';

const session = (establishedAt: number, expiresAt: number) => ({ establishedAt, expiresAt }) as Session;
const hour = 60 * 60 * 1000;

test('a session lives until the moment that it was made for, and not in it', () => {
  const made = session(1000, 2000);
  expect(ageRefusal(made, hour, 1999)).toBeUndefined();
  expect(ageRefusal(made, hour, 2000)).toBe('expired');
  expect(ageRefusal(made, hour, 2001)).toBe('expired');
});

test('a shorter lifetime of today’s configuration holds for sessions of yesterday’s', () => {
  const made = session(0, 10 * hour);
  expect(ageRefusal(made, hour, hour - 1)).toBeUndefined();
  expect(ageRefusal(made, hour, hour)).toBe('expired');
});

test('no configuration lets a session live for more than 24 hours', () => {
  expect(maxSessionLifetime).toBe(24 * hour);
  const made = session(0, 100 * hour);
  expect(ageRefusal(made, 100 * hour, 24 * hour - 1)).toBeUndefined();
  expect(ageRefusal(made, 100 * hour, 24 * hour)).toBe('expired');
});

test('a session may come from as far in the future as clocks may be apart, and no further', () => {
  expect(clockSkew).toBe(60_000);
  const now = 5 * hour;
  expect(ageRefusal(session(now + clockSkew, 9 * hour), hour, now)).toBeUndefined();
  expect(ageRefusal(session(now + clockSkew + 1, 9 * hour), hour, now)).toBe('from-the-future');
});

test('whatever the three say, the strictest holds', () => {
  const times = fc.nat(3 * maxSessionLifetime);
  fc.assert(
    fc.property(times, times, times, times, (establishedAt, expiresAt, lifetime, now) => {
      const age = now - establishedAt;
      const lives = now < expiresAt && age < lifetime && age < maxSessionLifetime;
      const unlessEarly = lives ? undefined : 'expired';
      const expected = age < -clockSkew ? 'from-the-future' : unlessEarly;
      expect(ageRefusal(session(establishedAt, expiresAt), lifetime, now)).toBe(expected);
    }),
  );
});
