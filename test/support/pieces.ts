/**
 * Streams in pieces, as a transport delivers them: cut wherever it likes, in arrays that it uses again.
 */

import fc from 'fast-check';

/** Lengths of pieces: of one byte, of a few, of many. */
export const cuts: fc.Arbitrary<number[]> = fc.array(
  fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 400 })),
  { minLength: 1, maxLength: 60 },
);

/** `bytes` in copies of these lengths, over and over until all are there. */
export function* pieces(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  for (let offset = 0, i = 0; offset < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    yield new Uint8Array(bytes.subarray(offset, offset + length));
    offset += length;
  }
}

/** Calls `receive` with each piece, and overwrites the piece after the call. */
export function deliver(
  bytes: Uint8Array,
  lengths: readonly number[],
  receive: (piece: Uint8Array) => void,
): void {
  for (const piece of pieces(bytes, lengths)) {
    receive(piece);
    piece.fill(0xee);
  }
}
