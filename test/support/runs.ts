/** How often a property is tried. */

const factor = Number(process.env['REPRISE_RUNS'] ?? 1);

/** So many times; for a long campaign as many times more as REPRISE_RUNS says. */
export function runs(numRuns: number): { readonly numRuns: number } {
  return { numRuns: Math.ceil(numRuns * factor) };
}

/** How long all of them may take on a machine that is busy with something else, milliseconds. */
export const timeout = 120_000 * Math.max(1, factor);
