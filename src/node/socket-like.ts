/**
 * SocketLike: a Duplex with what users of sockets look for beside the bytes: addresses, timeouts, `ref`, `destroySoon`.
 * What concerns the network is asked of the stream below, as far as that knows it.
 */

import type { AddressInfo, Socket } from 'node:net';
import { Duplex, type DuplexOptions } from 'node:stream';

/** What a stream below may be able to tell and do. */
type Below = Duplex & Partial<Pick<Socket, PassedOn>>;
type PassedOn =
  | 'address'
  | 'bytesRead'
  | 'bytesWritten'
  | 'connecting'
  | 'localAddress'
  | 'localFamily'
  | 'localPort'
  | 'pending'
  | 'ref'
  | 'remoteAddress'
  | 'remoteFamily'
  | 'remotePort'
  | 'setKeepAlive'
  | 'setNoDelay'
  | 'unref';

export abstract class SocketLike extends Duplex {
  /** The idle timeout in milliseconds, where one is set. */
  timeout: number | undefined;
  readonly #below: Below;
  readonly #told: readonly (readonly [event: string, tell: (...args: unknown[]) => void])[];
  #idle: NodeJS.Timeout | undefined;

  protected constructor(below: Below, options: DuplexOptions) {
    super(options);
    this.#below = below;
    const events = below.connecting === true ? ['lookup', 'connect', 'ready'] : [];
    this.#told = events.map((event) => [event, (...args) => this.emit(event, ...args)]);
    for (const [event, tell] of this.#told) below.on(event, tell);
  }

  /** Emits 'timeout' when no bytes have come or gone for so many milliseconds; 0: never. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    if (!(milliseconds >= 0 && milliseconds <= 0x7fffffff)) {
      throw new RangeError(`setTimeout: expected 0 to 2147483647 milliseconds, got ${milliseconds}`);
    }
    clearTimeout(this.#idle);
    this.timeout = milliseconds;
    this.#idle = milliseconds === 0 || this.destroyed ? undefined : this.#idleTimer(milliseconds);
    if (listener === undefined) return this;
    if (milliseconds === 0) return this.off('timeout', listener);
    return this.once('timeout', listener);
  }

  setKeepAlive(enable?: boolean, initialDelay?: number): this {
    this.#below.setKeepAlive?.(enable, initialDelay);
    return this;
  }

  setNoDelay(noDelay?: boolean): this {
    this.#below.setNoDelay?.(noDelay);
    return this;
  }

  ref(): this {
    this.#below.ref?.();
    return this;
  }

  unref(): this {
    this.#below.unref?.();
    return this;
  }

  /** Ends, and when all is written destroys. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  address(): AddressInfo | object {
    return this.#below.address?.() ?? {};
  }

  get connecting(): boolean {
    return this.#below.connecting ?? false;
  }

  get pending(): boolean {
    return this.#below.pending ?? false;
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening';
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  /** In bytes of TLS, as they went over the network. */
  get bytesRead(): number {
    return this.#below.bytesRead ?? 0;
  }

  get bytesWritten(): number {
    return this.#below.bytesWritten ?? 0;
  }

  get localAddress(): string | undefined {
    return this.#below.localAddress;
  }

  get localPort(): number | undefined {
    return this.#below.localPort;
  }

  get localFamily(): string | undefined {
    return this.#below.localFamily;
  }

  get remoteAddress(): string | undefined {
    return this.#below.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#below.remotePort;
  }

  get remoteFamily(): string | undefined {
    return this.#below.remoteFamily;
  }

  /** Bytes have come or gone. */
  protected active(): void {
    this.#idle?.refresh();
  }

  /** Lets go of the stream below, and of the time. */
  protected release(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    for (const [event, tell] of this.#told) this.#below.off(event, tell);
  }

  #idleTimer(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => this.emit('timeout'), milliseconds).unref();
  }
}
