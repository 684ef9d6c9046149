/**
 * What becomes of sessions, for whoever watches a service: events as they happen, and the numbers that they add up to.
 *
 * `observe` of `createResumptionCounters` takes the events, of any number of connections, and fills one plain object.
 * How that is shown is the application's own matter; it is numbers alone, so JSON will do.
 */

export type ResumptionEvent = ResumptionDecided | StoreAsked;

/** A handshake is done. */
export interface ResumptionDecided {
  readonly kind: 'resumption-decided';
  /** `accepted`, or the rule for which the handshake was full: see `ConnectionInfo`. */
  readonly resumption: string;
}

/** A store has been asked, or was not because it is suspended. */
export interface StoreAsked {
  readonly kind: 'store-asked';
  readonly operation: StoreOperation;
  /** What came of it; to `set` and `delete`, `done`. */
  readonly outcome: 'found' | 'not-found' | 'done' | 'failed' | 'suspended';
  /** How long the answer took, or the wait for it; 0 where nobody asked. */
  readonly milliseconds: number;
}

export const storeOperations = ['get', 'set', 'delete', 'take'] as const;
export type StoreOperation = (typeof storeOperations)[number];

/** The upper bounds of the histogram's ranges, milliseconds, each included; what took longer is in one range more. */
export const latencyBounds = [0.1, 0.5, 1, 5, 10, 50, 100, 500] as const;

export interface ResumptionCounters {
  /** Handshakes in which a session was offered, and those of them that were abbreviated. */
  readonly offered: number;
  readonly resumed: number;
  /** Full handshakes under the rule that made them full, `not-offered` among them. */
  readonly refused: Readonly<Record<string, number>>;
  /** Sessions that a store took, and that it was told to forget. */
  readonly stored: number;
  readonly forgotten: number;
  readonly store: Readonly<Record<StoreOperation, StoreCounts>>;
}

export interface StoreCounts {
  /** How often it answered, failed, or was not asked because it is suspended. */
  readonly answered: number;
  readonly failed: number;
  readonly suspended: number;
  /** All the time that answers and failures took, milliseconds. */
  readonly milliseconds: number;
  /** How many took how long: a number for each of `latencyBounds`, and one for what was longer. */
  readonly latencies: readonly number[];
}

/** Counters at zero, and what fills them. */
export function createResumptionCounters(): {
  readonly counters: ResumptionCounters;
  readonly observe: (event: ResumptionEvent) => void;
} {
  const counters = {
    offered: 0,
    resumed: 0,
    refused: {} as Record<string, number>,
    stored: 0,
    forgotten: 0,
    store: { get: noCounts(), set: noCounts(), delete: noCounts(), take: noCounts() },
  };

  function decided({ resumption }: ResumptionDecided): void {
    if (resumption !== 'not-offered') counters.offered++;
    if (resumption === 'accepted') counters.resumed++;
    else counters.refused[resumption] = (counters.refused[resumption] ?? 0) + 1;
  }

  function asked({ operation, outcome, milliseconds }: StoreAsked): void {
    const counts = counters.store[operation];
    if (outcome === 'suspended') {
      counts.suspended++;
      return;
    }
    counts[outcome === 'failed' ? 'failed' : 'answered']++;
    counts.milliseconds += milliseconds;
    const range = latencyBounds.findIndex((bound) => milliseconds <= bound);
    const index = range < 0 ? latencyBounds.length : range;
    counts.latencies[index] = (counts.latencies[index] ?? 0) + 1;
    if (outcome === 'done') counters[operation === 'set' ? 'stored' : 'forgotten']++;
  }

  const observe = (event: ResumptionEvent): void => {
    if (event.kind === 'resumption-decided') decided(event);
    else asked(event);
  };
  return { counters, observe };
}

function noCounts() {
  return {
    answered: 0,
    failed: 0,
    suspended: 0,
    milliseconds: 0,
    latencies: new Array<number>(latencyBounds.length + 1).fill(0),
  };
}
