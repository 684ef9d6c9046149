/**
 * A campaign: each target fuzzed for a while in a thread of its own, two at a time, and watched from here for what a
 * thread cannot tell of itself: that it has run out of memory, or does not come to an end.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type BlockRanges, bundleWithBlocks } from './blocks.ts';

/** What a thread is given to do. */
export interface Assignment {
  readonly name: string;
  readonly saved: readonly Uint8Array[];
  readonly seconds: number;
  readonly seed: number;
  readonly ranges: BlockRanges;
  /** Whether the corpus is wanted in the end, the smallest that there is. */
  readonly minimise: boolean;
  /** The input that is run, and how many runs there were: memory that both threads see. */
  readonly current: {
    readonly bytes: Uint8Array;
    readonly length: Uint32Array;
    readonly runs: Int32Array;
  };
}

export interface Statistics {
  readonly executions: number;
  readonly seconds: number;
  readonly inputs: number;
  /** Blocks that were reached, and all that are in the files where any was. */
  readonly reached: number;
  readonly blocks: number;
}

export interface Finding {
  readonly kind: 'finding';
  readonly input: Uint8Array;
  readonly error: string;
}

export interface Done extends Statistics {
  readonly kind: 'done';
  /** Bytes that the heap grew by, the corpus aside. */
  readonly growth: number;
  readonly corpus: readonly Uint8Array[];
}

export type Message = ({ readonly kind: 'progress' } & Statistics) | Done | Finding;

export interface CampaignOptions {
  readonly seconds: number;
  readonly seed?: number;
  readonly minimise?: boolean;
  /** What each thread runs. Default: the targets by their names. */
  readonly worker?: URL;
  /** Seconds of the processor's time after which a run is taken for one that never ends. Default: 30. */
  readonly hang?: number;
  /** Told every minute. */
  readonly onProgress?: (name: string, statistics: Statistics) => void;
}

const maxInput = 0x10000;

export async function fuzz<N extends string>(
  names: readonly N[],
  options: CampaignOptions,
): Promise<ReadonlyMap<N, Done | Finding>> {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-fuzz-'));
  try {
    const fuzzer = join(folder, 'fuzzer.mjs');
    const { worker = new URL('worker.ts', import.meta.url) } = options;
    const ranges = await bundleWithBlocks(worker, fuzzer);
    const results = new Map<N, Done | Finding>();
    const waiting = [...names];
    const lane = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        results.set(name, await fuzzOne(fuzzer, name, ranges, options));
      }
    };
    await Promise.all([lane(), lane()]);
    return results;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function fuzzOne(
  fuzzer: string,
  name: string,
  ranges: BlockRanges,
  { seconds, seed = Date.now(), minimise = false, hang = 30, onProgress }: CampaignOptions,
): Promise<Done | Finding> {
  const current = {
    bytes: new Uint8Array(new SharedArrayBuffer(maxInput)),
    length: new Uint32Array(new SharedArrayBuffer(4)),
    runs: new Int32Array(new SharedArrayBuffer(4)),
  };
  const workerData: Assignment = { name, saved: readCorpus(name), seconds, seed, ranges, minimise, current };
  const worker = new Worker(pathToFileURL(fuzzer), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  return new Promise<Done | Finding>((resolve) => {
    const find = (error: string) => {
      resolve({ kind: 'finding', input: current.bytes.slice(0, current.length[0]), error });
    };
    let runs = 0;
    let since = process.cpuUsage();
    const watch = setInterval(() => {
      const { user, system } = process.cpuUsage(since);
      const now = Atomics.load(current.runs, 0);
      if (now !== runs) since = process.cpuUsage();
      else if ((user + system) / 1e6 > hang) find(`expected an end within ${hang} s`);
      runs = now;
    }, 1000);
    worker.on('message', (message: Message) => {
      if (message.kind === 'progress') onProgress?.(name, message);
      else resolve(message);
    });
    worker.on('error', (error: Error) => find(error.stack ?? error.message));
    worker.on('exit', () => {
      clearInterval(watch);
      find('expected a result, got the end of the thread');
    });
  }).finally(() => worker.terminate());
}

function corpusFile(name: string): URL {
  return new URL(`corpus/${name}.txt`, import.meta.url);
}

/** The inputs that lie beside the tests, in Base64, a line each; none where there is no such file. */
export function readCorpus(name: string): readonly Uint8Array[] {
  if (!existsSync(corpusFile(name))) return [];
  const lines = readFileSync(corpusFile(name), 'latin1').split('\n').slice(0, -1);
  return lines.map((line) => new Uint8Array(Buffer.from(line, 'base64')));
}

export function writeCorpus(name: string, corpus: readonly Uint8Array[]): void {
  writeFileSync(
    corpusFile(name),
    corpus.map((input) => `${Buffer.from(input).toString('base64')}\n`).join(''),
  );
}
