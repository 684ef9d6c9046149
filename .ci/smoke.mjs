/** Loads every module that the installed package exports, and holds each to giving something. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);
const manifest = JSON.parse(readFileSync(resolve('reprise-tls/package.json'), 'utf8'));

for (const subpath of Object.keys(manifest.exports)) {
  if (subpath === './package.json') continue;
  const name = manifest.name + subpath.slice(1);
  const exported = Object.keys(await import(name));
  if (exported.length === 0) throw new Error(`${name} exports nothing`);
  console.log(`${name}: ${exported.length} exports`);
}
