/**
 * Captures made by hand: segments of TCP in packets of IP in frames of any link, in files of either format and byte order.
 */

import { concat, utf8 } from '../../src/wire/bytes.ts';

export interface Packet {
  readonly from: 'client' | 'server';
  readonly sequenceNumber: number;
  readonly payload: Uint8Array;
  readonly flags?: number;
  /** Milliseconds. */
  readonly time?: number;
  /** Of the client; the server's is 443. */
  readonly port?: number;
}

export const syn = 0x02;
export const ack = 0x10;

/** How a packet of IP stands in a frame, by LINKTYPE; each kind of link that a capture may have. */
export const links: Readonly<Record<number, (packet: Uint8Array, version: 4 | 6) => Uint8Array>> = {
  0: (packet, version) => concat(Uint8Array.of(version === 4 ? 2 : 30, 0, 0, 0), packet),
  1: (packet, version) => concat(new Uint8Array(12), etherType(version), packet),
  101: (packet) => packet,
  108: (packet, version) => concat(Uint8Array.of(0, 0, 0, version === 4 ? 2 : 30), packet),
  113: (packet, version) => concat(new Uint8Array(14), etherType(version), packet),
  228: (packet) => packet,
  229: (packet) => packet,
  276: (packet, version) => concat(etherType(version), new Uint8Array(18), packet),
};

/** The same in a virtual LAN within another. */
export function tagged(packet: Uint8Array, version: 4 | 6): Uint8Array {
  return concat(
    new Uint8Array(12),
    Uint8Array.of(0x88, 0xa8, 0, 1, 0x81, 0, 0, 2),
    etherType(version),
    packet,
  );
}

function etherType(version: 4 | 6): Uint8Array {
  return version === 4 ? Uint8Array.of(0x08, 0x00) : Uint8Array.of(0x86, 0xdd);
}

/** A packet of IP with a segment in it, and behind it what pads a short frame. */
export function packetOf(packet: Packet, version: 4 | 6): Uint8Array {
  const segment = segmentOf(packet);
  const hosts = packet.from === 'client' ? [1, 2] : [2, 1];
  const address = (host = 0) =>
    version === 4
      ? Uint8Array.of(192, 0, 2, host)
      : concat(Uint8Array.of(0x20, 1, 0xd, 0xb8), new Uint8Array(11), Uint8Array.of(host));
  const [source, destination] = hosts.map(address) as [Uint8Array, Uint8Array];
  const padding = new Uint8Array(3).fill(0xee);
  if (version === 6) {
    const header = concat(Uint8Array.of(0x60, 0, 0, 0), uint(segment.length + 8, 2), Uint8Array.of(0, 64));
    const hopByHop = Uint8Array.of(6, 0, 1, 4, 0, 0, 0, 0);
    return concat(header, source, destination, hopByHop, segment, padding);
  }
  const header = concat(
    Uint8Array.of(0x46, 0),
    uint(24 + segment.length, 2),
    Uint8Array.of(0, 0, 0x40, 0, 64, 6, 0, 0),
  );
  return concat(header, source, destination, new Uint8Array(4), segment, padding);
}

function segmentOf({ from, sequenceNumber, payload, flags = ack, port = 50_000 }: Packet): Uint8Array {
  const ports = from === 'client' ? [port, 443] : [443, port];
  return concat(
    ...ports.map((each) => uint(each, 2)),
    uint(sequenceNumber >>> 0, 4),
    uint(0, 4),
    Uint8Array.of(0x60, flags),
    new Uint8Array(6),
    Uint8Array.of(1, 1, 1, 0),
    payload,
  );
}

function uint(value: number, length: number, littleEndian = false): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => Math.floor(value / 256 ** (length - 1 - i)) % 256);
  return littleEndian ? bytes.reverse() : bytes;
}

export interface Form {
  readonly linkType: number;
  readonly littleEndian: boolean;
  /** Whether times count nanoseconds. */
  readonly nanoseconds: boolean;
}

interface Framed {
  readonly bytes: Uint8Array;
  readonly time: number;
}

/** A file of pcap. */
export function pcapOf(frames: readonly Framed[], { linkType, littleEndian, nanoseconds }: Form): Uint8Array {
  const u = (value: number, length = 4) => uint(value, length, littleEndian);
  const header = concat(
    u(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4),
    u(2, 2),
    u(4, 2),
    u(0),
    u(0),
    u(0x40000),
    u(linkType),
  );
  const records = frames.map(({ bytes, time }) => {
    const seconds = Math.floor(time / 1000);
    const rest = Math.round((time - 1000 * seconds) * (nanoseconds ? 1e6 : 1e3));
    return concat(u(seconds), u(rest), u(bytes.length), u(bytes.length), bytes);
  });
  return concat(header, ...records);
}

/** A file of pcapng, with blocks that nobody reads and the lines of a key log in it. */
export function pcapngOf(
  frames: readonly Framed[],
  { linkType, littleEndian, nanoseconds }: Form,
  keyLog = '',
): Uint8Array {
  const u = (value: number, length = 4) => uint(value, length, littleEndian);
  const padded = (bytes: Uint8Array) => concat(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
  const block = (type: number, body: Uint8Array) => {
    const length = u(12 + padded(body).length);
    return concat(u(type), length, padded(body), length);
  };
  const resolution = concat(u(9, 2), u(1, 2), Uint8Array.of(nanoseconds ? 9 : 6, 0, 0, 0), u(0, 2), u(0, 2));
  const lines = utf8(keyLog);
  return concat(
    block(0x0a0d0d0a, concat(u(0x1a2b3c4d), u(1, 2), u(0, 2), u(0xffffffff), u(0xffffffff))),
    block(
      1,
      concat(
        u(linkType, 2),
        u(0, 2),
        u(0x40000),
        concat(u(2, 2), u(3, 2), utf8('lo0'), new Uint8Array(1)),
        resolution,
      ),
    ),
    block(10, concat(u(0x544c534b), u(lines.length), lines)),
    block(0xbad, new Uint8Array(5)),
    ...frames.map(({ bytes, time }) => {
      const units = time * (nanoseconds ? 1e6 : 1e3);
      return block(
        6,
        concat(
          u(0),
          u(Math.floor(units / 2 ** 32)),
          u(units % 2 ** 32),
          u(bytes.length),
          u(bytes.length),
          bytes,
        ),
      );
    }),
  );
}
