/**
 * Third-party known answers (Wycheproof, NIST's ACVP), which are read from beside the repository and are no part of it.
 *
 * Where they are absent, their tests are skipped by name; in CI that absence is a failure, so that no run there passes
 * for having tested nothing.
 */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/** A file of Wycheproof: groups of cases that share a key or parameters. */
export interface Wycheproof<Group> {
  readonly numberOfTests: number;
  readonly testGroups: readonly Group[];
}

export interface Case {
  readonly tcId: number;
  readonly comment: string;
  /** Why the case is there; the file's `notes` explain each. */
  readonly flags: readonly string[];
  /** `acceptable`: a library may refuse it. What this one does is for its test to say. */
  readonly result: 'valid' | 'invalid' | 'acceptable';
}

const data = new URL('../../../shared/data/', import.meta.url);

/** A suite over JSON files, named by their paths in the data folder and handed to `suite` in the same order. */
export function describeVectors<Files extends readonly unknown[]>(
  title: string,
  paths: { readonly [K in keyof Files]: string },
  suite: (...files: Files) => void,
): void {
  const absent = paths.filter((path) => !existsSync(new URL(path, data)));
  if (absent.length === 0) {
    const files = paths.map((path) => JSON.parse(readFileSync(new URL(path, data), 'utf8')));
    describe(title, () => suite(...(files as unknown as Files)));
    return;
  }
  describe.skipIf(process.env['CI'] === undefined)(title, () => {
    test(`the known answers are present: ${absent.join(', ')}`, () => {
      expect(absent).toEqual([]);
    });
  });
}

/** The cases that do not behave as expected, in a form that tells which: empty is what a test wants. */
export function misbehaving<C extends Case>(cases: readonly C[], behaves: (test: C) => boolean): string[] {
  return cases
    .filter((each) => !behaves(each))
    .map(({ tcId, result, comment }) => `${tcId}, ${result}: ${comment}`);
}

/** A big-endian integer of Wycheproof, which has a leading zero or lacks one at will, in exactly so many bytes. */
export function integerBytes(hexadecimal: string, length: number): Uint8Array {
  const digits = hexadecimal.replace(/^0+/, '').padStart(2 * length, '0');
  if (digits.length > 2 * length) throw new RangeError(`expected at most ${length} bytes`);
  return Uint8Array.from({ length }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}
