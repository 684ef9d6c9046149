/** The presentation language of RFC 5246 §4: what is written is read back, and nothing else is read at all. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClientHello, handshakeMessages } from '../../src/handshake/messages.ts';
import { arbitrary } from '../../src/testing/arbitrary.ts';
import { concat, fromHex } from '../../src/wire/bytes.ts';
import {
  type Codec,
  decode,
  encode,
  opaque,
  opaqueVector,
  optional,
  rest,
  struct,
  uint8,
  uint16,
  uint24,
  uint48,
  vector,
} from '../../src/wire/codec.ts';
import { TlsError } from '../../src/wire/error.ts';
import { layout } from '../../src/wire/layout.ts';
import { isOpen } from '../../src/wire/shape.ts';
import { damage, damages } from '../support/damage.ts';
import { declarations, declared } from '../support/declarations.ts';

/** The sentence with which bytes are refused; undefined where they decode, and then they are the value's only form. */
function refusal(codec: Codec<unknown>, bytes: Uint8Array): string | undefined {
  let value: unknown;
  try {
    value = decode(codec, bytes, 'Message');
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    expect(error).toMatchObject({ reason: 'malformed', alert: 'decode_error', origin: 'sent' });
    expect(error.message).toMatch(/^Message[\w.[\]]*: expected .+, found .+$/);
    return error.message;
  }
  expect(encode(codec, value)).toEqual(bytes);
  return undefined;
}

/** What holds for every value of every declaration. */
function holds(codec: Codec<unknown>, value: unknown): void {
  const bytes = encode(codec, value);
  expect(decode(codec, bytes, 'Message')).toStrictEqual(value);
  for (let length = 0; length < bytes.length; length++) {
    const sentence = refusal(codec, bytes.subarray(0, length));
    if (!isOpen(codec.shape)) expect(sentence).toBeDefined();
  }
  if (isOpen(codec.shape)) return;
  for (const more of [0x00, 0x01, 0xff]) {
    expect(refusal(codec, concat(bytes, Uint8Array.of(more)))).toBe(
      'Message: expected its end, found 1 more bytes',
    );
  }
}

describe.each(declared)('%s', (_, codec) => {
  test('is read back as it was written, and refused when cut short or continued', () => {
    fc.assert(
      fc.property(arbitrary(codec), (value) => holds(codec, value)),
      { numRuns: 30 },
    );
  });

  test('damaged in any way, is a decode_error or what the bytes now say', () => {
    fc.assert(
      fc.property(arbitrary(codec), damages, (value, how) => {
        refusal(codec, damage(encode(codec, value), how));
      }),
    );
  });

  test('in any bytes at all, is a decode_error or a value of that one form', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        refusal(codec, bytes);
      }),
    );
  });
});

describe('any declaration', () => {
  test('reads back what it writes, and refuses it when cut short or continued', () => {
    fc.assert(
      fc.property(
        declarations.chain(({ codec }) => fc.tuple(fc.constant(codec), arbitrary(codec))),
        ([codec, value]) => holds(codec, value),
      ),
      { numRuns: 150 },
    );
  });

  test('damaged in any way, gives a decode_error or what the bytes now say', () => {
    fc.assert(
      fc.property(declarations, fc.infiniteStream(damages), fc.gen(), ({ codec }, hows, gen) => {
        const bytes = encode(codec, gen(arbitrary, codec));
        for (const how of hows.take(10)) refusal(codec, damage(bytes, how));
      }),
    );
  });

  test('reads any bytes at all as a value of that one form or as a decode_error', () => {
    fc.assert(
      fc.property(declarations, fc.uint8Array({ maxLength: 60 }), ({ codec }, bytes) => {
        refusal(codec, bytes);
      }),
      { numRuns: 500 },
    );
  });

  test('names in its refusal the field in which the bytes ended', () => {
    fc.assert(
      fc.property(declarations, fc.gen(), fc.nat(), ({ codec }, gen, at) => {
        const bytes = encode(codec, gen(arbitrary, codec));
        fc.pre(bytes.length > 0);
        const cut = at % bytes.length;
        const field = layout(codec, bytes, 'Message').find(({ start, end }) => start <= cut && cut < end);
        const named = refusal(codec, bytes.subarray(0, cut))?.split(':')[0];
        if (named !== undefined) expect(`${field?.path}.`).toMatch(new RegExp(`^${literally(named)}[.[]`));
      }),
    );
  });
});

describe('a vector', () => {
  const bounds = fc
    .tuple(fc.nat(700), fc.nat(700))
    .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));
  const prefixOf = (max: number) => (max < 0x100 ? uint8 : uint16);

  test('of any length beyond its bounds is refused, reading and writing (RFC 5246 §4.3)', () => {
    fc.assert(
      fc.property(bounds, fc.nat(1000), ({ min, max }, length) => {
        fc.pre(length < min || length > max);
        const content = new Uint8Array(length);
        expect(() => encode(opaqueVector(min, max), content)).toThrow(RangeError);
        expect(() => encode(vector(uint8, min, max), [...content])).toThrow(RangeError);
        fc.pre(max > 0xff || length <= 0xff);
        const bytes = concat(encode(prefixOf(max), length), content);
        for (const codec of [opaqueVector(min, max), vector(uint8, min, max)]) {
          expect(refusal(codec, bytes)).toBe(
            `Message: expected a length of ${min} to ${max} bytes, found ${length}`,
          );
        }
      }),
    );
  });

  test('takes any length within its bounds, both of them included (RFC 5246 §4.3)', () => {
    fc.assert(
      fc.property(bounds, fc.double({ min: 0, max: 1, noNaN: true }), ({ min, max }, where) => {
        for (const length of [min, max, Math.round(min + where * (max - min))]) {
          const bytes = concat(encode(prefixOf(max), length), new Uint8Array(length));
          expect(refusal(opaqueVector(min, max), bytes)).toBeUndefined();
          expect(refusal(vector(uint8, min, max), bytes)).toBeUndefined();
        }
      }),
    );
  });

  test.each([
    [0xff, 1],
    [0x100, 2],
    [0xffff, 2],
    [0x10000, 3],
    [0xffffff, 3],
  ])('with a ceiling of %i has a length field of %i bytes (RFC 5246 §4.3)', (max, width) => {
    expect(encode(opaqueVector(0, max), new Uint8Array(0))).toHaveLength(width);
    expect(encode(vector(uint8, 0, max), [])).toHaveLength(width);
  });
});

describe('a number', () => {
  test('is written in network byte order (RFC 5246 §4.4)', () => {
    expect(encode(uint24, 0x010203)).toEqual(fromHex('010203'));
    expect(encode(uint48, 0x010203040506)).toEqual(fromHex('010203040506'));
    expect(decode(uint48, fromHex('ffffffffffff'), 'n')).toBe(2 ** 48 - 1);
  });

  test.each([-1, 256, 0.5, Number.NaN, 2 ** 64, Number.POSITIVE_INFINITY])(
    'of one byte is never %d',
    (value) => {
      expect(() => encode(uint8, value)).toThrow(
        new RangeError(`expected an unsigned integer of 1 bytes, got ${value}`),
      );
    },
  );
});

describe('what is decoded', () => {
  test('lies in the bytes that were given, without a copy', () => {
    const bytes = concat(fromHex('0303'), new Uint8Array(32), fromHex('00000200ff0100'));
    const hello = decode(ClientHello, bytes, 'ClientHello');
    bytes.fill(7, 2, 34);
    expect(hello.random).toEqual(new Uint8Array(32).fill(7));
  });

  test('out of a Buffer is made of plain arrays, whose slices are copies', () => {
    const bytes = Buffer.from('0303', 'hex');
    const { verifyData } = decode(struct({ verifyData: opaque(2) }), bytes, 'Finished');
    const copy = verifyData.slice();
    bytes.fill(0);
    expect(copy).toEqual(fromHex('0303'));
  });
});

describe('a refusal says where, what was expected and what came', () => {
  const random = '00'.repeat(32);
  test.each([
    ['ClientHello', '', 'ClientHello.clientVersion: expected 2 more bytes, found 0'],
    ['ClientHello', `0303${random}21`, 'ClientHello.sessionId: expected a length of 0 to 32 bytes, found 33'],
    [
      'ClientHello',
      `0303${random}000000`,
      'ClientHello.cipherSuites: expected a length of 2 to 65534 bytes, found 0',
    ],
    [
      'ClientHello',
      `0303${random}000003002f00`,
      'ClientHello.cipherSuites[1]: expected 2 more bytes, found 1',
    ],
    [
      'ClientHello',
      `0303${random}000002002f00`,
      'ClientHello.compressionMethods: expected a length of 1 to 255 bytes, found 0',
    ],
    [
      'ClientHello',
      `0303${random}000002002f0100000900170000ff01000200`,
      'ClientHello.extensions[1].extensionData: expected 2 more bytes, found 1',
    ],
    [
      'Certificate',
      '000003000000',
      'Certificate.certificateList[0]: expected a length of 1 to 16777215 bytes, found 0',
    ],
    [
      'ServerKeyExchange',
      '03001d00',
      'ServerKeyExchange.params.public: expected a length of 1 to 255 bytes, found 0',
    ],
    ['ClientKeyExchange', '0201', 'ClientKeyExchange.ecdhYc: expected 2 more bytes, found 1'],
    ['Finished', '00'.repeat(11), 'Finished.verifyData: expected 12 more bytes, found 11'],
    ['Finished', '00'.repeat(13), 'Finished: expected its end, found 1 more bytes'],
    ['ServerHelloDone', '00', 'ServerHelloDone: expected its end, found 1 more bytes'],
  ] as const)('%s of %j', (name, bytes, sentence) => {
    const codec: Codec<unknown> = handshakeMessages[name].codec;
    expect(() => decode(codec, fromHex(bytes), name)).toThrow(sentence);
    expect(() => decode(codec, fromHex(bytes), name)).toThrow(TlsError);
  });
});

describe('a hello', () => {
  test('without extensions is not the same as one with none in its list (RFC 5246 §7.4.1.2)', () => {
    const bare = concat(fromHex('0303'), new Uint8Array(32), fromHex('000002002f0100'));
    const without = decode(ClientHello, bare, 'ClientHello');
    const withNone = decode(ClientHello, concat(bare, fromHex('0000')), 'ClientHello');
    expect(without.extensions).toBeUndefined();
    expect(withNone.extensions).toEqual([]);
    expect(encode(ClientHello, without)).toHaveLength(encode(ClientHello, withNone).length - 2);
  });
});

describe('a declaration that could not be read back is refused where it is made', () => {
  test.each([
    ['a vector of elements without a byte', () => vector(struct({}), 0, 9), 'a byte at least'],
    ['a vector of elements that never end', () => vector(struct({ a: uint8, b: rest }), 0, 9), 'end by'],
    ['an optional part that may be empty', () => optional(rest), 'a byte at least'],
    ['a field behind the rest', () => struct({ a: rest, b: uint8 }), 'a to be the last'],
    ['a field behind an optional one', () => struct({ a: optional(uint8), b: uint8 }), 'a to be the last'],
    [
      'a field behind a struct that is open',
      () => struct({ a: struct({ b: rest }), c: uint8 }),
      'a to be the last',
    ],
    ['a floor above the ceiling', () => opaqueVector(3, 2), 'got 3 to 2'],
    ['a ceiling above 2^24-1', () => vector(uint8, 0, 0x1000000), 'got 0 to 16777216'],
    ['a floor below zero', () => opaqueVector(-1, 2), 'got -1 to 2'],
  ])('%s', (_, declare, sentence) => {
    expect(declare).toThrow(RangeError);
    expect(declare).toThrow(sentence);
  });
});

function literally(text: string): string {
  return text.replace(/[.[\]]/g, '\\$&');
}
