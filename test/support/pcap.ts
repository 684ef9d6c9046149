/**
 * Captures in the libpcap format, as far as recordings on a loopback interface need it: Ethernet, Linux "cooked" or raw
 * IP frames, IPv4 and IPv6 without options that move the payload, TCP in order or repeated.
 *
 * What comes out is what a TLS implementation sees: for each connection, who sent which bytes, in order.
 */

/** All that one side sent before the other spoke again. */
export interface Flight {
  readonly from: 'client' | 'server';
  readonly bytes: Uint8Array;
}

/** The TCP connections of a capture, in the order in which they were opened. @throws RangeError on another format */
export function readCapture(bytes: Uint8Array): Flight[][] {
  const conversations = new Map<string, Conversation>();
  for (const frame of frames(bytes)) {
    const segment = readSegment(frame);
    if (segment === undefined) continue;
    const { source, destination, synchronize, acknowledge } = segment;
    if (synchronize && !acknowledge) conversations.set(source, new Conversation(source));
    const conversation = conversations.get(source) ?? conversations.get(destination);
    conversation?.add(segment);
  }
  return [...conversations.values()].map(({ flights }) => flights).filter((flights) => flights.length > 0);
}

interface Segment {
  /** Port of the sender, and of the receiver. */
  readonly source: string;
  readonly destination: string;
  readonly sequence: number;
  readonly synchronize: boolean;
  readonly acknowledge: boolean;
  readonly payload: Uint8Array;
}

class Conversation {
  readonly flights: Flight[] = [];
  readonly #client: string;
  /** The sequence number that each side's next byte has. */
  readonly #next = new Map<string, number>();

  constructor(client: string) {
    this.#client = client;
  }

  add({ source, sequence, synchronize, payload }: Segment): void {
    if (synchronize) this.#next.set(source, (sequence + 1) >>> 0);
    if (payload.length === 0) return;
    const expected = this.#next.get(source);
    const repeated = ((expected ?? sequence) - sequence) | 0;
    if (repeated < 0) throw new RangeError('expected every segment in its order, one is missing');
    if (repeated >= payload.length) return;
    const fresh = payload.subarray(repeated);
    this.#next.set(source, (sequence + payload.length) >>> 0);
    this.#append(source === this.#client ? 'client' : 'server', fresh);
  }

  #append(from: Flight['from'], bytes: Uint8Array): void {
    const last = this.flights.at(-1);
    if (last?.from === from) this.flights.pop();
    const before = last?.from === from ? last.bytes : new Uint8Array(0);
    this.flights.push({ from, bytes: Uint8Array.from([...before, ...bytes]) });
  }
}

const magic = 0xa1b2c3d4;
const nanosecondMagic = 0xa1b23c4d;
const fileHeaderLength = 24;
const frameHeaderLength = 16;

/** How many bytes stand before the IP header, by LINKTYPE. */
const linkHeaders: Readonly<Record<number, number>> = { 0: 4, 1: 14, 101: 0, 113: 16, 276: 20 };

function* frames(bytes: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const littleEndian = [magic, nanosecondMagic].includes(view.getUint32(0, true));
  if (!littleEndian && ![magic, nanosecondMagic].includes(view.getUint32(0)))
    throw new RangeError('expected a capture in the libpcap format');
  const linkHeader = linkHeaders[view.getUint32(20, littleEndian) & 0xffff];
  if (linkHeader === undefined)
    throw new RangeError(`expected a known LINKTYPE, got ${view.getUint32(20, littleEndian)}`);
  let offset = fileHeaderLength;
  while (offset < bytes.length) {
    const length = view.getUint32(offset + 8, littleEndian);
    offset += frameHeaderLength;
    yield bytes.subarray(offset + linkHeader, offset + length);
    offset += length;
  }
}

const tcp = 6;

/** A frame's TCP segment; undefined where it has none. */
function readSegment(packet: Uint8Array): Segment | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const version = view.getUint8(0) >> 4;
  const protocol = view.getUint8(version === 4 ? 9 : 6);
  if (protocol !== tcp) return undefined;
  const start = version === 4 ? 4 * (view.getUint8(0) & 0xf) : 40;
  const end = version === 4 ? view.getUint16(2) : 40 + view.getUint16(4);
  const dataOffset = 4 * (view.getUint8(start + 12) >> 4);
  const flags = view.getUint8(start + 13);
  return {
    source: `port ${view.getUint16(start)}`,
    destination: `port ${view.getUint16(start + 2)}`,
    sequence: view.getUint32(start + 4),
    synchronize: (flags & 0x02) !== 0,
    acknowledge: (flags & 0x10) !== 0,
    payload: packet.subarray(start + dataOffset, end),
  };
}
