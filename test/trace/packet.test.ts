/** A frame of a capture: the segment of TCP in it, whatever link it was taken from, and none where there is none. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSegment } from '../../src/trace/capture/packet.ts';
import { utf8 } from '../../src/wire/bytes.ts';
import { ack, packetOf } from '../support/captures.ts';

const payload = utf8('hello');
const sent = { from: 'client', sequenceNumber: 7, payload, flags: ack, port: 50_000 } as const;
const raw = 101;

/** The frame with these bytes in the place of those from `at` on. */
function changed(frame: Uint8Array, at: number, ...bytes: readonly number[]): Uint8Array {
  const copy = frame.slice();
  copy.set(bytes, at);
  return copy;
}

test.each([12, 14, 101])('a packet of IP stands in a frame of LINKTYPE %d without a header', (linkType) => {
  for (const version of [4, 6] as const) {
    expect(readSegment({ linkType, time: undefined, bytes: packetOf(sent, version) })).toMatchObject({
      sourcePort: 50_000,
      destinationPort: 443,
      sequenceNumber: 7,
      synchronize: false,
      acknowledge: true,
      payload,
    });
  }
});

test('a link that is not known, or a packet that is neither, holds none', () => {
  const bytes = packetOf(sent, 4);
  expect(readSegment({ linkType: 195, time: undefined, bytes })).toBeUndefined();
  for (const version of [0, 5, 7, 15]) {
    const other = changed(bytes, 0, (version << 4) | 5);
    expect(readSegment({ linkType: raw, time: undefined, bytes: other })).toBeUndefined();
  }
});

describe('a packet', () => {
  const read = (bytes: Uint8Array) => readSegment({ linkType: raw, time: undefined, bytes });
  const [v4, v6] = [packetOf(sent, 4), packetOf(sent, 6)];

  test('without a length was to be cut up by the network card, and reaches to the end of the frame', () => {
    for (const [packet, at] of [
      [v4, 2],
      [v6, 4],
    ] as const) {
      const { length = 0 } = read(changed(packet, at, 0, 0))?.payload ?? {};
      expect(length).toBe(payload.length + 3); // and what pads the frame
    }
  });

  test('that is a fragment of another is none by itself (RFC 791 §3.1)', () => {
    expect(read(changed(v4, 6, 0x40, 0))?.payload).toEqual(payload); // may not be fragmented
    for (const fragment of [
      [0x20, 0],
      [0, 1],
      [0x1f, 0xff],
    ])
      expect(read(changed(v4, 6, ...fragment))).toBeUndefined();
  });

  test('of another protocol, or with a header that is too short to be one, is none', () => {
    expect(read(changed(v4, 9, 17))).toBeUndefined();
    expect(read(changed(v4, 0, 0x44))).toBeUndefined();
    expect(read(changed(v6, 40, 17))).toBeUndefined();
    expect(read(changed(v6, 6, 17))).toBeUndefined();
  });

  test('cut short anywhere gives less of the payload, or nothing', () => {
    for (const packet of [v4, v6]) {
      for (let length = 0; length <= packet.length; length++) {
        const found = read(packet.subarray(0, length))?.payload;
        if (found !== undefined) expect(found).toEqual(payload.subarray(0, found.length));
      }
    }
  });

  test('names its ends as RFC 5952 §4 writes addresses', () => {
    const group = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(0xffff), fc.nat(0xf));
    const groups = fc.array(group, { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, groups, (source, destination) => {
        const bytes = [...source, ...destination].flatMap((each) => [each >> 8, each & 0xff]);
        const segment = read(changed(v6, 8, ...bytes));
        const written = (each: readonly number[]) =>
          new URL(`http://[${each.map((value) => value.toString(16)).join(':')}]`).hostname;
        expect(segment?.source).toBe(`${written(source)}:50000`);
        expect(segment?.destination).toBe(`${written(destination)}:443`);
      }),
    );
  });
});
