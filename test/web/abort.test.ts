/**
 * The ends of a TlsStream that its application brings about: abort, cancel, a signal, and a handshake that takes too long.
 */

import { getEventListeners } from 'node:events';
import { acceptTls, connectTls } from 'reprise-tls/web';
import { describe, expect, test } from 'vitest';
import { equal } from '../../src/wire/bytes.ts';
import { roles, setting } from '../support/kinds.ts';
import { makeLine, other, pair, readAll, readUntilError, rest } from '../support/web-transport.ts';

const reason = new Error('the user left');
const data = new Uint8Array(1000).map((_, i) => i % 251);

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
