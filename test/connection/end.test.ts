/**
 * The end of a connection, at any moment and from either side: close_notify (RFC 5246 §7.2.1), a transport that stops,
 * `close` and `abort`; and what may be called before and after.
 */

import fc from 'fast-check';
import { ClientConnection, type ConnectionHandlers, ServerConnection, TlsError } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { concat, utf8 } from '../../src/wire/bytes.ts';
import { approach, nameOf, placeBefore, placesOf } from '../support/approach.ts';
import { type Role, roles, setting } from '../support/kinds.ts';
import { connect, makePair, newEnd } from '../support/pair.ts';
import { pieces } from '../support/pieces.ts';

const allPlaces = roles.flatMap(placesOf);
const named = allPlaces.map((place) => [nameOf(place), place] as const);
const handshaking = named.filter(([, { next }]) => next !== undefined);

/** A pair that has shaken hands in the cheaper way. */
function abbreviated() {
  const { client, server } = setting('abbreviated');
  return connect(client, server);
}

describe('close_notify', () => {
  test.each(roles)(
    'of a %s is answered, and both ends are closed in order (RFC 5246 §7.2.1)',
    async (role) => {
      const pair = await abbreviated();
      pair[role].close();
      await pair.settle();
      expect(pair.clientEnd.closed).toEqual({ error: undefined });
      expect(pair.serverEnd.closed).toEqual({ error: undefined });
    },
  );

  test('from both sides at once is no more than one from each', async () => {
    const pair = await abbreviated();
    const before = [pair.clientEnd.sent.length, pair.serverEnd.sent.length];
    pair.client.close();
    pair.server.close();
    pair.client.close();
    await pair.settle();
    expect(pair.clientEnd.closed).toEqual({ error: undefined });
    expect(pair.serverEnd.closed).toEqual({ error: undefined });
    expect([pair.clientEnd.sent.length, pair.serverEnd.sent.length]).toEqual(
      before.map((sends) => sends + 1),
    );
  });

  test.each(roles)('of a %s lets the other side finish: its data still arrives', async (role) => {
    const { end } = await approach(placeBefore(role, 'abbreviated', undefined), async (peer) => {
      peer.connection.close();
      expect(await peer.alert()).toBe('close_notify');
      expect(() => peer.connection.write(utf8('more'))).toThrow(TypeError);
      peer.sendData(utf8('still '));
      peer.sendData(utf8('talking'));
      peer.sendAlert('close_notify', 'warning');
      expect(await peer.silent()).toBe(true);
    });
    expect(concat(...end.received)).toEqual(utf8('still talking'));
    expect(end.closed).toEqual({ error: undefined });
  });

  test.each(roles)('to a %s is the last word: what comes behind it is not delivered', async (role) => {
    const { end } = await approach(placeBefore(role, 'abbreviated', undefined), async (peer) => {
      peer.sendAlert('close_notify', 'warning');
      peer.sendData(utf8('too late'));
      expect(await peer.alert()).toBe('close_notify');
      expect(await peer.silent()).toBe(true);
    });
    expect(end.received).toEqual([]);
    expect(end.closed).toEqual({ error: undefined });
  });

  test.each(handshaking)('%s: `close` says it, and the connection ends at once', async (_, place) => {
    const { connection, end } = await approach(place, async (peer) => {
      peer.connection.close();
      expect(await peer.alert()).toBe('close_notify');
      peer.speak(place.next ?? 'Finished');
      expect(await peer.silent()).toBe(true);
    });
    expect(end.closed).toEqual({ error: undefined });
    expect(end.info).toBeUndefined();
    expect(connection.state).toBe('closed');
  });
});

describe('a transport that ends', () => {
  test.each(named)('%s: without close_notify is a truncation, and says so', async (_, place) => {
    const cause = new Error('ECONNRESET');
    const { end, result } = await approach(place, async (peer) => {
      const { state } = peer.connection;
      peer.connection.feedEnd(cause);
      peer.connection.feedEnd();
      expect(await peer.silent()).toBe(true);
      return state;
    });
    expect(end.closed?.error).toBeInstanceOf(TlsError);
    expect(end.closed?.error).toMatchObject({
      reason: 'truncated',
      alert: undefined,
      origin: undefined,
      state: result,
      cause,
    });
  });

  test('anywhere in the bytes of a handshake is a truncation, and never half of it (all offsets)', async () => {
    const { client, server } = setting('abbreviated', { seed: 1 });
    const whole = await connect(client, server);
    const streams = { client: concat(...whole.serverEnd.sent), server: concat(...whole.clientEnd.sent) };
    const property = fc.property(fc.constantFrom(...roles), fc.nat(), (role, at) => {
      const again = setting('abbreviated', { seed: 1 });
      const { connection, end } = alone(role, again);
      const stream = streams[role];
      const given = stream.subarray(0, at % (stream.length + 1));
      for (const piece of pieces(given, [64])) connection.feed(piece);
      connection.feedEnd();
      expect(end.closed?.error?.reason).toBe('truncated');
      expect(end.info !== undefined).toBe(given.length === stream.length);
    });
    fc.assert(property, { numRuns: 150 });
  });

  test.each(roles)(
    'after the close_notify of a %s is an orderly end: nobody waits for an answer',
    async (role) => {
      const pair = await abbreviated();
      pair[role].close();
      pair[role].feedEnd();
      expect(pair[`${role}End`].closed).toEqual({ error: undefined });
    },
  );

  test.each(roles)('after it, where data came since, may have cut that short: a %s is told', async (role) => {
    const { end } = await approach(placeBefore(role, 'abbreviated', undefined), async (peer) => {
      peer.connection.close();
      expect(await peer.alert()).toBe('close_notify');
      peer.sendData(utf8('not all of it'));
      await peer.settle();
      peer.connection.feedEnd();
    });
    expect(end.received).toEqual([utf8('not all of it')]);
    expect(end.closed?.error?.reason).toBe('truncated');
  });

  test('with data not yet read delivers it first', async () => {
    let release = () => {};
    const kept = new Promise<void>((resolve) => {
      release = resolve;
    });
    // The client's cache takes its time, while the server has said all it had to say and hung up.
    const { client, server } = setting('full', {
      client: { sessionCache: { get: () => undefined, set: () => kept, delete: () => {} } },
    });
    const pair = makePair(client, server, {
      server: {
        secure: () => {
          pair.server.write(utf8('greeting'));
          pair.server.close();
        },
        close: () => pair.client.feedEnd(),
      },
    });
    pair.client.start();
    const settled = pair.settle();
    setTimeout(() => {
      pair.client.feedEnd();
      release();
    }, 5);
    await settled;
    expect(pair.clientEnd.received).toEqual([utf8('greeting')]);
    expect(pair.clientEnd.closed).toEqual({ error: undefined });
  });
});

describe('`abort`', () => {
  test.each(named)('%s: ends at once, without a word to the peer', async (_, place) => {
    const cause = new Error('the user left');
    const { end, result } = await approach(place, async (peer) => {
      const { state } = peer.connection;
      peer.connection.abort(cause);
      peer.connection.abort();
      expect(await peer.silent()).toBe(true);
      return state;
    });
    const expected = { reason: 'aborted', alert: undefined, origin: undefined, state: result, cause };
    expect(end.closed?.error).toMatchObject(expected);
  });
});

describe('`abandon`', () => {
  test.each(named)('%s: ends at once, without a word to anybody', async (_, place) => {
    const { end } = await approach(place, async (peer) => {
      peer.connection.abandon();
      peer.connection.abandon();
      peer.connection.abort();
      peer.connection.feedEnd();
      expect(await peer.silent()).toBe(true);
      expect(peer.connection.state).toBe('closed');
    });
    expect(end.closed).toBeUndefined();
  });
});

describe('misuse is a TypeError at once, and costs the connection nothing', () => {
  test.each(handshaking)('%s: `write`, exporters and bindings wait for `secure`', async (_, place) => {
    await approach(place, async (peer) => {
      const { connection } = peer;
      expect(() => connection.write(utf8('early'))).toThrow(TypeError);
      expect(() => connection.exportKeyingMaterial('EXPORTER-test', 32)).toThrow(TypeError);
      expect(() => connection.channelBinding('tls-unique')).toThrow(TypeError);
      expect(await peer.silent()).toBe(true);
      expect(connection.state).not.toBe('closed');
    });
  });

  test.each(roles)('and a %s that has ended gives nothing more out', async (role) => {
    for (const end of ['abort', 'abandon', 'feedEnd'] as const) {
      const pair = await abbreviated();
      const connection = pair[role];
      connection[end]();
      expect(() => connection.write(utf8('late'))).toThrow(TypeError);
      expect(() => connection.exportKeyingMaterial('EXPORTER-test', 32)).toThrow(TypeError);
      expect(() => connection.channelBinding('tls-unique')).toThrow(TypeError);
      expect(connection.feed(Uint8Array.of(23, 3, 3, 0, 1, 0))).toBeUndefined();
      connection.close();
      expect(connection.info).toBeDefined();
    }
  });

  test.each(['text', null, undefined, 7, [1, 2], new ArrayBuffer(8), new Uint16Array(2)])(
    '%s is no bytes to feed or to write',
    async (input) => {
      const pair = await abbreviated();
      const given = input as unknown as Uint8Array;
      expect(() => pair.client.feed(given)).toThrow(TypeError);
      expect(() => pair.client.write(given)).toThrow(TypeError);
      pair.client.write(utf8('still here'));
      await pair.settle();
      expect(pair.serverEnd.received).toEqual([utf8('still here')]);
    },
  );

  test.each([undefined, {}, { send: 'somewhere' }])('handlers without `send` (%j) are none', (handlers) => {
    const { client, server } = setting('full');
    const given = handlers as unknown as ConnectionHandlers;
    expect(() => new ClientConnection(client, given)).toThrow(TypeError);
    expect(() => new ServerConnection(server, given)).toThrow(TypeError);
  });

  test('a client starts once', () => {
    const { connection } = alone('client', setting('full'));
    expect(() => (connection as ClientConnection).start()).toThrow(TypeError);
  });
});

describe('a client that has not started', () => {
  test.each(['close', 'abort', 'feedEnd'] as const)('can end by `%s`, and then never starts', (how) => {
    const end = newEnd();
    const { client } = setting('full');
    const connection = new ClientConnection(client, recording(end));
    connection[how]();
    const { length } = end.sent;
    connection.start();
    expect(end.sent.length).toBe(length);
    expect(end.closed).toBeDefined();
  });

  test('refuses a message that nobody asked for', () => {
    const end = newEnd();
    const { client } = setting('full');
    const connection = new ClientConnection(client, recording(end));
    connection.feed(Uint8Array.of(22, 3, 3, 0, 4, 14, 0, 0, 0));
    expect(end.closed?.error).toMatchObject({ reason: 'unexpected-message', alert: 'unexpected_message' });
  });
});

function recording(end: ReturnType<typeof newEnd>) {
  return {
    send: (bytes: Uint8Array) => {
      end.sent.push(bytes);
    },
    data: (bytes: Uint8Array) => {
      end.received.push(bytes.slice());
    },
    secure: (info: NonNullable<typeof end.info>) => {
      end.info = info;
    },
    close: (error: TlsError | undefined) => {
      end.closed = { error };
    },
  };
}

/** One end of a connection, started, that nothing is connected to. */
function alone(role: Role, { client, server }: ReturnType<typeof setting>) {
  const end = newEnd();
  if (role === 'server') return { connection: new ServerConnection(server, recording(end)), end };
  const connection = new ClientConnection(client, recording(end));
  connection.start();
  return { connection, end };
}
