/** The layout of a message: every byte has one name, from the declaration that decodes it (RFC 5246 §4). */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClientHello } from '../../src/handshake/messages.ts';
import { arbitrary } from '../../src/testing/arbitrary.ts';
import { concat, fromHex, hex } from '../../src/wire/bytes.ts';
import { type Codec, decode, encode, opaque, rest, struct, uint16, vector } from '../../src/wire/codec.ts';
import { type Field, layout, partialLayout } from '../../src/wire/layout.ts';
import { declarations, declared } from '../support/declarations.ts';

/** What is a length field is known by its name: no other field of these declarations is called so. */
const isLength = ({ path }: Field) => path.endsWith('.length');

/** The numbers and bytes of a decoded value, in its own order, each with the path to it. */
function leavesOf(value: unknown, path: string): { path: string; value: unknown }[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((element, i) => leavesOf(element, `${path}[${i}]`));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [{ path, value }];
  return Object.entries(value).flatMap(([name, field]) => leavesOf(field, `${path}.${name}`));
}

function holds(codec: Codec<unknown>, value: unknown): void {
  const bytes = encode(codec, value);
  const fields = layout(codec, bytes, 'Message');

  let offset = 0;
  for (const { start, end } of fields) {
    expect(start).toBe(offset);
    offset = end;
  }
  expect(offset).toBe(bytes.length);
  expect(new Set(fields.map(({ path }) => path)).size).toBe(fields.length);

  const shown = fields.filter((field) => !isLength(field)).map(({ path, value }) => ({ path, value }));
  expect(shown).toStrictEqual(leavesOf(value, 'Message'));

  for (const { path, start, end, value } of fields) {
    const written =
      value instanceof Uint8Array ? hex(value) : value.toString(16).padStart(2 * (end - start), '0');
    expect(written, path).toBe(hex(bytes.subarray(start, end)));
  }
  for (const length of fields.filter(isLength)) {
    const vector = length.path.slice(0, -'.length'.length);
    const within = fields.filter(({ path, start }) => start >= length.end && path.startsWith(vector));
    expect((within.at(-1)?.end ?? length.end) - length.end, length.path).toBe(length.value);
  }
}

/** What a reader of bytes comes to: nothing to say, or the error's own words. */
function outcome(read: () => unknown): unknown {
  try {
    read();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe.each(declared)('the layout of %s', (_, codec) => {
  test('names each byte once, and agrees with what is decoded', () => {
    fc.assert(
      fc.property(arbitrary(codec), (value) => holds(codec, value)),
      { numRuns: 50 },
    );
  });
});

describe('the layout of any declaration', () => {
  test('names each byte once, and agrees with what is decoded', () => {
    fc.assert(
      fc.property(declarations, fc.gen(), ({ codec }, gen) => holds(codec, gen(arbitrary, codec))),
      { numRuns: 200 },
    );
  });

  test('is refused where decoding is refused, with the same error', () => {
    fc.assert(
      fc.property(declarations, fc.gen(), fc.nat(), fc.nat(255), ({ codec }, gen, at, byte) => {
        const bytes = encode(codec, gen(arbitrary, codec));
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        for (const read of [bytes, bytes.subarray(0, at % (bytes.length + 1)), concat(bytes, bytes)]) {
          const decoded = outcome(() => decode(codec, read, 'Message'));
          expect(outcome(() => layout(codec, read, 'Message'))).toStrictEqual(decoded);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the partial layout of any bytes', () => {
  const bytesOf = fc.oneof(
    fc.tuple(declarations, fc.uint8Array({ maxLength: 80 })),
    fc
      .tuple(declarations, fc.gen(), fc.nat(), fc.nat(), fc.nat(255))
      .map(([declaration, gen, at, length, byte]) => {
        const bytes = encode(declaration.codec, gen(arbitrary, declaration.codec));
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        return [declaration, bytes.subarray(0, length % (bytes.length + 1))] as const;
      }),
  );

  test('names each byte once, in order, and throws nothing', () => {
    fc.assert(
      fc.property(bytesOf, ([{ codec }, bytes]) => {
        const { fields } = partialLayout(codec, bytes, 'Message');
        let offset = 0;
        for (const { start, end } of fields) {
          expect(start).toBe(offset);
          offset = end;
        }
        expect(offset).toBe(bytes.length);
        expect(fields.slice(0, -1).filter(({ path }) => path.endsWith('.unread'))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('is the layout where there is one, and says what decoding says where there is none', () => {
    fc.assert(
      fc.property(bytesOf, ([{ codec }, bytes]) => {
        const { fields, fault } = partialLayout(codec, bytes, 'Message');
        const refused = outcome(() => decode(codec, bytes, 'Message'));
        expect(fault).toBe(refused === undefined ? undefined : (refused as Error).message);
        if (fault === undefined) expect(fields).toStrictEqual(layout(codec, bytes, 'Message'));
      }),
      { numRuns: 500 },
    );
  });

  test('begins with the fields of the whole, where the bytes are cut short', () => {
    fc.assert(
      fc.property(declarations, fc.gen(), fc.nat(), ({ codec }, gen, length) => {
        const bytes = encode(codec, gen(arbitrary, codec));
        const whole = layout(codec, bytes, 'Message');
        const cut = partialLayout(codec, bytes.subarray(0, length % (bytes.length + 1)), 'Message').fields;
        const same = cut.filter(({ path, end }, i) => whole[i]?.path === path && whole[i]?.end === end);
        expect(cut.length - same.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });
});

test('nothing is named after a vector that is cut short, not even what could be empty', () => {
  const Message = struct({ list: vector(uint16, 2, 0xff), none: opaque(0), trailer: rest });
  const { fields } = partialLayout(Message, fromHex('040102'), 'Message');
  expect(fields.map(({ path }) => path)).toEqual(['Message.list.length', 'Message.list[0]']);
});

test('a ClientHello is laid out as RFC 5246 §7.4.1.2 draws it', () => {
  const bytes = fromHex(`0303${'11'.repeat(32)}000004c02b00ff0100000900170000ff01000100`);
  const lines = layout(ClientHello, bytes, 'ClientHello').map(({ path, start, end, value }) => {
    const shown = value instanceof Uint8Array ? hex(value) : value;
    return `${start}-${end} ${path.replace('ClientHello.', '')} ${shown}`.trimEnd();
  });
  expect(lines).toEqual([
    '0-2 clientVersion 771',
    `2-34 random ${'11'.repeat(32)}`,
    '34-35 sessionId.length 0',
    '35-35 sessionId',
    '35-37 cipherSuites.length 4',
    '37-39 cipherSuites[0] 49195',
    '39-41 cipherSuites[1] 255',
    '41-42 compressionMethods.length 1',
    '42-43 compressionMethods[0] 0',
    '43-45 extensions.length 9',
    '45-47 extensions[0].extensionType 23',
    '47-49 extensions[0].extensionData.length 0',
    '49-49 extensions[0].extensionData',
    '49-51 extensions[1].extensionType 65281',
    '51-53 extensions[1].extensionData.length 1',
    '53-54 extensions[1].extensionData 00',
  ]);
});

test('offsets count from the start of what was given, wherever it lies in its memory', () => {
  const codec = declared.find(([name]) => name === 'Finished')?.[1] as Codec<unknown>;
  const memory = new Uint8Array(40);
  const expected = [{ path: 'Finished.verifyData', start: 0, end: 12, value: new Uint8Array(12) }];
  expect(layout(codec, memory.subarray(7, 19), 'Finished')).toStrictEqual(expected);
  expect(layout(codec, Buffer.from(memory).subarray(7, 19), 'Finished')).toStrictEqual(expected);
});
