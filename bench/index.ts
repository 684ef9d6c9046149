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
import { redisBenchmark } from './redis.ts';
import { serverBenchmark } from './server.ts';
import { sessionsBenchmark } from './sessions.ts';
import { verificationBenchmark } from './verification.ts';
import { workersBenchmark } from './workers.ts';

const help = `usage: npm run bench -- <benchmark> [options]

benchmarks
  handshake          full and resumed handshakes a second, both ends in memory
  loopback           sockets over TCP: resumed handshakes, and bytes through one connection
  peek               ClientHellos a second in passing, and session IDs that carry their server
  sessions           a thousand to a million sessions in memory, and what it takes to seal one
  verification       what the check of a certificate takes of a full handshake

options
  --suite <name>     a cipher suite under its IANA name, or a part of it that only one has
                     ${suiteNames.join('\n                     ')}
  --only <names>     some of the contestants, with commas: ${contestantNames.join(',')}
  --rounds <n>       how often each contestant takes its turn (9)
  --slice <ms>       how long a turn is (400)
  --warm-up <ms>     how long each contestant runs before the first round (1500)
  --sessions <n>     how many a store holds at most, where it is to be full (1000000)
  --connections <n>  how many are held, or made, for a number of memory (300)
  --json             the medians as JSON in the last line
  --help             this text
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    suite: { type: 'string', default: suiteNames[0] },
    only: { type: 'string', default: contestantNames.join(',') },
    rounds: { type: 'string', default: '9' },
    slice: { type: 'string', default: '400' },
    'warm-up': { type: 'string', default: '1500' },
    sessions: { type: 'string', default: '1000000' },
    connections: { type: 'string', default: '300' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Each measures, prints its tables, and returns its medians. */
const benchmarks = {
  handshake: () =>
    handshakeBenchmark({
      suiteName: suiteOf(values.suite),
      only: contestantsOf(values.only),
      ...turns(),
    }),
  latency: () => latencyBenchmark(suiteOf(values.suite), turns()),
  loopback: () => loopbackBenchmark(suiteOf(values.suite), turns()),
  bulk: () => bulkBenchmark({ only: contestantsOf(values.only), ...turns() }),
  crowd: () => crowdBenchmark({ largest: countOf('sessions', values.sessions), ...turns() }),
  memory: () =>
    memoryBenchmark({
      only: contestantsOf(values.only),
      connections: countOf('connections', values.connections),
    }),
  peek: () => peekBenchmark(turns()),
  redis: () => redisBenchmark(turns()),
  server: () => serverBenchmark({ suiteName: suiteOf(values.suite), ...turns() }),
  sessions: () => sessionsBenchmark(turns()),
  workers: () => workersBenchmark(turns()),
  verification: () => verificationBenchmark(turns()),
} as const;

const [name = '', ...others] = positionals;
const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name as keyof typeof benchmarks] : undefined;
if (values.help) {
  console.log(help);
} else if (benchmark === undefined || others.length > 0) {
  console.error(help);
  process.exitCode = 2;
} else {
  const report = await benchmark();
  if (values.json) console.log(JSON.stringify(report));
}

function turns() {
  return {
    rounds: countOf('rounds', values.rounds),
    slice: countOf('slice', values.slice),
    warmUp: countOf('warm-up', values['warm-up']),
  };
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
