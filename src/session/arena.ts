/**
 * Arena: memory in numbered blocks of one length, for what would be too many objects. A million objects are work for
 * the garbage collector each time that it looks; a hundred buffers are none.
 *
 * Growing never moves what is there, so it takes no longer the more there is: chunks are added, 1 MiB each. Only the
 * first is smaller in the beginning, so that a small arena is small, and is copied as it doubles until it is whole.
 */

import { wipe } from '../wire/bytes.ts';

const chunkLength = 2 ** 20;

/** How many blocks the first chunk has room for in the beginning. */
const firstBlocks = 16;

/** The same memory under three views. */
interface Chunk {
  readonly bytes: Uint8Array;
  readonly ints: Int32Array;
  readonly doubles: Float64Array;
}

export class Arena {
  readonly blockLength: number;
  /** Of a block's number, the high bits are that of its chunk, and the low bits are its place there. */
  readonly #placeBits: number;
  readonly #placeMask: number;
  readonly #chunks: Chunk[];
  #blocks = firstBlocks;

  /** Blocks of `blockLength` bytes, a power of two: from 4 on, and from 8 on where doubles are to stand in them. */
  constructor(blockLength: number) {
    this.blockLength = blockLength;
    this.#placeBits = Math.log2(chunkLength / blockLength);
    this.#placeMask = 2 ** this.#placeBits - 1;
    this.#chunks = [makeChunk(firstBlocks * blockLength)];
  }

  /** How many blocks there are: their numbers go from 0 up to here. */
  get blocks(): number {
    return this.#blocks;
  }

  /** Adds blocks, all zeros. @throws RangeError where the platform has no memory left; then nothing has changed */
  grow(): void {
    const whole = 2 ** this.#placeBits;
    const [first] = this.#chunks;
    if (first === undefined || this.#blocks >= whole) {
      this.#chunks.push(makeChunk(chunkLength));
      this.#blocks += whole;
      return;
    }
    const doubled = makeChunk(2 * first.bytes.length);
    doubled.bytes.set(first.bytes);
    wipe(first.bytes);
    this.#chunks[0] = doubled;
    this.#blocks *= 2;
  }

  /** The integer of 32 bits at `index` of the block, counted in integers. */
  int(block: number, index: number): number {
    return this.#chunk(block).ints[(this.#offset(block) >>> 2) + index] as number;
  }

  setInt(block: number, index: number, value: number): void {
    this.#chunk(block).ints[(this.#offset(block) >>> 2) + index] = value;
  }

  /** The number of 64 bits at `index` of the block, counted in such numbers. */
  double(block: number, index: number): number {
    return this.#chunk(block).doubles[(this.#offset(block) >>> 3) + index] as number;
  }

  setDouble(block: number, index: number, value: number): void {
    this.#chunk(block).doubles[(this.#offset(block) >>> 3) + index] = value;
  }

  /** Copies bytes of `source` from `at` on into the block, from its byte `from` up to its byte `to`. */
  write(block: number, from: number, to: number, source: Uint8Array, at: number): void {
    const { bytes } = this.#chunk(block);
    const offset = this.#offset(block);
    // Byte for byte: a view of these few would cost more than to copy them, and be garbage after.
    for (let i = from; i < to; i++) bytes[offset + i] = source[at + i - from] as number;
  }

  /** Copies the block's bytes from `from` up to `to` into `target`, from `at` on. */
  read(block: number, from: number, to: number, target: Uint8Array, at: number): void {
    const { bytes } = this.#chunk(block);
    const offset = this.#offset(block);
    for (let i = from; i < to; i++) target[at + i - from] = bytes[offset + i] as number;
  }

  /** Whether the block's bytes from `from` up to `to` are those of `other` from `at` on. */
  holds(block: number, from: number, to: number, other: Uint8Array, at: number): boolean {
    const { bytes } = this.#chunk(block);
    const offset = this.#offset(block);
    for (let i = from; i < to; i++) if (bytes[offset + i] !== other[at + i - from]) return false;
    return true;
  }

  /** Overwrites the block with zeros. */
  wipe(block: number): void {
    const offset = this.#offset(block);
    this.#chunk(block).bytes.fill(0, offset, offset + this.blockLength);
  }

  #chunk(block: number): Chunk {
    return this.#chunks[block >>> this.#placeBits] as Chunk;
  }

  #offset(block: number): number {
    return (block & this.#placeMask) * this.blockLength;
  }
}

function makeChunk(length: number): Chunk {
  const buffer = new ArrayBuffer(length);
  return {
    bytes: new Uint8Array(buffer),
    ints: new Int32Array(buffer),
    doubles: new Float64Array(buffer),
  };
}
