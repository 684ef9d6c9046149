/**
 * The balancer of the README before Reprise servers that share nothing: with a table, and with IDs that carry their
 * server, every returning client resumes; without either, as many as chance brings to the right server. And whatever
 * clients and backends do to it, no socket is left behind.
 */

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { ServerConfig } from 'reprise-tls';
import { PersistenceTable, SteeringIds } from 'reprise-tls/persistence';
import { afterEach, describe, expect, it } from 'vitest';
import { repriseServer } from '../interop/visits.ts';
import { inRecords } from '../support/hellos.ts';
import { until } from '../support/node-tls.ts';
import { randomness } from '../support/randomness.ts';
import { message, samples } from '../support/scripted/messages.ts';
import { type Serving, serve } from '../support/tcp.ts';
import { repriseVisitor, share, visit } from '../support/visitors.ts';
import { type Backend, type BalancerOptions, startBalancer } from './balancer.mts';

const host = '127.0.0.1';
const hello = inRecords(message('ClientHello', samples.ClientHello));

type Balancer = Awaited<ReturnType<typeof startBalancer>>;
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** What a test starts ends with it; that nothing is open after is part of every test. */
async function balance(options: BalancerOptions): Promise<Balancer> {
  const balancer = await startBalancer(options);
  ends.push(async () => {
    await balancer.close();
    expect(balancer.sockets.size).toBe(0);
  });
  return balancer;
}

async function serveAll(count: number, config: (number: number) => Partial<ServerConfig> = () => ({})) {
  const servers: Serving[] = [];
  for (let number = 0; number < count; number++) servers.push(await serve(repriseServer(config(number))));
  ends.push(() => Promise.all(servers.map((server) => server.stop())));
  return servers;
}

/** A backend of plain TCP that does as it is told with each connection. */
async function backend(take: (socket: Socket) => void): Promise<Backend & { readonly server: Server }> {
  const server = createServer((socket) => take(socket.on('error', () => {}))).listen(0, host);
  await once(server, 'listening');
  ends.push(() => server.close());
  return { ...portOf(server), server };
}

function portOf(server: Server): { readonly port: number } {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('expected a port');
  return address;
}

async function client(balancer: Balancer, ...bytes: readonly (string | Uint8Array)[]): Promise<Socket> {
  const socket = connect({ port: balancer.port, host, noDelay: true }).on('error', () => {});
  ends.push(() => socket.destroy());
  await once(socket, 'connect');
  for (const piece of bytes) socket.write(piece);
  return socket.resume();
}

const gone = (socket: Socket) => until(() => socket.closed, 'the end of the connection');
const allGone = (balancer: Balancer) => until(() => balancer.sockets.size === 0, 'no socket left behind');

describe('returning clients, before four servers that share nothing,', () => {
  const scale = { clients: 24, visits: 3 };

  it('all resume, with a table', async () => {
    const table = new PersistenceTable<Backend>();
    const servers = await serveAll(4);
    const balancer = await balance({ backends: servers, steering: table });
    const [first = [], ...later] = await visit(balancer.port, scale);
    expect(share(first)).toBe(0);
    expect(later.map(share)).toEqual([1, 1]);
    expect(servers.map(({ infos }) => infos.length)).toEqual([18, 18, 18, 18]);
    expect(servers.flatMap(({ errors }) => errors)).toEqual([]);
    expect(table.counters).toMatchObject({ withoutId: 24, steered: 48, learnt: 24, confirmed: 48 });
    await allGone(balancer);
  });

  it('all resume, with IDs that carry their server', async () => {
    const ids = new SteeringIds({ keys: [randomness(1)(32)] });
    const servers = await serveAll(4, (number) => ({ sessionIds: ids.generatorFor(number) }));
    const steer = ({ sessionId }: { readonly sessionId: Uint8Array }) =>
      servers[ids.serverOf(sessionId) ?? -1];
    const balancer = await balance({ backends: servers, steering: { steer } });
    const [first = [], ...later] = await visit(balancer.port, scale);
    expect(share(first)).toBe(0);
    expect(later.map(share)).toEqual([1, 1]);
    for (const [number, { infos }] of servers.entries()) {
      expect(infos.map(({ sessionId }) => ids.serverOf(sessionId))).toEqual(infos.map(() => number));
    }
    await allGone(balancer);
  });

  it('resume as often as chance has it, in about a quarter, where they only take turns', async () => {
    const balancer = await balance({ backends: await serveAll(4) });
    const [, ...later] = await visit(balancer.port, { ...scale, visits: 5 });
    expect(share(later.flat())).toBeGreaterThan(0.12);
    expect(share(later.flat())).toBeLessThan(0.4);
  });

  it('are learnt anew after the table was lost, by the echo of the server that chance brought them to', async () => {
    const [server, ...others] = await serveAll(1);
    const backends = [server ?? { port: 0 }, ...others];
    const comeBack = repriseVisitor();
    await comeBack((await balance({ backends, steering: new PersistenceTable<Backend>() })).port);
    const table = new PersistenceTable<Backend>();
    const balancer = await balance({ backends, steering: table });
    expect([await comeBack(balancer.port), await comeBack(balancer.port)]).toEqual([true, true]);
    expect(table.counters).toMatchObject({ unknown: 1, learnt: 1, steered: 1, confirmed: 1 });
  });
});

describe('a client of the balancer', () => {
  it.each([
    ['says something else than hello', ['GET / HTTP/1.1\r\n\r\n']],
    ['begins a hello and then says something else', [hello.subarray(0, 5), 'GET / HTTP/1.1\r\n'.repeat(9)]],
    ['announces a record without end', [Uint8Array.of(22, 3, 3, 0xff, 0xff)]],
    [
      'says hello at endless length',
      [Uint8Array.of(22, 3, 3, 0x40, 0, 1, 1), new Uint8Array(60_000).fill(3)],
    ],
  ] as const)('that %s is not passed on', async (_, bytes) => {
    let passed = 0;
    const balancer = await balance({ backends: [await backend(() => passed++)] });
    await gone(await client(balancer, ...bytes));
    await allGone(balancer);
    expect(passed).toBe(0);
  });

  it('that says half a hello, and then nothing, or one byte after the other, is given up in time', async () => {
    const balancer = await balance({ backends: [await backend(() => {})], patience: 150 });
    const began = performance.now();
    const silent = await client(balancer, hello.subarray(0, 20));
    const slow = await client(balancer);
    const drip = setInterval(() => slow.write(hello.subarray(0, 1)), 20);
    ends.push(() => clearInterval(drip));
    await Promise.all([gone(silent), gone(slow)]);
    expect(performance.now() - began).toBeGreaterThan(140);
    await allGone(balancer);
  });

  it('that ends or resets in the middle of its hello is forgotten at once', async () => {
    const balancer = await balance({ backends: [await backend(() => {})] });
    const [one, two] = [
      await client(balancer, hello.subarray(0, 20)),
      await client(balancer, hello.subarray(0, 20)),
    ];
    await until(() => balancer.sockets.size === 2, 'both to be there');
    one.end();
    two.resetAndDestroy();
    await allGone(balancer);
    await gone(one);
  });

  it.each(['client', 'backend'] as const)('goes with its backend when the %s resets', async (who) => {
    const taken: Socket[] = [];
    const balancer = await balance({ backends: [await backend((socket) => taken.push(socket.resume()))] });
    const near = await client(balancer, hello);
    await until(() => taken.length === 1, 'the backend to be reached');
    const [far = near] = taken;
    (who === 'client' ? near : far).resetAndDestroy();
    await Promise.all([gone(near), gone(far), allGone(balancer)]);
    expect(balancer.sockets.size).toBe(0);
  });

  it('may end its direction first, and hears all that is said after (RFC 5246 §7.2.1)', async () => {
    const late = await backend((socket) => {
      socket.resume().on('end', () => socket.end('all the rest'));
      socket.allowHalfOpen = true;
    });
    const balancer = await balance({ backends: [late] });
    const near = connect({ port: balancer.port, host, allowHalfOpen: true });
    let heard = '';
    near.on('data', (bytes) => {
      heard += bytes;
    });
    near.end(hello);
    await gone(near);
    expect(heard).toBe('all the rest');
    await allGone(balancer);
  });

  it('is passed on as it came, its hello in pieces and in records of one byte', async () => {
    const sent = Buffer.concat([
      inRecords(message('ClientHello', samples.ClientHello), [1]),
      Buffer.alloc(5000, 7),
    ]);
    let received = Buffer.alloc(0);
    const echo = await backend((socket) => socket.pipe(socket));
    const balancer = await balance({ backends: [echo] });
    const near = await client(balancer);
    near.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
    });
    for (let offset = 0; offset < sent.length; offset += 100) {
      near.write(sent.subarray(offset, offset + 100));
      await new Promise(setImmediate);
    }
    await until(() => received.length >= sent.length, 'all to come back');
    expect(received.equals(sent)).toBe(true);
    near.end();
    await allGone(balancer);
  });

  it.each(['client', 'backend'] as const)(
    'that reads nothing makes the %s wait, not the balancer grow',
    async (who) => {
      const flood = (socket: Socket) => {
        const chunk = Buffer.alloc(0x10000);
        const pour = () => {
          while (!socket.destroyed && socket.write(chunk));
        };
        pour();
        return socket.on('drain', pour);
      };
      const talking = await backend((socket) => (who === 'backend' ? flood(socket) : socket.pause()));
      const balancer = await balance({ backends: [talking] });
      const near = await client(balancer, hello);
      if (who === 'client') flood(near);
      else near.pause();
      await new Promise((resolve) => setTimeout(resolve, 300));
      for (const { writableLength, readableLength } of balancer.sockets) {
        expect(writableLength + readableLength).toBeLessThan(0x40000);
      }
    },
  );

  it('that resets while its backend reads nothing is given up when nothing has happened for so long', async () => {
    const balancer = await balance({ backends: [await backend((socket) => socket.pause())], idle: 200 });
    const near = await client(balancer, hello);
    for (let i = 0; i < 200; i++) near.write(Buffer.alloc(0x10000));
    const waits = () => [...balancer.sockets].some((socket) => socket.isPaused());
    await until(() => waits() || balancer.sockets.size === 0, 'the balancer to wait');
    near.resetAndDestroy();
    await allGone(balancer);
  });
});

describe('a backend of the balancer', () => {
  it('that is down is stood in for by the others, with a full handshake', async () => {
    const table = new PersistenceTable<Backend>();
    const [one, two] = await serveAll(2);
    if (one === undefined || two === undefined) throw new TypeError('expected two servers');
    const balancer = await balance({ backends: [one, two], steering: table });
    const comeBack = repriseVisitor();
    expect(await comeBack(balancer.port)).toBe(false);
    expect(await comeBack(balancer.port)).toBe(true);
    await one.stop();
    expect(await comeBack(balancer.port)).toBe(false);
    expect(await comeBack(balancer.port)).toBe(true);
    expect([one, two].map(({ infos }) => infos.length)).toEqual([2, 2]);
    await allGone(balancer);
  });

  it('that is down, as all the others are, costs the client its connection', async () => {
    const servers = await serveAll(2);
    const balancer = await balance({ backends: servers });
    for (const server of servers) await server.stop();
    await gone(await client(balancer, hello));
    await allGone(balancer);
  });
});

describe('the end of the balancer', () => {
  it('leaves those who are there the time that it is given, and takes no others', async () => {
    const echo = await backend((socket) => socket.pipe(socket));
    const balancer = await balance({ backends: [echo] });
    const near = await client(balancer, hello);
    await once(near, 'data');
    const closed = balancer.close(10_000);
    const late = connect(balancer.port, host);
    const [error] = await once(late, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    near.write('still here');
    await once(near, 'data');
    near.end();
    await closed;
    expect(balancer.sockets.size).toBe(0);
  });

  it('ends those who are there when that time is over', async () => {
    const balancer = await balance({ backends: [await backend((socket) => socket.resume())] });
    const near = await client(balancer, hello);
    await until(() => balancer.sockets.size === 2, 'the backend to be reached');
    await balancer.close(20);
    await gone(near);
    expect(balancer.sockets.size).toBe(0);
  });
});
