/**
 * The end of a TlsStream, at any moment and from either side: every promise settles, with the same error wherever there
 * is one; the transport is let go, and no timer or listener is left.
 */

import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { TlsError } from 'reprise-tls';
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

const reason = new Error('the user left');
const lost = new Error('ECONNRESET');
const data = new Uint8Array(1000).map((_, i) => i % 251);

const expired = () => ({ alert: 'certificate_expired', message: 'expired yesterday' }) as const;

/** An application at one end: it writes, closes, reads to the end, and does not care how all of that goes. */
class Application {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #settled = new Map<string, PromiseSettledResult<unknown> | undefined>();

  constructor() {
    this.signal = this.#controller.signal;
  }

  start({ readable, writable, secured, closed }: Ends[Role]): void {
    const writer = writable.getWriter();
    const reader = readable.getReader();
    this.#writer = writer;
    this.#reader = reader;
    this.#watch({ secured, closed, reading: reader.closed, writing: writer.closed, ready: writer.ready });
    this.#watch({ write: writer.write(data), again: writer.write(data), close: writer.close() });
    this.#watch({ read: this.#read(reader) });
  }

  readonly deeds = {
    abort: () => this.#watch({ abort: this.#writer?.abort(reason) }),
    cancel: () => this.#watch({ cancel: this.#reader?.cancel(reason) }),
    close: () => this.#watch({ 'second close': this.#writer?.close() }),
    signal: () => this.#controller.abort(reason),
  };

  get unsettled(): string[] {
    return [...this.#settled].filter(([, result]) => result === undefined).map(([name]) => name);
  }

  /** With what a promise was rejected, or undefined. */
  rejection(name: string): unknown {
    const result = this.#settled.get(name);
    return result?.status === 'rejected' ? result.reason : undefined;
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    while (!(await reader.read()).done);
  }

  #watch(promises: Record<string, Promise<unknown> | undefined>): void {
    for (const [name, promise] of Object.entries(promises)) {
      this.#settled.set(name, undefined);
      Promise.allSettled([promise]).then(([result]) => this.#settled.set(name, result));
    }
  }
}

const deeds = ['abort', 'cancel', 'close', 'signal'] as const;
const accidents = ['fail', 'end'] as const;

describe('whatever happens, and whenever', () => {
  test('all settles, the transport is let go, and nothing is left behind', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const property = fc.asyncProperty(
      fc.constantFrom(...kinds),
      fc.constantFrom(...roles),
      fc.constantFrom(...deeds, ...accidents),
      fc.nat({ max: 80 }),
      async (kind, role, what, moment) => {
        const applications = { client: new Application(), server: new Application() };
        const act = (ends: Ends) => {
          if (what === 'fail') ends.line.from[role].fail(lost);
          else if (what === 'end') ends.line.from[role].end();
          else applications[role].deeds[what]();
        };
        const ends: Ends = pair(kind, {
          lengths: [97],
          onPiece: (count) => count === moment && act(ends),
          client: { signal: applications.client.signal },
          server: { signal: applications.server.signal },
        });
        for (const end of roles) applications[end].start(ends[end]);
        if (moment === 0) act(ends);
        await rest();
        for (const end of roles) {
          const { unsettled, signal } = applications[end];
          const { readable, writable } = ends.line[end];
          expect(unsettled, end).toEqual([]);
          expect([readable.locked, writable.locked], end).toEqual([false, false]);
          expect(getEventListeners(signal, 'abort'), end).toEqual([]);
          expect(ends[end].connection.state).toBe('closed');
          for (const promise of ['secured', 'closed']) {
            const error = applications[end].rejection(promise);
            if (error !== undefined) expect(error).toBeInstanceOf(TlsError);
          }
        }
        expect(vi.getTimerCount()).toBe(0);
      },
    );
    try {
      await fc.assert(property, { numRuns: 60 });
    } finally {
      vi.useRealTimers();
    }
  });
});

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

describe('aborting the writable', () => {
  test.each(roles)(
    'of a %s ends both, without a close_notify that would vouch for half of it',
    async (role) => {
      const ends = pair();
      const writer = ends[role].writable.getWriter();
      await writer.write(data);
      await writer.abort(reason);
      const expected = { reason: 'aborted', cause: reason };
      await expect(ends[role].closed).rejects.toMatchObject(expected);
      expect((await readUntilError(ends[role].readable)).error).toMatchObject(expected);
      await expect(writer.closed).rejects.toBe(reason);
      await expect(ends[other[role]].closed).rejects.toMatchObject({
        reason: 'truncated',
        cause: { cause: reason },
      });
    },
  );

  test('fails the readable at once, and what was not read is gone', async () => {
    const ends = pair();
    await ends.server.writable.getWriter().write(data);
    await rest();
    const reader = ends.client.readable.getReader();
    await ends.client.writable.abort(reason);
    await expect(reader.closed).rejects.toMatchObject({ reason: 'aborted', cause: reason });
  });

  test('while nothing goes over the line is done at once', async () => {
    const ends = pair();
    await ends.client.secured;
    ends.line.from.client.hold();
    const writer = ends.client.writable.getWriter();
    const written = writer.write(new Uint8Array(1_000_000));
    await rest();
    await writer.abort(reason);
    await expect(written).rejects.toBeInstanceOf(Error);
    await expect(ends.client.closed).rejects.toMatchObject({ cause: reason });
    expect(ends.line.client.writable.locked).toBe(false);
  });
});

describe('cancelling the readable', () => {
  test.each(roles)('of a %s sends close_notify, where all that was written is on its way', async (role) => {
    const ends = pair();
    const writer = ends[role].writable.getWriter();
    await writer.write(data);
    await ends[role].readable.cancel(reason);
    expect(equal(await readAll(ends[other[role]].readable), data)).toBe(true);
    await ends[role].closed;
    await expect(writer.write(data)).rejects.toMatchObject({ reason: 'aborted' });
  });

  test('fails the writable at once, while close_notify is still on its way', async () => {
    const ends = pair();
    await ends.client.secured;
    await rest();
    ends.line.from.client.hold();
    await ends.client.readable.cancel(reason);
    const writer = ends.client.writable.getWriter();
    await expect(writer.closed).rejects.toMatchObject({ reason: 'aborted' });
    expect(ends.line.client.writable.locked).toBe(true);
  });

  test.each(roles)('of a %s that still has to write does not vouch for half of it', async (role) => {
    const ends = pair();
    await ends[role].secured;
    const release = ends.line.from[role].hold();
    const writer = ends[role].writable.getWriter();
    const written = [1, 2, 3].map(() => writer.write(new Uint8Array(200_000)));
    await ends[role].readable.cancel(reason);
    for (const each of await Promise.allSettled(written)) expect(each.status).toBe('rejected');
    await expect(ends[role].closed).rejects.toMatchObject({ reason: 'aborted', cause: reason });
    release();
    const { error } = await readUntilError(ends[other[role]].readable);
    expect(error).toMatchObject({ reason: 'truncated' });
  });

  test.each(roles)('of a %s that has closed its writable ends in order', async (role) => {
    const ends = pair();
    await ends[role].writable.close();
    await ends[role].readable.cancel(reason);
    await ends[role].closed;
    expect(await readAll(ends[other[role]].readable)).toEqual(new Uint8Array());
  });

  test('before the handshake is done ends that', async () => {
    const ends = pair('full');
    await ends.client.readable.cancel(reason);
    const expected = { reason: 'aborted', cause: reason };
    await expect(ends.client.secured).rejects.toMatchObject(expected);
    await expect(ends.client.closed).rejects.toMatchObject(expected);
    await expect(ends.server.secured).rejects.toMatchObject({ reason: 'truncated' });
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

describe('`signal`', () => {
  test.each(roles)('ends a %s as an abort does, also after the handshake', async (role) => {
    const controller = new AbortController();
    const ends = pair('abbreviated', { [role]: { signal: controller.signal } });
    await Promise.all([ends.client.secured, ends.server.secured]);
    controller.abort(reason);
    await expect(ends[role].closed).rejects.toMatchObject({ reason: 'aborted', cause: reason });
    await expect(ends[other[role]].closed).rejects.toMatchObject({ reason: 'truncated' });
  });

  test.each(roles)('that has fired already lets no %s begin', async (role) => {
    const ends = pair('full', { [role]: { signal: AbortSignal.abort(reason) } });
    const expected = { reason: 'aborted', cause: reason };
    await expect(ends[role].secured).rejects.toMatchObject(expected);
    await expect(ends[role].closed).rejects.toMatchObject(expected);
    expect(ends.line.from[role].written).toEqual([]);
  });

  test('that fires while the last words are on their way cuts them off', async () => {
    const controller = new AbortController();
    const ends = pair('abbreviated', { client: { signal: controller.signal } });
    await Promise.all([ends.client.secured, ends.server.secured]);
    await ends.server.writable.close();
    expect(await readAll(ends.client.readable)).toEqual(new Uint8Array());
    ends.line.from.client.hold();
    const closing = ends.client.writable.close();
    await rest();
    expect(ends.client.connection.state).toBe('closed');
    expect(ends.line.client.writable.locked).toBe(true);
    controller.abort(reason);
    // Both have said all they had to say; whether it was heard is what the writer is not told.
    await expect(closing).rejects.toMatchObject({ reason: 'aborted' });
    await ends.client.closed;
    expect(ends.line.client.writable.locked).toBe(false);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});

describe('`handshakeTimeout`', () => {
  test.each(roles)('ends a %s whose peer does not answer', async (role) => {
    const { client, server } = setting('full');
    const { [role]: transport, from } = makeLine();
    const options = { handshakeTimeout: 20 };
    from.client.hold();
    const own =
      role === 'client' ? connectTls(transport, client, options) : acceptTls(transport, server, options);
    const expected = { reason: 'aborted', cause: expect.objectContaining({ name: 'TimeoutError' }) };
    await expect(own.secured).rejects.toMatchObject(expected);
    await expect(own.closed).rejects.toMatchObject(expected);
  });

  test('is no limit to what comes after', async () => {
    const ends = pair('abbreviated', { client: { handshakeTimeout: 50 }, server: { handshakeTimeout: 50 } });
    await Promise.all([ends.client.secured, ends.server.secured]);
    await new Promise((resolve) => setTimeout(resolve, 80));
    await ends.client.writable.getWriter().write(data);
    const { value } = await ends.server.readable.getReader().read();
    expect(value).toEqual(data);
  });
});
