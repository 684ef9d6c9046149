/** The shim as one file: the runner starts it thousands of times. */

import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Writes the shim to `file`: an ES module, executable by its own `#!` line, under a name that ends in `.mjs`. */
export async function bundleShim(file: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL('shim/main.ts', import.meta.url))],
    alias: { 'reprise-tls': fileURLToPath(new URL('../../src/index.ts', import.meta.url)) },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: `#!${process.execPath}` },
    outfile: file,
    logLevel: 'warning',
  });
  chmodSync(file, 0o755);
}
