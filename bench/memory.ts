/**
 * What connections hold while they are up, and what handshakes allocate. Each number is taken in a process of its own
 * (probe.ts), which does nothing else: what one library leaves behind is not counted as another's.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type ContestantName, contestantNames } from './contestants/index.ts';
import type { Answer, Question } from './probe.ts';
import { type Figures, printTable } from './table.ts';

/** So much room for what is young that nothing is collected while it is counted. */
const roomForTheYoung = ['--min-semi-space-size=256', '--max-semi-space-size=256'];

export interface MemoryOptions {
  readonly only: readonly ContestantName[];
  /** How many are held for a number. */
  readonly connections: number;
  /** Milliseconds that handshakes are made before it is counted what they allocate. */
  readonly warmUp: number;
}

type Title = 'held' | 'heldInAll' | 'allocatedFull' | 'allocatedResumed' | 'handshaking';

/** Measures, prints, and returns bytes. */
export async function memoryBenchmark({ only, connections, warmUp }: MemoryOptions): Promise<Figures<Title>> {
  const chosen = contestantNames.filter((name) => only.includes(name));
  const held = new Map<ContestantName, Answer>();
  for (const contestant of chosen.filter((name) => name !== 'floor')) {
    held.set(contestant, await ask({ of: 'held', contestant, connections }));
  }
  printTable('kilobytes that an idle connection holds, client and server together', [
    ['', 'in the heap and its arrays', 'in the process'],
    ...[...held].map(([name, { heap, resident }]) => [name, kilobytes(heap), kilobytes(resident)]),
  ]);

  const { heap: handshaking } = await ask({ of: 'handshaking', connections });
  printTable(
    `kilobytes that a server of reprise holds in the midst of a handshake: ${kilobytes(handshaking)}`,
    [],
  );

  // What node:tls allocates is in C for the most part, where nothing counts it.
  const allocated: Record<'full' | 'resumed', Record<string, number>> = { full: {}, resumed: {} };
  for (const contestant of chosen.filter((name) => name !== 'node:tls')) {
    for (const kind of ['full', 'resumed'] as const) {
      allocated[kind][contestant] = (await ask({ of: 'allocated', kind, contestant, warmUp })).heap;
    }
  }
  printTable('kilobytes that a handshake allocates, client and server together', [
    ['', 'full', 'resumed'],
    ...Object.keys(allocated.full).map((name) => [
      name,
      ...[allocated.full[name], allocated.resumed[name]].map(kilobytes),
    ]),
  ]);

  const bytes = (part: keyof Answer) =>
    Object.fromEntries([...held].map(([name, answer]) => [name, answer[part]]));
  return {
    held: bytes('heap'),
    heldInAll: bytes('resident'),
    handshaking: { reprise: handshaking },
    allocatedFull: allocated.full,
    allocatedResumed: allocated.resumed,
  };
}

async function ask(question: Question): Promise<Answer> {
  const probe = fork(new URL('probe.ts', import.meta.url), [JSON.stringify(question)], {
    execArgv: [...process.execArgv, '--expose-gc', ...(question.of === 'allocated' ? roomForTheYoung : [])],
  });
  const ended = once(probe, 'exit').then(([status]) => {
    throw new Error(`a probe ended with status ${status}: ${JSON.stringify(question)}`);
  });
  const [answer] = (await Promise.race([once(probe, 'message'), ended])) as [Answer];
  ended.catch(() => {});
  return answer;
}

function kilobytes(bytes = Number.NaN): string {
  return (bytes / 1000).toFixed(1);
}
