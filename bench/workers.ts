/**
 * Handshakes a second of one process and of two at once, which is what a second core is worth: full ones, resumed ones
 * with the sessions of each worker in its own memory, and resumed ones with a store that they share in this process.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { SessionStore } from '../src/index.ts';
import { shareStore } from '../test/examples/shared-store.ts';
import { suiteNames } from './contestants/contestant.ts';
import { reprise } from './contestants/reprise.ts';
import { type MeasureOptions, median } from './measure.ts';
import { type Figures, printTable, range, round } from './table.ts';
import type { Done, Job, Order } from './worker.ts';

const [suiteName] = suiteNames;
const jobs = {
  full: { suiteName, kind: 'full', store: 'own' },
  resumed: { suiteName, kind: 'resumed', store: 'own' },
  'resumed, store of the parent': { suiteName, kind: 'resumed', store: 'shared' },
} as const satisfies Record<string, Job>;

export async function workersBenchmark({
  rounds,
  slice,
  warmUp,
}: MeasureOptions): Promise<Figures<'oneWorker' | 'twoWorkers'>> {
  const figures: Figures<'oneWorker' | 'twoWorkers'> = { oneWorker: {}, twoWorkers: {} };
  const rows: string[][] = [];
  for (const [name, job] of Object.entries(jobs)) {
    const store = new reprise.MemorySessionStore();
    const workers = await Promise.all([start(job, store), start(job, store)]);
    const [first] = workers;
    await work(workers, warmUp);
    const rates = { one: [] as number[], two: [] as number[] };
    for (let turn = 0; turn < rounds; turn++) {
      rates.one.push(await work([first], slice));
      rates.two.push(await work(workers, slice));
    }
    const gains = rates.two.map((two, turn) => two / (rates.one[turn] ?? Number.NaN));
    const fixed = (value: number) => value.toFixed(2);
    const [one, two] = [rates.one, rates.two].map((each) => round(median(each))) as [number, number];
    rows.push([name, `${one}`, `${two}`, fixed(median(gains)), range(gains, fixed)]);
    figures.oneWorker[name] = one;
    figures.twoWorkers[name] = two;
    for (const worker of workers) worker.disconnect();
  }
  printTable(`handshakes a second of worker processes, on ${availableParallelism()} cores, ${suiteName}`, [
    ['', 'one worker', 'two workers', 'two ÷ one', 'in each round'],
    ...rows,
  ]);
  return figures;
}

async function start(job: Job, store: SessionStore): Promise<ChildProcess> {
  const worker = fork(new URL('worker.ts', import.meta.url), [JSON.stringify(job)], {
    serialization: 'advanced',
  });
  shareStore(store, worker);
  await answerOf(worker);
  return worker;
}

/** Handshakes a second of all of them together. */
async function work(workers: readonly ChildProcess[], duration: number): Promise<number> {
  const rates = await Promise.all(
    workers.map(async (worker) => {
      const done = answerOf(worker);
      worker.send({ duration } satisfies Order);
      return ((await done) as Done).rate;
    }),
  );
  return rates.reduce((sum, rate) => sum + rate, 0);
}

/** The next message that is no question to the store. */
async function answerOf(worker: ChildProcess): Promise<unknown> {
  const gone = new AbortController();
  const leave = (status: number | null) => gone.abort(new Error(`a worker ended with status ${status}`));
  worker.once('exit', leave);
  try {
    for (;;) {
      const [message]: unknown[] = await once(worker, 'message', { signal: gone.signal });
      if (message === 'ready' || isDone(message)) return message;
    }
  } finally {
    worker.off('exit', leave);
  }
}

function isDone(message: unknown): message is Done {
  return typeof message === 'object' && message !== null && 'rate' in message;
}
