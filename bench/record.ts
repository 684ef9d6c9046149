/**
 * Writes down what was measured: recorded.json, the picture that is drawn from it, and the tables of README.md, between
 * two marks. README.md can also be written anew from what is recorded, which a test does to see that the two agree.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { drawHandshakes } from './plot.ts';
import { type Recorded, reportOf } from './report.ts';
import type { Figures } from './table.ts';

const file = (name: string): URL => new URL(name, import.meta.url);

export function record(suite: string, figures: Figures): void {
  const recorded: Recorded = {
    date: new Date().toISOString().slice(0, 10),
    node: process.version.slice(1),
    processor: cpus()[0]?.model.trim() ?? 'an unknown processor',
    cores: cpus().length,
    suite,
    figures,
  };
  writeFileSync(file('recorded.json'), `${JSON.stringify(recorded, undefined, 2)}\n`);
  for (const [name, text] of Object.entries(written(recorded))) writeFileSync(file(name), text);
}

/** What follows from the record: the files, by name. */
export function written(recorded: Recorded): Record<'handshakes.svg' | 'README.md', string> {
  const { full = {}, resumed = {} } = recorded.figures;
  const readme = readFileSync(file('README.md'), 'utf8');
  const marks = /(<!-- recorded -->\n)[\s\S]*(<!-- \/recorded -->)/;
  if (!marks.test(readme)) throw new Error('expected the marks of what is recorded in README.md');
  return {
    'handshakes.svg': drawHandshakes(full, resumed),
    'README.md': readme.replace(
      marks,
      (_, begin: string, end: string) => `${begin}\n${reportOf(recorded)}\n\n${end}`,
    ),
  };
}
