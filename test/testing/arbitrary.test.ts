/** The arbitraries that declarations give: values that encode, all of them, and the plainest at the end of a search. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  arbitrary,
  decode,
  encode,
  handshakeMessages,
  opaqueVector,
  uint16,
  vector,
} from '../../src/testing/index.ts';
import { declarations } from '../support/declarations.ts';

/** Where shrinking ends for a property that nothing satisfies. */
function plainest<T>(values: fc.Arbitrary<T>): T | undefined {
  const last: T[] = [];
  fc.check(
    fc.property(values, (value) => {
      last[0] = value;
      return false;
    }),
  );
  return last[0];
}

/** Whether a value such as this comes up among a good many. */
function comesUp<T>(values: fc.Arbitrary<T>, such: (value: T) => boolean): boolean {
  return fc.sample(values, 1000).some(such);
}

describe('an arbitrary', () => {
  test('gives values that encode, whatever the declaration', () => {
    fc.assert(
      fc.property(declarations, fc.gen(), ({ codec }, gen) => {
        const value = gen(arbitrary, codec);
        expect(decode(codec, encode(codec, value), 'Message')).toStrictEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  test('shrinks to nothing optional and the shortest elements that fill each vector', () => {
    fc.assert(
      fc.property(declarations, ({ codec, plainest: length }) => {
        expect(encode(codec, plainest(arbitrary(codec)))).toHaveLength(length);
      }),
      { numRuns: 60 },
    );
  });

  test('of a ClientHello shrinks to one that can be read at a glance', () => {
    expect(plainest(arbitrary(handshakeMessages.ClientHello.codec))).toStrictEqual({
      clientVersion: 0,
      random: new Uint8Array(32),
      sessionId: new Uint8Array(0),
      cipherSuites: [0],
      compressionMethods: [0],
      extensions: undefined,
    });
  });

  test('of a hello has extensions, an empty list of them, or no list', () => {
    const hellos = arbitrary(handshakeMessages.ServerHello.codec);
    expect(comesUp(hellos, ({ extensions }) => extensions === undefined)).toBe(true);
    expect(comesUp(hellos, ({ extensions }) => extensions?.length === 0)).toBe(true);
    expect(comesUp(hellos, ({ extensions }) => (extensions?.length ?? 0) > 1)).toBe(true);
  });

  test('fills a vector by few long elements as well as by many short ones', () => {
    const vectors = arbitrary(vector(opaqueVector(1, 9), 4, 20));
    expect(comesUp(vectors, (elements) => elements.length === 1)).toBe(true);
    expect(comesUp(vectors, (elements) => elements.length > 4)).toBe(true);
    expect(plainest(vectors)).toStrictEqual([new Uint8Array(1), new Uint8Array(1)]);
  });

  test('of a vector that no number of elements fits is refused', () => {
    expect(() => arbitrary(vector(uint16, 3, 3))).toThrow(
      new RangeError('expected 3 to 3 bytes to hold elements of 2'),
    );
  });
});
