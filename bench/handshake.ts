/**
 * Handshakes a second, full and resumed: Reprise beside what a user would pick instead, and beside what its
 * cryptography alone costs. Client and server are both in this process; what is counted is the work of both ends.
 */

import { enter, type Field } from './contestants/index.ts';
import { type MeasureOptions, measure } from './measure.ts';
import { type Figures, mediansOf, printRates } from './table.ts';

/** Measures, prints a table for each kind of handshake, and returns the medians, in handshakes a second. */
export async function handshakeBenchmark(
  options: MeasureOptions & Field,
): Promise<Figures<'full' | 'resumed'>> {
  const chosen = await enter(options);
  const rates = async (kind: 'full' | 'resumed') => {
    const tasks = chosen.map((contestant) => ({ name: contestant.name, run: () => contestant[kind]() }));
    const results = await measure(tasks, options);
    printRates(`${kind} handshakes a second, ${options.suiteName}`, results);
    return mediansOf(results);
  };
  return { full: await rates('full'), resumed: await rates('resumed') };
}
