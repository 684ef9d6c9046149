/** The table of rules in `src/handshake/README.md` is true: each rule is where it says, and has the test that it names. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const folder = new URL('./', import.meta.url);
const readme = new URL('../../src/handshake/README.md', import.meta.url);

interface Rule {
  readonly name: string;
  readonly says: string;
  readonly source: string;
  readonly heldBy: string;
  readonly shownBy: string;
}

const rules: readonly Rule[] = readFileSync(readme, 'utf8')
  .split('\n')
  .filter((line) => /^\| [SC]\d+ \|/.test(line))
  .map((line) => {
    const cells = line.slice(2, -2).split(' | ');
    const [name = '', says = '', source = '', heldBy = '', shownBy = ''] = cells;
    return { name, says, source, heldBy, shownBy };
  });

/** The titles of the tests that are named after a rule, file by file. */
const titles = readdirSync(folder)
  .filter((file) => file.endsWith('.test.ts'))
  .flatMap((file) =>
    [...readFileSync(new URL(file, folder), 'utf8').matchAll(/(['"`])([SC]\d+): \S/g)].map(
      ([, , rule = '']) => ({
        file,
        rule,
      }),
    ),
  );

test('the rules are S1 to S34 and C1 to C13, in order, each once', () => {
  expect(rules.map(({ name }) => name)).toEqual([...numbered('S', 34), ...numbered('C', 13)]);
});

test('no test is named after a rule that the table does not have', () => {
  const known = new Set(rules.map(({ name }) => name));
  expect(titles.filter(({ rule }) => !known.has(rule))).toEqual([]);
});

describe.each(rules)('$name', ({ name, says, source, heldBy, shownBy }) => {
  test('says something, and whence', () => {
    expect(says).toMatch(/\.$/);
    expect(source).toMatch(/RFC \d+|CVE-\d+-\d+|figure/);
  });

  test('is held by names that stand in the files that it names', () => {
    const places = placesIn(heldBy);
    expect(places.length).toBeGreaterThan(0);
    for (const { file, names } of places) {
      expect(names.length).toBeGreaterThan(0);
      const text = readFileSync(new URL(file, readme), 'utf8');
      for (const held of names) expect([file, held, text.includes(held)]).toEqual([file, held, true]);
    }
  });

  test('is shown by a test of its name in each file that it names, and in no other', () => {
    const files = links(shownBy).map((file) => new URL(file, readme));
    expect(files.every((file) => existsSync(file))).toBe(true);
    const named = files.map(({ pathname }) => pathname.split('/').at(-1));
    const shown = new Set(titles.filter(({ rule }) => rule === name).map(({ file }) => file));
    expect([...shown].sort()).toEqual(named.sort());
  });
});

function numbered(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
}

function links(cell: string): string[] {
  return [...cell.matchAll(/\]\(([^)]+)\)/g)].map(([, file = '']) => file);
}

/** Each file of the cell, and what stands behind it in backticks. */
function placesIn(cell: string): { file: string; names: string[] }[] {
  return cell.split(/, (?=\[)/).map((place) => ({
    file: links(place)[0] ?? '',
    names: [...place.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  }));
}
