/**
 * What the streams of this folder share: bytes in the forms in which transports give them, cut to the length that is
 * dealt with at once, and a promise that is settled from outside.
 */

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

export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** A promise to be settled later, once. Whoever leaves its rejection unhandled has it elsewhere too. */
export function deferred<T>(): Deferred<T> {
  let resolve: Deferred<T>['resolve'] = () => {};
  let reject: Deferred<T>['reject'] = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}
