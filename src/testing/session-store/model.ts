/**
 * The model of a store: what was set, by when it has to be gone, and so what may be given for a key. A store may always
 * have lost a state; only one that says it is lossless is held to what it was given.
 *
 * A lifetime is kept to the second: within one before its end and one after, a state may be there or not, for there are
 * databases that count in seconds.
 */

import { equal } from '../../wire/bytes.ts';
import { hold, type Stage, spoken } from './stage.ts';

const second = 1000;

interface Entry {
  readonly state: Uint8Array;
  readonly endsAt: number;
}

export class Model {
  readonly #entries = new Map<string, Entry>();
  readonly #terms: Stage['terms'];
  readonly #now: () => number;

  constructor(terms: Stage['terms'], now: () => number) {
    this.#terms = terms;
    this.#now = now;
  }

  /** `lifetime` in seconds. */
  set(key: string, state: Uint8Array, lifetime: number): void {
    this.#entries.set(key, { state: state.slice(), endsAt: this.#now() + lifetime * second });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** @throws Error where that is not what the store may give for the key now */
  judge(verb: string, key: string, given: unknown): void {
    const entry = this.#entries.get(key);
    const left = (entry?.endsAt ?? Number.NEGATIVE_INFINITY) - this.#now();
    if (given === undefined) {
      const owed = this.#terms.lossless && left > second;
      hold(!owed, `${verb}: expected the ${spoken(entry?.state)} that were set, got none`);
      return;
    }
    hold(given instanceof Uint8Array, `${verb}: expected a Uint8Array or undefined, got ${spoken(given)}`);
    hold(
      entry !== undefined,
      `${verb}: expected none, since it was never set or was forgotten, got ${spoken(given)}`,
    );
    const late = -left - this.#terms.staleness * second;
    hold(late < second, `${verb}: expected none, ${late} ms after its lifetime, got ${spoken(given)}`);
    const same = entry !== undefined && given instanceof Uint8Array && equal(entry.state, given);
    hold(
      same,
      `${verb}: expected the ${spoken(entry?.state)} that were set last, got ${spoken(given)} that differ`,
    );
  }
}
