/** The record of a run of the runner, and the configuration that it ran with. */

import { readFileSync, writeFileSync } from 'node:fs';

/** `config.json`: what BoringSSL's PORTING.md calls the configuration file. */
export interface ShimConfig {
  /** Patterns of tests that are not run, each with its reason. */
  readonly DisabledTests: Readonly<Record<string, string>>;
  /** What the runner expects in standard error, and what the shim says there. */
  readonly ErrorMap: Readonly<Record<string, string>>;
  /** The groups that there are, by number. */
  readonly AllCurves: readonly number[];
}

export const outcomes = ['passed', 'failed', 'unimplemented', 'disabled'] as const;

/**
 * What became of each test of a group: `unimplemented` are those for which the shim exited with 89, `disabled` those that
 * a pattern of `config.json` names.
 */
export type Outcomes = Readonly<Record<(typeof outcomes)[number], readonly string[]>>;

/** `results.json`. All tests in it together are the selection. */
export interface Results {
  /** The commit of BoringSSL that the runner is of. */
  readonly commit: string;
  readonly date: string;
  readonly groups: Readonly<Record<string, Outcomes>>;
}

/** What the runner writes with `-json-output`, as far as it is read here. */
interface RunnerOutput {
  readonly tests: Readonly<Record<string, { readonly actual: 'PASS' | 'FAIL' | 'SKIP' }>>;
}

const resultsFile = new URL('results.json', import.meta.url);

export function readConfig(): ShimConfig {
  return JSON.parse(readFileSync(new URL('config.json', import.meta.url), 'utf8'));
}

export function readResults(): Results {
  return JSON.parse(readFileSync(resultsFile, 'utf8'));
}

/** The tests of a group. */
export function selected(group: Outcomes): string[] {
  return outcomes.flatMap((outcome) => group[outcome]).sort();
}

/** The pattern that disables a test; they are those of Go's `path/filepath`. */
export function disabling(test: string, { DisabledTests }: ShimConfig): string | undefined {
  return Object.keys(DisabledTests).find((pattern) => matches(pattern, test));
}

export function matches(pattern: string, test: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${expression}$`).test(test);
}

/** Writes `results.json` anew, for the same selection, from the runner's output. @throws Error on a test that did not run */
export function record(outputFile: string, today = new Date()): Results {
  const { tests }: RunnerOutput = JSON.parse(readFileSync(outputFile, 'utf8'));
  const [config, before] = [readConfig(), readResults()];
  const outcomeOf = (test: string): keyof Outcomes => {
    if (disabling(test, config) !== undefined) return 'disabled';
    const result = tests[test];
    if (result === undefined)
      throw new Error(`expected ${test} among the tests that ran, got no result for it`);
    return ({ PASS: 'passed', FAIL: 'failed', SKIP: 'unimplemented' } as const)[result.actual];
  };
  const recorded = ([name, group]: [string, Outcomes]) => [
    name,
    Object.fromEntries(
      outcomes.map((outcome) => [outcome, selected(group).filter((test) => outcomeOf(test) === outcome)]),
    ),
  ];
  const results: Results = {
    commit: before.commit,
    date: today.toISOString().slice(0, 10),
    groups: Object.fromEntries(Object.entries(before.groups).map(recorded)),
  };
  writeFileSync(resultsFile, `${JSON.stringify(results, undefined, 2)}\n`);
  return results;
}
