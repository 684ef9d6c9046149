/**
 * Where the bytes of the known answers come from that nobody else chose: a generator which anyone can rebuild from
 * README.md, and which is good for nothing else.
 */

import { createHash } from 'node:crypto';

/** The bytes of a seed, one after the other: SHA-256(seed ‖ 0) ‖ SHA-256(seed ‖ 1) ‖ …, each counter in 4 bytes. */
export function stream(seed: string): (length: number) => Uint8Array {
  let counter = 0;
  let ready = Buffer.alloc(0);
  return (length) => {
    while (ready.length < length) {
      const block = Buffer.alloc(4);
      block.writeUInt32BE(counter++);
      ready = Buffer.concat([ready, createHash('sha256').update(seed).update(block).digest()]);
    }
    const bytes = new Uint8Array(ready.subarray(0, length));
    ready = ready.subarray(length);
    return bytes;
  };
}

/** The first bytes of a seed. */
export function bytes(seed: string, length: number): Uint8Array {
  return stream(seed)(length);
}

export function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex');
}

export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** `vector(2, 'aa', 'bb')` is 0002aabb: contents in hex behind their common length in so many bytes. */
export function vector(lengthBytes: number, ...contents: readonly string[]): string {
  const content = contents.join('');
  return number(content.length / 2, lengthBytes) + content;
}

/** A number in hex, in so many bytes. */
export function number(value: number, length: number): string {
  return value.toString(16).padStart(2 * length, '0');
}

/** A byte for each character, as the names of application protocols are written. */
export function characters(value: string): string {
  return Buffer.from(value, 'latin1').toString('hex');
}

export function text(value: string): string {
  return Buffer.from(value, 'utf8').toString('hex');
}
