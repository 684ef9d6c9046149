/**
 * HelloPeeker: the first message of one direction of a connection, seen in passing and without a part in TLS. It is
 * what a load balancer looks at before it knows whose the connection is.
 *
 * Records are taken apart by the core's own RecordLayer, so that a hello is found here wherever a Reprise server or
 * client would find it (RFC 5246 §6.2.1): spread over many records, or behind warnings. Messages are joined here, since
 * MessageJoiner copies each one for the transcript, and there is none.
 *
 * The answer depends on the bytes that have come and not on the pieces in which they did, it is final as soon as it is
 * not `incomplete`, and no bytes at all make an exception of it.
 */

import { handshakeHeaderLength, handshakeMessages } from '../handshake/messages.ts';
import { readAlert } from '../record/alert.ts';
import { ContentType, contentTypeName, maxPlaintext, type PlaintextRecord } from '../record/content.ts';
import { RecordLayer } from '../record/layer.ts';
import { AlertDescription, AlertLevel } from '../wire/alert.ts';
import { fault, type Reason, TlsError } from '../wire/error.ts';
import { ByteQueue } from '../wire/queue.ts';

/** What is known so far: the hello, that more bytes are needed, or that no more bytes will make one of these. */
export type Peek<H> =
  | { readonly status: 'incomplete' }
  | (H & { readonly status: 'hello' })
  | {
      readonly status: 'no-hello';
      /** What a Reprise peer would have ended the connection with, had it read this far (`TlsError.reason`). */
      readonly reason: Reason;
      /** What was expected and what came. */
      readonly message: string;
    };

export interface PeekOptions {
  /** How many bytes are looked at before a hello is given up, headers included. Default: 17 KiB. */
  readonly maxLength?: number | undefined;
}

/** One of the two hellos: its name, and what is read from its body. */
export interface HelloKind<H> {
  readonly name: 'ClientHello' | 'ServerHello';
  /** @throws TlsError on a body that is malformed */
  read(body: Uint8Array): H & { readonly status: 'hello' };
}

/** One record as full as it may be (RFC 5246 §6.2.1), and 1 KiB for headers and warnings. */
const defaultMaxLength = maxPlaintext + 1024;

const incomplete = { status: 'incomplete' } as const;

export class HelloPeeker<H> {
  readonly maxLength: number;
  readonly #kind: HelloKind<H>;
  readonly #record = new RecordLayer();
  readonly #fragments = new ByteQueue();
  #length = 0;
  #peek: Peek<H> = incomplete;

  /** @throws RangeError on a length that is no whole number above 0 */
  constructor(kind: HelloKind<H>, { maxLength = defaultMaxLength }: PeekOptions = {}) {
    if (!Number.isSafeInteger(maxLength) || maxLength < 1) {
      throw new RangeError(`expected a length of at least one byte, got ${maxLength}`);
    }
    this.#kind = kind;
    this.maxLength = maxLength;
  }

  /**
   * Takes the next bytes of the connection and says what is known with them. They are the caller's again after the
   * call: of what came before a hello is whole, a copy is kept, `maxLength` bytes of it at most.
   * @throws TypeError on what is no Uint8Array
   */
  push(bytes: Uint8Array): Peek<H> {
    if (!(bytes instanceof Uint8Array)) throw new TypeError(`expected a Uint8Array, got ${typeof bytes}`);
    if (this.#peek !== incomplete) return this.#peek;
    const room = this.maxLength - this.#length;
    const looked = bytes.length > room ? bytes.subarray(0, room) : bytes;
    this.#length += looked.length;
    this.#record.push(looked);
    this.#peek = this.#look();
    if (this.#peek === incomplete) this.#settle();
    else this.#release();
    return this.#peek;
  }

  #look(): Peek<H> {
    try {
      return this.#read();
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      return { status: 'no-hello', reason: error.reason, message: error.message };
    }
  }

  #read(): Peek<H> {
    for (;;) {
      const body = this.#message();
      if (body !== undefined) return this.#kind.read(body);
      const record = this.#record.next();
      if (record === undefined) break;
      this.#onRecord(record);
    }
    if (this.#length < this.maxLength) return incomplete;
    throw fault(
      'message-too-long',
      `expected ${this.#kind.name} within ${this.maxLength} bytes, got none that ends there`,
    );
  }

  /** The body of the first message, as a view, once it is whole (RFC 5246 §7.4). */
  #message(): Uint8Array | undefined {
    const fragments = this.#fragments;
    if (fragments.length === 0) return undefined;
    const { name } = this.#kind;
    if (fragments.at(0) !== handshakeMessages[name].type) {
      throw fault('unexpected-message', `expected ${name}, got HandshakeType ${fragments.at(0)}`);
    }
    if (fragments.length < handshakeHeaderLength) return undefined;
    const length = (fragments.at(1) << 16) | (fragments.at(2) << 8) | fragments.at(3);
    if (fragments.length < handshakeHeaderLength + length) return undefined;
    fragments.take(handshakeHeaderLength);
    return fragments.take(length);
  }

  #onRecord({ type, fragment }: PlaintextRecord): void {
    if (type === ContentType.handshake) this.#fragments.push(fragment);
    else if (type === ContentType.alert) passWarning(fragment);
    else throw fault('unexpected-message', `expected a handshake, got a record of ${contentTypeName(type)}`);
  }

  /** What was lent for this call becomes our own. */
  #settle(): void {
    this.#fragments.settle();
    this.#record.settle();
  }

  /** Nothing is kept once there is an answer. */
  #release(): void {
    this.#fragments.clear();
    this.#record.destroy();
  }
}

/** A warning may stand before a hello, as unrecognized_name did before many a ServerHello (RFC 6066 §3). */
function passWarning(fragment: Uint8Array): void {
  const { level, description } = readAlert(fragment);
  if (level === AlertLevel.warning && description !== AlertDescription.close_notify) return;
  throw new TlsError(`expected a hello, got alert ${description}`, { reason: 'alert-received' });
}
