/**
 * Segments: the bytes of a connection as they were seen to go by, each with its sender.
 */

import type { Sender } from '../handshake/finished.ts';
import { concatAll } from '../wire/bytes.ts';

export const sides = ['client', 'server'] as const satisfies readonly Sender[];

/** The bytes of one side, in the order in which they were seen. */
export interface Segment {
  readonly from: Sender;
  readonly bytes: Uint8Array;
  /** Milliseconds, from any origin. */
  readonly time?: number;
}

/** What one side sent, up to so many bytes; and how many more it sent. */
export function sentBy(
  side: Sender,
  segments: readonly Segment[],
  limit: number,
): { readonly bytes: Uint8Array; readonly omitted: number } {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const { from, bytes } of segments) {
    if (from !== side) continue;
    if (length < limit) parts.push(bytes.subarray(0, limit - length));
    length += bytes.length;
  }
  return { bytes: concatAll(parts), omitted: Math.max(0, length - limit) };
}
