/**
 * What is over is over: connections that were dropped at any moment leave nothing in what lives longer than they do,
 * which is the application's signal, configurations and stores, and the event loop.
 */

import { describe, expect, test } from 'vitest';
import { roles, setting } from '../support/kinds.ts';
import { collectGarbage, full, settledHeap } from '../support/load.ts';
import { join, rest } from '../support/web-transport.ts';

const dropped = full ? 10_000 : 300;

const deeds = ['abort', 'cancel', 'close', 'fail', 'signal'] as const;
type Deed = (typeof deeds)[number];

describe('a TlsStream that was dropped', () => {
  test('is collected, whenever it was, and its connection and streams with it', async () => {
    const refs: WeakRef<object>[] = [];
    const longLived = await dropMany(50, (object) => refs.push(new WeakRef(object)));
    await rest();
    collectGarbage();
    await rest();
    collectGarbage();
    expect(refs.length).toBe(300);
    expect(refs.filter((ref) => ref.deref() !== undefined).length).toBe(0);
    expect(longLived.signal.aborted).toBe(false);
  });

  test(`leaves no memory behind, of ${dropped}`, { timeout: full ? 600_000 : 30_000 }, async () => {
    await dropMany(100); // What is made once is made now.
    const before = await settledHeap();
    await dropMany(dropped);
    // A kept pair is 60 kB and more; what the runtime learns on the way is less than this for all of them.
    expect((await settledHeap()) - before).toBeLessThan(5e6);
  });
});

/** Drops so many pairs, each in its way at its moment, under configurations and a signal that outlive them. */
async function dropMany(count: number, seen: (object: object) => void = () => {}): Promise<AbortController> {
  const { client, server } = setting('abbreviated');
  const longLived = new AbortController();
  for (let i = 0; i < count; i++) await drop(deeds[i % deeds.length] ?? 'abort', i % 50);
  return longLived;

  async function drop(deed: Deed, moment: number): Promise<void> {
    const own = new AbortController();
    const signal = deed === 'signal' ? own.signal : longLived.signal;
    const ends = join(client, server, { lengths: [100], client: { signal }, server: { signal } });
    for (const end of [ends.client, ends.server])
      for (const each of [end, end.connection, end.readable]) seen(each);
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
}
