/**
 * A flight and the data behind it leave in one write, which is one segment on a network: with Nagle's algorithm on a peer's
 * side, each small write more can cost a handshake 40 ms.
 */

import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { connect } from 'reprise-tls/node';
import { describe, expect, it } from 'vitest';
import { drained, joined, listening, resuming, returning, type roles, trusting } from '../support/sockets.ts';
import { streams } from '../support/streams.ts';

/** Counts the calls that would each be one of the system. */
function counted(stream: Duplex): { writes: number } {
  const count = { writes: 0 };
  const one = stream._write.bind(stream);
  Object.assign(stream, {
    _write: (bytes: Buffer, encoding: BufferEncoding, done: () => void) => {
      count.writes++;
      one(bytes, encoding, done);
    },
    _writev: (chunks: { chunk: Buffer }[], done: () => void) => {
      count.writes++;
      one(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary' as BufferEncoding, done);
    },
  });
  return count;
}

interface Visit {
  readonly when: 'before the handshake' | 'at secureConnect';
  readonly kind: 'full' | 'abbreviated';
}

/** A question and its answer, and the end from both sides. */
async function visit({ when, kind }: Visit): Promise<Record<(typeof roles)[number], number>> {
  const below = streams();
  const counts = { client: counted(below.client), server: counted(below.server) };
  const { client, server } = joined(kind === 'full' ? trusting : await returning(), resuming, below);
  const ask = () => client.end('question');
  if (when === 'before the handshake') ask();
  else client.once('secureConnect', ask);
  server.on('data', (question) => server.end(question));
  expect(String(await drained(client))).toBe('question');
  return { client: counts.client.writes, server: counts.server.writes };
}

describe('writes', () => {
  it.each([
    // ClientHello; ClientKeyExchange to Finished; the question and close_notify. ServerHello to Done; Finished; the answer.
    [
      { kind: 'full', when: 'before the handshake' },
      { client: 3, server: 3 },
    ],
    [
      { kind: 'full', when: 'at secureConnect' },
      { client: 3, server: 3 },
    ],
    // ClientHello; Finished with the question and close_notify. ServerHello to Finished; the answer and close_notify.
    [
      { kind: 'abbreviated', when: 'before the handshake' },
      { client: 2, server: 2 },
    ],
    [
      { kind: 'abbreviated', when: 'at secureConnect' },
      { client: 2, server: 2 },
    ],
  ] as [Visit, object][])('of a visit %j', async (setting, expected) => {
    expect(await visit(setting)).toEqual(expected);
  });

  it('of one turn leave together', async () => {
    const below = streams();
    const { client, server } = joined(await returning(), resuming, below);
    await Promise.all([once(client, 'secureConnect'), once(server, 'secure')]);
    await new Promise(setImmediate);
    const count = counted(below.client);
    for (let i = 0; i < 50; i++) client.write(`${i} `);
    const [data] = await once(server, 'data');
    expect(String(data).length).toBeGreaterThan(0);
    await new Promise(setImmediate);
    expect(count.writes).toBe(1);
    for (const socket of [client, server]) socket.destroy();
  });
});

describe('over TCP', () => {
  it('no visit has to wait for a delayed acknowledgement: the quickest takes less than its 40 ms', async () => {
    await using server = await listening(resuming, (socket) => socket.pipe(socket));
    const options = await returning();
    const times: number[] = [];
    for (let i = 0; i < 30; i++) {
      const started = performance.now();
      const client = connect({ ...options, port: server.port });
      client.write('a');
      await once(client, 'data');
      client.write('b');
      client.end('c');
      await drained(client);
      times.push(performance.now() - started);
    }
    expect(Math.min(...times)).toBeLessThan(40);
  });
});
