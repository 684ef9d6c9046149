/**
 * Packets, from the frame inwards: the link's header, IP of either version (RFC 791, RFC 8200), and the TCP segment in it
 * (RFC 9293 §3.1). Whatever is not one whole packet of TCP is passed over.
 */

import type { Frame } from './file.ts';

export interface TcpSegment {
  /** Address and port of the sender and of the receiver, as text that is the same for the same end. */
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequenceNumber: number;
  readonly synchronize: boolean;
  readonly acknowledge: boolean;
  /** A view. Less than was sent where the capture cut the frame. */
  readonly payload: Uint8Array;
}

/** The segment in a frame; undefined where there is none. */
export function readSegment({ linkType, bytes }: Frame): TcpSegment | undefined {
  const packet = packetIn(linkType, bytes);
  if (packet === undefined || packet.length < 1) return undefined;
  const version = (packet[0] ?? 0) >> 4;
  if (version === 4) return ofIpv4(packet);
  return version === 6 ? ofIpv6(packet) : undefined;
}

const etherType = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, stackedVlan: 0x88a8 } as const;

/** What lies behind the link's header, by LINKTYPE. */
function packetIn(linkType: number, frame: Uint8Array): Uint8Array | undefined {
  switch (linkType) {
    case 0: // NULL: the loopback of BSD, the family in the byte order of its machine
    case 108: // LOOP: the same, in network byte order
      return frame.subarray(4);
    case 1:
      return behindEtherType(frame, 12);
    case 12: // RAW as some systems number it
    case 14:
    case 101:
    case 228: // IPv4
    case 229: // IPv6
      return frame;
    case 113: // LINUX_SLL
      return behindEtherType(frame, 14);
    case 276: // LINUX_SLL2
      return isIp(uint16(frame, 0)) ? frame.subarray(20) : undefined;
    default:
      return undefined;
  }
}

/** A tag of a virtual LAN puts its own EtherType before that of the packet (IEEE 802.1Q). */
function behindEtherType(frame: Uint8Array, at: number): Uint8Array | undefined {
  let offset = at;
  let type = uint16(frame, offset);
  while (type === etherType.vlan || type === etherType.stackedVlan) {
    offset += 4;
    type = uint16(frame, offset);
  }
  return isIp(type) ? frame.subarray(offset + 2) : undefined;
}

function isIp(type: number | undefined): boolean {
  return type === etherType.ipv4 || type === etherType.ipv6;
}

const tcp = 6;

function ofIpv4(packet: Uint8Array): TcpSegment | undefined {
  const header = 4 * ((packet[0] ?? 0) & 0xf);
  const totalLength = uint16(packet, 2);
  const fragment = uint16(packet, 6);
  if (totalLength === undefined || fragment === undefined || packet[9] !== tcp || header < 20)
    return undefined;
  if ((fragment & 0x3fff) !== 0) return undefined; // More fragments, or not the first.
  // A length of zero stands where the network card was to cut the packet up.
  const end = totalLength === 0 ? packet.length : totalLength;
  return ofTcp(packet.subarray(header, end), ipv4Text(packet, 12), ipv4Text(packet, 16));
}

/** Extension headers that may stand before TCP (RFC 8200 §4): each begins with the type of the next and its length. */
const extensionHeaders: ReadonlySet<number> = new Set([0, 43, 60, 135]);
const ipv6HeaderLength = 40;

function ofIpv6(packet: Uint8Array): TcpSegment | undefined {
  const payloadLength = uint16(packet, 4);
  if (payloadLength === undefined) return undefined;
  const end = payloadLength === 0 ? packet.length : ipv6HeaderLength + payloadLength;
  let offset = ipv6HeaderLength;
  let next = packet[6] ?? -1;
  while (extensionHeaders.has(next) && offset < packet.length) {
    next = packet[offset] ?? -1;
    offset += 8 * (1 + (packet[offset + 1] ?? 0));
  }
  if (next !== tcp) return undefined;
  return ofTcp(packet.subarray(offset, end), ipv6Text(packet, 8), ipv6Text(packet, 24));
}

function ofTcp(segment: Uint8Array, from: string, to: string): TcpSegment | undefined {
  const [sourcePort, destinationPort] = [uint16(segment, 0), uint16(segment, 2)];
  const [high, low] = [uint16(segment, 4), uint16(segment, 6)];
  const [dataOffset, flags] = [segment[12], segment[13]];
  if (sourcePort === undefined || destinationPort === undefined || high === undefined || low === undefined) {
    return undefined;
  }
  if (dataOffset === undefined || flags === undefined || dataOffset >> 4 < 5) return undefined;
  return {
    source: `${from}:${sourcePort}`,
    destination: `${to}:${destinationPort}`,
    sourcePort,
    destinationPort,
    sequenceNumber: high * 0x10000 + low,
    synchronize: (flags & 0x02) !== 0,
    acknowledge: (flags & 0x10) !== 0,
    payload: segment.subarray(4 * (dataOffset >> 4)),
  };
}

function uint16(bytes: Uint8Array, offset: number): number | undefined {
  const [high, low] = [bytes[offset], bytes[offset + 1]];
  return high === undefined || low === undefined ? undefined : (high << 8) | low;
}

function ipv4Text(packet: Uint8Array, offset: number): string {
  return packet.subarray(offset, offset + 4).join('.');
}

/** Without leading zeros, and without the longest row of groups that are zero (RFC 5952 §4). */
function ipv6Text(packet: Uint8Array, offset: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => (uint16(packet, offset + 2 * i) ?? 0).toString(16));
  let [start, length] = [0, 1];
  for (let i = 0; i < groups.length; i++) {
    const end = groups.findIndex((group, at) => at >= i && group !== '0');
    const zeros = (end < 0 ? groups.length : end) - i;
    if (zeros > length) [start, length] = [i, zeros];
  }
  if (length < 2) return `[${groups.join(':')}]`;
  return `[${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}]`;
}
