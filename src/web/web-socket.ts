/**
 * A classic WebSocket (RFC 6455, WHATWG WebSockets) as a transport. The API tells nobody to wait: what is not yet sent is
 * asked for until there is little of it, and what is received and not read is bounded by a limit.
 */

import { quote } from '../wire/error.ts';
import { Bridge, type BridgeOptions } from './bridge.ts';
import type { StreamPair } from './transport.ts';

/** What is used of a WebSocket: the platform's, or that of a package with the same face. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
  addEventListener(type: EventType, listener: (event: WebSocketEvent) => void): void;
  removeEventListener(type: EventType, listener: (event: WebSocketEvent) => void): void;
}

type EventType = 'open' | 'message' | 'error' | 'close';

/** What is used of its events. Browsers say of an error no more than that there was one. */
interface WebSocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
  readonly error?: unknown;
}

/** As the platform numbers them. */
const readyState = { connecting: 0, open: 1 } as const;

/** How many bytes may wait to be sent before more are held back. */
const maxBuffered = 0x40000;

/** How long to wait before asking again how many are left, milliseconds: each time longer, so far. */
const pauses = { first: 1, longest: 64 } as const;

/** The close codes of an end in order, given or not (RFC 6455 §7.4.1). */
const normalClosure = 1000;
const noStatus = 1005;

/** A page may give none of the RFC's codes for faults, so each of ours ends as the RFC's does (RFC 6455 §7.4.2). */
const faultCodes = { aborted: 4000, 'unsupported-data': 4003, 'too-big': 4009 } as const;

/**
 * A WebSocket as a pair of streams of bytes. It may still be connecting. Its `binaryType` becomes `arraybuffer`; a text
 * message ends it with the code 4003, too much that is not read with 4009, an abort or cancel with 4000.
 * @throws RangeError on a limit that is none
 */
export function webSocketTransport(socket: WebSocketLike, options: BridgeOptions = {}): StreamPair {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let cause: unknown;
  const bridge = new Bridge(
    {
      name: 'the WebSocket',
      send: async (bytes) => {
        socket.send(bytes);
        for (let pause: number = pauses.first; socket.bufferedAmount > maxBuffered; pause *= 2) {
          await new Promise<void>((resolve) => {
            timer = setTimeout(resolve, Math.min(pause, pauses.longest));
          });
        }
      },
      close: () => socket.close(normalClosure),
      cut: (fault) => socket.close(faultCodes[fault]),
      stop: () => clearTimeout(timer),
    },
    options,
  );
  const onEvent = (event: WebSocketEvent) => {
    if (event.type === 'open') bridge.open();
    else if (event.type === 'message') bridge.receive(event.data);
    else if (event.type === 'error') cause = event.error;
    else {
      // Always the last event, also of a socket that never came to be open.
      for (const type of eventTypes) socket.removeEventListener(type, onEvent);
      if (event.code === normalClosure || event.code === noStatus) bridge.end();
      else bridge.fail(closedWith(event, cause));
    }
  };
  socket.binaryType = 'arraybuffer';
  if (socket.readyState > readyState.open) bridge.fail(new Error('the WebSocket is closed'));
  else for (const type of eventTypes) socket.addEventListener(type, onEvent);
  if (socket.readyState === readyState.open) bridge.open();
  return bridge;
}

const eventTypes = ['open', 'message', 'error', 'close'] as const;

function closedWith({ code, reason }: WebSocketEvent, cause: unknown): Error {
  const words = reason ? `: ${quote(reason)}` : '';
  return new Error(
    `the WebSocket was closed with the code ${code}${words}`,
    cause === undefined ? {} : { cause },
  );
}
