/**
 * A live connection traced: what went by is in the trace at any moment, whichever end it is heard at, within the limits.
 */

import fc from 'fast-check';
import { ClientConnection, ServerConnection } from 'reprise-tls';
import { Tracer, traceConnection } from 'reprise-tls/trace';
import { describe, expect, test } from 'vitest';
import { concat, utf8 } from '../../src/wire/bytes.ts';
import { kinds, setting, stepsOf } from '../support/kinds.ts';
import { overhear } from '../support/overheard.ts';
import { cuts, pieces } from '../support/pieces.ts';

const { segments, keyLog } = await overhear('full');

describe.each(kinds)('a handshake, %s', (kind) => {
  test.each(['client', 'server'] as const)('heard at the %s has all its steps, opened', async (end) => {
    const tracer = new Tracer();
    const peer = end === 'client' ? 'server' : 'client';
    const { client, server } = setting(kind, { [end]: { keyLog: tracer.keyLog } });
    const settled: (Promise<void> | undefined)[] = [];
    const own = (bytes: Uint8Array) => {
      settled.push(ends[peer].feed(bytes.slice()));
    };
    const others = (bytes: Uint8Array) => {
      settled.push(ends[end].feed(bytes.slice()));
    };
    const send = { [end]: tracer.through(end, own), [peer]: tracer.through(peer, others) };
    const handlers = (side: 'client' | 'server') => ({ send: (bytes: Uint8Array) => send[side]?.(bytes) });
    const ends = {
      client: new ClientConnection(client, handlers('client')),
      server: new ServerConnection(server, handlers('server')),
    };
    ends.client.start();
    for (const fed of settled) await fed; // More come while these are awaited.
    const { flow, records } = tracer.trace();
    expect(flow.steps).toEqual(stepsOf(kind));
    expect(records.filter(({ protection }) => protection === 'sealed')).toEqual([]);
  });
});

describe('a tracer', () => {
  test('has at any moment the trace of what it was told, in whatever pieces', () => {
    fc.assert(
      fc.property(cuts, fc.nat(), (lengths, stop) => {
        const tracer = new Tracer();
        for (const line of keyLog.split('\n')) tracer.keyLog(line);
        const cut = segments.flatMap(({ from, bytes }) =>
          [...pieces(bytes, lengths)].map((piece) => ({ from, bytes: piece })),
        );
        const told = cut.slice(0, stop % (cut.length + 1));
        for (const { from, bytes } of told) {
          const lent = bytes.slice();
          tracer.add(from, lent);
          lent.fill(0xee);
        }
        expect(tracer.trace()).toEqual(traceConnection(told, { keyLog }));
        const sent = told.filter(({ from }) => from === 'client').map(({ bytes }) => bytes);
        expect(tracer.sent('client')).toEqual(concat(...sent));
      }),
      { numRuns: 30 },
    );
  });

  test('with a clock tells when each record was there, from the first byte on', () => {
    let now = 5000;
    const tracer = new Tracer({ clock: () => now });
    for (const { from, bytes } of segments) {
      tracer.add(from, bytes);
      now += 10;
    }
    const times = tracer.trace().records.map(({ time }) => time);
    expect(times[0]).toBe(0);
    expect(times.at(-1)).toBe(10 * (segments.length - 1));
    expect(times).toEqual([...times].sort((a = 0, b = 0) => a - b));
  });

  test('keeps no more than its limits, and says what it left', () => {
    const tracer = new Tracer({ limits: { bytes: 100 } });
    for (const { from, bytes } of segments) tracer.add(from, bytes);
    expect(tracer.sent('client')).toHaveLength(100);
    expect(tracer.sent('server')).toHaveLength(100);
    const total = segments
      .filter(({ from }) => from === 'server')
      .reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(tracer.trace().notes).toContain(`${total - 100} bytes more of the server were not kept.`);

    const busy = new Tracer();
    for (let i = 0; i < 0x10000 + 10; i++) busy.add(i % 2 === 0 ? 'client' : 'server', utf8('x'));
    expect(busy.sent('client').length + busy.sent('server').length).toBe(0x10000);
  });

  test('hands on what passes through, and what comes of it', () => {
    const tracer = new Tracer();
    const seen: Uint8Array[] = [];
    const pass = tracer.through('server', (bytes) => seen.push(bytes));
    expect(pass(utf8('a'))).toBe(1);
    expect(pass(utf8('b'))).toBe(2);
    expect(seen).toEqual([utf8('a'), utf8('b')]);
    expect(tracer.sent('server')).toEqual(utf8('ab'));
  });
});
