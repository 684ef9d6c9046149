/**
 * The fuzzer: it runs one target, again and again, on changed inputs of its corpus and on new ones. An input joins the
 * corpus where it reaches a block that none has reached before, or reaches one more often by an order of magnitude.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort } from 'node:worker_threads';
import fc from 'fast-check';
import { empty } from '../../src/wire/bytes.ts';
import type { Assignment, Message, Statistics } from './campaign.ts';
import { type Chance, chanceOf, mutate, shrink } from './mutate.ts';
import type { Target } from './target.ts';

declare global {
  /** Made by the bundle. */
  var blocks: Uint32Array;
}

/** Milliseconds of the processor's time that no input of the lengths here may take. */
const slow = 250;
const tooSlow = new Error(`expected an end within ${slow} ms`);
/** Bytes that the heap may grow by in a campaign, the corpus aside. */
const maxGrowth = 0x2000000;

export class Fuzzer {
  readonly #target: Target;
  readonly #assignment: Assignment;
  readonly #chance: Chance;
  readonly #counts: Uint32Array;
  /** For each block, one bit for each order of magnitude that its count has had in a run. */
  readonly #seen: Uint8Array;
  readonly #corpus: Uint8Array[] = [];
  readonly #generated: Uint8Array[] = [];
  readonly #began = performance.now();
  #executions = 0;

  constructor(target: Target, assignment: Assignment) {
    this.#target = target;
    this.#assignment = assignment;
    this.#chance = chanceOf(assignment.seed);
    this.#counts = blocks.subarray(0, Math.max(...Object.values(assignment.ranges).map(([, to]) => to)));
    this.#seen = new Uint8Array(this.#counts.length);
  }

  /** A campaign, and what came of it. */
  async run(): Promise<Message> {
    const { saved, seconds, minimise } = this.#assignment;
    for (const input of [...saved, ...this.#target.seeds, empty]) {
      const finding = await this.#attempt(input);
      if (finding !== undefined) return finding;
    }
    const heapBefore = this.#heapWithoutCorpus();
    let growth = 0;
    for (let minute = 1; this.#elapsed < seconds; ) {
      const finding = await this.#attempt(this.#chance(4) === 0 ? this.#generate() : this.#mutated());
      if (finding !== undefined) return finding;
      if (this.#elapsed < Math.min(60 * minute, seconds)) continue;
      minute++;
      growth = this.#heapWithoutCorpus() - heapBefore;
      if (growth > maxGrowth) return findingOf(new Error(`the heap has grown by ${growth} bytes`));
      tell({ kind: 'progress', ...this.#statistics() });
    }
    const statistics = this.#statistics();
    return { kind: 'done', ...statistics, growth, corpus: minimise ? await this.#cover() : [] };
  }

  /** Runs an input, and keeps it where it reaches what none has reached before. */
  async #attempt(input: Uint8Array): Promise<Message | undefined> {
    this.#executions++;
    const error = await this.#failure(input);
    if (error !== undefined) {
      const isSame = async (shorter: Uint8Array) => (await this.#failure(shorter))?.name === error.name;
      if (error === tooSlow) return findingOf(error, input);
      const shortest = await shrink(input, isSame, 2000);
      return findingOf((await this.#failure(shortest)) ?? error, shortest);
    }
    if (this.#isNews() || this.#corpus.length === 0) this.#corpus.push(input);
    return undefined;
  }

  /** What does not hold of an input, if anything. */
  async #failure(input: Uint8Array): Promise<Error | undefined> {
    try {
      // The process has other threads, and code that was never run has yet to be compiled: one slow run says nothing.
      for (let run = 0; run < 3; run++) if ((await this.#timed(input)) < slow) return undefined;
      return tooSlow;
    } catch (error) {
      return error instanceof Error ? error : new Error(`${error} was thrown`);
    }
  }

  async #timed(input: Uint8Array): Promise<number> {
    // Should the run never end, the other thread knows the input by this.
    const { current } = this.#assignment;
    current.bytes.set(input);
    current.length[0] = input.length;
    Atomics.add(current.runs, 0, 1);
    this.#counts.fill(0);
    const before = process.cpuUsage();
    const running = this.#target.run(input.slice());
    if (running !== undefined) await running;
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  }

  #isNews(): boolean {
    const counts = this.#counts;
    const seen = this.#seen;
    let isNews = false;
    for (let block = 0; block < counts.length; block++) {
      const count = counts[block] as number;
      if (count === 0) continue;
      const bit = 1 << Math.min(7, 31 - Math.clz32(count));
      const known = seen[block] as number;
      seen[block] = known | bit;
      isNews ||= (known & bit) === 0;
    }
    return isNews;
  }

  #mutated(): Uint8Array {
    const corpus = this.#corpus;
    const chance = this.#chance;
    // Later ones more often: what they reach was tried less.
    const picked = corpus[Math.max(chance(corpus.length), chance(corpus.length))] as Uint8Array;
    const other = corpus[chance(corpus.length)] as Uint8Array;
    return mutate(picked, other, chance, this.#target.maxLength);
  }

  #generate(): Uint8Array {
    const { inputs, maxLength } = this.#target;
    if (this.#generated.length === 0) {
      this.#generated.push(...fc.sample(inputs, { numRuns: 64, seed: this.#chance(2 ** 31) }));
    }
    return (this.#generated.pop() as Uint8Array).slice(0, maxLength);
  }

  /** Few and short inputs that together reach every block that the corpus reaches. */
  async #cover(): Promise<readonly Uint8Array[]> {
    const times = new Uint32Array(this.#counts.length);
    const count = (blocks: Iterable<number>, by: number) => {
      for (const block of blocks) times[block] = (times[block] as number) + by;
    };
    const chosen: (readonly [input: Uint8Array, reached: ReadonlySet<number>])[] = [];
    for (const input of [...this.#corpus].sort((a, b) => a.length - b.length)) {
      const reached = await this.#reach(input);
      if ([...reached].every((block) => times[block] !== 0)) continue;
      count(reached, 1);
      chosen.push([input, reached]);
    }
    const needed: Uint8Array[] = [];
    for (const [input, reached] of chosen.reverse()) {
      const own = [...reached].filter((block) => times[block] === 1);
      count(reached, -1);
      if (own.length === 0) continue;
      const reachesOwn = async (shorter: Uint8Array) => {
        const left = await this.#reach(shorter);
        return own.every((block) => left.has(block));
      };
      const shortest = await shrink(input, reachesOwn, 100);
      count(await this.#reach(shortest), 1);
      needed.push(shortest);
    }
    return needed.sort((a, b) => a.length - b.length);
  }

  async #reach(input: Uint8Array): Promise<ReadonlySet<number>> {
    await this.#timed(input);
    return new Set([...this.#counts.keys()].filter((block) => this.#counts[block] !== 0));
  }

  #statistics(): Statistics {
    const reached = (from: number, to: number) =>
      this.#seen.subarray(from, to).filter((bits) => bits !== 0).length;
    const entered = Object.values(this.#assignment.ranges).filter(([from, to]) => reached(from, to) > 0);
    return {
      executions: this.#executions,
      seconds: this.#elapsed,
      inputs: this.#corpus.length,
      reached: reached(0, this.#seen.length),
      blocks: entered.reduce((sum, [from, to]) => sum + to - from, 0),
    };
  }

  #heapWithoutCorpus(): number {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    // What the first leaves to finalizers, the second takes.
    collect();
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers - this.#corpus.reduce((sum, { length }) => sum + length, 0);
  }

  get #elapsed(): number {
    return (performance.now() - this.#began) / 1000;
  }
}

export function tell(message: Message): void {
  parentPort?.postMessage(message);
}

function findingOf(error: Error, input: Uint8Array = empty): Message {
  return { kind: 'finding', input, error: error.stack ?? error.message };
}
