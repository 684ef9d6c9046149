/**
 * TcpStream: segments of one direction in, in whatever order they come and however often, bytes out in theirs
 * (RFC 9293 §3.4). What waits for a gap to close is bounded; a gap that never closes ends the direction.
 */

import type { TcpSegment } from './packet.ts';

/** How many segments may wait: more than windows have on the way. */
const maxWaiting = 4096;

interface Waiting {
  readonly sequenceNumber: number;
  readonly payload: Uint8Array;
}

export class TcpStream {
  /** The sequence number of the next byte; undefined before the first segment. */
  #next: number | undefined;
  /** By sequence number. */
  readonly #waiting: Waiting[] = [];
  #lost = 0;

  /** How many bytes came that have no place: behind a gap that did not close. */
  get lost(): number {
    return this.#lost + this.#waiting.reduce((sum, { payload }) => sum + payload.length, 0);
  }

  /** The bytes that have their place now, in their order. */
  add({
    sequenceNumber,
    synchronize,
    payload,
  }: Pick<TcpSegment, keyof Waiting | 'synchronize'>): Uint8Array[] {
    const start = synchronize ? (sequenceNumber + 1) >>> 0 : sequenceNumber;
    this.#next ??= start;
    if (payload.length === 0) return [];
    const isReady = distance(start, this.#next) >= 0;
    if (!isReady && this.#waiting.length >= maxWaiting) {
      this.#lost += payload.length;
      return [];
    }
    this.#wait({ sequenceNumber: start, payload });
    const ready: Uint8Array[] = [];
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const known = distance(first.sequenceNumber, this.#next);
      if (known < 0) break;
      this.#waiting.shift();
      if (known >= first.payload.length) continue;
      ready.push(first.payload.subarray(known));
      this.#next = (first.sequenceNumber + first.payload.length) >>> 0;
    }
    return ready;
  }

  #wait(segment: Waiting): void {
    let at = this.#waiting.length;
    while (at > 0 && distance(this.#waiting[at - 1]?.sequenceNumber ?? 0, segment.sequenceNumber) < 0) at--;
    this.#waiting.splice(at, 0, segment);
  }
}

/** How far `to` is behind `from`: sequence numbers go round (RFC 9293 §3.4). */
function distance(from: number, to: number): number {
  return (to - from) | 0;
}
