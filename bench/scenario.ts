/**
 * A process that does one kind of work for so many milliseconds, and ends: profile.ts starts it. Half of that it runs
 * warm; then V8's sampling profiler looks on, and what it saw goes to the standard output.
 */

import { Session } from 'node:inspector/promises';
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
await keepOn(duration / 2);
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.start');
await keepOn(duration / 2);
const { profile } = await session.post('Profiler.stop');
process.stdout.write(JSON.stringify(profile), () => process.exit());

async function keepOn(time: number): Promise<void> {
  for (const end = performance.now() + time; performance.now() < end; ) await run();
}

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
