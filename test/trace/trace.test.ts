/**
 * A trace shows all bytes, each in one field, whatever they are and however they come; what a key log opens it shows
 * opened.
 */

import fc from 'fast-check';
import {
  type Segment,
  type Trace,
  type TracedField,
  type TracedRecord,
  traceConnection,
} from 'reprise-tls/trace';
import { describe, expect, test } from 'vitest';
import { ClientHello, handshakeMessages, ServerHello } from '../../src/handshake/messages.ts';
import { arbitrary } from '../../src/testing/arbitrary.ts';
import { concat, concatAll, fromHex, hex, utf8 } from '../../src/wire/bytes.ts';
import { type Codec, encode } from '../../src/wire/codec.ts';
import { kinds, stepsOf } from '../support/kinds.ts';
import { type Overheard, overhear, sentIn, words } from '../support/overheard.ts';
import { pieces } from '../support/pieces.ts';

const heard = new Map(await Promise.all(kinds.map(async (kind) => [kind, await overhear(kind)] as const)));
const anyHeard = fc.constantFrom(...heard.values());
const [full, abbreviated] = [heard.get('full'), heard.get('abbreviated')] as [Overheard, Overheard];

/** Where fields do not tile these bytes, or have another value than lies there. */
function gaps(fields: readonly TracedField[], bytes: string): readonly string[] {
  let offset = 0;
  const found: string[] = [];
  for (const { path, start, end, value } of fields) {
    const digits = typeof value === 'number' ? value.toString(16).padStart(2 * (end - start), '0') : value;
    if (start !== offset || digits !== bytes.slice(2 * start, 2 * end)) found.push(`${path} at ${start}`);
    offset = end;
  }
  return offset === bytes.length / 2 ? found : [...found, `the end at ${offset}`];
}

/** Each byte of a record lies in exactly one field, and each byte of what it protects. */
function expectWhole({ bytes, length, header, plaintext, messages }: TracedRecord): void {
  const contents = messages.flatMap(({ fields }) => fields);
  const onWire = gaps(plaintext === undefined ? [...header, ...contents] : header, bytes);
  const within = plaintext === undefined ? [] : gaps(contents, plaintext);
  expect([bytes.length, onWire, within]).toEqual([2 * length, [], []]);
}

/** The records of each side are, one after the other, what it sent. */
function expectComplete({ records }: Trace, segments: readonly Segment[]): void {
  for (const side of ['client', 'server'] as const) {
    const own = records.filter(({ from }) => from === side);
    const sent = concat(...segments.filter(({ from }) => from === side).map(({ bytes }) => bytes));
    expect(own.map(({ bytes }) => bytes).join('')).toBe(hex(sent));
    let offset = 0;
    const starts = own.map(({ length }) => {
      offset += length;
      return offset - length;
    });
    expect(own.map((record) => record.offset)).toEqual(starts);
  }
  for (const record of records) expectWhole(record);
}

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

function recordOf(type: number, fragment: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(type, 3, 3, fragment.length >> 8, fragment.length), fragment);
}

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
      { numRuns: 200 },
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
      { numRuns: 200 },
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
      { numRuns: 150 },
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
      { numRuns: 200 },
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
      const bytes = repeated(unit, Math.ceil(2 ** 18 / unit.length));
      const began = performance.now();
      const { records } = traceConnection(
        [...pieces(bytes, [1000])].map((piece) => ({ from: 'client', bytes: piece })),
      );
      expect(performance.now() - began, name).toBeLessThan(10_000);
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

describe.each(kinds)('a handshake, %s', (kind) => {
  const { segments, keyLog, info } = heard.get(kind) as Overheard;
  const trace = traceConnection(segments, { keyLog });

  test('has the steps of RFC 5246 §7.3, and what both ends agreed on', () => {
    expect(trace.flow.steps).toEqual(stepsOf(kind));
    expect(trace.flow).toMatchObject({
      handshake: info.resumed ? 'abbreviated' : 'full',
      protocolVersion: 'TLS 1.2',
      cipherSuite: info.cipherSuite,
      sessionId: hex(info.sessionId),
      extendedMasterSecret: true,
      serverName: info.serverName,
      roundTrips: info.resumed ? 1 : 2,
    });
    expect(trace.flow.group).toBe(info.group);
    expect(trace.flow.signatureScheme).toBe(info.signatureScheme);
    expect(trace.notes).toEqual([]);
  });

  test('opens with its key log: both Finished hold, and the words are there (RFC 5246 §7.4.9)', () => {
    expect(trace.records.filter(({ protection }) => protection === 'sealed')).toEqual([]);
    const messages = trace.records.flatMap((record) => record.messages);
    expect(messages.filter(({ fault }) => fault !== undefined)).toEqual([]);
    const finished = messages.filter(({ name }) => name === 'Finished');
    expect(finished.map(({ summary }) => summary)).toEqual(['verify_data holds', 'verify_data holds']);
    const said = messages.filter(({ name }) => name === 'ApplicationData').map(({ fields }) => fields[0]);
    expect(said.map((field) => field?.meaning)).toEqual([words.client, words.server]);
    expect(said.map((field) => field?.value)).toEqual([hex(utf8(words.client)), hex(utf8(words.server))]);
  });

  test('without it has the same steps, and nothing that was protected (RFC 5246 §7.1)', () => {
    const sealed = traceConnection(segments);
    const { steps, handshake, roundTrips } = sealed.flow;
    expect({ steps, handshake, roundTrips }).toEqual({
      steps: trace.flow.steps,
      handshake: trace.flow.handshake,
      roundTrips: trace.flow.roundTrips,
    });
    expect(sealed.records.map(({ protection }) => protection)).toEqual(
      trace.records.map(({ protection }) => (protection === 'opened' ? 'sealed' : protection)),
    );
    expect(JSON.stringify(sealed)).not.toContain(hex(utf8(words.client)));
    for (const record of sealed.records) expectWhole(record);
  });

  test('with another’s key log stays sealed, and says so', () => {
    const [label, , secret] = (keyLog.split('\n')[0] ?? '').split(' ');
    const other = traceConnection(segments, { keyLog: `${label} ${'00'.repeat(32)} ${secret}` });
    expect(other.notes).toEqual(['The key log has no secret of this connection.']);
    const [, random] = keyLog.split(' ');
    const wrong = traceConnection(segments, { keyLog: `CLIENT_RANDOM ${random} ${'11'.repeat(48)}` });
    const faults = wrong.records.filter(({ protection }) => protection !== 'none').map(({ fault }) => fault);
    expect(new Set(faults)).toEqual(new Set(['it does not authenticate under the logged secret']));
  });

  test('is told from one stream of both sides’ records as if their senders were known', () => {
    const stream = concat(...segments.map(({ bytes }) => bytes));
    const told = traceConnection(stream, { keyLog });
    expect(told).toEqual({ ...trace, notes: ['Who sent what is told from the messages.'] });
  });

  test('is told from what each side sent, in the order of its steps', () => {
    const overheard = { segments, keyLog, info };
    const sides = { client: sentIn(overheard, 'client'), server: sentIn(overheard, 'server') };
    const told = traceConnection(sides, { keyLog });
    expect(told.flow.steps).toEqual(stepsOf(kind));
    expect(told.flow.roundTrips).toBe(trace.flow.roundTrips);
    expect(told.records.map(({ bytes }) => bytes).sort()).toEqual(
      trace.records.map(({ bytes }) => bytes).sort(),
    );
  });

  test('has no secret of the key log in it', () => {
    const [, , secret = ''] = (keyLog.split('\n')[0] ?? '').split(' ');
    expect(secret).toHaveLength(96);
    expect(JSON.stringify(trace)).not.toContain(secret);
  });

  test('in fragments of any length names each message once, and each byte as before (RFC 5246 §6.2.1)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (length) => {
        const cut = segments.map(({ from, bytes }) => ({ from, bytes: fragmented(bytes, length) }));
        const told = traceConnection(cut, { keyLog });
        expect(told.flow.steps).toEqual(trace.flow.steps);
        expectComplete(told, cut);
        const opened = told.records.filter(({ protection }) => protection === 'opened');
        expect(opened.flatMap(({ messages }) => messages.map(({ summary }) => summary)).slice(0, 2)).toEqual([
          'verify_data holds',
          'verify_data holds',
        ]);
        expect(namedBytes(told)).toEqual(namedBytes(trace));
      }),
      { numRuns: 10 },
    );
  });
});

/** For every byte of a message in the clear, by side, what it is called. */
function namedBytes({ records }: Trace): readonly string[] {
  return (['client', 'server'] as const).flatMap((from) =>
    records
      .filter((record) => record.from === from && record.protection === 'none')
      .flatMap(({ messages }) => messages.flatMap(({ fields }) => fields))
      .flatMap(({ path, start, end }) => new Array<string>(end - start).fill(`${from} ${path}`)),
  );
}

/** The same flight with its handshake messages in fragments of that length; what is protected stays as it is. */
function fragmented(flight: Uint8Array, length: number): Uint8Array {
  const records: Uint8Array[] = [];
  for (let offset = 0; offset < flight.length; ) {
    const [type = 0, , , high = 0, low = 0] = flight.subarray(offset);
    if (type !== 22) return concat(...records, flight.subarray(offset));
    const end = offset + 5 + ((high << 8) | low);
    const fragment = flight.subarray(offset + 5, end);
    for (const piece of pieces(fragment, [length])) records.push(recordOf(type, piece));
    offset = end;
  }
  return concat(...records);
}

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
      { numRuns: 200 },
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

  test('TLS 1.3 is shown as far as it is in the clear (RFC 8446 §4.1)', () => {
    const random = new Uint8Array(32).fill(7);
    const versions = { extensionType: 43, extensionData: fromHex('0304') };
    const hello = encode(ClientHello, {
      clientVersion: 0x0303,
      random,
      sessionId: random,
      cipherSuites: [0x1301],
      compressionMethods: [0],
      extensions: [{ extensionType: 43, extensionData: fromHex('020304') }],
    });
    const answer = encode(ServerHello, {
      serverVersion: 0x0303,
      random,
      sessionId: random,
      cipherSuite: 0x1301,
      compressionMethod: 0,
      extensions: [versions, { extensionType: 51, extensionData: concat(fromHex('001d0020'), random) }],
    });
    const message = (type: number, body: Uint8Array) =>
      recordOf(22, concat(Uint8Array.of(type, 0, body.length >> 8, body.length), body));
    const { records, flow, notes } = traceConnection([
      { from: 'client', bytes: message(1, hello) },
      { from: 'server', bytes: message(2, answer) },
      { from: 'server', bytes: recordOf(20, Uint8Array.of(1)) },
      { from: 'server', bytes: recordOf(23, new Uint8Array(64)) },
      { from: 'client', bytes: recordOf(20, Uint8Array.of(1)) },
      { from: 'client', bytes: message(1, hello) },
    ]);
    expect(flow).toMatchObject({
      protocolVersion: 'TLS 1.3',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      group: 'x25519',
    });
    expect(flow.handshake).toBeUndefined();
    expect(flow.roundTrips).toBeUndefined();
    expect(records.map(({ protection }) => protection)).toEqual([
      'none',
      'none',
      'none',
      'sealed',
      'none',
      'none',
    ]);
    expect(notes).toEqual(['What TLS 1.3 protects is not opened here.']);
  });
});
