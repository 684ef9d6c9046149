/** The operations on bytes that every layer leans on. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  concat,
  equal,
  equalInConstantTime,
  fromHex,
  fromUtf8,
  hex,
  plain,
  utf8,
  wipe,
} from '../../src/wire/bytes.ts';

const bytes = fc.uint8Array({ maxLength: 40 });

describe('concat', () => {
  test('puts the parts one after the other, in memory of its own', () => {
    fc.assert(
      fc.property(fc.array(bytes), (parts) => {
        const whole = concat(...parts);
        expect([...whole]).toEqual(parts.flatMap((part) => [...part]));
        for (const part of parts) expect(whole.buffer).not.toBe(part.buffer);
      }),
    );
  });
});

describe.each([
  ['equal', equal],
  ['equalInConstantTime', equalInConstantTime],
])('%s', (_, same) => {
  test('is true of the same bytes, wherever they lie', () => {
    fc.assert(fc.property(bytes, (a) => same(a, concat(Uint8Array.of(1), a).subarray(1))));
  });

  test('is false where any one bit differs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), fc.nat(7), (a, at, bit) => {
        const b = new Uint8Array(a);
        b[at % b.length] = (b[at % b.length] ?? 0) ^ (1 << bit);
        return !same(a, b);
      }),
    );
  });

  test('is false where one is the beginning of the other', () => {
    fc.assert(
      fc.property(bytes, fc.uint8Array({ minLength: 1 }), (a, more) => {
        expect(same(a, concat(a, more))).toBe(false);
        expect(same(concat(a, more), a)).toBe(false);
      }),
    );
  });
});

test('equalInConstantTime looks at every byte, wherever the first difference is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (a, at) => {
      const b = new Uint8Array(a);
      b[at % b.length] = ~(b[at % b.length] ?? 0);
      const seen = new Set<string>();
      const watched = new Proxy(a, {
        get(target, key) {
          if (typeof key === 'string' && /^\d+$/.test(key)) seen.add(key);
          return Reflect.get(target, key);
        },
      });
      expect(equalInConstantTime(watched, b)).toBe(false);
      expect(seen.size).toBe(a.length);
    }),
  );
});

describe('plain', () => {
  test('is the array itself, or the same memory where a Buffer was given', () => {
    const array = Uint8Array.of(1, 2, 3);
    expect(plain(array)).toBe(array);
    const view = plain(Buffer.from(array.buffer, 1, 2));
    expect(view).toStrictEqual(Uint8Array.of(2, 3));
    expect(view.buffer).toBe(array.buffer);
  });
});

describe('wipe', () => {
  test('overwrites what there is, and nothing beside it', () => {
    const memory = new Uint8Array(8).fill(7);
    wipe(memory.subarray(2, 4), undefined, memory.subarray(6, 7));
    expect([...memory]).toEqual([7, 7, 0, 0, 7, 7, 0, 7]);
  });
});

describe('hexadecimal', () => {
  test('is read back, in small letters or large', () => {
    fc.assert(
      fc.property(bytes, (a) => {
        expect(hex(a)).toMatch(/^([0-9a-f]{2})*$/);
        expect(fromHex(hex(a))).toEqual(a);
        expect(fromHex(hex(a).toUpperCase())).toEqual(a);
      }),
    );
  });

  test.each(['0', '0g', ' 00', '0x00', '+1', '-1', '00\n'])('is not %j', (text) => {
    expect(() => fromHex(text)).toThrow(RangeError);
  });
});

describe('UTF-8', () => {
  test('is read back, byte order marks and all', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => fromUtf8(utf8(text)) === text));
    expect(fromUtf8(fromHex('efbbbf61'))).toBe('\ufeffa');
  });

  test.each([
    ['a byte that none starts with', 'ff'],
    ['one that is cut short', 'c3'],
    ['a form that is longer than need be', 'c0af'],
    ['half a surrogate pair', 'eda080'],
  ])('is not %s', (_, text) => {
    expect(() => fromUtf8(fromHex(text))).toThrow(TypeError);
  });
});
