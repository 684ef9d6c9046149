/** A process that does one kind of work for so many milliseconds and ends, for profile.ts to look at. */

import { suiteNames } from './contestants/contestant.ts';
import { type ContestantName, enter } from './contestants/index.ts';
import { tcpEnds } from './loopback.ts';

export interface Scenario {
  readonly contestant: ContestantName;
  readonly work: 'full' | 'resumed' | 'bulk' | 'tcpBulk';
}

const {
  contestant: name,
  work,
  duration,
} = JSON.parse(process.argv[2] ?? '') as Scenario & {
  readonly duration: number;
};
const [suiteName] = suiteNames;
const content = new Uint8Array(2 ** 14).fill(0x52);
const run = await prepare();
for (const end = performance.now() + duration; performance.now() < end; ) await run();
process.exit();

async function prepare(): Promise<() => void | Promise<void>> {
  if (work === 'tcpBulk') {
    const ends = await tcpEnds(suiteName, name);
    return ends.tcpBulk;
  }
  const [contestant] = await enter({ suiteName, only: [name] });
  if (contestant === undefined) throw new Error(`expected ${name} to speak ${suiteName}`);
  if (work !== 'bulk') return () => contestant[work]();
  const line = await contestant.connect();
  return () => line.push(content, 16);
}
