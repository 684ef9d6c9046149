/**
 * A bundle for browsers, as a user's tools make one, and what went into it.
 */

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Bundle {
  /** A classic script: what the entry exports is the properties of a global object of this name. */
  readonly script: string;
  /** The files that it is made of, from the root of the repository. */
  readonly inputs: readonly string[];
  /** What it would import from elsewhere. */
  readonly imports: readonly string[];
}

/** What the entry exports is the properties of the global `reprise`. */
export async function bundle(entry: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    alias: { 'reprise-tls/web': './src/web/index.ts', 'reprise-tls': './src/index.ts' },
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'reprise',
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  return {
    script: outputFiles[0]?.text ?? '',
    inputs: Object.keys(metafile.inputs),
    imports: imports.filter(({ external }) => external).map(({ path }) => path),
  };
}
