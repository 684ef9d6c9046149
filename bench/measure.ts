/**
 * Measuring side by side. A shared machine changes its pace from one second to the next, so whoever runs first and
 * whoever runs last are not in the same world. Here the contestants take turns: in each round everyone runs for one
 * short slice, each round begins with another of them, and what is compared is the median, or the ratio within a round.
 *
 * Before each turn the young generation is collected, so that few pay for the garbage of the one before. Not the whole
 * heap: where a full collection is forced and no connection is alive, V8 drops the optimised code that knew their
 * shapes, and the turn would measure the compiler.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Task {
  readonly name: string;
  run(): void | Promise<void>;
}

export interface MeasureOptions {
  readonly rounds: number;
  /** Milliseconds that one task runs in one round. */
  readonly slice: number;
  /** Milliseconds that each task runs before the first round. */
  readonly warmUp: number;
}

export interface Result {
  readonly name: string;
  /** Runs a second, one for each round. */
  readonly rates: readonly number[];
}

/** The tasks' results, in the order of the tasks. */
export async function measure(tasks: readonly Task[], options: MeasureOptions): Promise<Result[]> {
  for (const task of tasks) await rate(task, options.warmUp);
  const rates = tasks.map((): number[] => []);
  for (let round = 0; round < options.rounds; round++) {
    for (let turn = 0; turn < tasks.length; turn++) {
      const index = (round + turn) % tasks.length;
      const task = tasks[index];
      if (task === undefined) continue;
      collectYoung();
      rates[index]?.push(await rate(task, options.slice));
    }
  }
  return tasks.map(({ name }, index) => ({ name, rates: rates[index] ?? [] }));
}

/** The value in the middle; of an even number of them, the mean of the two. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value at `part` (0 to 1) of the ordered values, interpolated between neighbours. */
export function quantile(values: readonly number[], part: number): number {
  const ordered = [...values].sort((a, b) => a - b);
  const position = (ordered.length - 1) * part;
  const below = ordered[Math.floor(position)] ?? Number.NaN;
  const above = ordered[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** The ratio of two results in each round that they shared. */
export function ratios(of: Result, to: Result): number[] {
  return of.rates.map((value, round) => value / (to.rates[round] ?? Number.NaN));
}

/** Runs a second over at least `duration` milliseconds and at least one run. */
async function rate(task: Task, duration: number): Promise<number> {
  const start = performance.now();
  let runs = 0;
  let now = start;
  do {
    // A task that answers at once is not made to wait for the next turn of the event loop.
    const pending = task.run();
    if (pending !== undefined) await pending;
    runs++;
    now = performance.now();
  } while (now - start < duration);
  return (runs * 1000) / (now - start);
}

export const collectYoung = youngCollector();

function youngCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  return typeof collect === 'function' ? () => collect({ type: 'minor' }) : () => {};
}
