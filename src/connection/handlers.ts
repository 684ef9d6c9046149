/**
 * The handlers through which everything leaves a connection: bytes for the peer, plaintext, and its two events.
 */

import type { TlsError } from '../wire/error.ts';
import type { ConnectionInfo, FalseStartInfo } from './info.ts';

/** Where a connection's output goes. A handler that throws ends the connection with `internal_error`. */
export interface ConnectionHandlers {
  /** TLS records for the peer. The bytes are the handler's own. */
  send(bytes: Uint8Array): void;
  /** Application data from the peer: a view that holds during the call; who keeps it copies it. */
  data?(bytes: Uint8Array): void;
  /**
   * For a client with `falseStart`, before `secure`: `write` may be called already, though the server's Finished is still
   * due, and with it the proof that both sides saw the same handshake. No resumption comes to this.
   */
  falseStart?(info: FalseStartInfo): void;
  /** The handshake is done: from now on `write` may be called. */
  secure?(info: ConnectionInfo): void;
  /**
   * The peer has said close_notify first: nothing more will come. With this handler the connection stays open for what
   * this side has still to say, until `close` (RFC 8446 §6.1). Without it, close_notify is answered at once, which is
   * the end (RFC 5246 §7.2.1).
   */
  end?(): void;
  /** The end, once: undefined after an orderly close, else what went wrong. The transport is to be closed. */
  close?(error: TlsError | undefined): void;
}
