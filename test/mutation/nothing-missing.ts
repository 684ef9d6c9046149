/**
 * Sees to it that the first run, by which Stryker learns what covers what, has all the tests. Stryker counts the tests it is
 * given: a file that fails to load has none, and goes missing without a word, and so does one whose name has changed.
 * Then mutants would survive that nothing was tried on.
 */

import type { Reporter, TestModule, Vitest } from 'vitest/node';

export class NothingMissing implements Reporter {
  readonly #chosen: readonly string[];
  #vitest: Vitest | undefined;

  /** `chosen` are the beginnings of the names of files, each of which must have some. */
  constructor(chosen: readonly string[]) {
    this.#chosen = chosen;
  }

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  /** What is thrown here ends the whole mutation run. */
  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const project = this.#vitest?.getRootProject();
    const { mode } = (project?.getProvidedContext() ?? {}) as { readonly mode?: string };
    if (project === undefined || mode !== 'dry-run') return;

    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    // Then no further files are run, and Stryker ends with the name of that test.
    if (tests.some((test) => test.result().state === 'failed')) return;

    const { testFiles } = await project.globTestFiles();
    const passed = tests.filter((test) => test.result().state === 'passed');
    const ran = new Set(passed.map(({ module }) => module.moduleId));
    const missing = [
      ...testFiles.filter((file) => !ran.has(file)),
      ...this.#chosen.filter((name) => ![...ran].some((file) => file.includes(`/test/${name}`))),
    ];
    if (missing.length === 0) return;
    const reasons = modules.flatMap((module) => module.errors().map(({ message }) => message));
    throw new Error(
      `expected tests of all files in the first run, and there are none of ${missing.join(', ')}\n${reasons.join('\n')}`,
    );
  }
}
