/**
 * What is over is over: connections that were dropped at any moment leave nothing in what lives longer than they do,
 * which is the application's signal, configurations and stores, and the event loop.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { roles, setting } from '../support/kinds.ts';
import { join, rest } from '../support/web-transport.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const deeds = ['abort', 'cancel', 'close', 'fail', 'signal'] as const;

describe('a TlsStream that was dropped', () => {
  test('is collected, whenever it was, and its connection and streams with it', async () => {
    const { client, server } = setting('abbreviated');
    const longLived = new AbortController();
    const refs: WeakRef<object>[] = [];
    for (let i = 0; i < 50; i++) await drop(deeds[i % deeds.length] ?? 'abort', i);
    await rest();
    collectGarbage();
    await rest();
    collectGarbage();
    expect(refs.length).toBe(300);
    expect(refs.filter((ref) => ref.deref() !== undefined).length).toBe(0);
    expect(longLived.signal.aborted).toBe(false);

    async function drop(deed: (typeof deeds)[number], moment: number): Promise<void> {
      const own = new AbortController();
      const signal = deed === 'signal' ? own.signal : longLived.signal;
      const ends = join(client, server, { lengths: [100], client: { signal }, server: { signal } });
      for (const end of [ends.client, ends.server]) {
        refs.push(new WeakRef(end), new WeakRef(end.connection), new WeakRef(end.readable));
      }
      const writer = ends.client.writable.getWriter();
      writer.write(new Uint8Array(1000)).catch(() => {});
      for (let turn = 0; turn < moment; turn++) await Promise.resolve();
      if (deed === 'abort') writer.abort();
      if (deed === 'signal') own.abort();
      if (deed === 'fail') for (const role of roles) ends.line.from[role].fail(new Error('lost'));
      if (deed === 'cancel') ends.server.readable.cancel();
      if (deed === 'close') ends.server.readable.pipeTo(ends.server.writable).catch(() => {});
      writer.close().catch(() => {});
      ends.client.readable.pipeTo(new WritableStream()).catch(() => {});
      await Promise.allSettled([ends.client.closed, ends.server.closed]);
    }
  });
});
