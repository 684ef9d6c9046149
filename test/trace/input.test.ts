/**
 * What a file holds is told from its content: captures, hexadecimal digits in the ways in which people and programs write
 * them, and bytes.
 */

import fc from 'fast-check';
import { readInput, type Segment, traceConnection } from 'reprise-tls/trace';
import { describe, expect, test } from 'vitest';
import { concat, hex, utf8 } from '../../src/wire/bytes.ts';
import { packetOf, pcapngOf, syn } from '../support/captures.ts';
import { overhear } from '../support/overheard.ts';

const { segments, keyLog } = await overhear('abbreviated');
const stream = concat(...segments.map(({ bytes }) => bytes));
const stated = traceConnection(segments, { keyLog });

function only(bytes: Uint8Array | string) {
  const { kind, connections } = readInput(typeof bytes === 'string' ? utf8(bytes) : bytes);
  expect(connections).toHaveLength(1);
  return { kind, input: connections[0]?.input };
}

/** Digits in pairs, `width` in a row, with something between any two and at the end of a row. */
function written(bytes: Uint8Array, width: number, between: string, end: string): string {
  const rows: string[] = [];
  for (let i = 0; i < bytes.length; i += width) {
    rows.push(Array.from(bytes.subarray(i, i + width), (byte) => hex(Uint8Array.of(byte))).join(between));
  }
  return rows.join(end);
}

describe('hexadecimal digits', () => {
  test('are read with whatever stands between them', () => {
    const between = fc.constantFrom('', ' ', ':', ', ', ',0x', ' \\x');
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        between,
        (bytes, width, what) => {
          const text = `# Bytes.\n${written(bytes, width, what, `${what}\n`)}\n`;
          expect(only(text)).toEqual({ kind: 'hex', input: bytes });
        },
      ),
      { numRuns: 200 },
    );
  });

  test('are read from the dumps of xxd and hexdump -C, whatever characters stand beside them', () => {
    const dumps: readonly ((bytes: Uint8Array) => string)[] = [
      (bytes) =>
        Array.from({ length: Math.ceil(bytes.length / 16) }, (_, i) => {
          const row = bytes.subarray(16 * i, 16 * i + 16);
          const words = hex(row).replace(/.{4}/g, '$& ').trimEnd();
          return `${(16 * i).toString(16).padStart(8, '0')}: ${words.padEnd(39)}  ${characters(row)}`;
        }).join('\n'),
      (bytes) => {
        const rows = Array.from({ length: Math.ceil(bytes.length / 16) }, (_, i) => {
          const row = bytes.subarray(16 * i, 16 * i + 16);
          const [left, right] = [row.subarray(0, 8), row.subarray(8)].map((half) =>
            written(half, 8, ' ', ''),
          );
          return `${(16 * i).toString(16).padStart(8, '0')}  ${`${left}  ${right}`.padEnd(48)}  |${characters(row)}|`;
        });
        return [...rows, bytes.length.toString(16).padStart(8, '0')].join('\n');
      },
    ];
    for (const dump of dumps) {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (bytes) => {
          expect(only(dump(bytes))).toEqual({ kind: 'hex', input: bytes });
        }),
        { numRuns: 100 },
      );
    }
    expect(only(dumps[0]?.(stream) ?? '').input).toEqual(stream);
  });

  test('say by their marks who sent them', () => {
    const forms: Readonly<Record<string, (from: Segment['from']) => string>> = {
      arrows: (from) => (from === 'client' ? '> ' : '< '),
      names: (from) => `${from}: `,
      'names in capitals': (from) => `${from.toUpperCase()} `,
    };
    for (const [name, mark] of Object.entries(forms)) {
      const text = segments
        .map(({ from, bytes }) => `${mark(from)}${written(bytes, 16, ' ', '\n')}\n`)
        .join('\n');
      const { input } = only(text);
      expect(traceConnection(input ?? [], { keyLog }), name).toEqual(stated);
    }
  });

  test('are refused, with the line, where they are none', () => {
    expect(() => readInput(utf8('16 03\nno digits\n'))).toThrow(
      'expected hexadecimal digits in line 2, found "n"',
    );
    expect(() => readInput(utf8('16 03\n16 0\n'))).toThrow(
      'expected pairs of hexadecimal digits in line 2, found 3 digits',
    );
  });
});

function characters(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
}

describe('other input', () => {
  test('is bytes where it is no text', () => {
    expect(only(stream)).toEqual({ kind: 'bytes', input: stream });
  });

  test('is a capture, with those connections that hold TLS and the key log that it brings', () => {
    const opening = (port: number) =>
      ({ from: 'client', sequenceNumber: 0, payload: new Uint8Array(0), flags: syn, port }) as const;
    const next = { client: 1, server: 1 };
    const packets = [
      opening(40_000),
      { from: 'client', sequenceNumber: 1, payload: utf8('GET / HTTP/1.0\r\n\r\n'), port: 40_000 } as const,
      opening(40_001),
      ...segments.map(({ from, bytes }) => {
        const sequenceNumber = next[from];
        next[from] += bytes.length;
        return { from, sequenceNumber, payload: bytes, port: 40_001 };
      }),
    ];
    const form = { linkType: 101, littleEndian: true, nanoseconds: false };
    const frames = packets.map((packet) => ({ bytes: packetOf(packet, 4), time: 0 }));
    const input = readInput(pcapngOf(frames, form, keyLog));
    expect(input.kind).toBe('capture');
    expect(input.connections.map(({ ends }) => ends)).toEqual([
      { client: '192.0.2.1:40001', server: '192.0.2.2:443' },
    ]);
    const trace = traceConnection(input.connections[0]?.input ?? [], { keyLog: input.keyLog });
    expect(trace.flow).toEqual(stated.flow);
    expect(trace.records.map(({ time, ...record }) => record)).toEqual(stated.records);
    expect(() => readInput(pcapngOf(frames.slice(0, 2), form))).toThrow(
      'expected TLS in the capture, found 1 TCP connections without',
    );
  });

  test('is refused where it is nothing, or the key log', () => {
    expect(() => readInput(new Uint8Array(0))).toThrow('expected a connection, got nothing');
    expect(() => readInput(utf8(`# comment\n${keyLog}\n`))).toThrow('expected a connection, got a key log');
  });

  test('ends in connections or in a RangeError, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ maxLength: 200 }).map(utf8)),
        (bytes) => {
          try {
            for (const { input } of readInput(bytes).connections) traceConnection(input);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
