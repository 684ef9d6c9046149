/**
 * The package and the tree that it is made from agree: what package.json exports is what src/ has, and what it leans
 * on is little and fixed.
 */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adapters } from './house.ts';

const root = new URL('../../', import.meta.url);
const manifest: {
  bin: Record<string, string>;
  exports: Record<string, unknown>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
} = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

describe('package.json', () => {
  it('exports the face and each adapter that src/ has', () => {
    const built = Object.keys(adapters).filter((name) => existsSync(new URL(`src/${name}/index.ts`, root)));
    const expected: Record<string, unknown> = { '.': entry('.'), './package.json': './package.json' };
    for (const name of built) expected[`./${name}`] = entry(`./${name}`);
    expect(manifest.exports).toEqual(expected);
  });

  it('installs the program, which says by what it is run', () => {
    expect(manifest.bin).toEqual({ reprise: './dist/cli/index.js' });
    expect(readFileSync(new URL('src/cli/index.ts', root), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('depends at run time on the noble packages alone', () => {
    expect(Object.keys(manifest.dependencies).filter((name) => !name.startsWith('@noble/'))).toEqual([]);
  });

  it('pins every dependency to one version', () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});

function entry(path: string) {
  const folder = path === '.' ? './dist' : `./dist${path.slice(1)}`;
  return { types: `${folder}/index.d.ts`, default: `${folder}/index.js` };
}
