/**
 * How sockets end: each direction by close_notify (RFC 5246 §7.2.1), both at once by `destroy`, and by a transport that
 * breaks off. Whatever happens, an error comes once at most, and 'close' once and last.
 */

import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { connect, TlsSocket } from 'reprise-tls/node';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  drained,
  ending,
  facing,
  joined,
  pair,
  proving,
  type Role,
  resuming,
  returning,
  roles,
  trusting,
} from '../support/sockets.ts';
import { streams } from '../support/streams.ts';

interface Ends extends AsyncDisposable {
  readonly own: TlsSocket;
  readonly other: TlsSocket | TLSSocket;
}

const others = ['reprise', 'node:tls'] as const;
const settings = roles.flatMap((role) => others.map((other) => ({ role, other })));

/** Both sockets; `halfOpen` names those with `allowHalfOpen`. */
async function meet(
  { role, other }: (typeof settings)[number],
  halfOpen: readonly ('own' | 'other')[] = [],
): Promise<Ends> {
  const [ownOptions, otherOptions] = (['own', 'other'] as const).map((end) => ({
    allowHalfOpen: halfOpen.includes(end),
  }));
  if (other === 'node:tls') {
    const { own, node, [Symbol.asyncDispose]: dispose } = await facing(role, ownOptions, otherOptions);
    return { own, other: node, [Symbol.asyncDispose]: dispose };
  }
  const [client, server] = role === 'client' ? [ownOptions, otherOptions] : [otherOptions, ownOptions];
  const made = await pair({ ...(await returning()), ...client }, { ...resuming, ...server });
  const peer: Record<Role, Role> = { client: 'server', server: 'client' };
  return {
    own: made[role],
    other: made[peer[role]],
    [Symbol.asyncDispose]: () => {
      for (const socket of [made.client, made.server]) socket.destroy();
      return Promise.resolve();
    },
  };
}

function reading<S extends Duplex>(
  socket: S,
): { readonly bytes: Promise<Buffer>; readonly end: ReturnType<typeof ending> } {
  return { end: ending(socket), bytes: drained(socket).catch(() => Buffer.alloc(0)) };
}

const orderly = { events: expect.arrayContaining(['end', 'finish', 'close']), error: undefined };

describe.each(settings)('a $role before $other', (setting) => {
  it('says by `end` that it has no more to say, and is answered in kind', async () => {
    await using ends = await meet(setting);
    const [own, other] = [reading(ends.own), reading(ends.other)];
    ends.own.end('all there is');
    expect((await other.bytes).toString()).toBe('all there is');
    expect(await own.end).toEqual(orderly);
    expect((await own.end).events).toHaveLength(3);
    expect((await other.end).error).toBeUndefined();
  });

  it('answers the end of the peer with its own, once what was written has left', async () => {
    await using ends = await meet(setting, ['other']);
    const [own, other] = [reading(ends.own), reading(ends.other)];
    const last = Buffer.alloc(100_000, 'last words ');
    ends.own.write(last);
    ends.other.end();
    expect((await other.bytes).equals(last)).toBe(true);
    expect(await own.end).toEqual(orderly);
    expect((await other.end).error).toBeUndefined();
  });

  it('with allowHalfOpen goes on writing after the end of the peer', async () => {
    await using ends = await meet(setting, ['own', 'other']);
    const [own, other] = [reading(ends.own), reading(ends.other)];
    ends.other.end('question');
    expect((await own.bytes).toString()).toBe('question');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ends.own.readyState).toBe('writeOnly');
    ends.own.write('long ');
    ends.own.end('answer');
    expect((await other.bytes).toString()).toBe('long answer');
    expect(await own.end).toEqual(orderly);
    expect((await other.end).error).toBeUndefined();
  });

  it('reads on after its own end', async () => {
    await using ends = await meet(setting, ['other']);
    const [own, other] = [reading(ends.own), reading(ends.other)];
    ends.own.end('question');
    expect((await other.bytes).toString()).toBe('question');
    const answer = Buffer.alloc(200_000, 'answer');
    ends.other.end(answer);
    expect((await own.bytes).equals(answer)).toBe(true);
    expect(await own.end).toEqual(orderly);
  });

  it('is truncated by a peer that goes without close_notify: ECONNRESET, whatever came before', async () => {
    await using ends = await meet(setting);
    const own = reading(ends.own);
    ends.other.on('error', () => {});
    ends.other.write('not all of it', () => ends.other.destroy());
    const { events, error } = await own.end;
    expect(error).toMatchObject({ code: 'ECONNRESET', reason: 'truncated' });
    expect(events).toEqual(['error', 'close']);
  });

  it('is gone at once by `destroy`, without an error unless one is given', async () => {
    for (const failure of [undefined, new Error('enough')]) {
      await using ends = await meet(setting);
      const [own, other] = [reading(ends.own), reading(ends.other)];
      ends.own.destroy(failure);
      ends.own.destroy(new Error('too late'));
      expect(await own.end).toEqual({
        events: failure === undefined ? ['close'] : ['error', 'close'],
        error: failure,
      });
      expect((await other.end).events.filter((event) => event === 'close')).toHaveLength(1);
    }
  });

  it('delivers what was written before `destroySoon`', async () => {
    await using ends = await meet(setting);
    const [own, other] = [reading(ends.own), reading(ends.other)];
    const last = Buffer.alloc(100_000, 'last words ');
    ends.own.write(last);
    ends.own.destroySoon();
    expect((await other.bytes).equals(last)).toBe(true);
    expect((await own.end).error).toBeUndefined();
    expect((await other.end).error).toBeUndefined();
  });
});

describe('before the handshake is done', () => {
  it.each(roles)('`end` of a %s waits for it', async (role) => {
    const made = joined(await returning(), resuming);
    const [client, server] = [reading(made.client), reading(made.server)];
    made[role].end();
    await once(made.client, 'secureConnect');
    expect(await client.end).toEqual(orderly);
    expect(await server.end).toEqual(orderly);
  });

  it.each(roles)('a %s that is destroyed says nothing of it, and its peer is cut off', async (role) => {
    const made = joined(await returning(), resuming);
    const ends = { client: reading(made.client).end, server: reading(made.server).end };
    made[role].destroy();
    expect(await ends[role]).toEqual({ events: ['close'], error: undefined });
    const { error } = await ends[role === 'client' ? 'server' : 'client'];
    expect(error).toMatchObject({ code: 'ECONNRESET', reason: 'truncated' });
  });
});

describe('timeouts', () => {
  it('an idle socket says so once for each silence, and goes on', async () => {
    const { client, server } = await pair(await returning(), resuming);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    let timeouts = 0;
    client.setTimeout(60, () => timeouts++);
    server.resume();
    for (let i = 0; i < 5; i++) {
      client.write('in use');
      await new Promise(setImmediate);
      vi.advanceTimersByTime(50);
    }
    expect(timeouts).toBe(0);
    vi.advanceTimersByTime(60);
    vi.advanceTimersByTime(60);
    expect(timeouts).toBe(1);
    client.setTimeout(0);
    expect(client.timeout).toBe(0);
    expect(() => client.setTimeout(-1)).toThrow(RangeError);
    client.end();
    expect((await reading(client).end).error).toBeUndefined();
  });

  it.each(roles)('a %s whose peer does not answer gives up after handshakeTimeout', async (role) => {
    const stream = streams()[role];
    const socket =
      role === 'client'
        ? connect({ ...trusting, socket: stream, handshakeTimeout: 30 })
        : new TlsSocket(stream, { ...proving, isServer: true, handshakeTimeout: 30 });
    const { events, error } = await reading(socket).end;
    expect(error).toMatchObject({ code: 'ERR_TLS_HANDSHAKE_TIMEOUT', reason: 'aborted' });
    expect(events).toEqual(['error', 'close']);
  });

  it('handshakeTimeout is a number of milliseconds', () => {
    for (const handshakeTimeout of [-1, Number.NaN, 2 ** 31]) {
      expect(() => joined({ handshakeTimeout })).toThrow(RangeError);
    }
  });
});
