/** How often a property is tried. */

/** So many times; for a long campaign as many times more as REPRISE_RUNS says. */
export function runs(numRuns: number): { readonly numRuns: number } {
  return { numRuns: Math.ceil(numRuns * Number(process.env['REPRISE_RUNS'] ?? 1)) };
}
