/**
 * What the time goes to, in percent: a process of its own does one kind of work under V8's sampling profiler, and its
 * samples are gathered by where the code stands. Native code counts where it is called from, and waiting does not count.
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ContestantName } from './contestants/index.ts';
import type { Scenario } from './scenario.ts';
import { type Figures, printTable, round } from './table.ts';

export interface ProfileOptions {
  readonly only: readonly ContestantName[];
  readonly slice: number;
}

const scenarios: Record<string, Scenario> = {
  'full, reprise': { contestant: 'reprise', work: 'full' },
  'resumed, reprise': { contestant: 'reprise', work: 'resumed' },
  'full, node-crypto': { contestant: 'reprise+node-crypto', work: 'full' },
  'resumed, node-crypto': { contestant: 'reprise+node-crypto', work: 'resumed' },
  'bulk, node-crypto': { contestant: 'reprise+node-crypto', work: 'bulk' },
  'bulk over TCP, node-crypto': { contestant: 'reprise+node-crypto', work: 'tcpBulk' },
};

/** The first that fits the address of the code. */
const places: readonly (readonly [place: string, address: RegExp])[] = [
  ['elliptic curves in JavaScript', /@noble\/curves/],
  ['hashes in JavaScript', /@noble\/hashes/],
  ['ciphers in JavaScript', /@noble\/ciphers|crypto\/(gcm|aead)\.js/],
  ['node:crypto', /^node:(internal\/)?crypto/],
  ['what else is of Node', /^node:/],
  ['record, wire', /\/(record|wire)\//],
  ['handshake, session, x509', /\/(handshake|session|x509)\//],
  ['crypto, node-crypto', /\/(crypto|node-crypto)\//],
  ['connection, node', /\/(connection|node)\//],
  ['the benchmark', /\/bench\//],
];

export function profileBenchmark({ only, slice }: ProfileOptions): Figures {
  const figures: Figures = {};
  const chosen = Object.entries(scenarios).filter(([, { contestant }]) => only.includes(contestant));
  for (const [name, scenario] of chosen) {
    figures[`profile: ${name}`] = shares(profileOf(scenario, 10 * slice));
  }
  const rows = [...new Set(Object.values(figures).flatMap(Object.keys))];
  printTable('what the time goes to, in percent', [
    ['', ...chosen.map(([name]) => name)],
    ...rows.map((row) => [row, ...Object.values(figures).map((each) => `${each[row] ?? ''}`)]),
  ]);
  return figures;
}

/** What is used of `Profiler.Profile`. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

function profileOf(scenario: Scenario, duration: number): Profile {
  const program = fileURLToPath(new URL('scenario.ts', import.meta.url));
  const output = execFileSync(
    process.execPath,
    [...process.execArgv, program, JSON.stringify({ ...scenario, duration })],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  return JSON.parse(output) as Profile;
}

function shares({ nodes, samples, timeDeltas }: Profile): Record<string, number> {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const placeOf = (id: number | undefined): string => {
    const node = id === undefined ? undefined : byId.get(id);
    if (node === undefined) return 'the engine';
    const { functionName, url } = node.callFrame;
    if (functionName === '(garbage collector)') return 'garbage collection';
    if (functionName === '(program)' || functionName === '(root)') return 'the engine';
    // Native code has no address.
    return url === ''
      ? placeOf(parents.get(node.id))
      : (places.find(([, address]) => address.test(url))?.[0] ?? 'the benchmark');
  };
  const times = new Map<string, number>();
  let whole = 0;
  for (const [index, id] of samples.entries()) {
    if (byId.get(id)?.callFrame.functionName === '(idle)') continue;
    const time = timeDeltas[index] ?? 0;
    const place = placeOf(id);
    times.set(place, (times.get(place) ?? 0) + time);
    whole += time;
  }
  const names = [...places.map(([place]) => place), 'garbage collection', 'the engine'];
  return Object.fromEntries(names.map((name) => [name, round((100 * (times.get(name) ?? 0)) / whole)]));
}
