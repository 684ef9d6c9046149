import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, equal, fromHex, hex } from '../../src/wire/bytes.ts';
import { DerError, DerReader, describe as describeError, Tag } from '../../src/x509/der.ts';
import * as der from '../../src/x509/der-writer.ts';

const bytes = fc.uint8Array({ maxLength: 300 });
const arc = fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 128n }));
const dotted = fc
  .oneof(
    fc.tuple(fc.constantFrom(0, 1), fc.integer({ min: 0, max: 39 }), fc.array(arc, { maxLength: 3 })),
    fc.tuple(fc.constant(2), arc, fc.array(arc, { maxLength: 2 })),
  )
  .map(([first, second, others]) => [first, second, ...others].join('.'));

/** Trees of sequences, sets, tagged values and octets. */
const { tree } = fc.letrec<{ tree: Uint8Array }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    bytes.map((value) => der.octetString(value)),
    fc.bigInt().map(der.integer),
    dotted.map(der.oid),
    fc.array(tie('tree'), { maxLength: 4 }).map((elements) => der.sequence(...elements)),
    fc.array(tie('tree'), { maxLength: 4 }).map((elements) => der.setOf(...elements)),
    tie('tree').map((inner) => der.explicit(0, inner)),
  ),
}));

function refused(text: string, read: (reader: DerReader) => unknown): void {
  const reader = new DerReader(fromHex(text));
  expect(() => {
    read(reader);
    reader.end();
  }, text).toThrow(DerError);
}

describe('what is written is read back', () => {
  test('any INTEGER that is not negative (X.690 §8.3)', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 600n }), (value) => {
        const reader = new DerReader(der.integer(value));
        expect(reader.bigint(100)).toBe(value);
        reader.end();
      }),
    );
  });

  test('any INTEGER at all is written in the two’s complement that the reader takes for its shortest form', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }), (value) => {
        const contents = new DerReader(der.integer(value)).integer();
        expect(BigInt.asIntN(8 * contents.length, BigInt(`0x${hex(contents)}`))).toBe(value);
      }),
    );
  });

  test('any OBJECT IDENTIFIER, with arcs as wide as a UUID (X.690 §8.19)', () => {
    fc.assert(
      fc.property(dotted, (text) => {
        expect(new DerReader(der.oid(text)).oid()).toBe(text);
      }),
    );
  });

  test('any BIT STRING, BOOLEAN, NULL and OCTET STRING in a SEQUENCE', () => {
    fc.assert(
      fc.property(bytes, fc.boolean(), bytes, (bits, flag, octets) => {
        const whole = der.sequence(
          der.bitString(bits),
          der.boolean(flag),
          der.nullValue(),
          der.octetString(octets),
        );
        const reader = new DerReader(whole).enter(Tag.SEQUENCE);
        expect(reader.wholeBits()).toEqual(bits);
        expect(reader.boolean()).toBe(flag);
        reader.null();
        expect(reader.contents(Tag['OCTET STRING'])).toEqual(octets);
        reader.end();
      }),
    );
  });

  test('lengths of one to four bytes (X.690 §8.1.3)', () => {
    for (const length of [0, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0x1000000]) {
      const reader = new DerReader(der.octetString(new Uint8Array(length)));
      expect(reader.contents(Tag['OCTET STRING'])).toHaveLength(length);
      reader.end();
    }
  });

  test('any tree of elements is well-formed, and is given back as it stands', () => {
    fc.assert(
      fc.property(tree, (element) => {
        const reader = new DerReader(concat(element, Uint8Array.of(0xaa)));
        expect(equal(reader.any(), element)).toBe(true);
        expect(reader.next).toBe(0xaa);
      }),
    );
  });

  test('the elements of a SET OF are written in ascending order (X.690 §11.6)', () => {
    const [one, two, wide] = [der.integer(1), der.integer(2), der.integer(256)];
    expect(der.setOf(wide, two, one)).toEqual(der.setOf(one, two, wide));
    expect(hex(der.setOf(wide, two, one))).toBe('310a02010102010202020100');
  });

  test('a named bit list leaves out the zeros at its end (X.690 §11.2.2)', () => {
    expect(hex(der.namedBits([]))).toBe('030100');
    expect(hex(der.namedBits([0]))).toBe('03020780');
    expect(hex(der.namedBits([5, 6]))).toBe('03020106');
    expect(hex(der.namedBits([0, 8]))).toBe('0303078080');
  });

  test('an object identifier that is none is a RangeError', () => {
    for (const text of ['', '1', '3.1', '1.40', '1.2.', '1.02', '1.2.x', '-1.2']) {
      expect(() => der.oid(text), text).toThrow(RangeError);
    }
  });
});

describe('there is one encoding (X.690 §10, §11)', () => {
  test('whatever is read as an INTEGER or an OBJECT IDENTIFIER is written back to the same bytes', () => {
    const element = fc.tuple(fc.constantFrom(0x02, 0x06), fc.uint8Array({ maxLength: 20 }));
    fc.assert(
      fc.property(element, ([tag, contents]) => {
        const input = der.element(tag, contents);
        try {
          const reader = new DerReader(input);
          expect(tag === 2 ? der.integer(reader.bigint(20)) : der.oid(reader.oid())).toEqual(input);
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a length that is longer than it need be, indefinite or reserved is refused', () => {
    const any = (reader: DerReader) => reader.any();
    for (const text of ['048100', '04817f', '0482007f', '048200ff', '3080', '30800000', '04ff', '0485']) {
      refused(text, any);
    }
  });

  test('a tag in several bytes is refused', () => refused('1f8101', (reader) => reader.any()));

  test('a constructed string and a primitive SEQUENCE are BER, and refused', () => {
    for (const text of ['2400', '2c00', '1000', '1100', '2200']) refused(text, (reader) => reader.any());
  });

  test('an INTEGER that is empty or padded is refused', () => {
    for (const text of ['0200', '02020000', '0202007f', '0202ff80', '0202ffff']) {
      refused(text, (reader) => reader.integer());
    }
  });

  test('a negative INTEGER is refused where none can stand', () => {
    for (const text of ['0201ff', '020180']) refused(text, (reader) => reader.unsigned());
  });

  test('an INTEGER above the bound of its place is refused', () => {
    refused('020103', (reader) => reader.small(2));
    refused('02050100000000', (reader) => reader.small(2));
    refused('0203010000', (reader) => reader.bigint(2));
  });

  test('a BOOLEAN other than 00 and ff is refused (X.690 §11.1)', () => {
    for (const text of ['0100', '010101', '0102ffff']) refused(text, (reader) => reader.boolean());
  });

  test('a BIT STRING without its count, with a false one or with unused bits that are set is refused', () => {
    for (const text of ['0300', '030101', '030208ff', '03020101']) refused(text, (reader) => reader.bits());
    refused('03020180', (reader) => reader.wholeBits());
  });

  test('an OBJECT IDENTIFIER that is empty, cut short, padded or too long is refused', () => {
    const long = `0641${'01'.repeat(65)}`;
    for (const text of ['0600', '060188', '06022a80', '06032a8001', '06028001', long]) {
      refused(text, (reader) => reader.oid());
    }
  });

  test('a NULL with contents is refused', () => refused('050100', (reader) => reader.null()));

  test('bytes behind the end are refused', () => refused('050000', (reader) => reader.null()));
});

describe('any bytes', () => {
  const calls: readonly ((reader: DerReader) => unknown)[] = [
    (reader) => reader.any(),
    (reader) => reader.enter(Tag.SEQUENCE).any(),
    (reader) => reader.view(Tag.SEQUENCE),
    (reader) => reader.bigint(64),
    (reader) => reader.small(5),
    (reader) => reader.oid(),
    (reader) => reader.bits(),
    (reader) => reader.boolean(),
    (reader) => reader.null(),
  ];

  test('end in a value or in a DerError, and in nothing else', () => {
    const input = fc.oneof(
      bytes,
      tree,
      fc.tuple(fc.constantFrom(1, 2, 3, 5, 6, 0x30), bytes).map(([tag, rest]) => Uint8Array.of(tag, ...rest)),
    );
    fc.assert(
      fc.property(input, (value) => {
        for (const call of calls) {
          try {
            call(new DerReader(value));
          } catch (error) {
            expect(error).toBeInstanceOf(DerError);
          }
        }
      }),
    );
  });

  test('every proper prefix of an element is refused', () => {
    fc.assert(
      fc.property(tree, (element) => {
        for (let end = 0; end < element.length; end++) {
          expect(() => new DerReader(element.subarray(0, end)).any()).toThrow(DerError);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('nesting beyond sixteen levels is refused, without deep recursion', () => {
    const nested = (levels: number): Uint8Array => {
      let element = der.nullValue();
      for (let i = 0; i < levels; i++) element = der.sequence(element);
      return element;
    };
    expect(new DerReader(nested(16)).any()).toEqual(nested(16));
    expect(() => new DerReader(nested(17)).any()).toThrow('levels of nesting');
    expect(() => new DerReader(nested(10_000)).any()).toThrow('levels of nesting');
  });

  test('an error tells where in the whole the fault lies, through any number of views', () => {
    const whole = concat(Uint8Array.of(9, 9), der.sequence(der.integer(1), fromHex('010105'))).subarray(2);
    const reader = new DerReader(whole).enter(Tag.SEQUENCE);
    reader.integer();
    try {
      reader.integer();
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(DerError);
      expect(describeError(error as DerError, whole)).toBe('expected INTEGER, found BOOLEAN (at byte 5)');
    }
  });
});
