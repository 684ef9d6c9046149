/**
 * MessageJoiner: fragments of the handshake protocol in, whole messages out (RFC 5246 §6.2.1, §7.4).
 *
 * A message may be spread over many records, and a record may hold many messages. What waits is bounded by the
 * message's own kind, which its first byte tells.
 */

import { fault } from '../wire/error.ts';
import { ByteQueue } from '../wire/queue.ts';
import { type HandshakeName, handshakeHeaderLength, handshakeMessages, handshakeName } from './messages.ts';

export interface RawMessage {
  readonly name: HandshakeName;
  /** Header and body: what the transcript hashes. A copy: it may be kept while the input goes on. */
  readonly raw: Uint8Array;
  readonly body: Uint8Array;
}

export class MessageJoiner {
  readonly #fragments = new ByteQueue();

  /** The bytes of messages that are not yet taken. */
  get waiting(): number {
    return this.#fragments.length;
  }

  push(fragment: Uint8Array): void {
    this.#fragments.push(fragment);
  }

  settle(): void {
    this.#fragments.settle();
  }

  clear(): void {
    this.#fragments.clear();
  }

  /** Takes the next whole message. @throws TlsError on an unknown type or a length beyond its kind's bound */
  next(): RawMessage | undefined {
    const fragments = this.#fragments;
    if (fragments.length === 0) return undefined;
    const name = handshakeName(fragments.at(0));
    if (name === undefined) {
      throw fault(
        'unexpected-message',
        `expected a message of TLS 1.2, got HandshakeType ${fragments.at(0)}`,
      );
    }
    if (fragments.length < handshakeHeaderLength) return undefined;
    const length = (fragments.at(1) << 16) | (fragments.at(2) << 8) | fragments.at(3);
    const { maxLength } = handshakeMessages[name];
    if (length > maxLength) {
      throw fault('message-too-long', `expected at most ${maxLength} bytes in ${name}, got ${length}`);
    }
    if (fragments.length < handshakeHeaderLength + length) return undefined;
    const raw = fragments.take(handshakeHeaderLength + length).slice();
    return { name, raw, body: raw.subarray(handshakeHeaderLength) };
  }
}
