/**
 * RTCDataChannels as transports, on fake ones: Node has none. The browser's own is met in the tests against Chromium.
 */

import { dataChannelTransport } from 'reprise-tls/web';
import { describe, expect, test, vi } from 'vitest';
import { concat, equal, utf8 } from '../../src/wire/bytes.ts';
import { FakeDataChannel } from '../support/fake-channel.ts';
import { readAll, readUntilError, rest, writeAll } from '../support/web-transport.ts';

const kibi = 1024;
const data = new Uint8Array(100 * kibi).map((_, i) => i % 251);

describe('an RTCDataChannel', () => {
  test('that is not open yet is waited for', async () => {
    const channel = new FakeDataChannel('connecting');
    const written = dataChannelTransport(channel).writable.getWriter().write(data);
    await rest();
    expect(channel.sent).toEqual([]);
    channel.fire({ type: 'open' });
    await written;
    expect(channel.binaryType).toBe('arraybuffer');
  });

  test('carries what is written in messages of 16 KiB at most, in order', async () => {
    const channel = new FakeDataChannel('open');
    await dataChannelTransport(channel).writable.getWriter().write(data);
    expect(Math.max(...channel.sent.map(({ length }) => length))).toBe(16 * kibi);
    expect(equal(concat(...channel.sent), data)).toBe(true);
  });

  test('with much to send is waited for until it is little', async () => {
    const channel = new FakeDataChannel('open');
    const writer = dataChannelTransport(channel).writable.getWriter();
    const written = vi.fn();
    writer.write(new Uint8Array(1000 * kibi)).then(written);
    const drained: number[] = [];
    while (written.mock.calls.length === 0) {
      await rest();
      drained.push(channel.bufferedAmount);
      channel.drain(64 * kibi);
    }
    expect(Math.max(...drained)).toBeLessThanOrEqual((256 + 16) * kibi);
    expect(channel.sent.length).toBe(63);
  });

  test.each([
    ['unordered', { ordered: false }],
    ['limited in its retransmissions', { maxRetransmits: 0 }],
    ['limited in the time that it tries', { maxPacketLifeTime: 100 }],
  ])('that is %s is no transport', (_, init) => {
    expect(() => dataChannelTransport(new FakeDataChannel('open', init))).toThrow(TypeError);
  });

  test.each(['closing', 'closed'])('that is %s fails both streams', async (state) => {
    const { readable, writable } = dataChannelTransport(new FakeDataChannel(state));
    await expect(readable.getReader().read()).rejects.toThrow('the RTCDataChannel is closed');
    await expect(writable.getWriter().closed).rejects.toThrow('the RTCDataChannel is closed');
  });

  test('that brings text is closed', async () => {
    const channel = new FakeDataChannel('open');
    const { readable } = dataChannelTransport(channel);
    channel.fire({ type: 'message', data: 'text' });
    await expect(readable.getReader().read()).rejects.toThrow(TypeError);
    expect(channel.closes.length).toBe(1);
  });

  test('that brings more than its reader takes is closed', async () => {
    const channel = new FakeDataChannel('open');
    const { readable } = dataChannelTransport(channel, { receiveLimit: kibi });
    channel.fire({ type: 'message', data: new ArrayBuffer(kibi) });
    expect(channel.closes.length).toBe(0);
    channel.fire({ type: 'message', data: new ArrayBuffer(1) });
    expect(channel.closes.length).toBe(1);
    const { all, error } = await readUntilError(readable);
    expect(all.length).toBe(kibi);
    expect(error).toBeInstanceOf(RangeError);
  });

  test('ends the readable where it is closed, and leaves no listener', async () => {
    const channel = new FakeDataChannel('open');
    const { readable, writable } = dataChannelTransport(channel);
    channel.fire({ type: 'message', data: utf8('last').buffer });
    channel.fire({ type: 'close' });
    expect(await readAll(readable)).toEqual(utf8('last'));
    await expect(writable.getWriter().closed).rejects.toThrow('the RTCDataChannel is closed');
    expect(channel.listeners).toBe(0);
  });

  test('that fails, fails both streams, and whoever waits to write', async () => {
    const channel = new FakeDataChannel('open');
    const { readable, writable } = dataChannelTransport(channel);
    const written = writable.getWriter().write(new Uint8Array(1000 * kibi));
    await rest();
    const failure = new Error('sctp-failure');
    channel.fire({ type: 'error', error: failure });
    await expect(written).rejects.toBe(failure);
    expect((await readUntilError(readable)).error).toBe(failure);
    expect(channel.listeners).toBe(0);
  });

  test('is closed behind all that was written, and at once by abort and cancel', async () => {
    const channel = new FakeDataChannel('open');
    const closing = writeAll(dataChannelTransport(channel).writable, utf8('last'));
    await rest();
    expect([channel.sent, channel.closes.length]).toEqual([[utf8('last')], 1]);
    channel.fire({ type: 'close' });
    await closing;
    for (const how of ['abort', 'cancel'] as const) {
      const other = new FakeDataChannel('open');
      const { readable, writable } = dataChannelTransport(other);
      await (how === 'abort' ? writable.abort() : readable.cancel());
      expect([other.closes.length, other.listeners]).toEqual([1, 0]);
    }
  });
});
