/**
 * TlsSocket: TLS 1.2 over any Duplex, as a Duplex, with the face of `tls.TLSSocket`.
 *
 * close_notify of the peer is 'end', and `end()` says our own (RFC 5246 §7.2.1); each direction ends by itself, and with
 * `allowHalfOpen: false` the peer's end is answered by ours, as everywhere in Node. An error comes once, then 'close'.
 */

import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type {
  CipherNameAndProtocol,
  DetailedPeerCertificate,
  EphemeralKeyInfo,
  PeerCertificate,
} from 'node:tls';
import { BareClientConnection } from '../connection/bare-client.ts';
import type { ChannelBindingType } from '../connection/channel-binding.ts';
import type { ConnectionInfo } from '../connection/info.ts';
import { TlsError } from '../wire/error.ts';
import { Channel } from './channel.ts';
import {
  type ClientOptions,
  clientEndpoint,
  type Endpoint,
  type ServerOptions,
  serverEndpoint,
} from './endpoint.ts';
import { handshakeTimedOut } from './errors.ts';
import { ephemeralKeys, opensslSuite } from './openssl-names.ts';
import { detailedPeerCertificate, firstOf, peerCertificate } from './peer-certificate.ts';
import { SocketLike } from './socket-like.ts';

/** How a socket behaves as a stream. */
export interface StreamOptions {
  /** Whether this side may go on writing after the peer's close_notify. Default: false. */
  readonly allowHalfOpen?: boolean | undefined;
  /** How many bytes are buffered in either direction before the flow is stopped. Default: Node's. */
  readonly highWaterMark?: number | undefined;
}

export type TlsSocketOptions = StreamOptions &
  (
    | (ClientOptions & { readonly isServer?: false | undefined })
    | (ServerOptions & { readonly isServer: true })
  );

export class TlsSocket extends SocketLike {
  readonly encrypted = true;
  /** Whether the peer's certificate is trusted; `authorizationError` is the code of what is wrong with it. */
  authorized = false;
  authorizationError: string | null = null;
  /** What was agreed on; false for nothing, null until the handshake is done. */
  alpnProtocol: string | false | null = null;
  servername: string | false | null = null;
  readonly #endpoint: Endpoint;
  readonly #channel: Channel;
  #handshakeTimer: NodeJS.Timeout | undefined;

  /**
   * The handshake begins at once, or when the stream is connected. The stream is this socket's from now on.
   * @throws TypeError or RangeError on options that cannot be meant, or cannot be honoured
   */
  constructor(stream: Duplex, options: TlsSocketOptions | (Endpoint & StreamOptions) = {}) {
    const { allowHalfOpen = false, highWaterMark } = options;
    const endpoint = endpointOf(options);
    super(stream, { allowHalfOpen, ...(highWaterMark === undefined ? {} : { highWaterMark }) });
    this.#endpoint = endpoint;
    this.#channel = new Channel(stream, endpoint, {
      secure: (info) => this.#onSecure(info),
      data: (bytes) => this.push(bytes),
      end: () => this.push(null),
      closed: (error) => this.#onClosed(error),
      active: () => this.active(),
    });
    if (this.connecting) this.once('connect', () => this.#start());
    else this.#start();
  }

  /** What was agreed on, in Reprise's words; undefined until the handshake is done. */
  get info(): ConnectionInfo | undefined {
    return this.#channel.connection.info;
  }

  get secureConnecting(): boolean {
    return this.info === undefined && !this.destroyed;
  }

  isSessionReused(): boolean {
    return this.info?.resumed ?? false;
  }

  /**
   * The session, for the option `session` of a later connection: whoever has it can be the server to this client. Undefined
   * on servers, and once the socket is destroyed.
   */
  getSession(): Buffer | undefined {
    return this.#endpoint.session?.state;
  }

  getProtocol(): 'TLSv1.2' | null {
    return this.info?.protocolVersion ?? null;
  }

  getCipher(): CipherNameAndProtocol | undefined {
    if (this.info === undefined) return undefined;
    const standardName = this.info.cipherSuite;
    return { name: opensslSuite({ name: standardName }), standardName, version: 'TLSv1.2' };
  }

  /** Empty where the handshake was abbreviated, null on servers. */
  getEphemeralKeyInfo(): EphemeralKeyInfo | object | null {
    if (this.#endpoint.role === 'server') return null;
    const key = this.info?.group === undefined ? undefined : ephemeralKeys[this.info.group];
    return key === undefined ? {} : { type: 'ECDH', ...key };
  }

  /** In the shape of node:tls; an empty object where the peer showed none. */
  getPeerCertificate(detailed: true): DetailedPeerCertificate;
  getPeerCertificate(detailed?: boolean): PeerCertificate;
  getPeerCertificate(detailed = false): PeerCertificate {
    const chain = this.info?.peerCertificates ?? [];
    if (chain.length === 0) return {} as PeerCertificate;
    return detailed ? detailedPeerCertificate(chain) : peerCertificate(chain);
  }

  getPeerX509Certificate(): X509Certificate | undefined {
    const chain = this.info?.peerCertificates ?? [];
    return chain.length === 0 ? undefined : firstOf(chain);
  }

  /** As node:tls, from 512 bytes to 16384: shorter records are read sooner. False on any other size, which changes nothing. */
  setMaxSendFragment(size: number): boolean {
    const fits = Number.isInteger(size) && size >= 512 && size <= 16_384;
    if (fits) this.#channel.connection.setMaxSendFragment(size);
    return fits;
  }

  /** As RFC 5705 §4, which tells an empty context from none. @throws TypeError before the handshake is done */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Buffer {
    return Buffer.from(this.#channel.connection.exportKeyingMaterial(label, length, context));
  }

  /** A channel binding of RFC 5929. @throws TypeError before the handshake is done, or where there is no such binding */
  channelBinding(type: ChannelBindingType): Buffer {
    return Buffer.from(this.#channel.connection.channelBinding(type));
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#channel.write([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#channel.write(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#channel.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#handshakeTimer);
    this.release();
    this.#channel.destroy(error instanceof TlsError && error.origin === 'sent' ? 'alert' : 'nothing');
    this.#endpoint.session?.wipe();
    this.#channel.takeUnwritten()?.(error ?? gone());
    done(error);
  }

  #start(): void {
    const { handshakeTimeout } = this.#endpoint;
    if (handshakeTimeout > 0) {
      this.#handshakeTimer = setTimeout(() => {
        this.destroy(handshakeTimedOut(handshakeTimeout, this.#channel.connection.state));
      }, handshakeTimeout).unref();
    }
    const { connection } = this.#channel;
    this.#channel.start(() => {
      if (connection instanceof BareClientConnection) connection.start();
    });
  }

  #onSecure(info: ConnectionInfo): void {
    clearTimeout(this.#handshakeTimer);
    Object.assign(this, this.#endpoint.trust.authorization(info.peerCertificates));
    this.alpnProtocol = info.alpnProtocol ?? false;
    // Addresses are no names, and were not sent (RFC 6066 §3).
    this.servername = info.serverName !== undefined && isIP(info.serverName) === 0 ? info.serverName : false;
    this.emit('secure');
    if (this.#endpoint.role === 'server' || this.destroyed) return;
    this.emit('secureConnect');
    const { session } = this.#endpoint;
    if (session?.fresh) this.emit('session', session.state);
  }

  #onClosed(error: Error | undefined): void {
    if (error === undefined) {
      if (!this.readableEnded) this.push(null);
      return;
    }
    this.destroy(error);
  }
}

/** What Node's own streams say to a write that will never be done. */
function gone(): Error {
  return Object.assign(new Error('the socket was destroyed'), { code: 'ERR_STREAM_DESTROYED' });
}

function endpointOf(options: TlsSocketOptions | Endpoint): Endpoint {
  if ('open' in options) return options;
  return options.isServer === true ? serverEndpoint(options) : clientEndpoint(options);
}
