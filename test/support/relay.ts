/**
 * A relay on the loopback interface, between a client of Redis and its server, that can cut a connection in the middle
 * of a reply, as a network does.
 */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Relay {
  readonly port: number;
  /** Of all that comes from the server, each piece of such a number is cut in half, and its connection with it. */
  cutEvery: number;
  /** How many connections it has cut. */
  readonly cuts: number;
  stop(): void;
}

/** To this port. */
export async function startRelay(port: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let pieces = 0;
  let cuts = 0;
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay().on('error', end);
      socket.on('close', () => {
        end();
        sockets.delete(socket);
      });
    }
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes: Buffer) => {
      if (++pieces % relay.cutEvery !== 0) return near.write(bytes);
      cuts++;
      near.end(bytes.subarray(0, bytes.length >> 1), end);
      return false;
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const relay = {
    port: (server.address() as AddressInfo).port,
    cutEvery: Number.POSITIVE_INFINITY,
    get cuts() {
      return cuts;
    },
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return relay;
}
