/**
 * Recent: what was made last, known again by all that it was made of, which are compared as they are and not by what is
 * in them.
 */

interface Made<V> {
  readonly of: readonly unknown[];
  readonly value: V;
}

export class Recent<V> {
  readonly #limit: number;
  /** The one used last first. */
  #made: readonly Made<V>[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What was made of these, or what `make` makes of them; where it throws, nothing is kept. */
  find(of: readonly unknown[], make: () => V): V {
    const known = this.#made.find((made) => isSame(made.of, of));
    const found = known ?? { of, value: make() };
    if (found !== this.#made[0]) {
      const others = this.#made.filter((made) => made !== found);
      this.#made = [found, ...others.slice(0, this.#limit - 1)];
    }
    return found.value;
  }
}

function isSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((value, i) => Object.is(value, others[i]));
}
