/**
 * TlsServer: a server of node:net whose connections speak TLS 1.2, with the face of `tls.Server`. A stream of any kind is
 * taken in by `server.emit('connection', stream)`.
 *
 * Sessions are kept in memory unless `sessionStore` says otherwise, one store for the life of the server: it resumes
 * whatever it may, also after `setSecureContext` and `addContext`, whose certificates sessions are bound to (rule S22).
 */

import { Server, type ServerOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { MemorySessionStore } from '../session/memory.ts';
import { certificatesOf, type Endpoint, type ServerOptions, serverEndpoint } from './endpoint.ts';
import { SecureContext, type SecureContextOptions, withContext } from './secure-context.ts';
import { type StreamOptions, TlsSocket } from './tls-socket.ts';

export interface TlsServerOptions
  extends ServerOptions,
    StreamOptions,
    Omit<ServerOpts, keyof StreamOptions> {}

interface NamedContext {
  readonly pattern: RegExp;
  readonly context: SecureContext;
}

export class TlsServer extends Server {
  readonly #stream: StreamOptions;
  #options: ServerOptions;
  #contexts: readonly NamedContext[] = [];
  #endpoint: Endpoint;

  /** @throws TypeError or RangeError on options that cannot be meant, or cannot be honoured */
  constructor(options: TlsServerOptions = {}, listener?: (socket: TlsSocket) => void) {
    const { allowHalfOpen, highWaterMark, noDelay = true } = options;
    super({ ...options, noDelay, allowHalfOpen: true });
    this.#stream = { allowHalfOpen, highWaterMark };
    const { sessionStore = new MemorySessionStore() } = options;
    this.#options = withContext({ ...options, sessionStore });
    this.#endpoint = serverEndpoint(this.#options);
    this.on('connection', (stream: Duplex) => this.#accept(stream));
    if (listener !== undefined) this.on('secureConnection', listener);
  }

  /**
   * Certificates for a name, in which `*` stands for a label or a part of one; the last that fits is taken. They are for
   * those who come from now on.
   */
  addContext(hostname: string, context: SecureContext | SecureContextOptions): void {
    const parts = hostname.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    const pattern = new RegExp(`^${parts.join('[^.]*')}$`, 'i');
    const made = context instanceof SecureContext ? context : new SecureContext(context);
    certificatesOf(made);
    this.#renew(this.#options, [{ pattern, context: made }, ...this.#contexts]);
  }

  /** Other certificates, anchors and suites for those who come from now on; all else stays. */
  setSecureContext(options: SecureContextOptions): void {
    this.#renew({ ...this.#options, secureContext: new SecureContext(options) }, this.#contexts);
  }

  #renew(options: ServerOptions, contexts: readonly NamedContext[]): void {
    const byName = (name: string) => contexts.find(({ pattern }) => pattern.test(name))?.context;
    this.#endpoint = serverEndpoint(options, contexts.length === 0 ? undefined : byName);
    this.#options = options;
    this.#contexts = contexts;
  }

  #accept(stream: Duplex): void {
    const socket = new TlsSocket(stream, { ...this.#endpoint, ...this.#stream });
    const failed = (error: Error) => this.emit('tlsClientError', error, socket);
    socket.on('error', failed);
    socket.once('secure', () => {
      socket.off('error', failed);
      this.emit('secureConnection', socket);
    });
  }
}

/** A server; `listener` is called with each socket whose handshake is done. */
export function createServer(options: TlsServerOptions, listener?: (socket: TlsSocket) => void): TlsServer {
  return new TlsServer(options, listener);
}
