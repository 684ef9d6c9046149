/**
 * The ends of a TlsStream that its transport or its peer brings about, and what becomes of the transport then.
 */

import fc from 'fast-check';
import { acceptTls, connectTls } from 'reprise-tls/web';
import { describe, expect, test, vi } from 'vitest';
import { equal, utf8 } from '../../src/wire/bytes.ts';
import { kinds, type Role, roles, setting } from '../support/kinds.ts';
import {
  type Ends,
  join,
  makeLine,
  other,
  pair,
  readAll,
  readUntilError,
  rest,
  writeAll,
} from '../support/web-transport.ts';

const lost = new Error('ECONNRESET');
const data = new Uint8Array(1000).map((_, i) => i % 251);
const expired = () => ({ alert: 'certificate_expired', message: 'expired yesterday' }) as const;

describe('a transport that breaks', () => {
  const breaks = [
    ['fails', (ends: Ends, role: Role) => ends.line.from[role].fail(lost), lost],
    ['ends', (ends: Ends, role: Role) => ends.line.from[role].end(), undefined],
  ] as const;

  test.each(breaks)(
    'and %s, at any byte, ends both sides, with what had come and no more',
    async (_, deed, cause) => {
      const property = fc.asyncProperty(
        fc.constantFrom(...kinds),
        fc.constantFrom(...roles),
        fc.nat({ max: 4000 }),
        async (kind, role, bytes) => {
          const ends = pair(kind, { lengths: [97] });
          ends.line.from[role].breakAfter(bytes, () => deed(ends, role));
          const [own, peer] = [ends[role], ends[other[role]]];
          const written = writeAll(own.writable, data).catch((error: unknown) => error);
          const silence = peer.writable.getWriter();
          silence.closed.catch(() => {});
          const { all, error } = await readUntilError(peer.readable);
          expect(equal(all, data.subarray(0, all.length))).toBe(true);
          if (error === undefined) {
            // It went over the line as a whole, with close_notify.
            expect(all.length).toBe(data.length);
            await silence.close();
            await Promise.all([written, own.closed, peer.closed]);
            return;
          }
          expect(error).toMatchObject({ reason: 'truncated' });
          expect((error as Error).cause).toBe(cause);
          await expect(peer.closed).rejects.toBe(error);
          await expect(silence.closed).rejects.toBe(error);
          // Where all was written, and close_notify too, its writer need not hear of it.
          const [end] = await Promise.allSettled([own.closed]);
          expect(end.status === 'rejected').toBe((await written) !== undefined);
        },
      );
      await fc.assert(property, { numRuns: 60 });
    },
  );

  test.each(roles)('leaves to a slow reader of a %s what had come before', async (role) => {
    const ends = pair();
    const writer = ends[other[role]].writable.getWriter();
    for (const words of ['one ', 'two ', 'three']) await writer.write(utf8(words));
    await rest();
    ends.line.from[other[role]].end();
    await expect(ends[role].closed).rejects.toMatchObject({ reason: 'truncated' });
    const { all, error } = await readUntilError(ends[role].readable);
    expect(all).toEqual(utf8('one two three'));
    await expect(ends[role].closed).rejects.toBe(error);
  });

  test.each(roles)('under what a %s writes fails the writer, and with it all', async (role) => {
    const ends = pair();
    await Promise.all([ends.client.secured, ends.server.secured]);
    const writer = ends[role].writable.getWriter();
    await writer.write(data);
    ends.line.from[role].fail(lost);
    const expected = { reason: 'truncated', cause: lost };
    await expect(writer.write(data)).rejects.toMatchObject(expected);
    await expect(ends[role].closed).rejects.toMatchObject(expected);
    await expect(writer.closed).rejects.toMatchObject(expected);
    expect((await readUntilError(ends[role].readable)).error).toMatchObject(expected);
  });

  test.each(roles)('under what a %s writes after the peer has closed fails the writer', async (role) => {
    const ends = pair();
    await ends[other[role]].writable.close();
    expect(await readAll(ends[role].readable)).toEqual(new Uint8Array());
    ends.line.from[role].fail(lost);
    const expected = { reason: 'aborted', cause: lost };
    await expect(ends[role].writable.getWriter().write(data)).rejects.toMatchObject(expected);
    await expect(ends[role].closed).rejects.toMatchObject(expected);
  });

  test('under what is on its way when it is closed fails the closing, also after the peer has closed', async () => {
    const { client, server } = setting('abbreviated');
    const line = makeLine();
    const writer = line.client.writable.getWriter();
    let send = (bytes: Uint8Array) => writer.write(bytes);
    // A transport with a queue of its own, which is ready for more although nothing has left.
    const writable = new WritableStream<Uint8Array>(
      { write: (bytes) => send(bytes) },
      new CountQueuingStrategy({ highWaterMark: 10 }),
    );
    const peer = acceptTls(line.server, server);
    const own = connectTls({ readable: line.client.readable, writable }, client);
    await peer.writable.close();
    expect(await readAll(own.readable)).toEqual(new Uint8Array());
    let lose: (error: unknown) => void = () => {};
    send = () =>
      new Promise((_, reject) => {
        lose = reject;
      });
    const ownWriter = own.writable.getWriter();
    await ownWriter.write(data);
    const closing = ownWriter.close();
    await rest();
    lose(lost);
    await expect(closing).rejects.toMatchObject({ cause: lost });
    await expect(own.closed).rejects.toMatchObject({ cause: lost });
  });

  test('under our close_notify fails the writer, and the reader goes on', async () => {
    const { client, server } = setting('abbreviated');
    const line = makeLine();
    const writer = line.client.writable.getWriter();
    let broken = false;
    const writable = new WritableStream<Uint8Array>({
      write: (bytes) => (broken ? Promise.reject(lost) : writer.write(bytes)),
    });
    const peer = acceptTls(line.server, server);
    const own = connectTls({ readable: line.client.readable, writable }, client);
    await Promise.all([own.secured, peer.secured]);
    broken = true;
    await expect(own.writable.close()).rejects.toMatchObject({ reason: 'aborted', cause: lost });
    const written = writeAll(peer.writable, data);
    expect(equal(await readAll(own.readable), data)).toBe(true);
    await Promise.all([written, own.closed]);
  });
});
describe('a peer that is refused', () => {
  test('hears of it by an alert, and both sides end with that', async () => {
    const { client, server } = setting('full', {
      client: { verifyCertificate: expired },
    });
    const ends = join(client, server, { lengths: [50] });
    const alert = { alert: 'certificate_expired' };
    for (const promise of ['secured', 'closed'] as const) {
      await expect(ends.client[promise]).rejects.toMatchObject({ ...alert, origin: 'sent' });
      await expect(ends.server[promise]).rejects.toMatchObject({ ...alert, origin: 'received' });
    }
  });

  test('and does not read, is not waited for', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { client, server } = setting('full', {
      client: { verifyCertificate: expired },
    });
    const ends = join(client, server, {
      onPiece: (_, from) => from === 'server' && ends.line.from.client.hold(),
    });
    const failed = vi.fn();
    ends.client.closed.catch(failed);
    await expect(ends.client.secured).rejects.toMatchObject({ alert: 'certificate_expired' });
    await rest();
    expect(failed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(5000);
    vi.useRealTimers();
    expect(failed).toHaveBeenCalled();
    const { readable, writable } = ends.line.client;
    expect([readable.locked, writable.locked]).toEqual([false, false]);
  });
});

describe('at the end in order, the transport', () => {
  test('has all the time it needs for what was written', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const ends = pair();
    const writer = ends.client.writable.getWriter();
    await writer.write(data);
    await ends.server.writable.close();
    expect(await readAll(ends.client.readable)).toEqual(new Uint8Array());
    const release = ends.line.from.client.hold();
    const closing = writer.close();
    const closed = vi.fn();
    ends.client.closed.then(closed);
    await rest();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(closed).not.toHaveBeenCalled();
    release();
    expect(equal(await readAll(ends.server.readable), data)).toBe(true);
    await Promise.all([closing, ends.client.closed, ends.server.closed]);
    vi.useRealTimers();
  });

  test('and little to be closed, where its peer does not close', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { client, server } = setting('abbreviated');
    const line = makeLine();
    const writer = line.client.writable.getWriter();
    const write = (bytes: Uint8Array) => writer.write(bytes);
    const writable = new WritableStream({ write, close: () => new Promise(() => {}) });
    const own = connectTls({ readable: line.client.readable, writable }, client);
    const peer = acceptTls(line.server, server);
    const closed = vi.fn();
    own.closed.then(closed);
    await Promise.all([own.writable.close(), peer.writable.close()]);
    await vi.advanceTimersByTimeAsync(4900);
    expect(closed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(200);
    expect(closed).toHaveBeenCalled();
    expect([line.client.readable.locked, writable.locked]).toEqual([false, false]);
    vi.useRealTimers();
  });
});
