/**
 * How the tests run on mutants: those that know the mutated folder best, in one thread, the cheap ones first, as one
 * failure is enough. `FOLDER` says which folder that is.
 */

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import everything from '../vitest.config.ts';
import { lastingPool } from './lasting-pool.ts';
import { NothingMissing } from './nothing-missing.ts';

/** For each folder the tests that know it best: all others would kill few mutants more, and take most of the time. */
const tests: Readonly<Record<string, readonly string[]>> = {
  record: ['record/', 'vectors/records', 'handshake/flights', 'resumption/flight'],
  session: ['session/', 'vectors/sessions', 'resumption/rules', 'resumption/lifetime', 'resumption/age'],
  handshake: [
    'handshake/',
    'resumption/',
    'vectors/handshakes',
    'vectors/refusals',
    'vectors/hellos',
    'connection/answers',
    'connection/channel-binding',
    'connection/client-cert',
    'connection/server-cert',
  ],
};
const { FOLDER: folder } = process.env;
const chosen = folder === undefined ? Object.values(tests).flat() : (tests[folder] ?? []);

/** Each of these takes seconds, where a hundred other tests take as long. `SLOW_TESTS=1` has them too. */
const slow = [
  'handshake/corruption',
  'handshake/fragmentation',
  'handshake/states',
  'record/limits',
  'record/work',
  'resumption/attacks',
  'resumption/sealed',
  'resumption/store-faults',
  'resumption/tiered',
  'vectors/files',
  'vectors/illustrated',
].map((name) => `test/${name}.test.ts`);

/** Those that kill most in least time, all others, and those that take long. */
const order = [
  [
    'session/',
    'record/',
    'handshake/flights',
    'handshake/joiner',
    'resumption/parameters',
    'resumption/rules',
  ],
  ['resumption/session-id', 'resumption/flight', 'vectors/handshakes', 'vectors/sessions'],
  [''],
  ['handshake/attacks', 'vectors/refusals', 'connection/', 'resumption/trust', 'resumption/context', ...slow],
];

class CheapFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = order.findIndex((names) => names.includes(''));
    const place = ({ moduleId }: TestSpecification) => {
      const named = order.findIndex((names) => names.some((name) => name !== '' && moduleId.includes(name)));
      return named === -1 ? others : named;
    };
    return Promise.resolve([...files].sort((one, other) => place(one) - place(other)));
  }
}

const fewTries = fileURLToPath(new URL('fast-check.ts', import.meta.url));

export default defineConfig({
  ...everything,
  plugins: [
    {
      name: 'few-tries',
      enforce: 'pre',
      // The stand-in finds the real one by its name, as anybody would: where that lies is not for us to say.
      resolveId: (name, importer) => (name === 'fast-check' && importer !== fewTries ? fewTries : undefined),
    },
    {
      name: 'lasting-pool',
      // Stryker asks for a pool of its own choice; this comes after it.
      configureVitest: ({ project }) => {
        Object.assign(project.config, { pool: lastingPool.name, poolRunner: lastingPool });
      },
    },
  ],
  test: {
    ...everything.test,
    include: chosen.map((name) => `test/${name}${name.endsWith('/') ? '**/' : ''}*.test.ts`),
    exclude: process.env['SLOW_TESTS'] === undefined ? slow : [],
    setupFiles: ['test/mutation/setup.ts'],
    reporters: ['default', new NothingMissing(chosen)],
    sequence: { sequencer: CheapFirst },
    isolate: false,
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
