/** Records out of a stream of bytes: the same in whatever pieces it comes, and refused at the header (RFC 5246 §6.2). */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ContentType, maxCiphertext } from '../../src/record/content.ts';
import { RecordReader } from '../../src/record/reader.ts';
import { concat, hex } from '../../src/wire/bytes.ts';
import { TlsError } from '../../src/wire/error.ts';
import { cuts, deliver } from '../support/pieces.ts';

interface Sent {
  readonly type: ContentType;
  readonly minor: number;
  readonly fragment: Uint8Array;
}

const contentTypes = Object.values(ContentType);

const records: fc.Arbitrary<Sent[]> = fc.array(
  fc.record({
    type: fc.constantFrom(...contentTypes),
    minor: fc.nat(255),
    fragment: fc.oneof(
      { weight: 20, arbitrary: fc.uint8Array({ maxLength: 300 }) },
      { weight: 1, arbitrary: fc.constant(new Uint8Array(maxCiphertext).fill(7)) },
    ),
  }),
  { maxLength: 12 },
);

function header(type: number, version: number, length: number): Uint8Array {
  return Uint8Array.of(type, version >> 8, version & 0xff, length >> 8, length & 0xff);
}

function stream(sent: readonly Sent[]): Uint8Array {
  return concat(
    ...sent.flatMap(({ type, minor, fragment }) => [header(type, 0x0300 | minor, fragment.length), fragment]),
  );
}

/** As text, which compares faster than arrays do. */
function text(record: Pick<Sent, 'type' | 'fragment'> | undefined): string | undefined {
  return record && `${record.type} ${hex(record.fragment)}`;
}

/** A reader that has been given these bytes. */
function readerOf(bytes: Uint8Array, { versionNegotiated = false } = {}): RecordReader {
  const reader = new RecordReader();
  reader.versionNegotiated = versionNegotiated;
  reader.push(bytes);
  return reader;
}

describe('a stream of records', () => {
  test('is the same records in whatever pieces it comes (RFC 5246 §6.2.1)', () => {
    fc.assert(
      fc.property(records, cuts, (sent, lengths) => {
        const reader = new RecordReader();
        const came: { type: ContentType; fragment: Uint8Array }[] = [];
        deliver(stream(sent), lengths, (piece) => {
          reader.push(piece);
          for (let record = reader.next(); record !== undefined; record = reader.next()) {
            came.push({ type: record.type, fragment: new Uint8Array(record.fragment) });
          }
          reader.settle();
        });
        expect(came.map(text)).toEqual(sent.map(text));
        expect(reader.buffered).toBe(0);
      }),
    );
  });

  test('is the same wherever two cuts fall, and counts what has come and is not read', () => {
    const sent = [
      { type: ContentType.handshake, minor: 3, fragment: Uint8Array.of(1, 2, 3) },
      { type: ContentType.alert, minor: 3, fragment: Uint8Array.of() },
      { type: ContentType.application_data, minor: 3, fragment: Uint8Array.of(4, 5, 6, 7) },
    ];
    const bytes = stream(sent);
    for (let first = 1; first < bytes.length; first++) {
      for (let second = 1; second <= bytes.length - first; second++) {
        const reader = new RecordReader();
        const came: (string | undefined)[] = [];
        let unread = 0;
        deliver(bytes, [first, second, bytes.length], (piece) => {
          reader.push(piece);
          unread += piece.length;
          expect(reader.buffered).toBe(unread);
          for (let record = reader.next(); record !== undefined; record = reader.next()) {
            came.push(text(record));
            unread -= 5 + record.fragment.length;
            expect(reader.buffered).toBe(unread);
          }
          // What is left is less than a record.
          expect(unread).toBeLessThan(5 + (sent[came.length]?.fragment.length ?? 0));
          reader.settle();
        });
        expect(came).toEqual(sent.map(text));
      }
    }
  });

  test('that is cut within a record is read where it lies behind that record, and not copied', () => {
    const [cut, next] = [new Uint8Array(20).fill(1), new Uint8Array(30).fill(2)];
    const type = ContentType.application_data;
    const bytes = stream([
      { type, minor: 3, fragment: cut },
      { type, minor: 3, fragment: next },
    ]);
    for (let at = 5; at < 5 + cut.length; at++) {
      const reader = readerOf(bytes.subarray(0, at));
      expect(reader.next()).toBeUndefined();
      reader.settle();
      const piece = bytes.slice(at);
      reader.push(piece);
      expect(reader.next()?.fragment).toEqual(cut);
      const record = reader.next();
      expect(record?.fragment).toEqual(next);
      expect(record?.fragment.buffer).toBe(piece.buffer);
    }
  });

  test('may be read only after all of it has come', () => {
    fc.assert(
      fc.property(records, cuts, (sent, lengths) => {
        const reader = new RecordReader();
        deliver(stream(sent), lengths, (piece) => {
          reader.push(piece);
          reader.settle();
        });
        for (const record of sent) expect(text(reader.next())).toBe(text(record));
        expect(reader.next()).toBeUndefined();
      }),
    );
  });

  test('that ends within a record gives nothing for it', () => {
    fc.assert(
      fc.property(records, fc.nat(), (sent, at) => {
        fc.pre(sent.length > 0);
        const bytes = stream(sent);
        const last = 5 + (sent.at(-1)?.fragment.length ?? 0);
        const missing = 1 + (at % last);
        const reader = readerOf(bytes.subarray(0, bytes.length - missing));
        for (const _ of sent.slice(1)) expect(reader.next()).toBeDefined();
        expect(reader.next()).toBeUndefined();
        expect(reader.buffered).toBe(last - missing);
      }),
    );
  });

  test('never waits in more bytes than one record of legal length has (RFC 5246 §6.2.3)', () => {
    fc.assert(
      fc.property(records, cuts, (sent, lengths) => {
        const reader = new RecordReader();
        deliver(stream(sent), lengths, (piece) => {
          reader.push(piece);
          while (reader.next() !== undefined);
          reader.settle();
          expect(reader.buffered).toBeLessThan(5 + maxCiphertext);
        });
      }),
    );
  });

  test('in any bytes at all is records or a TlsError', () => {
    const almost = fc.tuple(records, fc.uint8Array({ maxLength: 20 }), fc.nat());
    fc.assert(
      fc.property(almost, ([sent, garbage, at]) => {
        const bytes = stream(sent);
        bytes.set(garbage.subarray(0, bytes.length), Math.max(0, (at % (bytes.length + 1)) - garbage.length));
        const reader = readerOf(concat(bytes, garbage));
        try {
          while (reader.next() !== undefined);
        } catch (error) {
          expect(error).toBeInstanceOf(TlsError);
        }
      }),
    );
  });

  test('that was cleared leaves nothing behind', () => {
    const reader = readerOf(header(ContentType.handshake, 0x0303, 1));
    reader.clear();
    expect(reader.buffered).toBe(0);
    expect(reader.next()).toBeUndefined();
  });
});

describe('the header of a record', () => {
  test('with a length above 2^14 + 2048 is refused before the fragment is there (RFC 5246 §6.2.3)', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...contentTypes),
        fc.oneof(fc.constant(maxCiphertext + 1), fc.integer({ min: maxCiphertext + 1, max: 0xffff })),
        (type, length) => {
          const reader = readerOf(header(type, 0x0303, length));
          expect(() => reader.next()).toThrow(`expected a record of at most 18432 bytes, got ${length}`);
          expect(() => reader.next()).toThrow(
            expect.objectContaining({ reason: 'record-overflow', alert: 'record_overflow' }),
          );
        },
      ),
    );
  });

  test('with a length of 2^14 + 2048 is waited for (RFC 5246 §6.2.3)', () => {
    const reader = readerOf(header(ContentType.application_data, 0x0303, 2 ** 14 + 2048));
    expect(reader.next()).toBeUndefined();
    reader.push(new Uint8Array(2 ** 14 + 2048));
    expect(reader.next()?.fragment).toHaveLength(2 ** 14 + 2048);
  });

  test('of an unknown content type is refused at its first byte (RFC 5246 §6)', () => {
    fc.assert(
      fc.property(fc.nat(255), (type) => {
        const reader = readerOf(Uint8Array.of(type));
        if ((contentTypes as number[]).includes(type)) {
          expect(reader.next()).toBeUndefined();
          return;
        }
        expect(() => reader.next()).toThrow(
          expect.objectContaining({ reason: 'record-type', alert: 'unexpected_message' }),
        );
      }),
    );
  });

  test('of plain text that is no TLS says so', () => {
    const reader = readerOf(new TextEncoder().encode('HTTP/1.1 400 Bad Request'));
    expect(() => reader.next()).toThrow('expected a TLS record, got one that starts with byte 0x48');
  });

  test('may have any version {3, x} until one is negotiated (RFC 5246 Appendix E.1)', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), (version) => {
        const reader = readerOf(header(ContentType.handshake, version, 0));
        if (version >> 8 === 3) {
          expect(reader.next()).toEqual({ type: ContentType.handshake, fragment: new Uint8Array(0) });
          return;
        }
        expect(() => reader.next()).toThrow(
          expect.objectContaining({ reason: 'record-version', alert: 'protocol_version' }),
        );
      }),
    );
  });

  test('has version {3, 3} and no other once it is negotiated (RFC 5246 §6.2.1)', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0x0300, max: 0x03ff })), (version) => {
        const reader = readerOf(header(ContentType.alert, version, 0), { versionNegotiated: true });
        if (version === 0x0303) expect(reader.next()).toBeDefined();
        else {
          const shown = version.toString(16).padStart(4, '0');
          expect(() => reader.next()).toThrow(
            `expected a record of TLS 1.2 (0x0303), got version 0x${shown}`,
          );
        }
      }),
    );
  });

  test('is judged by what holds when it is read, not when it came', () => {
    const record = header(ContentType.handshake, 0x0301, 0);
    const reader = readerOf(concat(record, record));
    expect(reader.next()).toBeDefined();
    reader.versionNegotiated = true;
    expect(() => reader.next()).toThrow('got version 0x0301');
  });
});
