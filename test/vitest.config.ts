/**
 * How the tests run: on the sources themselves, which they import by the name that users import.
 */

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig({
  root,
  resolve: {
    alias: [
      { find: /^reprise-tls$/, replacement: `${root}src/index.ts` },
      { find: /^reprise-tls\/([a-z-]+)$/, replacement: `${root}src/$1/index.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // The tests compute and seldom wait: a thread for each core, where the default leaves one idle.
    pool: 'threads',
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
