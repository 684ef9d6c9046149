/** The queue of bytes that have come: it says what a list of bytes says, borrows what it may, and works little. */

import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fromHex } from '../../src/wire/bytes.ts';
import { ByteQueue } from '../../src/wire/queue.ts';
import { watchArrays } from '../support/arrays.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

type Step =
  | { readonly do: 'push'; readonly bytes: Uint8Array }
  | { readonly do: 'take'; readonly share: number }
  | { readonly do: 'settle' }
  | { readonly do: 'clear' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .oneof(fc.uint8Array({ maxLength: 8 }), fc.uint8Array({ maxLength: 600, size: 'max' }))
        .map((bytes) => ({ do: 'push', bytes }) as const),
    },
    {
      weight: 4,
      arbitrary: fc
        .oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }))
        .map((share) => ({ do: 'take', share }) as const),
    },
    { weight: 4, arbitrary: fc.constant({ do: 'settle' } as const) },
    { weight: 1, arbitrary: fc.constant({ do: 'clear' } as const) },
  ),
  { maxLength: 60, size: 'max' },
);

describe('a queue of bytes', () => {
  test('gives what a list gives, though lenders use their arrays again after settle', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const queue = new ByteQueue();
        let model: number[] = [];
        const lent: Uint8Array[] = [];
        const views: { view: Uint8Array; bytes: number[] }[] = [];
        for (const step of sequence) {
          if (step.do === 'push') {
            const bytes = new Uint8Array(step.bytes);
            lent.push(bytes);
            queue.push(bytes);
            model.push(...bytes);
          } else if (step.do === 'take') {
            const length = Math.floor(step.share * model.length);
            const view = queue.take(length);
            const bytes = model.splice(0, length);
            expect([...view]).toEqual(bytes);
            views.push({ view, bytes });
          } else if (step.do === 'settle') {
            for (const { view, bytes } of views.splice(0)) expect([...view]).toEqual(bytes);
            queue.settle();
            for (const array of lent.splice(0)) array.fill(0xee);
          } else {
            queue.clear();
            model = [];
          }
          expect(queue.length).toBe(model.length);
          expect(Array.from(model, (_, i) => queue.at(i))).toEqual(model);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('reads where the bytes lie, as long as they are lent', () => {
    const bytes = fromHex('010203');
    const queue = new ByteQueue();
    queue.push(bytes);
    expect(queue.take(2).buffer).toBe(bytes.buffer);
  });

  test('leaves alone what was taken of its own memory, whatever comes while it is read', () => {
    const queue = new ByteQueue();
    queue.push(new Uint8Array(200).fill(1));
    queue.settle();
    const view = queue.take(199);
    for (let i = 0; i < 9; i++) queue.push(new Uint8Array(100).fill(2));
    queue.settle();
    expect(view).toEqual(new Uint8Array(199).fill(1));
  });

  test('gives plain arrays where it was fed Buffers, so that a slice is a copy', () => {
    const queue = new ByteQueue();
    const bytes = Buffer.from([1, 2, 3]);
    queue.push(bytes);
    const copy = queue.take(3).slice();
    bytes.fill(0);
    expect(copy).toStrictEqual(fromHex('010203'));
  });

  test('never writes into an array that it was lent', () => {
    const memory = new Uint8Array(64);
    const queue = new ByteQueue();
    queue.push(memory.subarray(0, 4));
    queue.push(fromHex('ffffffff'));
    queue.take(6);
    queue.push(fromHex('ffffffff'));
    expect(memory).toEqual(new Uint8Array(64));
  });

  test('keeps no memory once it is empty and settled', () => {
    const queue = new ByteQueue();
    queue.push(new Uint8Array(300));
    queue.settle();
    queue.take(300);
    queue.settle();
    expect(queue.take(0).buffer.byteLength).toBe(0);
  });
});

/** Bytes that are copied and bytes that are allocated while `run` runs. */
function work(run: () => void): { copied: number; allocated: number } {
  const set = vi.spyOn(Object.getPrototypeOf(Uint8Array.prototype), 'set');
  const made = watchArrays();
  run();
  vi.unstubAllGlobals();
  const copied = set.mock.calls.reduce((sum, [source]) => sum + (source as Uint8Array).length, 0);
  set.mockRestore();
  const allocated = [...made].reduce((sum, { byteLength }) => sum + byteLength, 0);
  return { copied, allocated };
}

describe('the work of a queue', () => {
  test.each([
    ['settled after each', () => true],
    ['never settled', () => false],
    ['settled now and then', (i: number) => i % 100 === 99],
  ])('is linear in pushes of one byte, %s', (_, settles) => {
    const one = new Uint8Array(1);
    for (const count of [1000, 4000, 16000]) {
      const queue = new ByteQueue();
      const { copied, allocated } = work(() => {
        for (let i = 0; i < count; i++) {
          queue.push(one);
          if (settles(i)) queue.settle();
        }
      });
      expect(queue.length).toBe(count);
      expect(copied).toBeLessThan(4 * count);
      expect(allocated).toBeLessThan(8 * count);
    }
  });

  test('is linear in what is pushed, in any order of pushes and takes', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const queue = new ByteQueue();
        let pushed = 0;
        let pushes = 0;
        const { copied, allocated } = work(() => {
          for (let round = 0; round < 20; round++) {
            for (const step of sequence) {
              if (step.do === 'take') queue.take(Math.floor(step.share * queue.length));
              else if (step.do === 'settle') queue.settle();
              else if (step.do === 'clear') queue.clear();
              else {
                queue.push(step.bytes);
                pushed += step.bytes.length;
                pushes++;
              }
            }
          }
        });
        expect(copied).toBeLessThanOrEqual(4 * pushed);
        expect(allocated).toBeLessThanOrEqual(8 * pushed + 256 * pushes);
      }),
      { numRuns: 50 },
    );
  });
});
