/** The breaker: whom it lets through to a store that fails, in any order of answers and at any time. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Breaker, type BreakerOptions, type Era } from '../../src/session/breaker.ts';

const error = new Error('down');

function breakerAt(start: number, options?: BreakerOptions) {
  const time = { now: start };
  return { time, breaker: new Breaker(() => time.now, options) };
}

function isAdmitted(breaker: Breaker): boolean {
  return typeof breaker.admit() === 'number';
}

/** Lets one through, who fails; the pause that begins with that. */
function fail(breaker: Breaker): number | undefined {
  const era = breaker.admit();
  return typeof era === 'number' ? breaker.failed(era, error)?.milliseconds : undefined;
}

describe('a breaker', () => {
  test('lets all through until five have failed on end', () => {
    const { breaker } = breakerAt(0);
    expect([1, 2, 3, 4].map(() => fail(breaker))).toEqual(new Array(4).fill(undefined));
    expect(isAdmitted(breaker)).toBe(true);
    expect(fail(breaker)).toBe(1000);
    expect(breaker.admit()).toEqual({ milliseconds: 1000, error });
  });

  test('counts anew after an answer', () => {
    const { breaker } = breakerAt(0);
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 4; j++) expect(fail(breaker)).toBeUndefined();
      expect(breaker.succeeded(breaker.admit() as Era)).toBe(false);
    }
    expect(isAdmitted(breaker)).toBe(true);
  });

  test('doubles the pause each time that a try fails, up to 30 s, and begins with a second after an answer', () => {
    const { time, breaker } = breakerAt(0, { failures: 1 });
    const pauses: unknown[] = [];
    for (let i = 0; i < 8; i++) {
      const pause = fail(breaker) ?? 0;
      pauses.push(pause);
      time.now += pause - 1;
      expect(isAdmitted(breaker)).toBe(false);
      time.now += 1;
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(breaker.succeeded(breaker.admit() as Era)).toBe(true);
    expect(fail(breaker)).toBe(1000);
  });

  test('never lets a second one try, and hears nobody who was let through before', () => {
    const { time, breaker } = breakerAt(0, { failures: 2 });
    const before = [breaker.admit(), breaker.admit(), breaker.admit(), breaker.admit()] as Era[];
    const [first, second, third, fourth] = before as [Era, Era, Era, Era];
    breaker.failed(first, error);
    expect(breaker.failed(second, error)).toEqual({ milliseconds: 1000, error });
    expect(breaker.failed(third, error)).toBeUndefined();
    expect(breaker.succeeded(fourth)).toBe(false);
    expect(isAdmitted(breaker)).toBe(false);
    time.now = 1000;
    expect([isAdmitted(breaker), isAdmitted(breaker)]).toEqual([true, false]);
    expect(breaker.succeeded(fourth)).toBe(false);
    expect(isAdmitted(breaker)).toBe(false);
  });

  test('is not held open by a clock that is set back by an hour, forward by an hour, or fails', () => {
    for (const now of [-3_600_000, 3_600_000, Number.NaN]) {
      const { time, breaker } = breakerAt(0, { failures: 1 });
      fail(breaker);
      time.now = now;
      expect(isAdmitted(breaker)).toBe(true);
    }
  });

  test('lets somebody through within the longest pause, and while suspended one at a time, whatever happens', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constantFrom('admit', 'succeed', 'fail'), which: fc.nat(9) }),
      fc.record({ do: fc.constant('wait'), which: fc.integer({ min: 1, max: 5000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { size: '+1' }), fc.integer({ min: 1, max: 3 }), (steps, failures) => {
        const { time, breaker } = breakerAt(0, { failures, longestPause: 4000 });
        let asking: Era[] = [];
        let suspendedAt: number | undefined;
        let trying = 0;
        for (const step of steps) {
          const [era] = asking.slice(step.which);
          if (step.do === 'wait') time.now += step.which;
          else if (step.do === 'admit') {
            const admitted = breaker.admit();
            if (typeof admitted === 'number') {
              asking.push(admitted);
              if (suspendedAt !== undefined) trying++;
            } else if (trying === 0) expect(time.now - (suspendedAt ?? Number.NaN)).toBeLessThan(4000);
            expect(trying).toBeLessThanOrEqual(1);
          } else if (era !== undefined) {
            asking = asking.filter((_, index) => index !== step.which);
            const turned = step.do === 'fail' ? breaker.failed(era, error) : breaker.succeeded(era);
            if (!turned) continue;
            suspendedAt = step.do === 'fail' ? time.now : undefined;
            trying = 0;
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('refuses what cannot be meant', () => {
    for (const options of [
      { failures: 0 },
      { pause: 0 },
      { pause: Number.NaN },
      { pause: 9, longestPause: 8 },
    ]) {
      expect(() => breakerAt(0, options)).toThrow(RangeError);
    }
    expect(fail(breakerAt(0, { failures: 1, pause: 60_000 }).breaker)).toBe(60_000);
  });
});
