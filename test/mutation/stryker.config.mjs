/**
 * Stryker's part: which faults are put into which files, and where what comes of it is left. `FOLDER` names one of the
 * folders below; without it all of them are mutated. How the tests run is in `vitest.config.ts` beside this.
 */

const { FOLDER } = process.env;
const folders = FOLDER === undefined ? ['record', 'session', 'handshake'] : [FOLDER];

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
  mutate: folders.map((folder) => `src/${folder}/*.ts`),
  // Nearly all strings are sentences of errors, which nobody should have to repeat in a test. The others are names of
  // states, causes and reasons: types hold them to a closed set, so that an empty one does not compile.
  mutator: { excludedMutations: ['StringLiteral'] },
  coverageAnalysis: 'perTest',
  // What acts only while modules load would need all modules anew, and all tests, for each mutant.
  ignoreStatic: true,
  concurrency: 2,
  // In a loop without end a test does not fail. Most such loops are found by how often they turn, and sooner.
  timeoutMS: 25_000,
  timeoutFactor: 3,
  dryRunTimeoutMinutes: 30,
  maxTestRunnerReuse: 400,
  reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
  clearTextReporter: { logTests: false, reportTests: false, allowColor: false },
  jsonReporter: { fileName: '.stryker/report.json' },
  htmlReporter: { fileName: '.stryker/report.html' },
  tempDirName: '.stryker/sandbox',
  ignorePatterns: ['/.git', '/.stryker', '/bench', '/coverage', '/dist'],
  // Stryker would rewrite tsconfig.json by a programming interface that TypeScript 7 does not have; nothing needs it.
  tsconfigFile: 'none',
};
