/** How a file of TypeScript runs as a process of its own: under tsx, with the sources for what it calls `reprise-tls`. */

import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** What node is to be started with, before the file. */
export const tsxArguments: readonly string[] = ['--import', loader];

export const tsxEnvironment: NodeJS.ProcessEnv = {
  ...process.env,
  TSX_TSCONFIG_PATH: fileURLToPath(new URL('../../tsconfig.json', import.meta.url)),
};
