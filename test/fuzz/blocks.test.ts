/** Counters tell what ran, and change nothing else. */

import { describe, expect, test } from 'vitest';
import { instrument } from './blocks.ts';
import { chanceOf, mutate } from './mutate.ts';

const text = `
  (x, y = x ?? 1) => {
    if (x === 2) if (y) return 'both'; else return 'x alone';
    for (let i = 0; i < x; i++) y += i;
    for (const left of [y, y]) if (left > 100) return 'much';
    switch (y) {
      case 4:
        return x && 'four';
      default:
    }
    const sign = [x].map((n) => n > 0 ? 'above' : n === 0 ? 'none' : 'below');
    do x--; while (x > 0)
    return sign[0];
  }`;

const inputs = [[2, 1], [2, 0], [3, 1], [3], [0], [-1], [undefined], [50]];

function evaluate(source: string, counts: number[]): (...args: unknown[]) => unknown {
  return new Function('counts', `return (${source})`)(counts);
}

describe('a text with counters', () => {
  let blocks = 0;
  const instrumented = instrument(text, () => `counts[${blocks++}]++`);
  const counts = new Array<number>(blocks).fill(0);
  const plain = evaluate(text, []);
  const counted = evaluate(instrumented, counts);

  test('does what it did without', () => {
    for (const input of inputs) expect(counted(...input)).toEqual(plain(...input));
  });

  test('has each of its blocks counted, in one run or another', () => {
    counts.fill(0);
    for (const input of inputs) counted(...input);
    expect(blocks).toBe(19);
    expect(counts.filter((count) => count === 0)).toEqual([]);
  });

  test('counts what a run did not do as nothing', () => {
    counts.fill(0);
    expect(counted(2, 1)).toBe('both');
    const [whole, ...others] = counts.filter((count) => count > 0);
    expect([whole, others]).toEqual([1, [1, 1]]);
  });
});

test('the same seed makes the same changes, and another others', () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
  const mutants = (seed: number) => {
    const chance = chanceOf(seed);
    return Array.from({ length: 50 }, () => mutate(bytes, bytes, chance, 120));
  };
  expect(mutants(1)).toEqual(mutants(1));
  expect(mutants(1)).not.toEqual(mutants(2));
  expect(Math.max(...mutants(3).map(({ length }) => length))).toBeLessThanOrEqual(120);
});
