/** The writer, where it does more than the codecs that use it show: what it grows out of, it overwrites. */

import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { concat, fromHex } from '../../src/wire/bytes.ts';
import { Writer } from '../../src/wire/writer.ts';
import { watchArrays } from '../support/arrays.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a writer', () => {
  test('gives what was written, however often it had to grow', () => {
    fc.assert(
      fc.property(fc.nat(8), fc.array(fc.uint8Array({ maxLength: 40 })), (capacity, parts) => {
        const writer = new Writer(capacity);
        for (const part of parts) writer.bytes(part);
        expect(writer.finish()).toEqual(concat(...parts));
      }),
    );
  });

  test('leaves no second copy of a secret that was written', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1 }), { minLength: 1 }), (secrets) => {
        const made = watchArrays();
        const writer = new Writer(4);
        for (const secret of secrets) writer.bytes(secret);
        const { buffer } = writer.finish();
        vi.unstubAllGlobals();
        expect(made.delete(buffer)).toBe(true);
        for (const left of made) expect(new Uint8Array(left)).toEqual(new Uint8Array(left.byteLength));
      }),
    );
  });

  test('writes the length of a vector when it is closed, within others too', () => {
    const writer = new Writer();
    const outer = writer.open(3);
    const inner = writer.open(1);
    writer.uint(0xaabb, 2);
    writer.close(inner, 1, 0, 0xff);
    writer.close(outer, 3, 0, 0xffffff);
    expect(writer.finish()).toEqual(fromHex('00000302aabb'));
  });

  test('refuses a vector that is shorter or longer than its bounds', () => {
    const writer = new Writer();
    const start = writer.open(1);
    writer.uint(0, 2);
    expect(() => writer.close(start, 1, 3, 9)).toThrow(new RangeError('expected 3 to 9 bytes, got 2'));
    expect(() => writer.close(start, 1, 0, 1)).toThrow(new RangeError('expected 0 to 1 bytes, got 2'));
  });
});
