/**
 * Whoever reads slowly slows its writer, all the way: what lies in both ends and the stream between them is bounded,
 * however much there is to send, and all of it arrives when it is read.
 *
 * Per socket and direction: its own highWaterMark and 64 KiB of plaintext, 64 KiB of records ahead of the stream below,
 * one record that is not whole (18 KiB, doubled while it grows), and what the stream below buffers by its own mark and
 * the last chunk beyond it.
 */

import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { connect } from 'reprise-tls/node';
import { describe, expect, it } from 'vitest';
import { payload } from '../interop/rows.ts';
import {
  drained,
  facing,
  joined,
  listening,
  pair,
  resuming,
  returning,
  roles,
  trusting,
} from '../support/sockets.ts';
import { streams } from '../support/streams.ts';

const step = 0x10000;
const marks = fc.integer({ min: 1, max: 200_000 });

/** Writes `chunk` as long as there is room, and gives up when there has been none for a while. Returns the bytes. */
async function fill(
  socket: NodeJS.WritableStream,
  chunk: Uint8Array,
  atMost = Number.POSITIVE_INFINITY,
): Promise<number> {
  let written = 0;
  while (written < atMost) {
    const room = socket.write(chunk);
    written += chunk.length;
    if (room) continue;
    const drain = once(socket, 'drain').then(() => true);
    if (!(await Promise.race([drain, silence()]))) break;
  }
  return written;
}

async function silence(): Promise<false> {
  for (let i = 0; i < 50; i++) await turn();
  return false;
}

describe('a reader that does not read', () => {
  it('stops its writer within the bound, whatever the marks, and loses nothing', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...roles),
      marks,
      marks,
      fc.integer({ min: 4000, max: 100_000 }),
      async (role, own, below, length) => {
        const between = streams(below);
        const options = { highWaterMark: own };
        const ends = await pair({ ...(await returning()), ...options }, { ...resuming, ...options }, between);
        const [writer, reader] = role === 'client' ? [ends.client, ends.server] : [ends.server, ends.client];
        const chunk = Buffer.from(payload(length));
        const bound = 2 * own + 2 * below + 5 * step + length;
        const written = await fill(writer, chunk, 2 * bound);
        expect(written).toBeLessThanOrEqual(bound);
        expect(reader.readableLength).toBeLessThanOrEqual(own + step);
        writer.end();
        const read = await drained(reader);
        expect(read.length).toBe(written);
        expect(read.subarray(0, length).equals(chunk)).toBe(true);
        expect(read.subarray(read.length - length).equals(chunk)).toBe(true);
        for (const socket of [writer, reader]) socket.destroy();
      },
    );
    await fc.assert(property, { numRuns: 15 });
  });

  it.each(roles)('stops node:tls over TCP, as its %s, and loses nothing', async (role) => {
    await using ends = await facing(role);
    const { own, node } = ends;
    const chunk = Buffer.from(payload(50_000));
    // What the system holds for both sides is a few megabytes, and not ours.
    const written = await fill(node, chunk, 50_000_000);
    expect(written).toBeLessThan(50_000_000);
    expect(own.readableLength).toBeLessThanOrEqual(own.readableHighWaterMark + step);
    node.end();
    expect((await drained(own)).length).toBe(written);
  });

  it('holds what is protected ahead to a step, though one write brings it all', async () => {
    const between = streams(1000);
    const { client, server } = await pair(await returning(), resuming, between);
    const all = Buffer.from(payload(3_000_000));
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, between.client.writableLength);
    });
    client.end(all);
    await silence();
    for await (const _ of server) {
      most = Math.max(most, between.client.writableLength);
      await turn();
    }
    clearInterval(watch);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(step + 1000);
    client.destroy();
  });

  it('is let go by `destroy`, and its writer with it', async () => {
    const { client, server } = await pair(await returning(), resuming);
    await fill(client, Buffer.alloc(100_000), 2_000_000);
    const failed = once(client, 'error');
    server.destroy();
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('a handshake that waits for its own side', () => {
  it('does not read on: what the peer floods it with stays where it is', async () => {
    const between = streams();
    let answer = (_: undefined) => {};
    const sessionStore = {
      get: () =>
        new Promise<undefined>((resolve) => {
          answer = resolve;
        }),
      set: () => {},
      delete: () => {},
    };
    const waiting = { ...resuming, sessionStore, sessionStoreDeadline: 60_000 };
    const { client, server } = joined(await returning(), waiting, between);
    const failures = Promise.all([once(client, 'error'), once(server, 'error')]);
    await silence();
    let sent = 0;
    while (between.client.write(Buffer.alloc(10_000)) && sent < 1_000_000) {
      sent += 10_000;
      await turn();
    }
    expect(sent).toBeLessThan(200_000);
    expect(between.server.isPaused()).toBe(true);
    answer(undefined);
    // The flood was no TLS.
    const [[atClient], [atServer]] = await failures;
    expect([atClient.origin, atServer.origin]).toEqual(['received', 'sent']);
  });

  it('goes on where it stopped when the answer is there', async () => {
    const sessionStore = {
      get: (key: string) =>
        new Promise<Uint8Array | undefined>((resolve) => setTimeout(() => resolve(held.get(key)), 5)),
      set: (key: string, state: Uint8Array) =>
        new Promise<void>((resolve) => {
          held.set(key, state);
          setTimeout(resolve, 5);
        }),
      delete: () => {},
    };
    const held = new Map<string, Uint8Array>();
    await using server = await listening({ sessionStore, sessionStoreDeadline: 10_000 }, (socket) =>
      socket.pipe(socket),
    );
    let session: Buffer | undefined;
    for (const resumed of [false, true]) {
      const client = connect({ ...trusting, port: server.port, session });
      client.on('session', (fresh) => {
        session = fresh;
      });
      const sent = Buffer.from(payload(100_000));
      client.end(sent);
      expect((await drained(client)).equals(sent)).toBe(true);
      expect(client.isSessionReused()).toBe(resumed);
    }
  });
});
