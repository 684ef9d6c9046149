/**
 * Captures: a file of packets in, the TCP connections in it out, as a TLS implementation sees them: who sent which bytes,
 * in order.
 */

import type { Sender } from '../model.ts';
import type { Segment } from '../segments.ts';
import { readCaptureFile } from './file.ts';
import { readSegment, type TcpSegment } from './packet.ts';
import { TcpStream } from './stream.ts';

export interface CapturedConnection {
  /** Addresses with their ports. */
  readonly client: string;
  readonly server: string;
  /** Times count from the file's first frame. */
  readonly segments: readonly Segment[];
  /** How many bytes of each side came behind a gap, and are not in the segments. */
  readonly lost: Readonly<Record<Sender, number>>;
}

export interface Capture {
  /** In the order in which they were opened; those that carried nothing are left out. */
  readonly connections: readonly CapturedConnection[];
  /** The lines of a key log that the file brings with it (pcapng's decryption secrets), or nothing. */
  readonly keyLog: string;
}

/** Connections beyond so many are not looked at. */
const maxConnections = 0x4000;

/** The connections of a capture, pcap or pcapng; undefined where the bytes are none. Views, no copies. */
export function readCapture(bytes: Uint8Array): Capture | undefined {
  const file = readCaptureFile(bytes);
  if (file === undefined) return undefined;
  const all: Conversation[] = [];
  /** By both ends, in either order: the connection that they have now. */
  const current = new Map<string, Conversation>();
  for (const frame of file.frames) {
    const segment = readSegment(frame);
    if (segment === undefined) continue;
    const ends = [segment.source, segment.destination].sort().join(' ');
    let conversation = current.get(ends);
    if (conversation === undefined || conversation.isReopenedBy(segment)) {
      if (all.length >= maxConnections) continue;
      conversation = new Conversation(segment);
      all.push(conversation);
      current.set(ends, conversation);
    }
    conversation.add(segment, frame.time);
  }
  return {
    connections: all.filter(({ segments }) => segments.length > 0),
    keyLog: file.keyLogs.join('\n'),
  };
}

class Conversation implements CapturedConnection {
  readonly client: string;
  readonly server: string;
  readonly segments: Segment[] = [];
  readonly #streams = { client: new TcpStream(), server: new TcpStream() };
  /** Of the client's SYN; undefined where the capture began later. */
  readonly #opening: number | undefined;

  constructor(first: TcpSegment) {
    const [client, server] = clientSent(first)
      ? [first.source, first.destination]
      : [first.destination, first.source];
    this.client = client;
    this.server = server;
    this.#opening = isOpening(first) ? first.sequenceNumber : undefined;
  }

  get lost(): Readonly<Record<Sender, number>> {
    return { client: this.#streams.client.lost, server: this.#streams.server.lost };
  }

  /** A SYN that is not this connection's own once more: its ends begin another (RFC 9293 §3.6.1). */
  isReopenedBy(segment: TcpSegment): boolean {
    return isOpening(segment) && segment.sequenceNumber !== this.#opening;
  }

  add(segment: TcpSegment, time: number | undefined): void {
    const from = segment.source === this.client ? 'client' : 'server';
    for (const bytes of this.#streams[from].add(segment)) {
      this.segments.push(time === undefined ? { from, bytes } : { from, bytes, time });
    }
  }
}

function isOpening({ synchronize, acknowledge }: TcpSegment): boolean {
  return synchronize && !acknowledge;
}

/** Who opens is the client. Where nobody is seen to, servers have the lower port. */
function clientSent(first: TcpSegment): boolean {
  if (first.synchronize) return !first.acknowledge;
  return first.sourcePort >= first.destinationPort;
}
