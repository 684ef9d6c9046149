/**
 * MessagePorts as transports: the two ends of a channel, with TLS over them and without, and a channel whose other end
 * keeps no rules.
 */

import { once } from 'node:events';
import fc from 'fast-check';
import { acceptTls, connectTls, messagePortTransport } from 'reprise-tls/web';
import { describe, expect, test, vi } from 'vitest';
import { equal, utf8 } from '../../src/wire/bytes.ts';
import { FakeChannel } from '../support/fake-channel.ts';
import { setting } from '../support/kinds.ts';
import { cuts } from '../support/pieces.ts';
import { readAll, readUntilError, rest, writeAll } from '../support/web-transport.ts';

const kibi = 1024;
const window = 256 * kibi;
const data = new Uint8Array(1000 * kibi).map((_, i) => i % 251);

function channel() {
  const { port1, port2 } = new MessageChannel();
  return {
    near: messagePortTransport(port1),
    far: messagePortTransport(port2),
    ports: [port1, port2] as const,
  };
}

describe('a MessagePort', () => {
  test('carries TLS, in both roles', async () => {
    const { near, far } = channel();
    const configs = setting('full');
    const client = connectTls(near, configs.client);
    const server = acceptTls(far, configs.server);
    const [back] = await Promise.all([
      readAll(client.readable),
      writeAll(client.writable, data.subarray(0, 100_000)),
      server.readable.pipeTo(server.writable),
    ]);
    expect(equal(back, data.subarray(0, 100_000))).toBe(true);
    await Promise.all([client.closed, server.closed]);
  });

  test('carries bytes whole and in order, both ways at once, and each way ends by itself', async () => {
    const bytes = fc.nat({ max: data.length }).map((length) => data.subarray(0, length));
    const property = fc.asyncProperty(bytes, bytes, cuts, cuts, async (one, other, lengths, otherLengths) => {
      const { near, far, ports } = channel();
      const closed = ports.map((port) => new Promise((resolve) => port.addEventListener('close', resolve)));
      const coarse = (given: readonly number[]) => given.map((length) => 1000 * length);
      const [atFar, atNear] = await Promise.all([
        readAll(far.readable),
        readAll(near.readable),
        writeAll(near.writable, one, coarse(lengths)),
        writeAll(far.writable, other, coarse(otherLengths)),
      ]);
      expect([equal(atFar, one), equal(atNear, other)]).toEqual([true, true]);
      await Promise.all(closed);
    });
    await fc.assert(property, { numRuns: 15 });
  });

  test('posts no more than 256 KiB ahead of a reader that does not read', async () => {
    const { near, far, ports } = channel();
    const writer = near.writable.getWriter();
    let accepted = 0;
    const writing = (async () => {
      for (const lengths of new Array<number>(100).fill(10 * kibi)) {
        await writer.ready;
        writer.write(new Uint8Array(lengths));
        accepted += lengths;
      }
      await writer.close();
    })();
    await rest();
    await rest();
    // What is posted, and what the writer's own stream holds.
    expect(accepted).toBeGreaterThanOrEqual(window);
    expect(accepted).toBeLessThanOrEqual(window + 64 * kibi + 10 * kibi);
    const credits = vi.spyOn(ports[1], 'postMessage');
    expect((await readAll(far.readable)).length).toBe(1000 * kibi);
    await writing;
    // Not one for each message.
    expect(credits.mock.calls.length).toBeLessThanOrEqual((2 * 1000 * kibi) / window);
  });

  test('transfers a copy, and leaves the writer its array', async () => {
    const { port1, port2 } = new MessageChannel();
    const posted: Uint8Array[] = [];
    const post = port1.postMessage.bind(port1);
    const near = messagePortTransport(
      Object.assign(port1, {
        postMessage: (message: { bytes?: unknown }, transfer: ArrayBuffer[]) => {
          post(message, transfer);
          if (message.bytes instanceof Uint8Array) posted.push(message.bytes);
        },
      }),
    );
    const far = messagePortTransport(port2);
    const written = Buffer.from('some of a pool');
    await near.writable.getWriter().write(written);
    expect((await far.readable.getReader().read()).value).toEqual(utf8('some of a pool'));
    expect(written.toString()).toBe('some of a pool');
    expect(posted.map(({ byteLength }) => byteLength)).toEqual([0]);
    port1.close();
  });

  test('waits for somebody to be at its other end', async () => {
    const { port1, port2 } = new MessageChannel();
    const near = messagePortTransport(port1);
    const written = writeAll(near.writable, utf8('hello'));
    await rest();
    const far = messagePortTransport(port2);
    expect(await readAll(far.readable)).toEqual(utf8('hello'));
    await written;
    await far.writable.close();
    expect(await readAll(near.readable)).toEqual(new Uint8Array());
  });

  test.each(['abort', 'cancel'] as const)('tells its other end of %s, and both are closed', async (how) => {
    const { near, far, ports } = channel();
    const closed = ports.map((port) => new Promise((resolve) => port.addEventListener('close', resolve)));
    await rest();
    const reason = new Error('the user left');
    await (how === 'abort' ? near.writable.abort(reason) : near.readable.cancel(reason));
    const { error } = await readUntilError(far.readable);
    expect((error as Error).message).toContain('gave up');
    await expect(far.writable.getWriter().closed).rejects.toBe(error);
    await Promise.all(closed);
  });

  test('that is closed under it fails both streams', async () => {
    const { near, far, ports } = channel();
    await rest();
    ports[1].close();
    for (const { readable, writable } of [near, far]) {
      const { error } = await readUntilError(readable);
      expect((error as Error).message).toContain('was closed');
      await expect(writable.getWriter().closed).rejects.toBe(error);
    }
  });

  test('is closed by who ends last, where nobody tells that it was', async () => {
    for (const first of ['here', 'there']) {
      const port = Object.assign(new FakeChannel(), { postMessage: vi.fn(), start: vi.fn() });
      const { readable, writable } = messagePortTransport(port);
      const end = () => port.fire({ type: 'message', data: { kind: 'end' } });
      if (first === 'there') end();
      port.fire({ type: 'message', data: { kind: 'credit', bytes: 1 } });
      await writable.close();
      if (first === 'here') {
        expect(port.closes.length).toBe(0);
        end();
      }
      expect(await readAll(readable)).toEqual(new Uint8Array());
      expect([port.closes.length, port.listeners]).toEqual([1, 0]);
    }
  });

  const foreign = [
    'text',
    null,
    {},
    { kind: 'data' },
    { kind: 'data', bytes: 'text' },
    { kind: 'credit', bytes: -1 },
    { kind: 'credit', bytes: 0.5 },
    { kind: 'credit', bytes: 'much' },
    { kind: 'other', bytes: 1 },
    { kind: 'data', bytes: new Uint8Array(window + 1) },
  ];
  test.each(foreign)('that brings %j is refused', async (message) => {
    const { port1, port2 } = new MessageChannel();
    const { readable, writable } = messagePortTransport(port1);
    const answers: unknown[] = [];
    port2.addEventListener('message', ({ data: answer }) => answers.push(answer));
    port2.start();
    const closed = once(port2, 'close');
    await rest();
    port2.postMessage(message);
    const { error } = await readUntilError(readable);
    expect(error).toBeInstanceOf(TypeError);
    await expect(writable.getWriter().closed).rejects.toBe(error);
    await closed;
    expect(answers).toEqual([{ kind: 'credit', bytes: window }, { kind: 'abort' }]);
  });
});
