/** Blocks of memory: what is written into one is read from it again, and none of it is in another. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arena } from '../../src/session/arena.ts';

const blockLength = 16;

function filled(): Arena {
  const arena = new Arena(blockLength);
  const ones = new Uint8Array(blockLength).fill(0x11);
  for (let block = 0; block < arena.blocks; block++) arena.write(block, 0, blockLength, ones, 0);
  return arena;
}

function bytesOf(arena: Arena, block: number): Uint8Array {
  const bytes = new Uint8Array(blockLength);
  arena.read(block, 0, blockLength, bytes, 0);
  return bytes;
}

const places = fc
  .tuple(fc.nat(blockLength), fc.nat(blockLength), fc.nat(5))
  .map(([one, other, at]) => ({ from: Math.min(one, other), to: Math.max(one, other), at }));

test('a write changes the bytes that it is for, and no other of its block or its neighbours', () => {
  fc.assert(
    fc.property(places, ({ from, to, at }) => {
      const arena = filled();
      const source = new Uint8Array(at + to - from).map((_, i) => 0x80 + i);
      arena.write(1, from, to, source, at);
      const expected = new Uint8Array(blockLength).fill(0x11);
      expected.set(source.subarray(at), from);
      expect(bytesOf(arena, 1)).toEqual(expected);
      for (const neighbour of [0, 2])
        expect([...bytesOf(arena, neighbour)]).toEqual(new Array(blockLength).fill(0x11));
    }),
  );
});

test('a read fills what it is for, and no other byte of the target', () => {
  fc.assert(
    fc.property(places, ({ from, to, at }) => {
      const arena = filled();
      const target = new Uint8Array(at + blockLength + 1);
      arena.read(1, from, to, target, at);
      const expected = new Uint8Array(target.length).fill(0x11, at, at + to - from);
      expect(target).toEqual(expected);
    }),
  );
});

test('a block holds what all of its bytes are, and not what one of them is not', () => {
  fc.assert(
    fc.property(places, fc.nat(), ({ from, to, at }, which) => {
      const arena = filled();
      const other = new Uint8Array(at + to - from).fill(0x11);
      expect(arena.holds(1, from, to, other, at)).toBe(true);
      if (from === to) return;
      const wrong = at + (which % (to - from));
      other[wrong] = 0x12;
      expect(arena.holds(1, from, to, other, at)).toBe(false);
    }),
  );
});

test('a block that is wiped is all zeros, and its neighbours are as they were', () => {
  const arena = filled();
  arena.wipe(1);
  expect([0, 1, 2].map((block) => bytesOf(arena, block)[15])).toEqual([0x11, 0, 0x11]);
  expect(bytesOf(arena, 1)).toEqual(new Uint8Array(blockLength));
});

test('what is written stays where it is as the arena grows, doubling at first, and new blocks are zeros', () => {
  const arena = filled();
  const before = arena.blocks;
  for (let i = 0; i < 4; i++) arena.grow();
  expect(arena.blocks).toBe(before * 16);
  for (let block = 0; block < before; block++) expect(bytesOf(arena, block)[0]).toBe(0x11);
  for (const block of [before, arena.blocks - 1])
    expect(bytesOf(arena, block)).toEqual(new Uint8Array(blockLength));
});

test('numbers of 32 and of 64 bits stand beside each other in a block', () => {
  const arena = new Arena(blockLength);
  for (let block = 0; block < 3; block++) {
    arena.setInt(block, 0, -block - 1);
    arena.setInt(block, 1, 2 ** 31 - 1 - block);
    arena.setDouble(block, 1, 1e300 + block);
  }
  for (let block = 0; block < 3; block++) {
    expect([arena.int(block, 0), arena.int(block, 1)]).toEqual([-block - 1, 2 ** 31 - 1 - block]);
    expect(arena.double(block, 1)).toBe(1e300 + block);
  }
});
