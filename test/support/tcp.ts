/** Reprise over loopback TCP: a server that answers each request with a line, and a client that makes one. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import tls from 'node:tls';
import {
  type ClientConfig,
  ClientConnection,
  type ConnectionHandlers,
  type ConnectionInfo,
  type ServerConfig,
  ServerConnection,
  type TlsError,
} from 'reprise-tls';
import { utf8 } from '../../src/wire/bytes.ts';

export interface Serving {
  readonly port: number;
  /** Of each connection whose handshake was done. */
  readonly infos: readonly ConnectionInfo[];
  /** How the connections ended that did not end in order. */
  readonly errors: readonly TlsError[];
  stop(): Promise<void>;
}

/** A page with pictures, which browsers come back for. */
const body = '<p>hello</p><img src="first"><img src="second">\n';
const page = `HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** Answers what looks like the end of a request, of HTTP or of a line, and closes. */
export async function serve(config: ServerConfig): Promise<Serving> {
  const infos: ConnectionInfo[] = [];
  const errors: TlsError[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    let request = '';
    const tls = join(socket, (handlers) => new ServerConnection(config, handlers), {
      secure: (info) => infos.push(info),
      data: (bytes) => {
        request += new TextDecoder('latin1').decode(bytes);
        if (!request.endsWith('\n')) return;
        tls.write(utf8(page));
        tls.close();
      },
      close: (error) => {
        if (error !== undefined) errors.push(error);
      },
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    infos,
    errors,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** One request, and all that comes until the server closes or has answered with a line. */
export async function visit(
  config: ClientConfig,
  port: number,
): Promise<{ readonly info: ConnectionInfo; readonly received: string }> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return new Promise((resolve, reject) => {
    let agreed: ConnectionInfo | undefined;
    let received = '';
    const tls = join(socket, (handlers) => new ClientConnection(config, handlers), {
      secure: (info) => {
        agreed = info;
        tls.write(utf8('GET / HTTP/1.0\r\n\r\n'));
      },
      data: (bytes) => {
        received += new TextDecoder('latin1').decode(bytes);
        // Who echoes, or answers with less than HTTP, waits for us to close.
        if (!received.startsWith('HTTP/') && received.endsWith('\n')) tls.close();
      },
      close: (error) => {
        if (agreed === undefined || (error !== undefined && error.reason !== 'truncated')) reject(error);
        else resolve({ info: agreed, received });
      },
    });
    tls.start();
  });
}

/** The same by `node:tls`: one request, and the session to come back with. */
export async function visitByNode(
  options: tls.ConnectionOptions,
  port: number,
): Promise<{ readonly resumed: boolean; readonly session: Buffer | undefined }> {
  const socket = tls.connect({ ...options, host: '127.0.0.1', port });
  await once(socket, 'secureConnect');
  const said = { resumed: socket.isSessionReused(), session: socket.getSession() };
  socket.resume().end('GET / HTTP/1.0\r\n\r\n');
  await once(socket, 'close');
  return said;
}

function join<C extends ClientConnection | ServerConnection>(
  socket: Socket,
  make: (handlers: ConnectionHandlers) => C,
  handlers: Omit<ConnectionHandlers, 'send'>,
): C {
  const connection = make({
    ...handlers,
    send: (bytes) => socket.write(bytes),
    close: (error) => {
      handlers.close?.(error);
      socket.end();
    },
  });
  socket.on('data', (bytes) => connection.feed(bytes));
  socket.on('end', () => connection.feedEnd());
  socket.on('error', (error) => connection.abort(error));
  return connection;
}
