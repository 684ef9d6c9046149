/** How a file of TypeScript runs as a process of its own: under tsx, with the sources for what it calls `reprise-tls`. */

import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** What node is to be started with, before the file. */
export const tsxArguments: readonly string[] = ['--import', loader, ...coverage()];

export const tsxEnvironment: NodeJS.ProcessEnv = {
  ...process.env,
  TSX_TSCONFIG_PATH: fileURLToPath(new URL('../../tsconfig.json', import.meta.url)),
};

/** While coverage is taken, it is of the process, too. */
function coverage(): readonly string[] {
  if (process.env['COVERED_PROCESSES'] === undefined) return [];
  return ['--import', new URL('../coverage/child.ts', import.meta.url).href];
}
