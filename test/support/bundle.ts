/**
 * A bundle for browsers, as a user's tools make one, and what went into it.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Bundle {
  readonly script: string;
  /** The files that were looked at, from the root of the repository. */
  readonly inputs: readonly string[];
  /** The files that something is left of, and how many bytes. */
  readonly parts: Readonly<Record<string, number>>;
  /** What it would import from elsewhere. */
  readonly imports: readonly string[];
}

/** A classic script: what the file exports is the properties of the global `reprise`. */
export function bundle(entry: string): Promise<Bundle> {
  return bundled({ entryPoints: [entry], format: 'iife', globalName: 'reprise' });
}

/** A module of what its user imports, and all that this needs. */
export function bundleOf(source: string): Promise<Bundle> {
  return bundled({ stdin: { contents: source, resolveDir: root }, format: 'esm' });
}

async function bundled(options: BuildOptions): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    alias: ourselves(),
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'silent',
    ...options,
    write: false,
    metafile: true,
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  const parts = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  return {
    script: outputFiles?.[0]?.text ?? '',
    inputs: Object.keys(metafile.inputs),
    parts: Object.fromEntries(
      parts
        .map(([file, { bytesInOutput }]) => [file, bytesInOutput] as const)
        .filter(([, bytes]) => bytes > 0),
    ),
    imports: imports.filter(({ external }) => external).map(({ path }) => path),
  };
}

/** The package by its name, from the sources. */
function ourselves(): Record<string, string> {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const subpaths = Object.keys(manifest.exports).filter((subpath) => subpath !== './package.json');
  return Object.fromEntries(
    subpaths.map((subpath) => [`${manifest.name}${subpath.slice(1)}`, `./src${subpath.slice(1)}/index.ts`]),
  );
}
