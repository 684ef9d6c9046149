/**
 * Many connections at once, and many that come and go: every byte is accounted for, and nothing of a connection that is
 * gone stays in memory. With REPRISE_LOAD=full the numbers are those of the specification, which take a minute or two.
 */

import { createHash } from 'node:crypto';
import { connect, type TlsSocket } from 'reprise-tls/node';
import { describe, expect, it } from 'vitest';
import { contentOf, full, settledHeap } from '../support/load.ts';
import { until } from '../support/node-tls.ts';
import { drained, listening, resuming, returning } from '../support/sockets.ts';

const load = full
  ? { connections: 1000, megabytes: 100, dropped: 10_000, timeout: 600_000 }
  : { connections: 200, megabytes: 20, dropped: 600, timeout: 30_000 };

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('load', () => {
  it(`${load.connections} connections at once carry ${load.megabytes} MB, each byte to where it belongs`, {
    timeout: load.timeout,
  }, async () => {
    // Half of it each way.
    const length = Math.ceil((load.megabytes * 1e6) / load.connections / 2);
    await using server = await listening(resuming, () => {
      // Nobody answers before all have come: all connections are open at once.
      if (server.accepted.length === load.connections) for (const each of server.accepted) each.pipe(each);
    });
    const options = await returning();
    const visits = Array.from({ length: load.connections }, async (_, i) => {
      const socket = connect({ ...options, port: server.port });
      const sent = contentOf(i, length);
      socket.end(sent);
      const received = await drained(socket);
      return socket.isSessionReused() && sha256(received) === sha256(sent);
    });
    const results = await Promise.all(visits);
    expect(results.filter((whole) => whole)).toHaveLength(load.connections);
    expect(server.errors).toEqual([]);
  });

  it(`${load.dropped} connections that are dropped at random moments leave no handle and no memory behind`, {
    timeout: load.timeout,
  }, async () => {
    await using server = await listening(resuming, (socket) => {
      remember(socket);
      socket.on('error', () => {});
      socket.pipe(socket);
      if (Math.random() < 0.3) setTimeout(() => socket.destroy(), Math.random() * 10);
    });
    const options = await returning();
    const alive: WeakRef<TlsSocket>[] = [];
    const remember = (socket: TlsSocket) => alive.push(new WeakRef(socket));
    const drop = async () => {
      const socket = connect({ ...options, port: server.port });
      remember(socket);
      socket.on('error', () => {});
      socket.resume().write(Buffer.alloc(Math.random() * 50_000));
      setTimeout(() => (Math.random() < 0.2 ? socket.end() : socket.destroy()), Math.random() * 15);
      await new Promise((resolve) => socket.once('close', resolve));
    };
    const many = async (count: number) => {
      let left = count;
      const visitor = async () => {
        while (left-- > 0) await drop();
      };
      await Promise.all(Array.from({ length: 40 }, visitor));
      server.accepted.length = 0;
      server.errors.length = 0;
      await until(() => sockets() === 0, 'the end of all sockets');
    };
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

    await many(100); // What is made once is made now.
    const before = await settledHeap();
    await many(load.dropped);
    const after = await settledHeap();
    expect(alive.length).toBeGreaterThan(load.dropped);
    // The last few may still be on somebody's stack.
    expect(alive.filter((socket) => socket.deref() !== undefined).length).toBeLessThanOrEqual(10);
    // A kept connection is 50 kB and more; what the runtime learns on the way is less than this for all of them.
    expect(after - before).toBeLessThan(5e6);
  });
});
