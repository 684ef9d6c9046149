/**
 * Tracer: a live connection's bytes and secrets, noted as they go by, and its trace so far whenever it is asked for.
 *
 *     const tracer = new Tracer();
 *     const send = tracer.through('client', (bytes) => socket.write(bytes));
 *     const tls = new ClientConnection({ ...config, keyLog: tracer.keyLog }, { ...handlers, send });
 *     socket.on('data', tracer.through('server', (bytes) => tls.feed(bytes)));
 *     tls.start();
 *
 * It keeps what it is told, up to its limits; with `keyLog` that is as secret as the plaintext is.
 */

import { KeyLog } from './key-log.ts';
import type { Sender, Trace } from './model.ts';
import { type Segment, sides } from './segments.ts';
import { defaultLimits, type TraceLimits, traceConnection } from './trace.ts';

export interface TracerOptions {
  readonly limits?: Partial<TraceLimits>;
  /** Milliseconds from any origin, for the times of records. Default: they have none. */
  readonly clock?: () => number;
}

/** So often may the direction change, or with a clock bytes be seen; what comes after is left out. */
const maxRuns = 0x10000;

/** Bytes in a row from one side. */
interface Run {
  readonly from: Sender;
  length: number;
  readonly time: number | undefined;
}

export class Tracer {
  readonly #limits: TraceLimits;
  readonly #clock: (() => number) | undefined;
  readonly #secrets = new KeyLog();
  readonly #sent = { client: new Gathered(), server: new Gathered() };
  readonly #runs: Run[] = [];
  readonly #omitted = { client: 0, server: 0 };

  constructor({ limits = {}, clock }: TracerOptions = {}) {
    this.#limits = { ...defaultLimits, ...limits };
    this.#clock = clock;
  }

  /** Takes a line of the key log; a function of its own, to be given as `keyLog`. */
  readonly keyLog = (line: string): void => {
    this.#secrets.add(line);
  };

  /** Bytes that `from` sent, in any pieces. They are copied. */
  add(from: Sender, bytes: Uint8Array): void {
    const room = this.#limits.bytes - this.#sent[from].length;
    const taken = this.#runs.length < maxRuns ? bytes.subarray(0, Math.max(0, room)) : bytes.subarray(0, 0);
    this.#omitted[from] += bytes.length - taken.length;
    if (taken.length === 0) return;
    this.#sent[from].add(taken);
    const time = this.#clock?.();
    const last = this.#runs.at(-1);
    if (last?.from === from && last.time === time) last.length += taken.length;
    else this.#runs.push({ from, length: taken.length, time });
  }

  /** A function that notes the bytes that it is given as sent by `from`, and hands them on. */
  through<R>(from: Sender, next: (bytes: Uint8Array) => R): (bytes: Uint8Array) => R {
    return (bytes) => {
      this.add(from, bytes);
      return next(bytes);
    };
  }

  /** All that this side sent, as far as it was kept: a copy. */
  sent(from: Sender): Uint8Array {
    return this.#sent[from].bytes.slice();
  }

  /** The trace of all that went by so far. */
  trace(): Trace {
    const trace = traceConnection(this.#segments(), { keyLog: this.#secrets, limits: this.#limits });
    const omitted = sides.filter((side) => this.#omitted[side] > 0);
    const notes = omitted.map((side) => `${this.#omitted[side]} bytes more of the ${side} were not kept.`);
    return { ...trace, notes: [...trace.notes, ...notes] };
  }

  *#segments(): Generator<Segment> {
    const read = { client: 0, server: 0 };
    for (const { from, length, time } of this.#runs) {
      const bytes = this.#sent[from].bytes.subarray(read[from], read[from] + length);
      read[from] += length;
      yield time === undefined ? { from, bytes } : { from, bytes, time };
    }
  }
}

/** Bytes one after the other, in an array that grows by doubling. */
class Gathered {
  #bytes = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A view. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  add(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      larger.set(this.bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }
}
