/**
 * describeSessionStore: what every SessionStore owes, as tests that its author runs. Whatever is asked of it, in any
 * order and at once, a store may have lost a state, and must never give a wrong one.
 *
 *     import { describeSessionStore } from 'reprise-tls/testing';
 *     import { describe, it } from 'vitest';
 *
 *     describeSessionStore('my store', () => new MyStore(), { describe, it });
 *
 * No test framework is imported here, so that `reprise-tls/testing` loads without one. Any will do whose `describe` and
 * `it` take a name and a function; they come from the options, or else from the global object. What fails throws.
 */

import { concurrencyChecks } from './session-store/concurrency.ts';
import { lifetimeChecks } from './session-store/lifetimes.ts';
import { sequenceChecks } from './session-store/sequences.ts';
import { type Check, type MakeSessionStore, makeStage, type StoreTerms } from './session-store/stage.ts';
import { stateChecks } from './session-store/states.ts';

/** The two functions of a test framework that are needed: vitest's, for example, or those of `node:test`. */
export interface TestFunctions {
  describe(name: string, body: () => void): unknown;
  it(name: string, run: () => Promise<void>): unknown;
}

export type SessionStoreOptions = StoreTerms & Partial<TestFunctions>;

/** All that is checked. Each check stands for itself. */
export const sessionStoreChecks: readonly Check[] = [
  ...stateChecks,
  ...lifetimeChecks,
  ...sequenceChecks,
  ...concurrencyChecks,
];

/**
 * Declares a test for each thing that a store owes.
 * @throws TypeError where `describe` and `it` are neither in the options nor global
 */
export function describeSessionStore(
  name: string,
  makeStore: MakeSessionStore,
  options: SessionStoreOptions = {},
): void {
  const { describe, it }: Partial<TestFunctions> = { ...globalFunctions(), ...options };
  if (describe === undefined || it === undefined) {
    throw new TypeError(
      'expected the describe and it of a test framework in the options, got none, and none is global',
    );
  }
  const stage = makeStage(makeStore, options);
  describe(name, () => {
    for (const check of sessionStoreChecks) it(check.name, () => check.run(stage));
  });
}

function globalFunctions(): Partial<TestFunctions> {
  const { describe, it } = globalThis as Partial<TestFunctions>;
  return { ...(describe && { describe }), ...(it && { it }) };
}
