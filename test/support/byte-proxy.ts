/** A proxy between WebSockets and a port of TCP that carries bytes and knows nothing of them. */

import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createWebSocketStream, WebSocketServer } from 'ws';

export async function startByteProxy(target: number): Promise<{ readonly port: number; stop(): void }> {
  const server = new WebSocketServer({ port: 0, host: 'localhost' });
  server.on('connection', (socket) => {
    const upstream = connect(target, 'localhost');
    const stream = createWebSocketStream(socket);
    for (const end of [upstream, stream]) end.on('error', () => {});
    stream.pipe(upstream).pipe(stream);
  });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}
