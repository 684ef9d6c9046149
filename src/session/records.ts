/**
 * Records: bytes of any length in an arena, each record a chain of blocks. Blocks are all alike, so one that is free
 * fits anywhere: nothing is ever moved to make room, and no room is lost between records, however their lengths mix.
 *
 *     first block       next block, header for the owner's use, bytes
 *     further blocks    next block, bytes
 *
 * Block 0 is never part of a record, so 0 ends a chain. Its header is the owner's too.
 */

import { Arena } from './arena.ts';

/** Most sessions fit into three: header, key and a state of some 250 bytes. */
const blockLength = 128;

const nextIndex = 0;
const nextLength = 4;

/** The header of a record, as indices for the arena: seven integers from 1 on, and behind them one double. */
export const headerDouble = 4;
const headerLength = 40;

export class Records {
  readonly arena = new Arena(blockLength);
  /** The first of the free blocks that had been in use; they are chained like those of a record. */
  #free = 0;
  #freeCount = 0;
  /** The blocks from here on have never been in use. */
  #untouched = 1;

  /**
   * A new record with room for `length` bytes; header and bytes are zeros.
   * @throws RangeError where the platform has no memory left; nothing has happened then
   */
  create(length: number): number {
    const more = Math.ceil(Math.max(0, length - (blockLength - headerLength)) / (blockLength - nextLength));
    while (this.#freeCount + this.arena.blocks - this.#untouched < 1 + more) this.arena.grow();
    let chain = 0;
    for (let i = 0; i <= more; i++) {
      const block = this.#take();
      this.arena.setInt(block, nextIndex, chain);
      chain = block;
    }
    return chain;
  }

  /** Gives back the record's blocks, zeros all over. */
  free(record: number): void {
    for (let block = record; block !== 0; ) {
      const next = this.arena.int(block, nextIndex);
      this.arena.wipe(block);
      this.arena.setInt(block, nextIndex, this.#free);
      this.#free = block;
      this.#freeCount++;
      block = next;
    }
  }

  /** Overwrites the record's bytes from `from` on. */
  write(record: number, from: number, bytes: Uint8Array): void {
    this.#walk(record, from, bytes.length, (block, start, end, at) => {
      this.arena.write(block, start, end, bytes, at);
    });
  }

  /** A copy of `length` bytes of the record from `from` on. */
  read(record: number, from: number, length: number): Uint8Array {
    const copy = new Uint8Array(length);
    this.#walk(record, from, length, (block, start, end, at) => this.arena.read(block, start, end, copy, at));
    return copy;
  }

  /** Whether the record starts with these bytes. */
  startsWith(record: number, bytes: Uint8Array): boolean {
    let same = true;
    this.#walk(record, 0, bytes.length, (block, start, end, at) => {
      same &&= this.arena.holds(block, start, end, bytes, at);
    });
    return same;
  }

  #take(): number {
    const block = this.#free;
    if (block === 0) return this.#untouched++;
    this.#free = this.arena.int(block, nextIndex);
    this.#freeCount--;
    return block;
  }

  /** The blocks that hold those bytes, in their order: from where to where in each, and at which of the bytes. */
  #walk(record: number, from: number, length: number, visit: Visit): void {
    let block = record;
    let start = headerLength + from;
    for (let at = 0; at < length; ) {
      if (start >= blockLength) {
        start += nextLength - blockLength;
        block = this.arena.int(block, nextIndex);
        continue;
      }
      const end = Math.min(blockLength, start + length - at);
      visit(block, start, end, at);
      at += end - start;
      start = end;
    }
  }
}

type Visit = (block: number, start: number, end: number, at: number) => void;
