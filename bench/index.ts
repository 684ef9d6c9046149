/**
 * The benchmarks' command line: `npm run bench -- <benchmark> [options]`. How to read what it prints is in README.md
 * beside this file.
 */

import { parseArgs } from 'node:util';
import { bulkBenchmark } from './bulk.ts';
import { type SuiteName, suiteNames } from './contestants/contestant.ts';
import { type ContestantName, contestantNames } from './contestants/index.ts';
import { crowdBenchmark } from './crowd.ts';
import { handshakeBenchmark } from './handshake.ts';
import { latencyBenchmark } from './latency.ts';
import { loopbackBenchmark } from './loopback.ts';
import { memoryBenchmark } from './memory.ts';
import { peekBenchmark } from './peek.ts';
import { profileBenchmark } from './profile.ts';
import { record } from './record.ts';
import { redisBenchmark } from './redis.ts';
import { serverBenchmark } from './server.ts';
import { sessionsBenchmark } from './sessions.ts';
import type { Figures } from './table.ts';
import { verificationBenchmark } from './verification.ts';
import { workersBenchmark } from './workers.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    suite: { type: 'string', default: suiteNames[0] },
    only: { type: 'string', default: contestantNames.join(',') },
    rounds: { type: 'string', default: '5' },
    slice: { type: 'string', default: '400' },
    'warm-up': { type: 'string', default: '3000' },
    sessions: { type: 'string', default: '1000000' },
    connections: { type: 'string', default: '300' },
    json: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const turns = () => ({
  rounds: countOf('rounds', values.rounds),
  slice: countOf('slice', values.slice),
  warmUp: countOf('warm-up', values['warm-up']),
});
const field = () => ({ suiteName: suiteOf(values.suite), only: contestantsOf(values.only) });

interface Benchmark {
  readonly about: string;
  /** Measures, prints its tables, and returns its medians. */
  run(): Promise<object>;
}

/** Those that run where none is named, in this order. */
const main: Record<string, Benchmark & { run(): Promise<Figures> }> = {
  handshake: {
    about: 'full and resumed handshakes a second, both ends in memory',
    run: () => handshakeBenchmark({ ...field(), ...turns() }),
  },
  bulk: {
    about: 'megabytes a second, and small records, both ends in memory',
    run: () => bulkBenchmark({ ...field(), ...turns() }),
  },
  loopback: {
    about: 'sockets over TCP: handshakes a second, and bytes through one connection',
    run: () => loopbackBenchmark(field().suiteName, turns()),
  },
  latency: {
    about: 'sockets over a slow line: the time to the first byte of an answer',
    run: () => latencyBenchmark(field().suiteName, turns()),
  },
  memory: {
    about: 'bytes that connections hold, and that handshakes allocate',
    run: () =>
      memoryBenchmark({ ...field(), connections: countOf('connections', values.connections), ...turns() }),
  },
  crowd: {
    about: 'resumed handshakes with a hundred to a million sessions in the store',
    run: () => crowdBenchmark({ largest: countOf('sessions', values.sessions), ...turns() }),
  },
  workers: {
    about: 'handshakes a second of one process and of two',
    run: () => workersBenchmark(turns()),
  },
  server: {
    about: 'what of a handshake is the server’s',
    run: () => serverBenchmark({ ...field(), ...turns() }),
  },
  profile: {
    about: 'what the time goes to, in percent',
    run: async () => profileBenchmark({ ...field(), ...turns() }),
  },
  redis: {
    about: 'what a Redis takes for sessions',
    run: () => redisBenchmark(turns()),
  },
};

const benchmarks: Record<string, Benchmark> = {
  ...main,
  peek: {
    about: 'ClientHellos a second in passing, and session IDs that carry their server',
    run: () => peekBenchmark(turns()),
  },
  sessions: {
    about: 'a thousand to a million sessions in memory, and what it takes to seal one',
    run: () => sessionsBenchmark({ largest: countOf('sessions', values.sessions), ...turns() }),
  },
  verification: {
    about: 'what the check of a certificate takes of a full handshake',
    run: () => verificationBenchmark(turns()),
  },
};

const help = `usage: npm run bench -- [benchmark] [options]

benchmarks; without one, those down to redis one after the other
${Object.entries(benchmarks)
  .map(([name, { about }]) => `  ${name.padEnd(17)}  ${about}`)
  .join('\n')}

options
  --suite <name>     a cipher suite under its IANA name, or a part of it that only one has
                     ${suiteNames.join('\n                     ')}
  --only <names>     some of the contestants, with commas: ${contestantNames.join(',')}
  --rounds <n>       how often each contestant takes its turn (5)
  --slice <ms>       how long a turn is (400)
  --warm-up <ms>     how long each contestant runs before the first round (3000)
  --sessions <n>     how many a store holds at most, where it is to be full (1000000)
  --connections <n>  how many are held for a number of memory (300)
  --json             the medians as one JSON object in the last line
  --record           without a benchmark: the medians go into recorded.json, and from there into README.md
  --help             this text
`;

const [name, ...others] = positionals;
const benchmark = name === undefined || !Object.hasOwn(benchmarks, name) ? undefined : benchmarks[name];
if (values.help) {
  console.log(help);
} else if (others.length > 0 || (name !== undefined && (benchmark === undefined || values.record))) {
  console.error(help);
  process.exitCode = 2;
} else if (benchmark !== undefined) {
  show(await benchmark.run());
} else {
  const figures: Figures = {};
  for (const { run } of Object.values(main)) Object.assign(figures, await run());
  if (values.record) record(field().suiteName, figures);
  show(figures);
}

function show(report: object): void {
  if (values.json) console.log(JSON.stringify(report));
}

function suiteOf(text: string): SuiteName {
  const [found, ...more] = suiteNames.filter((name) => name.includes(text.toUpperCase()));
  if (found !== undefined && more.length === 0) return found;
  throw new RangeError(`--suite: expected one of ${suiteNames.join(', ')}, got ${text}`);
}

function contestantsOf(text: string): ContestantName[] {
  return text.split(',').map((part) => {
    const found = contestantNames.find((name) => name === part.trim());
    if (found !== undefined) return found;
    throw new RangeError(`--only: expected names out of ${contestantNames.join(', ')}, got ${part}`);
  });
}

function countOf(option: string, text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new RangeError(`--${option}: expected a whole number above 0, got ${text}`);
}
