/** What was made last is known again by all that it was made of, and by nothing less. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Recent } from '../../src/node/recent.ts';

const values = [undefined, null, 0, -0, Number.NaN, '', 'a', true, () => 0, () => 0, {}, {}] as const;
const of = fc.array(fc.constantFrom(...values), { maxLength: 3 });
const limits = fc.integer({ min: 1, max: 4 });

test('for all that is asked for, what comes was made of exactly that', () => {
  const property = fc.property(limits, fc.array(of), (limit, asked) => {
    const recent = new Recent<readonly unknown[]>(limit);
    for (const each of asked) expect(recent.find(each, () => each)).toStrictEqual(each);
  });
  fc.assert(property);
});

test('so many are known again as the limit has it, the ones that were asked for last', () => {
  const property = fc.property(limits, fc.array(fc.integer({ min: 0, max: 6 })), (limit, asked) => {
    const recent = new Recent<number>(limit);
    let known: readonly number[] = [];
    for (const each of asked) {
      let isMade = false;
      recent.find([each], () => {
        isMade = true;
        return each;
      });
      expect(isMade).toBe(!known.includes(each));
      known = [each, ...known.filter((other) => other !== each)].slice(0, limit);
    }
  });
  fc.assert(property);
});

test('what could not be made is not kept, and drives nothing out', () => {
  const recent = new Recent<string>(1);
  recent.find(['kept'], () => 'made');
  const fail = () => {
    throw new Error('in vain');
  };
  expect(() => recent.find(['other'], fail)).toThrow('in vain');
  expect(recent.find(['kept'], fail)).toBe('made');
  expect(recent.find(['other'], () => 'made at last')).toBe('made at last');
});
