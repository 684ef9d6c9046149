/**
 * How much work one search for a path may do. A peer that is a stranger decides what there is to search, and graphs of
 * certificates can be made in which the number of paths grows without bound (RFC 4158 §5.2, CVE-2024-0567 and kin).
 */

export interface PathLimits {
  /** Issuers in a path that are not self-issued (RFC 5280 §6.1.4 (l)), the anchor left out. */
  readonly intermediates: number;
  /** Certificates that the peer may show. */
  readonly certificates: number;
  /** Times that one is tried as the issuer of another. */
  readonly candidates: number;
  /** Signatures that are verified; one on a certificate that does not hold counts as four. */
  readonly signatures: number;
  /** Comparisons of a name with a name constraint; a look at a name counts as one. */
  readonly comparisons: number;
}

/** What is met in practice takes a tenth of it. */
export const defaultPathLimits: PathLimits = {
  intermediates: 8,
  certificates: 64,
  candidates: 1000,
  signatures: 32,
  comparisons: 250_000,
};

type Counted = 'candidates' | 'signatures' | 'comparisons';

/** What is left of the limits. Once something is used up the search is over. */
export class PathBudget {
  readonly #left: Record<Counted, number>;
  readonly #limits: PathLimits;
  #exceeded: Counted | undefined;

  constructor(limits: PathLimits) {
    this.#limits = limits;
    this.#left = { ...limits };
  }

  /** False where there is not so much left. */
  spend(counted: Counted, amount = 1): boolean {
    this.#left[counted] -= amount;
    if (this.#left[counted] < 0) this.#exceeded ??= counted;
    return this.#exceeded === undefined;
  }

  /** What was used up, as a sentence; undefined while there is something left. */
  get exceeded(): string | undefined {
    if (this.#exceeded === undefined) return undefined;
    const limit = this.#limits[this.#exceeded];
    const sentences: Record<Counted, string> = {
      candidates: `expected a path within ${limit} trials of an issuer, found none`,
      signatures: `expected a path within ${limit} signatures, found none`,
      comparisons: `expected names and name constraints of at most ${limit} comparisons, found more`,
    };
    return sentences[this.#exceeded];
  }
}
