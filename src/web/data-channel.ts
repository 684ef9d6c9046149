/**
 * An RTCDataChannel (W3C WebRTC §6, RFC 8831) as a transport. It says when there is room to send; what is received and
 * not read is bounded by a limit.
 */

import { Bridge, type BridgeOptions } from './bridge.ts';
import { pieces } from './chunks.ts';
import type { StreamPair } from './transport.ts';

/** What is used of an RTCDataChannel. */
export interface DataChannelLike {
  binaryType: string;
  bufferedAmountLowThreshold: number;
  readonly bufferedAmount: number;
  readonly readyState: string;
  readonly ordered: boolean;
  readonly maxPacketLifeTime: number | null;
  readonly maxRetransmits: number | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
  addEventListener(type: EventType, listener: (event: DataChannelEvent) => void): void;
  removeEventListener(type: EventType, listener: (event: DataChannelEvent) => void): void;
}

const eventTypes = ['open', 'message', 'bufferedamountlow', 'error', 'close'] as const;
type EventType = (typeof eventTypes)[number];

interface DataChannelEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly error?: unknown;
}

/** What every implementation can receive as one message (RFC 8831 §6.6). */
const maxMessage = 0x4000;

/** How many bytes may wait to be sent before more are held back, until it is so few. */
const maxBuffered = 0x40000;
const fewBuffered = 0x10000;

/**
 * An RTCDataChannel as a pair of streams of bytes. It may still be connecting. Its `binaryType` becomes `arraybuffer`, and
 * its `bufferedAmountLowThreshold` 64 KiB; a text message ends it.
 * @throws TypeError on a channel that may lose or reorder messages, RangeError on a limit that is none
 */
export function dataChannelTransport(channel: DataChannelLike, options: BridgeOptions = {}): StreamPair {
  const { ordered, maxPacketLifeTime, maxRetransmits } = channel;
  if (!ordered) throw new TypeError('expected an ordered RTCDataChannel, got an unordered one');
  if (maxPacketLifeTime !== null || maxRetransmits !== null) {
    throw new TypeError('expected a reliable RTCDataChannel, got one that gives up');
  }
  let drained: (() => void) | undefined;
  const bridge = new Bridge(
    {
      name: 'the RTCDataChannel',
      send: async (bytes) => {
        for (const message of pieces(bytes, maxMessage)) {
          channel.send(message);
          if (channel.bufferedAmount <= maxBuffered) continue;
          await new Promise<void>((resolve) => {
            drained = resolve;
          });
        }
      },
      close: () => channel.close(),
      cut: () => channel.close(),
      stop: () => {
        for (const type of eventTypes) channel.removeEventListener(type, onEvent);
      },
    },
    options,
  );
  const onEvent = (event: DataChannelEvent) => {
    if (event.type === 'open') bridge.open();
    else if (event.type === 'message') bridge.receive(event.data);
    else if (event.type === 'bufferedamountlow') drained?.();
    else if (event.type === 'error') bridge.fail(event.error);
    else bridge.end();
  };
  channel.binaryType = 'arraybuffer';
  channel.bufferedAmountLowThreshold = fewBuffered;
  for (const type of eventTypes) channel.addEventListener(type, onEvent);
  if (channel.readyState === 'open') bridge.open();
  else if (channel.readyState !== 'connecting') bridge.fail(new Error('the RTCDataChannel is closed'));
  return bridge;
}
