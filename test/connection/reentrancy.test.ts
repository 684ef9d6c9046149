/**
 * Ends that stand directly on each other: whatever one sends the other reads within that call, and may answer within
 * it. And ends that are given the same randomness and the same time: they say the same, byte for byte.
 */

import fc from 'fast-check';
import { ClientConnection, type ConnectionHandlers, ServerConnection } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { concat, hex, utf8 } from '../../src/wire/bytes.ts';
import { type Kind, kinds, promised, type Role, type Setting, setting } from '../support/kinds.ts';
import { connect, makePair } from '../support/pair.ts';

interface Joined {
  readonly client: ClientConnection;
  readonly server: ServerConnection;
  readonly sent: Readonly<Record<Role, Uint8Array[]>>;
}

/** Two ends of which each feeds the other from within `send`; the client has started. */
function join(
  { client, server }: Setting,
  more: Partial<Record<Role, Partial<ConnectionHandlers>>> = {},
): Joined {
  const sent: Joined['sent'] = { client: [], server: [] };
  const handlers = (role: Role): ConnectionHandlers => ({
    ...more[role],
    send: (bytes) => {
      sent[role].push(bytes.slice());
      const other: ClientConnection | ServerConnection = role === 'client' ? joined.server : joined.client;
      other.feed(bytes);
      bytes.fill(0xee);
    },
  });
  const joined = {
    client: new ClientConnection(client, handlers('client')),
    server: new ServerConnection(server, handlers('server')),
    sent,
  };
  joined.client.start();
  return joined;
}

describe('ends that feed each other from within `send`', () => {
  test.each(kinds)('shake hands as others do, %s', async (kind) => {
    const { sent, client, server } = join(setting(kind, { seed: 3 }));
    const apart = setting(kind, { seed: 3 });
    const { clientEnd, serverEnd } = await connect(apart.client, apart.server);
    expect(hex(concat(...sent.client))).toBe(hex(concat(...clientEnd.sent)));
    expect(hex(concat(...sent.server))).toBe(hex(concat(...serverEnd.sent)));
    expect(client.info).toEqual(clientEnd.info);
    expect(server.info).toEqual(serverEnd.info);
  });

  test('may speak by turns without end: no turn stands on the stack of the one before', () => {
    const turns = 3000;
    const heard: Record<Role, number> = { client: 0, server: 0 };
    const echo = (role: Role): Partial<ConnectionHandlers> => ({
      data: (bytes) => {
        heard[role]++;
        if (heard.client + heard.server < turns) joined[role].write(bytes);
      },
    });
    const joined = join(setting('abbreviated'), { client: echo('client'), server: echo('server') });
    joined.client.write(utf8('ball'));
    expect(heard).toEqual({ client: turns / 2, server: turns / 2 });
  });

  test('may close from within anything', () => {
    const ended: string[] = [];
    const joined = join(setting('abbreviated'), {
      client: { close: (error) => ended.push(`client ${error}`) },
      server: { data: () => joined.server.close(), close: (error) => ended.push(`server ${error}`) },
    });
    joined.client.write(utf8('that is all'));
    expect(ended.sort()).toEqual(['client undefined', 'server undefined']);
  });
});

describe('a handler that calls back', () => {
  test('and feeds what came next: it is read in its order', async () => {
    const { client, server } = setting('abbreviated');
    const heard: string[] = [];
    const later: Uint8Array[] = [];
    const pair = makePair(client, server, {
      client: {
        data: (bytes) => {
          heard.push(new TextDecoder().decode(bytes));
          for (const piece of later.splice(0)) pair.client.feed(piece);
        },
      },
    });
    pair.client.start();
    await pair.settle();
    const before = pair.serverEnd.sent.length;
    for (const text of ['one', 'two', 'three', 'four']) pair.server.write(utf8(text));
    const [one, two, three, four] = pair.serverEnd.sent.slice(before);
    if (!(one && two && three && four)) throw new Error('expected four records');
    later.push(three, four.slice(0, 9), four.slice(9));
    pair.client.feed(concat(one, two));
    expect(heard).toEqual(['one', 'two', 'three', 'four']);
  });

  test('and writes: all that is written while one piece is read leaves as one', async () => {
    const { client, server } = setting('abbreviated');
    const pair = makePair(client, server, { server: { data: (bytes) => pair.server.write(bytes) } });
    pair.client.start();
    await pair.settle();
    const before = [pair.clientEnd.sent.length, pair.serverEnd.sent.length] as const;
    for (const text of ['one', 'two', 'three']) pair.client.write(utf8(text));
    pair.server.feed(concat(...pair.clientEnd.sent.slice(before[0])));
    expect(pair.serverEnd.sent.length).toBe(before[1] + 1);
  });
});

describe('the same randomness and the same time', () => {
  const bytesOf = async (kind: Kind, seed: number, arrange = (given: Setting) => given) => {
    const { client, server } = arrange(setting(kind, { seed }));
    const pair = makePair(client, server, {
      client: { secure: () => pair.client.write(utf8('from the client')) },
      server: { secure: () => pair.server.close() },
    });
    pair.client.start();
    await pair.settle();
    expect(pair.clientEnd.closed).toEqual({ error: undefined });
    return [pair.clientEnd.sent, pair.serverEnd.sent].map((sent) => hex(concat(...sent)));
  };

  test.each(kinds)('give the same bytes, %s; other randomness gives others', async (kind) => {
    const property = fc.asyncProperty(fc.nat(), async (seed) => {
      const first = await bytesOf(kind, seed);
      expect(await bytesOf(kind, seed)).toEqual(first);
      expect(await bytesOf(kind, seed, promised)).toEqual(first);
      const other = await bytesOf(kind, seed + 1);
      expect(other[0]).not.toBe(first[0]);
      expect(other[1]).not.toBe(first[1]);
    });
    await fc.assert(property, { numRuns: 4 });
  });
});
