/**
 * A connection that is closed from one side first. Who gives an `end` handler may go on writing after the peer's
 * close_notify, as TLS 1.3 has it for all (RFC 8446 §6.1); who does not answers it at once (RFC 5246 §7.2.1).
 */

import fc from 'fast-check';
import type { ConnectionHandlers } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { concat, utf8 } from '../../src/wire/bytes.ts';
import { approach, placeBefore } from '../support/approach.ts';
import { type Role, roles, setting } from '../support/kinds.ts';
import { makePair } from '../support/pair.ts';
import { cuts, pieces } from '../support/pieces.ts';

const other = { client: 'server', server: 'client' } as const satisfies Record<Role, Role>;

/** An abbreviated pair, one end of which has an `end` handler. The bytes to it come in pieces. */
async function halfClosing(role: Role, end: () => void = () => {}, lengths = [0x10000]) {
  const { client, server } = setting('abbreviated');
  const cut = (bytes: Uint8Array) => pieces(bytes, lengths);
  const handlers: Partial<ConnectionHandlers> = { end };
  const pair = makePair(client, server, {
    [role]: handlers,
    [role === 'client' ? 'toClient' : 'toServer']: cut,
  });
  pair.client.start();
  await pair.settle();
  return { pair, own: pair[role], ownEnd: pair[`${role}End`], peer: pair[other[role]] };
}

describe.each(roles)('a %s with an `end` handler', (role) => {
  test('still writes after the close_notify of the peer, until it closes (RFC 8446 §6.1)', async () => {
    let ends = 0;
    const { pair, own, ownEnd, peer } = await halfClosing(role, () => ends++);
    peer.write(utf8('question'));
    peer.close();
    await pair.settle();
    expect(ends).toBe(1);
    expect(ownEnd.closed).toBeUndefined();
    expect(own.state).toBe('established');
    own.write(utf8('ans'));
    own.write(utf8('wer'));
    await pair.settle();
    own.close();
    expect(ownEnd.closed).toEqual({ error: undefined });
    await pair.settle();
    expect(concat(...pair[`${other[role]}End`].received)).toEqual(utf8('answer'));
    expect(pair[`${other[role]}End`].closed).toEqual({ error: undefined });
    expect(ends).toBe(1);
  });

  test('may close within it, which is the end in order', async () => {
    const { pair, ownEnd, peer } = await halfClosing(role, () => {
      pair[role].write(utf8('last words'));
      pair[role].close();
    });
    peer.close();
    await pair.settle();
    expect(pair[`${other[role]}End`].received).toEqual([utf8('last words')]);
    expect(ownEnd.closed).toEqual({ error: undefined });
    expect(pair[`${other[role]}End`].closed).toEqual({ error: undefined });
  });

  test('hears of the peer’s close_notify by `close` alone where its own came first', async () => {
    let ends = 0;
    const { pair, own, ownEnd } = await halfClosing(role, () => ends++);
    own.close();
    await pair.settle();
    expect(ends).toBe(0);
    expect(ownEnd.closed).toEqual({ error: undefined });
  });

  test('gets what came before close_notify and nothing behind it, however it is cut', async () => {
    const property = fc.asyncProperty(cuts, async (lengths) => {
      const { pair, own, ownEnd, peer } = await halfClosing(role, () => {}, lengths);
      peer.write(utf8('the end of it'));
      peer.close();
      await pair.settle();
      expect(own.feed(utf8('not even a record'))).toBeUndefined();
      own.feedEnd();
      expect(concat(...ownEnd.received)).toEqual(utf8('the end of it'));
      expect(ownEnd.closed).toBeUndefined();
      own.abort();
      expect(ownEnd.closed?.error?.reason).toBe('aborted');
    });
    await fc.assert(property, { numRuns: 20 });
  });

  test('is at fault where the handler throws', async () => {
    const failure = new Error('the application is at fault');
    const { pair, ownEnd, peer } = await halfClosing(role, () => {
      throw failure;
    });
    peer.close();
    await pair.settle();
    expect(ownEnd.closed?.error).toMatchObject({ reason: 'application', cause: failure });
  });
});

describe.each(roles)('a %s without one', (role) => {
  test('answers close_notify at once, and may write no more (RFC 5246 §7.2.1)', async () => {
    const { end } = await approach(placeBefore(role, 'abbreviated', undefined), async (peer) => {
      peer.sendAlert('close_notify', 'warning');
      expect(await peer.alert()).toBe('close_notify');
      expect(() => peer.connection.write(utf8('more'))).toThrow(TypeError);
    });
    expect(end.closed).toEqual({ error: undefined });
  });
});
