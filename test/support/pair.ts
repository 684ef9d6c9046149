/**
 * A connected pair in memory, on the public face: what one end sends the other is fed, in order, when `settle` pumps.
 * Everything is recorded, so that a test can look at the bytes, cut them, change them or play them again.
 */

import {
  type ClientConfig,
  ClientConnection,
  type ConnectionHandlers,
  type ConnectionInfo,
  type ServerConfig,
  ServerConnection,
  type TlsError,
} from 'reprise-tls';
import type {
  ClientConnection as BareClientConnection,
  ServerConnection as BareServerConnection,
} from 'reprise-tls/bare';
import { empty } from '../../src/wire/bytes.ts';

export interface End {
  /** What this end sent, one entry for each call of `send`. */
  readonly sent: Uint8Array[];
  /** Application data that reached this end. */
  readonly received: Uint8Array[];
  info: ConnectionInfo | undefined;
  /** How it ended: absent while it has not. */
  closed: { readonly error: TlsError | undefined } | undefined;
}

export interface Pair {
  readonly client: BareClientConnection;
  readonly server: BareServerConnection;
  readonly clientEnd: End;
  readonly serverEnd: End;
  /** Carries bytes to and fro until both ends are silent. */
  settle(): Promise<void>;
}

/** What happens to bytes on their way; the default hands them on as they are. */
export interface Wire {
  toServer?(bytes: Uint8Array): Iterable<Uint8Array>;
  toClient?(bytes: Uint8Array): Iterable<Uint8Array>;
  /** What else a handler of either end does, when its call is recorded. */
  readonly client?: Partial<ConnectionHandlers>;
  readonly server?: Partial<ConnectionHandlers>;
}

export function newEnd(): End {
  return { sent: [], received: [], info: undefined, closed: undefined };
}

export function makePair(clientConfig: ClientConfig, serverConfig: ServerConfig, wire?: Wire): Pair {
  return joined(
    (handlers) => new ClientConnection(clientConfig, handlers),
    (handlers) => new ServerConnection(serverConfig, handlers),
    wire,
  );
}

/** A pair of whatever connections. */
export function joined(
  makeClient: (handlers: ConnectionHandlers) => BareClientConnection,
  makeServer: (handlers: ConnectionHandlers) => BareServerConnection,
  wire: Wire = {},
): Pair {
  const clientEnd = newEnd();
  const serverEnd = newEnd();
  const toServer: Uint8Array[] = [];
  const toClient: Uint8Array[] = [];
  const handlers = (end: End, out: Uint8Array[], more: Partial<ConnectionHandlers> = {}) => ({
    ...more,
    send: (bytes: Uint8Array) => {
      end.sent.push(bytes.slice());
      out.push(bytes);
      more.send?.(bytes);
    },
    data: (bytes: Uint8Array) => {
      end.received.push(bytes.slice());
      more.data?.(bytes);
    },
    secure: (info: ConnectionInfo) => {
      end.info = info;
      more.secure?.(info);
    },
    close: (error: TlsError | undefined) => {
      end.closed = { error };
      more.close?.(error);
    },
  });
  const client = makeClient(handlers(clientEnd, toServer, wire.client));
  const server = makeServer(handlers(serverEnd, toClient, wire.server));
  const pass = (bytes: Uint8Array) => [bytes];
  const settle = async () => {
    let waiting: (Promise<void> | undefined)[] = [client.feed(empty), server.feed(empty)];
    do {
      await Promise.all(waiting);
      waiting = [];
      for (const flight of toServer.splice(0)) {
        for (const piece of (wire.toServer ?? pass)(flight)) waiting.push(server.feed(piece));
      }
      for (const flight of toClient.splice(0)) {
        for (const piece of (wire.toClient ?? pass)(flight)) waiting.push(client.feed(piece));
      }
    } while (toServer.length > 0 || toClient.length > 0 || waiting.some((promise) => promise !== undefined));
  };
  return { client, server, clientEnd, serverEnd, settle };
}

/** A pair that has started and carried its handshake to the end, whatever that is. */
export async function connect(
  clientConfig: ClientConfig,
  serverConfig: ServerConfig,
  wire?: Wire,
): Promise<Pair> {
  const pair = makePair(clientConfig, serverConfig, wire);
  pair.client.start();
  await pair.settle();
  return pair;
}
