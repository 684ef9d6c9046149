/**
 * A trace shows all bytes, each in one field, whatever they are and however they come, within its limits.
 */

import fc from 'fast-check';
import { type Segment, traceConnection } from 'reprise-tls/trace';
import { describe, expect, test } from 'vitest';
import { handshakeMessages } from '../../src/handshake/messages.ts';
import { arbitrary } from '../../src/testing/arbitrary.ts';
import { concat, concatAll, fromHex, hex, utf8 } from '../../src/wire/bytes.ts';
import { type Codec, encode } from '../../src/wire/codec.ts';
import { openSslClientHello, openSslServerHello, recordOf } from '../support/hellos.ts';
import { createAuthority } from '../support/issuer.ts';
import { kinds, stepsOf } from '../support/kinds.ts';
import { type Overheard, overhear } from '../support/overheard.ts';
import { pieces } from '../support/pieces.ts';
import { processorTime } from '../support/processor-time.ts';
import { expectComplete, expectWhole } from '../support/tiles.ts';

const heard = new Map(await Promise.all(kinds.map(async (kind) => [kind, await overhear(kind)] as const)));
const anyHeard = fc.constantFrom(...heard.values());
const [full, abbreviated] = [heard.get('full'), heard.get('abbreviated')] as [Overheard, Overheard];

const side = fc.constantFrom('client' as const, 'server' as const);
const anySegments = fc.array(fc.record({ from: side, bytes: fc.uint8Array({ maxLength: 80 }) }), {
  maxLength: 12,
});

/** Real connections with a byte changed, bytes gone, bytes put in. */
const damaged = fc
  .tuple(
    anyHeard,
    fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(8), fc.uint8Array({ maxLength: 8 })), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([{ segments, keyLog }, edits]) => {
    const changed = segments.map(({ from, bytes }) => ({ from, bytes }));
    for (const [which, at, gone, more] of edits) {
      const segment = changed[which % changed.length];
      if (segment === undefined) continue;
      const offset = at % (segment.bytes.length + 1);
      const { bytes } = segment;
      segment.bytes = concat(bytes.subarray(0, offset), more, bytes.subarray(offset + gone));
    }
    return { segments: changed, keyLog };
  });

/** Records with messages in them that are well formed and come in no order. */
const disorderly = fc
  .array(
    fc.tuple(
      side,
      fc.constantFrom(...Object.values(handshakeMessages)).chain(({ type, codec }) =>
        arbitrary(codec as Codec<unknown>).map((body) => {
          const bytes = encode(codec as Codec<unknown>, body);
          return concat(Uint8Array.of(type, bytes.length >> 16, bytes.length >> 8, bytes.length), bytes);
        }),
      ),
      fc.constantFrom(20, 21, 22, 22, 22, 23),
    ),
    { maxLength: 6 },
  )
  .map((messages) =>
    messages.map(([from, bytes, type]) => ({ from, bytes: recordOf(type, bytes.subarray(0, 0x4000)) })),
  );

describe('any bytes', () => {
  const inputs = fc.oneof(
    anySegments.map((segments) => ({ segments, keyLog: '' })),
    damaged,
    disorderly.map((segments) => ({ segments, keyLog: '' })),
  );

  test('end in a trace that has each of them in exactly one field, in order', () => {
    fc.assert(
      fc.property(inputs, ({ segments, keyLog }) => {
        const trace = traceConnection(segments, { keyLog });
        expectComplete(trace, segments);
        expect(JSON.parse(JSON.stringify(trace))).toStrictEqual(trace);
      }),
      { numRuns: 100 },
    );
  });

  test('end in one as two streams, and as one', () => {
    fc.assert(
      fc.property(inputs, ({ segments, keyLog }) => {
        const of = (from: 'client' | 'server') =>
          concat(...segments.filter((each) => each.from === from).map(({ bytes }) => bytes));
        const sides = { client: of('client'), server: of('server') };
        const bySide = traceConnection(sides, { keyLog });
        expectComplete(bySide, [
          { from: 'client', bytes: sides.client },
          { from: 'server', bytes: sides.server },
        ]);
        const stream = concat(...segments.map(({ bytes }) => bytes));
        const { records } = traceConnection(stream, { keyLog });
        expect(records.map(({ bytes }) => bytes).join('')).toBe(hex(stream));
        for (const record of records) expectWhole(record);
      }),
      { numRuns: 100 },
    );
  });

  test('have the same trace in whatever pieces they come', () => {
    fc.assert(
      fc.property(
        inputs,
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 }),
        ({ segments, keyLog }, lengths) => {
          const cut = segments.flatMap(({ from, bytes }) =>
            [...pieces(bytes, lengths)].map((piece) => ({ from, bytes: piece })),
          );
          expect(traceConnection(cut, { keyLog })).toStrictEqual(traceConnection(segments, { keyLog }));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('make no more of it than the limits say, and what is left out is told', () => {
    fc.assert(
      fc.property(inputs, fc.nat(600), fc.nat(60), ({ segments, keyLog }, bytes, fields) => {
        const { records, notes } = traceConnection(segments, { keyLog, limits: { bytes, fields } });
        const shown = (from: 'client' | 'server') =>
          records.filter((record) => record.from === from).reduce((sum, { length }) => sum + length, 0);
        for (const from of ['client', 'server'] as const) {
          const sent = segments
            .filter((each) => each.from === from)
            .reduce((sum, each) => sum + each.bytes.length, 0);
          expect(shown(from)).toBeLessThanOrEqual(bytes);
          const note = `${sent - shown(from)} bytes of the ${from} are left out: the trace is as long as it may be.`;
          expect(notes.includes(note)).toBe(sent > shown(from));
        }
        // What was begun when the limit was met is brought to its end: a record, and the message that ends in it.
        const made = records.slice(0, -1).flatMap(({ header }) => header).length;
        expect(made).toBeLessThanOrEqual(fields + 8);
        for (const record of records) expectWhole(record);
      }),
      { numRuns: 100 },
    );
  });

  test('take time in proportion to their number', () => {
    const repeated = (unit: Uint8Array, times: number) =>
      concatAll(Array.from({ length: times }, () => unit));
    const floods = {
      'records without content': recordOf(22, new Uint8Array(0)),
      'messages without content': recordOf(22, new Uint8Array(16384)),
      'a message in fragments of a byte': recordOf(22, Uint8Array.of(1)),
      'bytes that are no record': Uint8Array.of(22, 3, 3, 255, 255, 1),
      'beginnings of records': Uint8Array.of(22, 3),
    };
    for (const [name, unit] of Object.entries(floods)) {
      const bytes = repeated(unit, Math.ceil(2 ** 17 / unit.length));
      const began = processorTime();
      const { records } = traceConnection(
        [...pieces(bytes, [1000])].map((piece) => ({ from: 'client', bytes: piece })),
      );
      expect(processorTime() - began, name).toBeLessThan(10_000);
      const fields = records.flatMap(({ header, messages }) => [
        ...header,
        ...messages.flatMap((each) => each.fields),
      ]);
      expect(fields.length, name).toBeLessThan(2 ** 16 + 2 ** 15);
    }
  });

  test.each([Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY])('a limit of %s is refused', (limit) => {
    expect(() => traceConnection([], { limits: { bytes: limit } })).toThrow(RangeError);
  });
});

describe('what is not as it should be', () => {
  test('a Finished that other messages went before is told from one that holds (RFC 5246 §7.4.9)', () => {
    const [hello, ...rest] = full.segments;
    if (hello === undefined) throw new TypeError('expected a ClientHello');
    const bytes = hello.bytes.slice();
    const last = bytes.length - 1;
    bytes[last] = (bytes[last] ?? 0) ^ 1;
    const { records } = traceConnection([{ from: 'client', bytes }, ...rest], { keyLog: full.keyLog });
    const finished = records.flatMap(({ messages }) => messages).filter(({ name }) => name === 'Finished');
    expect(finished.map(({ fault }) => fault)).toEqual(
      new Array(2).fill('its verify_data is not what the messages before it give (RFC 5246 §7.4.9)'),
    );
  });

  test('a malformed message is shown as far as it can be read, with what a decoder says', () => {
    const body = concat(
      fromHex('0303'),
      new Uint8Array(32),
      fromHex('21'),
      new Uint8Array(33),
      fromHex('0001c0'),
    );
    const [record] = traceConnection([
      { from: 'client', bytes: recordOf(22, concat(Uint8Array.of(1, 0, 0, body.length), body)) },
    ]).records;
    const [message] = record?.messages ?? [];
    expect(message?.fault).toBe('ClientHello.sessionId: expected a length of 0 to 32 bytes, found 33');
    expect(message?.fields.map(({ path }) => path)).toEqual([
      'Handshake.msgType',
      'Handshake.length',
      'ClientHello.clientVersion',
      'ClientHello.random',
      'ClientHello.sessionId.length',
      'ClientHello.sessionId',
      'ClientHello.cipherSuites.length',
      'ClientHello.cipherSuites[0].unread',
    ]);
  });

  test('a connection that breaks off is shown to its last byte', () => {
    const all = full.segments.map(({ bytes }) => bytes.length).reduce((a, b) => a + b);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: all - 1 }), (length) => {
        let left = length;
        const segments = full.segments.map(({ from, bytes }) => {
          const part = bytes.subarray(0, left);
          left -= part.length;
          return { from, bytes: part };
        });
        expectComplete(traceConnection(segments, { keyLog: full.keyLog }), segments);
      }),
      { numRuns: 100 },
    );
    const { records } = traceConnection([
      { from: 'client', bytes: full.segments[0]?.bytes.subarray(0, 60) ?? new Uint8Array() },
    ]);
    expect(records[0]?.fault).toMatch(/^cut short: \d+ bytes of it did not come$/);
    expect(records[0]?.messages[0]?.fault).toMatch(/^cut short: \d+ bytes of it did not come$/);
    expect(records[0]?.messages[0]?.fields.map(({ path }) => path)).toContain('ClientHello.cipherSuites[0]');
  });

  test('a protocol that turns to TLS is told apart from it', () => {
    const talk: Segment[] = [
      { from: 'server', bytes: utf8('220 mail.example ESMTP\r\n') },
      { from: 'client', bytes: utf8('STARTTLS\r\n') },
      { from: 'server', bytes: utf8('220 go ahead\r\n') },
    ];
    const { records, flow } = traceConnection([...talk, ...abbreviated.segments], {
      keyLog: abbreviated.keyLog,
    });
    expect(
      records.slice(0, 3).map(({ from, type, messages }) => [from, type, messages[0]?.fields[0]?.meaning]),
    ).toEqual([
      ['server', 'foreign', '220 mail.example ESMTP\\r\\n'],
      ['client', 'foreign', 'STARTTLS\\r\\n'],
      ['server', 'foreign', '220 go ahead\\r\\n'],
    ]);
    expect(flow).toMatchObject({ handshake: 'abbreviated', roundTrips: 1, steps: stepsOf('abbreviated') });
  });

  test('TLS 1.3 is shown as far as it is in the clear (RFC 8446 §4.1)', async () => {
    const hello = await openSslClientHello({ minVersion: 'TLSv1.3' });
    const { chainPem, privateKeyPem } = createAuthority().issue({ dnsNames: ['site.example'] });
    const answer = await openSslServerHello(hello, { cert: chainPem, key: privateKeyPem });
    const { records, flow, notes } = traceConnection([
      { from: 'client', bytes: hello },
      { from: 'server', bytes: answer },
      { from: 'client', bytes: recordOf(20, Uint8Array.of(1)) },
      { from: 'client', bytes: hello },
    ]);
    expect(flow).toMatchObject({ protocolVersion: 'TLS 1.3', cipherSuite: 'TLS_AES_256_GCM_SHA384' });
    expect(flow.group).toMatch(/^[xX]25519/);
    expect(flow.handshake).toBeUndefined();
    expect(flow.roundTrips).toBeUndefined();
    for (const record of records) expectWhole(record);
    const shown = records.map(
      ({ protection, messages }) => `${protection} ${messages.map(({ name }) => name)}`,
    );
    expect(shown.slice(0, 3)).toEqual(['none ClientHello', 'none ServerHello', 'none ChangeCipherSpec']);
    expect(new Set(shown.slice(3, -2))).toEqual(new Set(['sealed ApplicationData']));
    expect(shown.slice(-2)).toEqual(['none ChangeCipherSpec', 'none ClientHello']);
    expect(notes).toEqual(['What TLS 1.3 protects is not opened here.']);
  });
});
