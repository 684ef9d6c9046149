/**
 * Bounded memory, in every direction: who reads slowly holds up who writes, through TLS and its transport, and what
 * waits on the way is no more than what the documentation says.
 */

import { type ClientConfig, ServerConnection } from 'reprise-tls';
import { connectTls, type TlsStream } from 'reprise-tls/web';
import { describe, expect, test } from 'vitest';
import { equal } from '../../src/wire/bytes.ts';
import { openingRecords } from '../support/aead.ts';
import { type Kind, roles, setting } from '../support/kinds.ts';
import { other, pair, readAll, rest } from '../support/web-transport.ts';

const kibi = 1024;
/** What waits in a TlsStream each way: what its stream holds, and one piece in hand. */
const bound = 128 * kibi;
const record = 16 * kibi;
/** What protection adds to so much. */
const expansion = 8 * kibi;

describe('what comes', () => {
  test.each(roles)('is not taken by a %s whose reader does not read', async (role) => {
    const ends = pair();
    const direction = ends.line.from[other[role]];
    await Promise.all([ends.client.secured, ends.server.secured]);
    const handshake = direction.carried;
    const chunk = 10 * kibi;
    const writing = keepWriting(ends[other[role]].writable, chunk, 1500 * kibi);
    await rest();
    const stalled = { accepted: writing.accepted, carried: direction.carried };
    await rest();
    expect({ accepted: writing.accepted, carried: direction.carried }).toEqual(stalled);
    expect(direction.carried - handshake).toBeLessThanOrEqual(bound + expansion + chunk);
    // What this end holds, what that end does, and a chunk at each passage.
    expect(writing.accepted).toBeLessThanOrEqual(2 * bound + 3 * chunk);
    const all = await readAll(ends[role].readable);
    expect(all.length).toBe(1500 * kibi);
    expect(all.every((byte, i) => byte === Math.floor(i / chunk) % 256)).toBe(true);
    await writing.done;
  });

  test('in one chunk of the transport, however long, is opened no faster than it is read', async () => {
    let opened = 0;
    const crypto = openingRecords((open) => (...args) => {
      opened++;
      return open(...args);
    });
    const { client, server } = facing('abbreviated', { crypto });
    await client.secured;
    opened = 0;
    const data = new Uint8Array(1000 * kibi).map((_, i) => i % 251);
    server.write(data);
    await rest();
    expect(opened).toBeGreaterThan(0);
    expect(opened * record).toBeLessThanOrEqual(bound + record);
    server.close();
    expect(equal(await readAll(client.readable), data)).toBe(true);
  });

  test('waits in the transport while the handshake waits for an answer of this side’s own', async () => {
    let trust: (trusted: true) => void = () => {};
    const trusted = new Promise<true>((resolve) => {
      trust = resolve;
    });
    const { client, transport } = facing('full', { verifyCertificate: () => trusted });
    await rest();
    expect(client.connection.state).not.toBe('closed');
    // Nothing that a server would send, but nobody looks at it yet.
    for (let i = 0; i < 5; i++) transport.enqueue(new Uint8Array(kibi));
    await rest();
    expect(transport.desiredSize).toBe(-5);
    trust(true);
    await rest();
    expect(transport.desiredSize).toBe(0);
    expect(client.connection.state).toBe('closed');
  });
});

describe('what is written', () => {
  test.each(roles)('by a %s waits while its transport does not carry it', async (role) => {
    const ends = pair();
    const direction = ends.line.from[role];
    await Promise.all([ends.client.secured, ends.server.secured]);
    const before = direction.bytes.length;
    const release = direction.hold();
    const writing = keepWriting(ends[role].writable, 10 * kibi, 2000 * kibi);
    await rest();
    expect(writing.accepted).toBeLessThanOrEqual(bound + 10 * kibi);
    // One chunk is under way, and nothing is piled up behind it.
    expect(direction.bytes.length - before).toBeLessThanOrEqual(10 * kibi + expansion);
    release();
    expect((await readAll(ends[other[role]].readable)).length).toBe(2000 * kibi);
    await writing.done;
  });

  test.each(roles)(
    'by a %s in one chunk, however long, is sealed no faster than it is carried',
    async (role) => {
      const ends = pair();
      const direction = ends.line.from[role];
      await Promise.all([ends.client.secured, ends.server.secured]);
      const before = direction.bytes.length;
      const release = direction.hold();
      const writing = keepWriting(ends[role].writable, 2000 * kibi, 2000 * kibi);
      await rest();
      expect(direction.bytes.length - before).toBeLessThanOrEqual(bound / 2 + expansion);
      release();
      expect((await readAll(ends[other[role]].readable)).length).toBe(2000 * kibi);
      await writing.done;
    },
  );
});

/** Writes so much in such chunks, each of one byte's repetition, whenever the writer is ready for one; and closes. */
function keepWriting(writable: WritableStream<Uint8Array>, chunk: number, length: number) {
  const writer = writable.getWriter();
  const writing = { accepted: 0, done: Promise.resolve() };
  writing.done = (async () => {
    while (writing.accepted < length) {
      await writer.ready;
      writer.write(new Uint8Array(chunk).fill(writing.accepted / chunk));
      writing.accepted += chunk;
    }
    await writer.close();
  })();
  return writing;
}

/** A client whose transport holds nothing of its own, and a server at its other end. */
function facing(kind: Kind, changes: Partial<ClientConfig>) {
  const { client: clientConfig, server: serverConfig } = setting(kind, { client: changes });
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const readable = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given;
      },
    },
    { highWaterMark: 0 },
  );
  if (controller === undefined) throw new Error('expected streams to start at once');
  const transport = controller;
  const server = new ServerConnection(serverConfig, { send: (bytes) => transport.enqueue(bytes) });
  const writable = new WritableStream<Uint8Array>({ write: (bytes) => server.feed(bytes) });
  const client: TlsStream = connectTls({ readable, writable }, clientConfig);
  return { client, server, transport };
}
