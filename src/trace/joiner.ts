/**
 * FragmentJoiner: fragments of the handshake protocol in, messages out, each with the places that it lies in. Where the
 * connection's own joiner refuses, this one goes on: any type and any length will do, and what never came to its end is
 * given as far as it came.
 */

import { handshakeHeaderLength } from '../handshake/messages.ts';
import { concatAll } from '../wire/bytes.ts';
import type { Piece } from './fields.ts';

/** A part of a message in one record, whatever the caller has for a record. */
export interface Place<R> extends Piece {
  readonly record: R;
}

export interface JoinedMessage<R> {
  /** Header and body, as far as they are there. */
  readonly raw: Uint8Array;
  readonly places: readonly Place<R>[];
  /** How many bytes did not come; undefined where not even the header did. */
  readonly missing: number | undefined;
}

interface Fragment<R> {
  readonly record: R;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export class FragmentJoiner<R> {
  #fragments: Fragment<R>[] = [];
  #length = 0;

  /** How many bytes wait for the rest of their message. */
  get waiting(): number {
    return this.#length;
  }

  /** `offset` is where the fragment starts in its record. */
  push(record: R, offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#fragments.push({ record, offset, bytes });
    this.#length += bytes.length;
  }

  /** The next whole message. */
  next(): JoinedMessage<R> | undefined {
    const length = this.#nextLength();
    return length === undefined || length > this.#length ? undefined : this.#take(length, 0);
  }

  /** All that is left, as the beginning of one message. */
  rest(): JoinedMessage<R> | undefined {
    if (this.#length === 0) return undefined;
    const length = this.#nextLength();
    return this.#take(this.#length, length === undefined ? undefined : length - this.#length);
  }

  #nextLength(): number | undefined {
    if (this.#length < handshakeHeaderLength) return undefined;
    const header: number[] = [];
    for (const { bytes } of this.#fragments) {
      header.push(...bytes.subarray(0, handshakeHeaderLength - header.length));
      if (header.length === handshakeHeaderLength) break;
    }
    const [, high = 0, middle = 0, low = 0] = header;
    return handshakeHeaderLength + ((high << 16) | (middle << 8) | low);
  }

  #take(length: number, missing: number | undefined): JoinedMessage<R> {
    const taken: Fragment<R>[] = [];
    let left = length;
    let used = 0;
    while (left > 0) {
      const fragment = this.#fragments[used];
      if (fragment === undefined) break;
      const { record, offset, bytes } = fragment;
      const part = bytes.subarray(0, left);
      taken.push({ record, offset, bytes: part });
      left -= part.length;
      if (part.length === bytes.length) used++;
      else {
        const remaining = { record, offset: offset + part.length, bytes: bytes.subarray(part.length) };
        this.#fragments[used] = remaining;
      }
    }
    this.#fragments = this.#fragments.slice(used);
    this.#length -= length;
    const [only] = taken;
    return {
      raw: taken.length === 1 && only !== undefined ? only.bytes : concatAll(taken.map(({ bytes }) => bytes)),
      places: taken.map(({ record, offset, bytes }) => ({ record, offset, length: bytes.length })),
      missing,
    };
  }
}
