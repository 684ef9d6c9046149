/** However the bytes of a hello come, and whatever comes in its place: one answer, soon, and never an exception. */

import fc from 'fast-check';
import {
  ClientHelloPeeker,
  type Peek,
  peekClientHello,
  peekServerHello,
  ServerHelloPeeker,
} from 'reprise-tls/persistence';
import { describe, expect, test } from 'vitest';
import { ContentType } from '../../src/record/content.ts';
import { concat, empty, utf8 } from '../../src/wire/bytes.ts';
import { damage, damages } from '../support/damage.ts';
import { clientHellos, inRecords, messageOf, recordOf, serverHellos } from '../support/hellos.ts';
import { cuts, deliver, pieces } from '../support/pieces.ts';
import { message, samples } from '../support/scripted/messages.ts';
import { copied, expectLinear } from '../support/work.ts';

const kinds = [
  {
    name: 'ClientHello',
    other: 'ServerHello',
    bodies: clientHellos,
    peek: peekClientHello,
    Peeker: ClientHelloPeeker,
  },
  {
    name: 'ServerHello',
    other: 'ClientHello',
    bodies: serverHellos,
    peek: peekServerHello,
    Peeker: ServerHelloPeeker,
  },
] as const;

const alert = (level: number, description: number) =>
  recordOf(ContentType.alert, Uint8Array.of(level, description));
const warnings = fc.array(fc.constantFrom(alert(1, 112), alert(1, 90)), { maxLength: 3 });

describe.each(kinds)('a $name', ({ name, other, bodies, peek, Peeker }) => {
  const honest = inRecords(message(name, samples[name]));

  /** A hello, whole or damaged, in any records, behind warnings or none, and with something behind it. */
  const streams = fc
    .tuple(bodies, fc.option(damages), cuts, warnings, fc.uint8Array({ maxLength: 9 }))
    .map(([body, how, lengths, before, behind]) => {
      const records = inRecords(messageOf(name, body), lengths);
      return concat(...before, how === null ? records : damage(records, how), behind);
    });

  test('is seen the same, however its bytes come (RFC 5246 §6.2.1)', () => {
    fc.assert(
      fc.property(streams, cuts, (stream, lengths) => {
        const peeker = new Peeker();
        const answers: Peek<unknown>[] = [];
        let length = 0;
        deliver(stream, lengths, (piece) => {
          length += piece.length;
          answers.push(peeker.push(piece));
          expect(answers.at(-1)).toEqual(peek(stream.subarray(0, length)));
        });
        const final = answers.findIndex(({ status }) => status !== 'incomplete');
        if (final >= 0) expect(new Set(answers.slice(final)).size).toBe(1);
      }),
    );
  });

  test('is the same in one record and in many', () => {
    fc.assert(
      fc.property(bodies, cuts, warnings, (body, lengths, before) => {
        const whole = messageOf(name, body);
        expect(peek(concat(...before, inRecords(whole, lengths)))).toEqual(peek(inRecords(whole)));
      }),
    );
  });

  test('is incomplete until its last byte, and known with it', () => {
    for (const cut of [empty, honest.subarray(0, 1), honest.subarray(0, 7), honest.subarray(0, -1)]) {
      expect(peek(cut)).toEqual({ status: 'incomplete' });
    }
    expect(peek(honest).status).toBe('hello');
  });

  test('is looked for in any bytes at all without an exception', () => {
    const bytes = fc.uint8Array({ maxLength: 80 });
    const nearly = bytes.map((rest) => concat(Uint8Array.of(22, 3, 3, 0), rest));
    fc.assert(
      fc.property(fc.oneof(bytes, nearly), (stream) => {
        expect(['incomplete', 'no-hello', 'hello']).toContain(peek(stream).status);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['plain text', utf8('GET / HTTP/1.1\r\n'), 'record-type'],
    ['a hello of SSL 2.0', Uint8Array.of(0x80, 0x2e, 1, 3, 1), 'record-type'],
    ['a record of a version that is none', Uint8Array.of(22, 2, 0, 0, 5), 'record-version'],
    ['a record that is too long', Uint8Array.of(22, 3, 1, 0xff, 0xff), 'record-overflow'],
    ['a record without content', recordOf(ContentType.handshake, empty), 'malformed'],
    ['a fatal alert', alert(2, 40), 'alert-received'],
    ['close_notify', alert(1, 0), 'alert-received'],
    ['an alert of no level', alert(3, 40), 'illegal-parameter'],
    ['half an alert', recordOf(ContentType.alert, Uint8Array.of(1)), 'malformed'],
    ['application data', recordOf(ContentType.application_data, Uint8Array.of(1)), 'unexpected-message'],
    ['ChangeCipherSpec', recordOf(ContentType.change_cipher_spec, Uint8Array.of(1)), 'unexpected-message'],
    ['the other hello', inRecords(message(other, samples[other])), 'unexpected-message'],
  ])('is not in %s', (_, stream, reason) => {
    expect(peek(stream)).toMatchObject({ status: 'no-hello', reason });
    expect(peek(concat(alert(1, 112), stream, honest))).toMatchObject({ status: 'no-hello', reason });
  });

  test('is given up where it has not ended within the limit, wherever that falls', () => {
    fc.assert(
      fc.property(cuts, fc.integer({ min: 1, max: 2 * honest.length }), (lengths, maxLength) => {
        const peeker = new Peeker({ maxLength });
        const last = Array.from(pieces(honest, lengths), (piece) => peeker.push(piece)).at(-1);
        if (maxLength >= honest.length) expect(last?.status).toBe('hello');
        else expect(last).toMatchObject({ status: 'no-hello', reason: 'message-too-long' });
      }),
    );
  });

  test('of 17 KiB and more is given up unless the limit says otherwise', () => {
    const length = 0x4000 + 1024;
    const [type = 0] = message(name, samples[name]);
    const endless = inRecords(concat(Uint8Array.of(type, 1, 0, 0), new Uint8Array(length)), [0x4000]);
    expect(peek(endless.subarray(0, length - 1))).toEqual({ status: 'incomplete' });
    expect(peek(endless.subarray(0, length))).toMatchObject({ reason: 'message-too-long' });
    expect(peek(endless, { maxLength: 2 * length })).toEqual({ status: 'incomplete' });
  });

  test('that comes byte by byte costs work in line with its length', async () => {
    await expectLinear(4000, async (size) => {
      const body = message(name, samples[name]).subarray(4);
      const tooLong = messageOf(name, concat(body, new Uint8Array(size)));
      const stream = inRecords(tooLong, [16]);
      const peeker = new Peeker();
      const cost = await copied(() => {
        for (let i = 0; i < stream.length; i++) peeker.push(stream.subarray(i, i + 1));
      });
      expect(peeker.push(empty)).toMatchObject({ status: 'no-hello', reason: 'malformed' });
      return cost;
    });
  });

  test('is asked for in bytes, and within a limit that is one', () => {
    expect(() => peek('hello' as unknown as Uint8Array)).toThrow(TypeError);
    for (const maxLength of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new Peeker({ maxLength })).toThrow(RangeError);
    }
  });
});
