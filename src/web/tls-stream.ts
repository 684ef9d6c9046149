/**
 * TlsStream: a TLS connection over a pair of streams, itself a pair of streams (WHATWG Streams).
 *
 * Back-pressure goes through it in both directions. While the plaintext is not read, the transport is not read; nor
 * while the handshake waits for an answer of this side's own. While the transport is not ready, what is written waits.
 * What waits here is bounded: 128 KiB of plaintext and one record each way, beside the one chunk in hand.
 */

import { ClientConnection } from '../connection/client.ts';
import type { ClientConfig, ServerConfig } from '../connection/config.ts';
import type { Connection } from '../connection/connection.ts';
import { aborted } from '../connection/endings.ts';
import type { ConnectionHandlers } from '../connection/handlers.ts';
import type { ConnectionInfo } from '../connection/info.ts';
import { ServerConnection } from '../connection/server.ts';
import type { TlsError } from '../wire/error.ts';
import { inMemoryOfTheirOwn, pieces } from './chunks.ts';
import { deferred } from './deferred.ts';
import { Sink } from './sink.ts';
import { Source } from './source.ts';
import { Carrier, type Patience, type StreamPair, type Transport } from './transport.ts';

export interface TlsStreamOptions {
  /** How long the handshake may take, milliseconds. Default: 120 000. */
  readonly handshakeTimeout?: number;
  /** Ends the connection when it fires, at any time, as `writable.abort` does. */
  readonly signal?: AbortSignal;
}

/** The longest that a timer can be set for on every platform; one that is set for longer fires at once. */
const maxTimeout = 0x7fffffff;

/** How long a peer is waited for that may never end, milliseconds. */
const linger = 5000;

/** How the transport is left at the end of a connection. */
const departures = {
  /** Both sides have said close_notify. What was written before has all the time that it needs. */
  orderly: { flush: Number.POSITIVE_INFINITY, close: linger },
  /** An alert is on its way, and nobody is served by what stands before it. */
  failed: { flush: linger, close: linger },
  /** The reader wants no more, so the peer’s end is not waited for. */
  cancelled: { flush: linger, close: 0 },
} as const satisfies Record<string, Patience>;

/**
 * TLS as a client, over a transport that is already there.
 * @throws TypeError or RangeError on a configuration that cannot be meant, and on a transport that is in use
 */
export function connectTls(
  transport: Transport,
  config: ClientConfig,
  options: TlsStreamOptions = {},
): TlsStream<ClientConnection> {
  return tlsOver(transport, (handlers) => new ClientConnection(config, handlers), options);
}

/**
 * TLS as a server, over a transport on which a client has come.
 * @throws TypeError or RangeError on a configuration that cannot be meant, and on a transport that is in use
 */
export function acceptTls(
  transport: Transport,
  config: ServerConfig,
  options: TlsStreamOptions = {},
): TlsStream<ServerConnection> {
  return tlsOver(transport, (handlers) => new ServerConnection(config, handlers), options);
}

/**
 * TLS by a connection of your own making, as one of `reprise-tls/bare`, over a transport that is already there. A client's
 * is started.
 * @throws what `connect` throws, and TypeError on a transport that is in use
 */
export function tlsOver<C extends Connection & { start?(): void }>(
  transport: Transport,
  connect: (handlers: ConnectionHandlers) => C,
  options: TlsStreamOptions = {},
): TlsStream<C> {
  const stream = new TlsStream(transport, options, connect);
  stream.connection.start?.();
  return stream;
}

export class TlsStream<C extends Connection = ClientConnection | ServerConnection> implements StreamPair {
  /**
   * Plaintext from the peer. It ends with the peer's close_notify, and the writable is then still to be closed; where the
   * connection fails, it fails with the TlsError, behind all that had come before. To cancel it ends the connection: with
   * close_notify, where all that was written is on its way, else as by an abort.
   */
  readonly readable: ReadableStream<Uint8Array>;
  /**
   * Plaintext for the peer; what is written before the handshake is done waits for it, or with `falseStart` for this side's
   * own Finished. To close it sends close_notify,
   * and the peer may still go on. To abort it ends the connection at once, without a word to the peer, who must not
   * take for whole what was cut short.
   */
  readonly writable: WritableStream<Uint8Array>;
  /** What was agreed, when the handshake is done. Rejects with a TlsError where it never is. */
  readonly secured: Promise<ConnectionInfo>;
  /**
   * The end of it all, when the transport is closed and let go: both sides have said close_notify, or the readable was
   * cancelled. Rejects with a TlsError where the connection ended otherwise. Like `secured` it may be ignored.
   */
  readonly closed: Promise<void>;
  /** The engine, for its exporters and channel bindings. The streams alone should feed and close it. */
  readonly connection: C;

  readonly #carrier: Carrier;
  readonly #incoming: Source;
  readonly #outgoing: Sink;
  readonly #secured = deferred<ConnectionInfo>();
  readonly #closed = deferred<void>();
  readonly #signal: AbortSignal | undefined;
  readonly #onSignal = () => this.#abort(this.#signal?.reason);
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  /** Our close_notify is the next to leave, or has left. */
  #isClosing = false;
  /** The peer's has come. */
  #isPeerClosed = false;
  /** Why the peer has not heard our close_notify. */
  #unheard: { readonly error: unknown } | undefined;
  #isOver = false;

  /** `make` makes the connection for these handlers, and may refuse its configuration. */
  constructor(
    transport: Transport,
    { handshakeTimeout = 120_000, signal }: TlsStreamOptions,
    make: (handlers: ConnectionHandlers) => C,
  ) {
    if (!(handshakeTimeout > 0 && handshakeTimeout <= maxTimeout)) {
      throw new RangeError(`expected a handshakeTimeout of 1 to ${maxTimeout} ms, got ${handshakeTimeout}`);
    }
    this.#carrier = new Carrier(transport);
    this.#incoming = new Source({ cancel: (reason) => this.#cancel(reason) });
    this.#outgoing = new Sink({
      write: (bytes) => this.#write(bytes),
      close: () => this.#close(),
      abort: (reason) => this.#abort(reason),
    });
    this.#signal = signal;
    this.readable = this.#incoming.readable;
    this.writable = this.#outgoing.writable;
    this.secured = this.#secured.promise;
    this.closed = this.#closed.promise;
    this.connection = this.#make(make);

    signal?.addEventListener('abort', this.#onSignal);
    if (signal?.aborted) this.#onSignal();
    else if (!this.#isOver) this.#timer = setTimeout(() => this.#timeOut(handshakeTimeout), handshakeTimeout);
    this.#receive();
  }

  #make(make: (handlers: ConnectionHandlers) => C): C {
    try {
      return make({
        send: (flight) => this.#send(flight),
        data: (bytes) => this.#incoming.push(inMemoryOfTheirOwn(bytes)),
        falseStart: () => this.#outgoing.open(),
        secure: (info) => {
          clearTimeout(this.#timer);
          this.#secured.resolve(info);
          // What was written already leaves in one flight with our Finished, where that is the last.
          this.#outgoing.open();
        },
        end: () => {
          this.#isPeerClosed = true;
          this.#incoming.end();
        },
        close: (error) => {
          if (error === undefined) this.#end(undefined, departures.orderly);
          else this.#end(error, error.origin === 'sent' ? departures.failed : undefined);
        },
      });
    } catch (error) {
      this.#carrier.release();
      throw error;
    }
  }

  /** Reads the transport to its end. What comes after the connection's is dropped, so that the peer can end. */
  async #receive(): Promise<void> {
    try {
      let chunk = await this.#carrier.read();
      while (chunk !== undefined) {
        for (const piece of pieces(chunk)) {
          await this.connection.feed(piece);
          await this.#incoming.hungry();
        }
        chunk = await this.#carrier.read();
      }
      this.#transportEnded(undefined);
    } catch (error) {
      this.#transportEnded(error);
    }
  }

  #transportEnded(error: unknown): void {
    if (this.#unheard === undefined) this.connection.feedEnd(error);
    else this.connection.abort(this.#unheard.error);
  }

  #send(flight: Uint8Array): void {
    this.#carrier.write(flight).catch((error) => {
      // Whether the peer has gone before it could hear our close_notify is for the reading side to find out.
      if (!this.#isClosing) this.#notSent(error);
    });
  }

  #notSent(error: unknown): void {
    if (this.#isPeerClosed) this.connection.abort(error);
    else this.connection.feedEnd(error);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (const piece of pieces(bytes)) {
      this.connection.write(piece);
      await this.#carrier.ready.catch((error) => this.#notSent(error));
    }
  }

  /** Where all but close_notify has left, it matters only to a peer that has not closed, and is still there. */
  async #close(): Promise<void> {
    await this.#carrier.flushed;
    this.#isClosing = true;
    this.connection.close();
    try {
      await this.#carrier.flushed;
    } catch (error) {
      if (this.#isPeerClosed || this.#isOver) return;
      this.#unheard = { error };
      throw aborted(this.connection.state, error);
    }
  }

  #cancel(reason: unknown): void {
    if (this.connection.info === undefined || !this.#outgoing.idle) {
      this.#abort(reason);
      return;
    }
    this.connection.close();
    this.#end(undefined, departures.cancelled);
    this.connection.abort();
  }

  #abort(reason: unknown): void {
    this.connection.abort(reason);
    this.#carrier.abort(reason);
  }

  #timeOut(time: number): void {
    this.#abort(new DOMException(`expected the handshake to be done within ${time} ms`, 'TimeoutError'));
  }

  #end(error: TlsError | undefined, patience: Patience | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    const reason = error ?? aborted(this.connection.state, undefined);
    this.#secured.reject(reason);
    if (error === undefined) this.#incoming.end();
    else if (error.reason === 'aborted') this.#incoming.discard(error);
    else this.#incoming.fail(error);
    if (error !== undefined || !this.#outgoing.closing) this.#outgoing.fail(reason);
    if (patience === undefined) this.#carrier.abort(reason);
    else this.#carrier.close(patience);
    this.#carrier.gone.then(() => {
      // If close_notify was still on its way, nobody waits for it any longer.
      this.#outgoing.fail(reason);
      this.#signal?.removeEventListener('abort', this.#onSignal);
      if (error === undefined) this.#closed.resolve();
      else this.#closed.reject(error);
    });
  }
}
