/**
 * Breaker: when a store is not asked any more for a while. One that is down would else cost every handshake the whole
 * deadline, and all who ask would keep it from getting up.
 *
 * After so many failures on end it is suspended, for a short pause at first. When the pause has passed, one asker may
 * try it while all others still do without. If that fails, the next pause is twice as long, up to a bound; if it brings
 * an answer, the store is in use again. There is no timer: whoever asks looks at the clock.
 */

export interface BreakerOptions {
  /** How many failures on end suspend the store. Default: 5. */
  readonly failures?: number | undefined;
  /** The first pause, milliseconds. Default: 1000. */
  readonly pause?: number | undefined;
  /** The longest, milliseconds. Default: 30 000. */
  readonly longestPause?: number | undefined;
}

export interface Suspension {
  readonly milliseconds: number;
  /** The last of the failures. */
  readonly error: Error;
}

/** Which time between two turns of the breaker an asker was let through in: only then does it count what he met. */
export type Era = number;

export class Breaker {
  readonly #failures: number;
  readonly #firstPause: number;
  readonly #longestPause: number;
  readonly #clock: () => number;
  #era: Era = 0;
  /** How many failures there were on end, while the store is in use. */
  #failed = 0;
  /** Undefined while the store is in use. */
  #suspension: Suspension | undefined;
  #suspendedAt = 0;
  #trying = false;

  /** `clock` gives milliseconds, from any origin. @throws RangeError on options that cannot be meant */
  constructor(clock: () => number, options: BreakerOptions = {}) {
    const { failures = 5, pause = 1000, longestPause = Math.max(pause, 30_000) } = options;
    if (!(failures >= 1)) throw new RangeError(`failures: expected one at least, got ${failures}`);
    if (!(pause > 0)) throw new RangeError(`pause: expected some milliseconds, got ${pause}`);
    if (!(longestPause >= pause))
      throw new RangeError(`longestPause: expected ${pause} at least, got ${longestPause}`);
    this.#failures = failures;
    this.#firstPause = pause;
    this.#longestPause = longestPause;
    this.#clock = clock;
  }

  /** The right to ask the store, whose outcome is then told to `succeeded` or `failed`, once; or why it is not asked. */
  admit(): Era | Suspension {
    const suspension = this.#suspension;
    if (suspension === undefined) return this.#era;
    if (this.#trying || this.#lasts(suspension)) return suspension;
    this.#trying = true;
    return this.#era;
  }

  /** Whether the store is in use again with this. */
  succeeded(era: Era): boolean {
    if (era !== this.#era) return false;
    this.#failed = 0;
    if (this.#suspension === undefined) return false;
    this.#turn(undefined);
    return true;
  }

  /** The suspension that begins with this, if one does. */
  failed(era: Era, error: Error): Suspension | undefined {
    if (era !== this.#era) return undefined;
    if (this.#suspension === undefined && ++this.#failed < this.#failures) return undefined;
    const pause = this.#suspension === undefined ? this.#firstPause : 2 * this.#suspension.milliseconds;
    this.#turn({ milliseconds: Math.min(pause, this.#longestPause), error });
    return this.#suspension;
  }

  #turn(suspension: Suspension | undefined): void {
    this.#suspension = suspension;
    this.#suspendedAt = this.#clock();
    this.#trying = false;
    this.#failed = 0;
    this.#era++;
  }

  /** A clock that was set back, or fails, ends the pause: to try too early costs one deadline, and never to, the store. */
  #lasts({ milliseconds }: Suspension): boolean {
    const passed = this.#clock() - this.#suspendedAt;
    return passed >= 0 && passed < milliseconds;
  }
}
