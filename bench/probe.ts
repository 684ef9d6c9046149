/**
 * A process that answers one question about memory and ends: how much so many connections hold, or how much so many
 * handshakes allocate. memory.ts starts it.
 *
 * What is held is the difference that connections make once the rest has been collected. What is allocated is the
 * growth of the heap and of the arrays beside it while nothing is collected; whether that holds, and whether it counts
 * right, is checked each time.
 */

import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { suiteNames } from './contestants/contestant.ts';
import { type ContestantName, createSetting, enter } from './contestants/index.ts';

/** What a probe is asked for, in its argument. */
export type Question =
  | { readonly of: 'held'; readonly contestant: ContestantName; readonly connections: number }
  | { readonly of: 'handshaking'; readonly connections: number }
  | {
      readonly of: 'allocated';
      readonly kind: 'full' | 'resumed';
      readonly contestant: ContestantName;
      readonly warmUp: number;
    };

/** Bytes for each connection. */
export interface Answer {
  /** In the heap and in the arrays beside it. */
  readonly heap: number;
  /** Of all the process has in memory. */
  readonly resident: number;
}

const [suiteName] = suiteNames;
/** Runs: so few that all they allocate has room. */
const counted = 30;
const knownBytes = 64_000;
let known: unknown[] = [];
const question = JSON.parse(process.argv[2] ?? '') as Question;
process.send?.(await answer(question), () => process.exit());

async function answer(question: Question): Promise<Answer> {
  if (question.of === 'handshaking') return held(await waitingServer(), question.connections);
  const [contestant] = await enter({ suiteName, only: [question.contestant] });
  if (contestant === undefined) throw new Error(`expected ${question.contestant} to speak ${suiteName}`);
  if (question.of === 'held') return held(() => contestant.connect(), question.connections);
  return allocated(() => contestant[question.kind](), question);
}

async function held(make: () => unknown, connections: number): Promise<Answer> {
  const kept: unknown[] = [];
  // What is made once, for all connections, is not any one's.
  for (let i = 0; i < 10; i++) kept.push(await make());
  const before = await memoryInUse();
  for (let i = 0; i < connections; i++) kept.push(await make());
  const after = await memoryInUse();
  if (kept.length !== connections + 10) throw new Error('expected them to be held until here');
  return {
    heap: Math.round((after.heap - before.heap) / connections),
    resident: Math.round((after.resident - before.resident) / connections),
  };
}

/** After what is not needed any more has gone, which it does in steps and partly in other threads. */
async function memoryInUse(): Promise<Answer> {
  for (let step = 0; step < 5; step++) {
    globalThis.gc?.();
    await setTimeout(20);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}

/** Makes a server of reprise that is in the midst of a full handshake: it waits for the client's second flight. */
async function waitingServer(): Promise<() => unknown> {
  const { configsFor, reprise } = await import('./contestants/reprise.ts');
  const { forgetful, server } = configsFor(createSetting(suiteName), reprise.noble);
  let hello: Uint8Array | undefined;
  new reprise.ClientConnection(forgetful, {
    send: (bytes) => {
      hello = bytes;
    },
  }).start();
  return () => {
    const end = new reprise.ServerConnection(server, { send: () => {} });
    end.feed(hello ?? new Uint8Array());
    if (end.state !== 'awaiting ClientKeyExchange')
      throw new Error(`expected a server that is awaiting ClientKeyExchange, it is ${end.state}`);
    return end;
  };
}

async function allocated(
  run: () => void | Promise<void>,
  { warmUp }: { readonly warmUp: number },
): Promise<Answer> {
  // Code that is not compiled yet allocates what compiled code does not.
  for (const end = performance.now() + warmUp; performance.now() < end; ) await run();
  await growth(makeKnownArrays);
  const known = await growth(makeKnownArrays);
  const off = known / knownBytes - 1;
  if (Math.abs(off) > 0.1) throw new Error(`expected ${knownBytes} bytes for what has so many, got ${known}`);
  return { heap: Math.round(await growth(run)), resident: 0 };
}

/** Bytes that were allocated in each run. */
async function growth(run: () => void | Promise<void>): Promise<number> {
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  await memoryInUse();
  observer.observe({ entryTypes: ['gc'] });
  const before = process.memoryUsage();
  for (let i = 0; i < counted; i++) await run();
  const after = process.memoryUsage();
  // Those who observe are told later.
  await setTimeout(50);
  observer.disconnect();
  if (collections > 0)
    throw new Error(`expected nothing to be collected meanwhile, it was ${collections} times`);
  return (after.heapUsed + after.external - before.heapUsed - before.external) / counted;
}

/** Numbers of 8 bytes in the heap, and bytes beside it. */
function makeKnownArrays(): void {
  known = [new Array(4000).fill(known.length), new Uint8Array(32_000)];
}
