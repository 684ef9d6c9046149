/**
 * TLS over a pair of web streams as a pair of web streams: what is written at one end is read at the other, as it was,
 * and each direction ends by itself.
 */

import fc from 'fast-check';
import {
  ClientConnection,
  type ConnectionHandlers,
  type ConnectionInfo,
  defaultCipherSuites,
  defaultGroups,
  defaultSignatureSchemes,
  noble,
  ServerConnection,
} from 'reprise-tls';
import * as bare from 'reprise-tls/bare';
import { Tracer } from 'reprise-tls/trace';
import { acceptTls, connectTls, tlsOver } from 'reprise-tls/web';
import { describe, expect, test } from 'vitest';
import { equal, utf8 } from '../../src/wire/bytes.ts';
import { openingRecords } from '../support/aead.ts';
import { type Kind, kinds, promised, type Role, roles, setting } from '../support/kinds.ts';
import { cuts } from '../support/pieces.ts';
import { accepted, stage } from '../support/resumption.ts';
import { join, type Line, makeLine, other, pair, readAll, rest, writeAll } from '../support/web-transport.ts';

const contents = fc.uint8Array({ maxLength: 20_000 });

describe('what is written', () => {
  test('arrives whole and in order, both ways at once, however it and the line are cut', async () => {
    const property = fc.asyncProperty(
      fc.record({ client: contents, server: contents }),
      fc.record({ client: cuts, server: cuts }),
      fc.option(cuts, { nil: undefined }),
      async (data, chunks, lengths) => {
        const ends = pair('abbreviated', lengths === undefined ? {} : { lengths });
        const [fromServer, fromClient] = await Promise.all([
          readAll(ends.client.readable),
          readAll(ends.server.readable),
          ...roles.map((role) => writeAll(ends[role].writable, data[role], chunks[role])),
        ]);
        expect(equal(fromClient, data.client)).toBe(true);
        expect(equal(fromServer, data.server)).toBe(true);
        await Promise.all([ends.client.closed, ends.server.closed]);
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });

  test('comes back from a server that pipes its readable into its writable', async () => {
    const ends = pair('full');
    const echo = ends.server.readable.pipeTo(ends.server.writable);
    const data = new Uint8Array(300_000).map((_, i) => i % 251);
    const [back] = await Promise.all([readAll(ends.client.readable), writeAll(ends.client.writable, data)]);
    expect(equal(back, data)).toBe(true);
    await Promise.all([echo, ends.client.closed, ends.server.closed]);
  });

  test.each([
    ['an array', new Uint8Array(0x4000)],
    ['a Buffer', Buffer.alloc(0x4000)],
  ])('is read as arrays of the reader’s own, although the provider opens all into %s', async (_, scratch) => {
    const crypto = openingRecords((open) => (...args) => {
      const plaintext = open(...args) ?? new Uint8Array();
      scratch.set(plaintext);
      return scratch.subarray(0, plaintext.length);
    });
    const { client, server } = setting('abbreviated', { client: { crypto } });
    const ends = join(client, server);
    const writer = ends.server.writable.getWriter();
    const reader = ends.client.readable.getReader();
    await writer.write(utf8('first'));
    await writer.write(utf8('second'));
    const [first, second] = [await reader.read(), await reader.read()];
    expect([first.value, second.value]).toEqual([utf8('first'), utf8('second')]);
    expect(first.value?.buffer).not.toBe(second.value?.buffer);
    expect(first.value?.buffer.byteLength).toBe(5);
  });

  test('is read as the very array that the provider has opened it into, where that is all of its memory', async () => {
    const opened: Uint8Array[] = [];
    const crypto = openingRecords((open) => (...args) => {
      const plaintext = open(...args);
      if (plaintext !== undefined) opened.push(plaintext);
      return plaintext;
    });
    const { client, server } = setting('abbreviated', { client: { crypto } });
    const ends = join(client, server);
    const reader = ends.client.readable.getReader();
    await ends.server.writable.getWriter().write(new Uint8Array(5000).fill(7));
    const { value } = await reader.read();
    expect(value).toEqual(new Uint8Array(5000).fill(7));
    expect(value).toBe(opened.at(-1));
  });

  test('may be nothing at all, which sends nothing', async () => {
    const ends = pair();
    await ends.client.secured;
    const before = ends.line.from.client.written.length;
    await ends.client.writable.getWriter().write(new Uint8Array());
    expect(ends.line.from.client.written.length).toBe(before);
  });

  test.each(['text', null, [1, 2], new Uint16Array(2)])(
    '%j is no Uint8Array, which is a TypeError and the end',
    async (chunk) => {
      const ends = pair();
      const writer = ends.client.writable.getWriter();
      await expect(writer.write(chunk as unknown as Uint8Array)).rejects.toThrow(TypeError);
      await expect(ends.client.closed).rejects.toMatchObject({
        reason: 'aborted',
        cause: expect.any(TypeError),
      });
      await expect(ends.server.closed).rejects.toMatchObject({ reason: 'truncated' });
    },
  );
});

describe('a flight is one write', () => {
  test('in which a client with `falseStart` says what it wrote before (RFC 7918)', async () => {
    const { client, server } = setting('full', { client: { falseStart: true } });
    const ends = join(client, server);
    const sent = writeAll(ends.client.writable, utf8('first words'));
    expect(await readAll(ends.server.readable)).toEqual(utf8('first words'));
    await Promise.all([sent, ends.client.secured]);
    expect(namesIn('client', ends.line)[1]).toEqual([
      'ClientKeyExchange',
      'ChangeCipherSpec',
      'Finished',
      'ApplicationData',
    ]);
    await ends.server.writable.close();
    await Promise.all([ends.client.closed, ends.server.closed]);
  });

  const flights = {
    full: [
      ['client', ['ClientHello']],
      ['server', ['ServerHello', 'Certificate', 'ServerKeyExchange', 'ServerHelloDone']],
      ['client', ['ClientKeyExchange', 'ChangeCipherSpec', 'Finished']],
      ['server', ['ChangeCipherSpec', 'Finished']],
    ],
    abbreviated: [
      ['client', ['ClientHello']],
      ['server', ['ServerHello', 'ChangeCipherSpec', 'Finished']],
      ['client', ['ChangeCipherSpec', 'Finished']],
    ],
  } as const satisfies Partial<Record<Kind, readonly (readonly [Role, readonly string[]])[]>>;

  test.each(['full', 'abbreviated'] as const)('of a handshake that is %s', async (kind) => {
    const ends = pair(kind);
    await Promise.all([ends.client.secured, ends.server.secured]);
    for (const role of roles) {
      const expected = flights[kind].filter(([from]) => from === role).map(([, names]) => names);
      expect(namesIn(role, ends.line)).toEqual(expected);
    }
  });

  test.each([
    ['client', 'abbreviated'],
    ['server', 'full'],
  ] as const)(
    'and what a %s wrote before travels with its Finished in a handshake that is %s',
    async (role, kind) => {
      const ends = pair(kind);
      const writer = ends[role].writable.getWriter();
      writer.write(utf8('first words'));
      await Promise.all([ends.client.secured, ends.server.secured]);
      expect((await ends[other[role]].readable.getReader().read()).value).toEqual(utf8('first words'));
      expect(namesIn(role, ends.line).at(-1)).toEqual(['ChangeCipherSpec', 'Finished', 'ApplicationData']);
    },
  );
});

describe('`secured`', () => {
  test.each(kinds)('brings what was agreed, in a handshake that is %s', async (kind) => {
    const ends = pair(kind);
    const [info, theirs] = await Promise.all([ends.client.secured, ends.server.secured]);
    expect(info).toBe(ends.client.connection.info);
    expect(info.resumed).toBe(kind === 'abbreviated');
    expect(theirs.sessionId).toEqual(info.sessionId);
    const label = 'EXPORTER-test';
    expect(ends.client.connection.exportKeyingMaterial(label, 32)).toEqual(
      ends.server.connection.exportKeyingMaterial(label, 32),
    );
  });

  test.each(kinds)('waits for stores, verifiers and signers that take their time, %s', async (kind) => {
    const { client, server } = promised(setting(kind));
    const ends = join(client, server, { lengths: [100] });
    const writer = ends.client.writable.getWriter();
    writer.write(utf8('patience'));
    writer.close();
    expect(await readAll(ends.server.readable)).toEqual(utf8('patience'));
    expect((await ends.client.secured).resumed).toBe(kind === 'abbreviated');
  });

  test('a client with a `sessionCache` resumes at its second connection', async () => {
    const { client, server } = stage();
    const infos: ConnectionInfo[] = [];
    for (let visit = 0; visit < 2; visit++) {
      const ends = join(client, server);
      infos.push(await ends.client.secured);
      await Promise.all(roles.map((role) => writeAll(ends[role].writable, utf8(role))));
      expect(await readAll(ends.server.readable)).toEqual(utf8('client'));
      expect(await readAll(ends.client.readable)).toEqual(utf8('server'));
      await Promise.all([ends.client.closed, ends.server.closed]);
    }
    expect(infos[0]?.resumed).toBe(false);
    expect(infos[1]).toMatchObject(accepted);
  });
});

describe.each(roles)('closing the writable of a %s', (role) => {
  test('sends close_notify, and the peer may go on until it has closed its own', async () => {
    const ends = pair();
    const [own, peer] = [ends[role], ends[other[role]]];
    await own.writable.close();
    expect(await readAll(peer.readable)).toEqual(new Uint8Array());
    const reader = own.readable.getReader();
    const writer = peer.writable.getWriter();
    for (const words of ['still', 'here']) {
      await writer.write(utf8(words));
      expect((await reader.read()).value).toEqual(utf8(words));
    }
    expect(ends.line[role].writable.locked).toBe(true);
    await writer.close();
    expect((await reader.read()).done).toBe(true);
    await Promise.all([own.closed, peer.closed]);
  });

  test('waits for the handshake, and for all that was written before', async () => {
    const ends = pair('full', { lengths: [7] });
    const writer = ends[role].writable.getWriter();
    const written = [writer.write(utf8('all ')), writer.write(utf8('of it')), writer.close()];
    expect(await readAll(ends[other[role]].readable)).toEqual(utf8('all of it'));
    await Promise.all(written);
  });

  test('closes and unlocks the transport when both sides have done so', async () => {
    const ends = pair();
    await Promise.all([ends.client.writable.close(), ends.server.writable.close()]);
    await Promise.all([ends.client.closed, ends.server.closed]);
    for (const end of roles) {
      const { readable, writable } = ends.line[end];
      expect([readable.locked, writable.locked]).toEqual([false, false]);
      expect((await readable.getReader().read()).done).toBe(true);
      await expect(writable.getWriter().closed).resolves.toBeUndefined();
    }
  });

  test('as the second, is no failure where the peer’s transport has gone by then', async () => {
    const ends = pair();
    await Promise.all([ends.client.secured, ends.server.secured]);
    await ends[other[role]].writable.close();
    expect(await readAll(ends[role].readable)).toEqual(new Uint8Array());
    for (const from of roles) ends.line.from[from].fail(new Error('ECONNRESET'));
    await rest();
    await ends[role].writable.close();
    await ends[role].closed;
  });
});

describe('misuse is an error at once, and leaves the transport as it was', () => {
  const { client, server } = setting('full');
  const unlocked = ({ client, server }: Line) =>
    [client, server].every(({ readable, writable }) => !readable.locked && !writable.locked);

  test.each(['readable', 'writable'] as const)('a transport whose %s is in use', (half) => {
    const line = makeLine();
    const lock = half === 'readable' ? line.client.readable.getReader() : line.client.writable.getWriter();
    expect(() => connectTls(line.client, client)).toThrow(TypeError);
    lock.releaseLock();
    expect(unlocked(line)).toBe(true);
  });

  test.each([0, -1, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY])('a handshakeTimeout of %d', (time) => {
    const line = makeLine();
    expect(() => connectTls(line.client, client, { handshakeTimeout: time })).toThrow(RangeError);
    expect(() => acceptTls(line.server, server, { handshakeTimeout: time })).toThrow(RangeError);
    expect(unlocked(line)).toBe(true);
  });

  test('a configuration that cannot be meant', () => {
    const line = makeLine();
    expect(() => connectTls(line.client, { ...client, cipherSuites: [] })).toThrow(RangeError);
    expect(() => acceptTls(line.server, {})).toThrow(TypeError);
    expect(unlocked(line)).toBe(true);
  });
});

test('the connection behind the streams is a ClientConnection or a ServerConnection', () => {
  const ends = pair();
  expect(ends.client.connection).toBeInstanceOf(ClientConnection);
  expect(ends.server.connection).toBeInstanceOf(ServerConnection);
});

test('streams lie over connections of one’s own making too, a bare client and a bare server (tlsOver)', async () => {
  const { client, server } = setting('full');
  const algorithms = {
    cipherSuites: defaultCipherSuites,
    groups: defaultGroups,
    signatureSchemes: defaultSignatureSchemes,
    crypto: noble,
  };
  const bareClient = { ...algorithms, trust: bare.verifiedBy(() => true) };
  const bareServer = { ...algorithms, certificates: (server.certificates ?? []).map(bare.credential) };
  type Make<C> = (handlers: ConnectionHandlers) => C;
  const ways: readonly [Make<bare.ClientConnection>, Make<bare.ServerConnection>][] = [
    [(to) => new bare.ClientConnection(bareClient, to), (to) => new bare.ServerConnection(bareServer, to)],
    [(to) => new ClientConnection(client, to), (to) => new ServerConnection(server, to)],
  ];
  for (const [makeClient, makeServer] of ways) {
    const line = makeLine();
    const served = tlsOver(line.server, makeServer);
    const ours = tlsOver(line.client, makeClient);
    const [back] = await Promise.all([
      readAll(ours.readable),
      writeAll(ours.writable, Uint8Array.of(1, 2, 3)),
      served.readable.pipeTo(served.writable),
    ]);
    expect(back).toEqual(Uint8Array.of(1, 2, 3));
    expect(ours.connection.info).toEqual(await ours.secured);
    await Promise.all([ours.closed, served.closed]);
  }
});

/** What each chunk that this side wrote is made of, as an observer sees it. */
function namesIn(role: Role, line: Line): string[][] {
  const tracer = new Tracer();
  let seen = 0;
  return line.from[role].written.map((chunk) => {
    tracer.add(role, chunk);
    const { records } = tracer.trace();
    const names = records.slice(seen).flatMap(({ messages }) => messages.map(({ name }) => name));
    seen = records.length;
    return names;
  });
}
