/**
 * Chunks: bytes in the forms in which streams bring them, and in the length in which they are dealt with.
 */

import { plain } from '../wire/bytes.ts';

/**
 * How many bytes are taken in hand at once, in either direction: a chunk of any length is worked through in pieces of
 * this length, with a look at the back-pressure after each.
 */
export const pieceLength = 0x10000;

/** `bytes` in views of at most `length` bytes, in order; none of what is empty. */
export function* pieces<B extends ArrayBufferLike>(
  bytes: Uint8Array<B>,
  length = pieceLength,
): Generator<Uint8Array<B>> {
  for (let offset = 0; offset < bytes.length; offset += length) {
    yield bytes.subarray(offset, offset + length);
  }
}

/** The bytes of a chunk, as a view. @throws TypeError on what has none, such as a text */
export function bytesOf(chunk: unknown, from: string): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError(`expected bytes from ${from}, got ${chunk === null ? 'null' : typeof chunk}`);
}

/**
 * Plaintext as a reader may have it, who may keep it and give its memory away: what an AEAD gives is nobody else's, and
 * stays as it is where nothing else is in its memory.
 */
export function inMemoryOfTheirOwn(plaintext: Uint8Array): Uint8Array {
  const isAlone = plaintext.byteLength === plaintext.buffer.byteLength;
  return isAlone ? plain(plaintext) : new Uint8Array(plaintext);
}
