/**
 * Captures: the bytes that both sides sent, in order, out of any file, any link, any order of segments; and hostile files
 * end like all others.
 */

import fc from 'fast-check';
import { type CapturedConnection, readCapture } from 'reprise-tls/trace';
import { describe, expect, test } from 'vitest';
import { concat, hex, utf8 } from '../../src/wire/bytes.ts';
import {
  ack,
  type Form,
  links,
  type Packet,
  packetOf,
  pcapngOf,
  pcapOf,
  syn,
  tagged,
} from '../support/captures.ts';

const forms: fc.Arbitrary<Form> = fc.record({
  linkType: fc.constantFrom(...Object.keys(links).map(Number)),
  littleEndian: fc.boolean(),
  nanoseconds: fc.boolean(),
});
const versions = fc.constantFrom(4 as const, 6 as const);

/** What each side sends, in turns, and where its sequence numbers start. */
const talks = fc.record({
  turns: fc.array(
    fc.tuple(
      fc.constantFrom('client' as const, 'server' as const),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
    ),
    {
      minLength: 1,
      maxLength: 12,
    },
  ),
  starts: fc.record({ client: fc.nat(0xffffffff), server: fc.nat(0xffffffff) }),
});

interface Talk {
  readonly turns: readonly (readonly ['client' | 'server', Uint8Array])[];
  readonly starts: { readonly client: number; readonly server: number };
}

const nothing = new Uint8Array(0);

/** The packets of a talk, from the first SYN on. */
function packetsOf({ turns, starts }: Talk): Packet[] {
  const next = { client: starts.client + 1, server: starts.server + 1 };
  const opening: Packet[] = [
    { from: 'client', sequenceNumber: starts.client, payload: nothing, flags: syn },
    { from: 'server', sequenceNumber: starts.server, payload: nothing, flags: syn | ack },
  ];
  const data = turns.map(([from, payload], i) => {
    const sequenceNumber = next[from];
    next[from] += payload.length;
    return { from, sequenceNumber, payload, time: 2.5 * i };
  });
  return [...opening, ...data];
}

function fileOf(packets: readonly Packet[], form: Form, version: 4 | 6): Uint8Array {
  const frame = links[form.linkType] ?? ((packet: Uint8Array) => packet);
  return pcapOf(
    packets.map((packet) => ({
      bytes: frame(packetOf(packet, version), version),
      time: 1_700_000_000_000 + (packet.time ?? 0),
    })),
    form,
  );
}

function sent({ segments }: CapturedConnection, side: 'client' | 'server'): string {
  return hex(concat(...segments.filter(({ from }) => from === side).map(({ bytes }) => bytes)));
}

function said({ turns }: Talk, side: 'client' | 'server'): string {
  return hex(concat(...turns.filter(([from]) => from === side).map(([, bytes]) => bytes)));
}

const plain: Form = { linkType: 1, littleEndian: true, nanoseconds: false };

describe('a capture', () => {
  test('gives what both sides sent, in order and with its times, from any link and format', () => {
    fc.assert(
      fc.property(talks, forms, versions, fc.boolean(), (talk, form, version, isNew) => {
        const packets = packetsOf(talk);
        const frame = links[form.linkType] ?? ((packet: Uint8Array) => packet);
        const frames = packets.map((packet) => ({
          bytes: frame(packetOf(packet, version), version),
          time: 1_700_000_000_000 + (packet.time ?? 0),
        }));
        const capture = readCapture(isNew ? pcapngOf(frames, form, 'a line') : pcapOf(frames, form));
        expect(capture?.keyLog).toBe(isNew ? 'a line' : '');
        const [connection, ...others] = capture?.connections ?? [];
        if (connection === undefined) throw new TypeError('expected a connection');
        expect(others).toEqual([]);
        const [client, server] =
          version === 4 ? ['192.0.2.1', '192.0.2.2'] : ['[2001:db8::1]', '[2001:db8::2]'];
        expect(connection).toMatchObject({
          client: `${client}:50000`,
          server: `${server}:443`,
          lost: { client: 0, server: 0 },
        });
        expect(connection.segments.map(({ from, bytes }) => [from, hex(bytes)])).toEqual(
          talk.turns.map(([from, bytes]) => [from, hex(bytes)]),
        );
        for (const [i, { time = Number.NaN }] of connection.segments.entries())
          expect(time).toBeCloseTo(2.5 * i, 2);
      }),
      { numRuns: 200 },
    );
  });

  test('gives each side’s bytes whatever order its segments come in, repeated and cut anew (RFC 9293 §3.4)', () => {
    const shuffled = talks.chain((talk) => {
      const packets = packetsOf(talk);
      const copies = fc
        .array(fc.tuple(fc.nat(packets.length - 1), fc.nat(10), fc.nat(10)), { maxLength: 8 })
        .map((picks) =>
          picks.map(([which, before, after]) => {
            const { payload, sequenceNumber, ...rest } = packets[which] as Packet;
            const start = Math.min(before, payload.length);
            const end = Math.max(start, payload.length - after);
            return {
              ...rest,
              sequenceNumber: sequenceNumber + start,
              payload: payload.subarray(start, end),
              flags: ack,
            };
          }),
        );
      return copies.chain((more) =>
        fc
          .shuffledSubarray([...packets.slice(2), ...more.filter(({ payload }) => payload.length > 0)], {
            minLength: packets.length - 2 + more.filter(({ payload }) => payload.length > 0).length,
          })
          .map((rest) => ({ talk, packets: [...packets.slice(0, 2), ...rest] })),
      );
    });
    fc.assert(
      fc.property(shuffled, versions, ({ talk, packets }, version) => {
        const [connection] = readCapture(fileOf(packets, plain, version))?.connections ?? [];
        if (connection === undefined) throw new TypeError('expected a connection');
        for (const side of ['client', 'server'] as const)
          expect(sent(connection, side)).toBe(said(talk, side));
        expect(connection.lost).toEqual({ client: 0, server: 0 });
      }),
      { numRuns: 200 },
    );
  });

  test('of which a segment is missing has what came before it, and says how much came behind', () => {
    const talk: Talk = {
      turns: ['one', 'two', 'three'].map((word) => ['client', utf8(word)]),
      starts: { client: 0xfffffffd, server: 7 },
    };
    const packets = packetsOf(talk);
    const file = fileOf([...packets.slice(0, 3), ...packets.slice(4)], plain, 4);
    const [connection] = readCapture(file)?.connections ?? [];
    expect(connection?.segments.map(({ bytes }) => hex(bytes))).toEqual([hex(utf8('one'))]);
    expect(connection?.lost).toEqual({ client: 5, server: 0 });
  });

  test('keeps connections apart, those of the same two ends too', () => {
    const talk = (word: string, port: number): Packet[] =>
      packetsOf({
        turns: [
          ['client', utf8(word)],
          ['server', utf8(word)],
        ],
        starts: { client: port, server: word.length },
      }).map((packet) => ({ ...packet, port }));
    const [a, b, c] = [talk('first', 50_001), talk('second', 50_002), talk('third', 50_001)];
    const again = c.map((packet) => ({ ...packet, sequenceNumber: packet.sequenceNumber + 9999 }));
    const mixed = a.flatMap((packet, i) => [packet, ...b.slice(i, i + 1)]);
    const { connections = [] } = readCapture(fileOf([...mixed, ...again], plain, 4)) ?? {};
    expect(connections.map((each) => [sent(each, 'client'), sent(each, 'server')])).toEqual(
      ['first', 'second', 'third'].map((word) => [hex(utf8(word)), hex(utf8(word))]),
    );
  });

  test('that begins in the middle takes the lower port for the server’s', () => {
    const packets = packetsOf({ turns: [['server', utf8('late')]], starts: { client: 1, server: 1 } }).slice(
      2,
    );
    const [connection] = readCapture(fileOf(packets, plain, 6))?.connections ?? [];
    expect(connection).toMatchObject({ client: '[2001:db8::1]:50000', server: '[2001:db8::2]:443' });
    expect(connection?.segments[0]?.from).toBe('server');
  });

  test('looks through the tags of virtual LANs, and past what is not TCP', () => {
    const [, , packet] = packetsOf({ turns: [['client', utf8('here')]], starts: { client: 1, server: 1 } });
    if (packet === undefined) throw new TypeError('expected a packet');
    const udp = packetOf(packet, 4);
    udp[9] = 17;
    const frames = [
      links[1]?.(udp, 4) ?? nothing,
      concat(new Uint8Array(12), Uint8Array.of(0x08, 0x06), new Uint8Array(28)),
      tagged(packetOf(packet, 4), 4),
    ].map((bytes) => ({ bytes, time: 0 }));
    const [connection, ...others] = readCapture(pcapOf(frames, plain))?.connections ?? [];
    expect(others).toEqual([]);
    expect(connection?.segments.map(({ bytes }) => hex(bytes))).toEqual([hex(utf8('here'))]);
  });

  test('is not taken for one where it is none', () => {
    for (const bytes of [nothing, utf8('16030100'), new Uint8Array(100)])
      expect(readCapture(bytes)).toBeUndefined();
  });

  test('that is cut short or damaged ends with what is whole, and throws nothing', () => {
    fc.assert(
      fc.property(
        talks,
        forms,
        versions,
        fc.boolean(),
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
        (talk, form, version, isNew, length, edits) => {
          const frames = packetsOf(talk).map((packet) => ({
            bytes: (links[form.linkType] ?? ((each) => each))(packetOf(packet, version), version),
            time: 0,
          }));
          const whole = isNew ? pcapngOf(frames, form) : pcapOf(frames, form);
          for (const [at, byte] of edits) whole[at % whole.length] = byte;
          const total = talk.turns.reduce((sum, [, bytes]) => sum + bytes.length, 0);
          const { connections = [] } = readCapture(whole.subarray(0, length % (whole.length + 1))) ?? {};
          for (const { segments } of connections) {
            expect(segments.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThanOrEqual(
              total + whole.length,
            );
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test('that floods with segments out of order, or with connections, is read in bounds', () => {
    const flood = Array.from({ length: 6000 }, (_, i) => ({
      from: 'client' as const,
      sequenceNumber: 1000 + 2 * (6000 - i),
      payload: Uint8Array.of(1),
    }));
    const opening = { from: 'client', sequenceNumber: 1, payload: nothing, flags: syn } as const;
    const [connection] =
      readCapture(
        fileOf(
          [opening, ...flood, { ...opening, flags: ack, sequenceNumber: 2, payload: utf8('x') }],
          plain,
          4,
        ),
      )?.connections ?? [];
    expect(connection?.segments.map(({ bytes }) => hex(bytes))).toEqual(['78']);
    expect(connection?.lost.client).toBe(6000);
    const many = Array.from({ length: 20_000 }, (_, i) => ({
      from: 'client' as const,
      sequenceNumber: 1,
      payload: utf8('y'),
      port: 30_000 + i,
    }));
    expect(readCapture(fileOf(many, plain, 4))?.connections).toHaveLength(0x4000);
  });
});
