/**
 * Handshakes of every kind, traced: their steps, what both ends agreed on, and what a key log opens, in whatever records
 * the messages lie.
 */

import fc from 'fast-check';
import { type Trace, traceConnection } from 'reprise-tls/trace';
import { describe, expect, test } from 'vitest';
import { concat, hex, utf8 } from '../../src/wire/bytes.ts';
import { recordOf } from '../support/hellos.ts';
import { kinds, stepsOf } from '../support/kinds.ts';
import { type Overheard, overhear, sentIn, words } from '../support/overheard.ts';
import { pieces } from '../support/pieces.ts';
import { expectComplete, expectWhole } from '../support/tiles.ts';

const heard = new Map(await Promise.all(kinds.map(async (kind) => [kind, await overhear(kind)] as const)));

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
