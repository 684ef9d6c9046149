/**
 * How a handshake speaks with its peer, and with the connection that runs it.
 *
 * A handshake is a coroutine that reads from top to bottom like the figures of RFC 5246 §7.3. It knows no timer, no
 * clock and no I/O: where it cannot go on it yields what it needs, a message or the settling of a promise, and the
 * connection answers. Where an answer is there at once, nothing is yielded.
 */

import { align } from '../record/alignment.ts';
import { ContentType } from '../record/content.ts';
import type { RecordLayer } from '../record/layer.ts';
import type { RecordProtection } from '../record/protection.ts';
import { isPromiseLike } from '../session/asking.ts';
import type { Session } from '../session/session.ts';
import type { MaybePromise } from '../session/store.ts';
import { wipe } from '../wire/bytes.ts';
import type { Codec } from '../wire/codec.ts';
import { fault } from '../wire/error.ts';
import { Writer } from '../wire/writer.ts';
import type { Unfinished } from './establish.ts';
import { type HandshakeBody, type HandshakeName, handshakeMessages } from './messages.ts';
import type { Awaited, StateTable } from './states.ts';
import { Transcript } from './transcript.ts';

/** What a coroutine waits for. */
export type Need =
  | { readonly for: 'message'; readonly state: string; readonly accepts: readonly Awaited[] }
  | { readonly for: 'answer'; readonly promise: PromiseLike<unknown> };

export type Handshake<T> = Generator<Need, T, unknown>;

/** A message as the connection delivers it. */
export type Received<N extends Awaited = Awaited> = {
  [M in N]: {
    readonly name: M;
    readonly body: M extends HandshakeName ? HandshakeBody<M> : undefined;
    /** Header and body; empty for ChangeCipherSpec, which is no message of the handshake. */
    readonly raw: Uint8Array;
    /** The bytes of further handshake messages that had come behind it. */
    readonly waiting: number;
  };
}[N];

/** The value itself, or the value that a promise brings: the one place where a handshake waits for its own side. */
export function* answer<T>(value: MaybePromise<T>): Handshake<T> {
  if (!isPromiseLike(value)) return value;
  return (yield { for: 'answer', promise: value }) as T;
}

/** Lets what was begun go on unattended: it does not throw or reject, and nobody waits for it. */
export function settled(value: MaybePromise<unknown>): void {
  if (isPromiseLike(value)) value.then(undefined, () => {});
}

/**
 * After the last message of a peer's flight nothing may have come: what answers ours cannot be there before it.
 * @throws TlsError `unexpected_message`
 */
export function endOfFlight({ name, waiting }: Received): void {
  if (waiting === 0) return;
  throw fault(
    'unexpected-message',
    `expected nothing behind ${name} before our answer, got ${waiting} bytes`,
  );
}

/** What must not outlive its connection. */
interface Destroyable {
  destroy(): void;
}

/** The session's secret as what is to be overwritten. */
export function secretOf({ masterSecret }: Session): Destroyable {
  return { destroy: () => wipe(masterSecret) };
}

/** The other side, as one side's coroutine sees it: what is sent and received goes into one transcript. */
export class Peer<S extends StateTable> {
  readonly transcript = new Transcript();
  readonly record: RecordLayer;
  /** The session that an abbreviated handshake goes on with, from the moment that it was accepted. */
  resuming: Uint8Array | undefined;
  /** What a client may write by already, from the moment that its own Finished is on its way. */
  falseStart: Unfinished | undefined;
  readonly #states: S;
  readonly #held: Destroyable[] = [];
  #destroyed = false;

  constructor(states: S, record: RecordLayer) {
    this.#states = states;
    this.record = record;
  }

  /** Waits in `state` until a message comes that it accepts. */
  *receive<K extends keyof S & string>(state: K): Handshake<Received<S[K][number]>> {
    const accepts = this.#states[state] as S[K];
    const message = (yield { for: 'message', state, accepts }) as Received<S[K][number]>;
    if (message.name !== 'ChangeCipherSpec') this.transcript.add(message.raw);
    return message;
  }

  send<N extends HandshakeName>(name: N, body: HandshakeBody<N>): void {
    const { type, codec } = handshakeMessages[name];
    const writer = new Writer();
    writer.uint(type, 1);
    const start = writer.open(3);
    (codec as Codec<unknown>).write(writer, body);
    writer.close(start, 3, 0, 0xffffff);
    const message = writer.finish();
    this.transcript.add(message);
    this.record.writer.write(ContentType.handshake, message);
  }

  /** Keeps a secret where the end of the connection finds it, however that comes. */
  hold<T extends Destroyable>(secret: T): T {
    if (this.#destroyed) secret.destroy();
    else this.#held.push(secret);
    return secret;
  }

  /** Overwrites all that is held, in use or not yet. */
  destroy(): void {
    this.#destroyed = true;
    for (const secret of this.#held.splice(0)) secret.destroy();
    this.record.destroy();
  }

  /** ChangeCipherSpec from us: all that is sent from now on is protected by `protection`. */
  changeWriteProtection(protection: RecordProtection): void {
    this.record.changeWriteProtection(protection);
  }

  /** ChangeCipherSpec from the peer, with nothing half-read behind it (rule S30). */
  changeReadProtection(protection: RecordProtection, changeCipherSpec: Received<'ChangeCipherSpec'>): void {
    this.record.changeReadProtection(protection, align(changeCipherSpec.waiting));
  }
}
