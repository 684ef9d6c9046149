/**
 * What work costs in the time of the processor, which a machine that is busy with something else takes no longer for.
 */

import { existsSync, readFileSync } from 'node:fs';

/** Linux says it of each thread (proc(5), `schedstat`), and for this one alone: others compute beside the tests. */
const schedstat = '/proc/thread-self/schedstat';
const isTold = existsSync(schedstat);

/** Milliseconds that this thread has computed for; elsewhere than on Linux, milliseconds that have passed. */
export function processorTime(): number {
  if (!isTold) return performance.now();
  const [nanoseconds] = readFileSync(schedstat, 'latin1').split(' ');
  return Number(nanoseconds) / 1e6;
}

/** The cheapest of up to 20 runs, milliseconds: the first ones are not compiled yet. `enough` is cheap enough. */
export function cheapest(enough: number, run: () => void): number {
  let cheapest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20 && cheapest >= enough; i++) {
    const began = processorTime();
    run();
    cheapest = Math.min(cheapest, processorTime() - began);
  }
  return cheapest;
}
