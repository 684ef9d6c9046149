/**
 * The record layer by itself: when each direction changes its keys, what happens to the old ones, what an alert and an
 * empty record may be, and what is left when it is destroyed.
 */

import fc from 'fast-check';
import { AES_128_GCM, type Aead, CHACHA20_POLY1305 } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { readAlert } from '../../src/record/alert.ts';
import { align } from '../../src/record/alignment.ts';
import { ContentType, contentTypeName, isContentType, maxPlaintext } from '../../src/record/content.ts';
import { RecordLayer } from '../../src/record/layer.ts';
import { RecordProtection } from '../../src/record/protection.ts';
import { utf8 } from '../../src/wire/bytes.ts';
import { recordOf } from '../support/hellos.ts';

const text = utf8('sixteen bytes, o');

/** Keys whose end is seen: both arrays that they were made of, and whether the AEAD's key was told. */
function keys(aead: Aead = AES_128_GCM, fill = 1) {
  const writeKey = new Uint8Array(aead.keyLength).fill(fill);
  const fixedIv = new Uint8Array(aead.fixedIvLength).fill(fill);
  const seen = { destroyed: 0, writeKey, fixedIv };
  const watched: Aead = {
    ...aead,
    create: (bytes) => {
      const key = aead.create(bytes);
      return {
        seal: (...input) => key.seal(...input),
        open: (...input) => key.open(...input),
        destroy: () => {
          seen.destroyed++;
          key.destroy();
        },
      };
    },
  };
  return { protection: new RecordProtection(watched, { writeKey, fixedIv }), seen };
}

/** Whether a caught error is the alert that is expected. */
const refusal = (reason: string, alert: string) => expect.objectContaining({ reason, alert });

describe('keys', () => {
  test('are overwritten where they came from as soon as the AEAD has them', () => {
    expect(keys().seen.writeKey.every((byte) => byte === 0)).toBe(true);
  });

  test.each([AES_128_GCM, CHACHA20_POLY1305])('are overwritten when they are destroyed: $name', (aead) => {
    const { protection, seen } = keys(aead);
    expect(seen.fixedIv.every((byte) => byte === 1)).toBe(true);
    protection.destroy();
    expect(seen.destroyed).toBe(1);
    expect(seen.fixedIv.every((byte) => byte === 0)).toBe(true);
  });

  test('that others take the place of are destroyed, in either direction, and the new ones are not', () => {
    const layer = new RecordLayer();
    const [read, write] = [[keys(), keys()] as const, [keys(), keys()] as const];
    for (const { protection } of read) layer.changeReadProtection(protection, align(0));
    for (const { protection } of write) layer.changeWriteProtection(protection);
    expect([...read, ...write].map(({ seen }) => seen.destroyed)).toEqual([1, 0, 1, 0]);
  });

  test('of both directions are destroyed with the layer, and what was not read is dropped', () => {
    const layer = new RecordLayer();
    const [read, write] = [keys(), keys()];
    layer.changeReadProtection(read.protection, align(0));
    layer.changeWriteProtection(write.protection);
    layer.push(recordOf(ContentType.handshake, text).subarray(0, 9));
    layer.settle();
    expect(layer.buffered).toBe(9);
    layer.destroy();
    expect([read.seen.destroyed, write.seen.destroyed, layer.buffered]).toEqual([1, 1, 0]);
    layer.destroy();
    expect([read.seen.destroyed, write.seen.destroyed]).toEqual([1, 1]);
  });

  test('may protect a number of records; without keys there is no such bound', () => {
    const { writer } = new RecordLayer();
    expect(writer.remaining).toBe(Number.POSITIVE_INFINITY);
    writer.changeProtection(keys().protection);
    expect(writer.remaining).toBe(AES_128_GCM.maxRecords);
    writer.write(ContentType.application_data, text);
    expect(writer.remaining).toBe(AES_128_GCM.maxRecords - 1);
    expect(AES_128_GCM.maxRecords).toBeGreaterThan(2 ** 20);
  });

  test('protect what is written after ChangeCipherSpec, and open what is read after it (RFC 5246 §7.1)', () => {
    const [sender, receiver] = [new RecordLayer(), new RecordLayer()];
    sender.writer.write(ContentType.handshake, text);
    sender.changeWriteProtection(keys().protection);
    sender.writer.write(ContentType.handshake, text);
    receiver.push(sender.writer.take() ?? new Uint8Array(0));
    expect(receiver.next()).toEqual({ type: ContentType.handshake, fragment: text });
    expect(receiver.next()).toEqual({ type: ContentType.change_cipher_spec, fragment: Uint8Array.of(1) });
    receiver.changeReadProtection(keys().protection, align(0));
    expect(receiver.next()).toEqual({ type: ContentType.handshake, fragment: text });
    expect(receiver.next()).toBeUndefined();
  });

  test('do not change across bytes of a message (CVE-2014-0224)', () => {
    for (const waiting of [1, 5, 2 ** 16]) {
      expect(() => align(waiting)).toThrow(refusal('unaligned-key-change', 'unexpected_message'));
    }
    expect(() => align(0)).not.toThrow();
  });
});

describe('the writer', () => {
  test('counts what is ready to leave, and gives it out once', () => {
    const { writer } = new RecordLayer();
    expect([writer.pending, writer.take()]).toEqual([0, undefined]);
    writer.write(ContentType.alert, Uint8Array.of(1, 0));
    expect(writer.pending).toBe(7);
    expect(writer.take()).toEqual(Uint8Array.of(21, 3, 3, 0, 2, 1, 0));
    expect([writer.pending, writer.take()]).toEqual([0, undefined]);
  });

  test('makes no record of nothing, and as many as the limit asks for of much', () => {
    fc.assert(
      fc.property(fc.nat(3 * maxPlaintext), (length) => {
        const { writer } = new RecordLayer();
        writer.write(ContentType.application_data, new Uint8Array(length));
        expect(writer.pending).toBe(length + 5 * Math.ceil(length / maxPlaintext));
      }),
      { numRuns: 20 },
    );
  });
});

test('bytes are the caller’s again once they are settled', () => {
  const layer = new RecordLayer();
  const bytes = recordOf(ContentType.handshake, text);
  const borrowed = bytes.slice(0, 12);
  layer.push(borrowed);
  expect(layer.next()).toBeUndefined();
  layer.settle();
  borrowed.fill(0xee);
  layer.push(bytes.slice(12));
  expect(layer.next()).toEqual({ type: ContentType.handshake, fragment: text });
});

describe('an empty record', () => {
  const empty = (type: number) => recordOf(type, new Uint8Array(0));

  test.each([20, 21, 22])('of content type %d is refused at once (RFC 5246 §6.2.1)', (type) => {
    const layer = new RecordLayer();
    layer.push(empty(type));
    expect(() => layer.next()).toThrow(refusal('malformed', 'decode_error'));
  });

  test('of application data may come 32 times in a row, and again after one that is not empty', () => {
    const layer = new RecordLayer();
    const { application_data } = ContentType;
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 32; i++) {
        layer.push(empty(application_data));
        expect(layer.next()).toEqual({ type: application_data, fragment: new Uint8Array(0) });
      }
      layer.push(recordOf(application_data, text));
      expect(layer.next()?.fragment).toEqual(text);
    }
    for (let i = 0; i < 32; i++) {
      layer.push(empty(application_data));
      layer.next();
    }
    layer.push(empty(application_data));
    expect(() => layer.next()).toThrow(refusal('flood', 'unexpected_message'));
  });
});

describe('lengths', () => {
  test('in the clear go to 2^14 and no further, whatever is agreed for protected records (RFC 8449 §4)', () => {
    const layer = new RecordLayer();
    layer.limitRecords({ send: 64, receive: 64 });
    layer.push(recordOf(ContentType.handshake, new Uint8Array(maxPlaintext)));
    expect(layer.next()?.fragment).toHaveLength(maxPlaintext);
    layer.push(recordOf(ContentType.handshake, new Uint8Array(maxPlaintext + 1)));
    expect(() => layer.next()).toThrow(refusal('record-overflow', 'record_overflow'));
  });

  test('of what we send in the clear do not go by the peer’s limit either', () => {
    const layer = new RecordLayer();
    layer.limitRecords({ send: 64, receive: maxPlaintext });
    layer.writer.write(ContentType.handshake, new Uint8Array(1000));
    expect(layer.writer.pending).toBe(1005);
  });

  test('of protected records go to what was agreed, either way, and never beyond 2^14', () => {
    for (const limit of [64, 1000, maxPlaintext, maxPlaintext + 1, 0xffff]) {
      const [sender, receiver] = [new RecordLayer(), new RecordLayer()];
      const most = Math.min(limit, maxPlaintext);
      sender.limitRecords({ send: limit, receive: maxPlaintext });
      receiver.limitRecords({ send: maxPlaintext, receive: limit });
      sender.writer.changeProtection(keys().protection);
      receiver.changeReadProtection(keys().protection, align(0));
      sender.writer.write(ContentType.application_data, new Uint8Array(most + 1));
      receiver.push(sender.writer.take() ?? new Uint8Array(0));
      expect(receiver.next()?.fragment).toHaveLength(most);
      expect(receiver.next()?.fragment).toHaveLength(1);
      if (most === maxPlaintext) continue;
      sender.limitRecords({ send: most + 1, receive: maxPlaintext });
      sender.writer.write(ContentType.application_data, new Uint8Array(most + 1));
      receiver.push(sender.writer.take() ?? new Uint8Array(0));
      expect(() => receiver.next()).toThrow(refusal('record-overflow', 'record_overflow'));
    }
  });
});

describe('the version of a record', () => {
  test('is any {3, x} until one is agreed on, and then {3, 3} (RFC 5246 Appendix E.1)', () => {
    const old = recordOf(ContentType.handshake, text);
    old[2] = 1;
    const layer = new RecordLayer();
    layer.push(old);
    expect(layer.next()?.fragment).toEqual(text);
    layer.versionNegotiated();
    layer.push(recordOf(ContentType.handshake, text));
    expect(layer.next()?.fragment).toEqual(text);
    layer.push(old);
    expect(() => layer.next()).toThrow(refusal('record-version', 'protocol_version'));
  });
});

describe('an alert (RFC 5246 §7.2)', () => {
  test('is of level warning or fatal, and of any description', () => {
    for (let level = 0; level <= 0xff; level++) {
      for (const description of [0, 40, 0xff]) {
        const read = () => readAlert(Uint8Array.of(level, description));
        if (level === 1 || level === 2) expect(read()).toEqual({ level, description });
        else expect(read).toThrow(refusal('illegal-parameter', 'illegal_parameter'));
      }
    }
  });

  test('is two bytes', () => {
    for (const length of [0, 1, 3, 4]) {
      expect(() => readAlert(new Uint8Array(length).fill(1))).toThrow(refusal('malformed', 'decode_error'));
    }
  });
});

test('a content type has the name that RFC 5246 §6.2.1 gives it, and a number where it gives none', () => {
  expect([20, 21, 22, 23, 24, 0].map(contentTypeName)).toEqual([
    'change_cipher_spec',
    'alert',
    'handshake',
    'application_data',
    'content type 24',
    'content type 0',
  ]);
  expect([19, 20, 23, 24].map(isContentType)).toEqual([false, true, true, false]);
});
