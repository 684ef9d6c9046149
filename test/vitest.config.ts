/**
 * How the tests run: on the sources themselves, which they import by the name that users import.
 */

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The package's name and those of its subpaths, with the sources behind them. */
export const names = [
  { find: /^reprise-tls$/, replacement: `${root}src/index.ts` },
  { find: /^reprise-tls\/([a-z-]+)$/, replacement: `${root}src/$1/index.ts` },
];

export default defineConfig({
  root,
  resolve: { alias: names },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: [`${root}test/support/seed.ts`],
    // The tests compute and seldom wait: a thread for each core, where the default leaves one idle.
    pool: 'threads',
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    coverage: {
      provider: 'custom',
      customProviderModule: `${root}test/coverage/provider.ts`,
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'json', 'json-summary', 'html'],
      thresholds: { lines: 97, branches: 93 },
    },
  },
});
