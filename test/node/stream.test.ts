/**
 * A TlsSocket is a Duplex: whatever is written at one end comes out at the other, whole and in order, however it is
 * cut, corked or read, and whatever the stream below makes of its bytes.
 */

import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { cuts, pieces } from '../support/pieces.ts';
import { drained, joined, pair, proving, resuming, returning } from '../support/sockets.ts';
import { type Streams, streams } from '../support/streams.ts';

/** A stream that hands on another's bytes in pieces, each in an array that is overwritten afterwards. */
function cutting(stream: Duplex, lengths: readonly number[]): Duplex {
  return new Duplex({
    allowHalfOpen: true,
    read() {},
    construct(done) {
      stream.on('data', (bytes: Buffer) => {
        for (const piece of pieces(bytes, lengths)) this.push(piece);
      });
      stream.on('end', () => this.push(null));
      done();
    },
    write: (bytes: Buffer, _encoding, done) => {
      for (const piece of pieces(bytes, lengths)) stream.write(piece);
      done();
    },
    final: (done) => {
      stream.end(done);
    },
  });
}

function cut({ client, server }: Streams, lengths: readonly number[]): Streams {
  return { client: cutting(client, lengths), server: cutting(server, lengths) };
}

const contents = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 12 });
const large = fc.array(fc.integer({ min: 1, max: 150_000 }), { minLength: 1, maxLength: 3 });

describe('any writes', () => {
  it('arrive whole both ways, however the stream below cuts them', async () => {
    const property = fc.asyncProperty(contents, contents, cuts, async (up, down, lengths) => {
      const { client, server } = await pair(await returning(), resuming, cut(streams(), lengths));
      for (const bytes of up) client.write(bytes);
      for (const bytes of down) server.write(bytes);
      client.end();
      const [there, back] = await Promise.all([drained(server), drained(client)]);
      expect(there.equals(Buffer.concat(up))).toBe(true);
      expect(back.equals(Buffer.concat(down))).toBe(true);
    });
    await fc.assert(property, { numRuns: 40 });
  });

  it('arrive whole however large they are and however little the ends buffer', async () => {
    const marks = fc.integer({ min: 1, max: 100_000 });
    const property = fc.asyncProperty(large, marks, marks, async (lengths, own, below) => {
      const sent = lengths.map((length, i) => Buffer.alloc(length, i + 1));
      const options = { highWaterMark: own };
      const { client, server } = await pair(
        { ...(await returning()), ...options },
        { ...resuming, ...options },
        streams(below),
      );
      for (const bytes of sent) client.write(bytes);
      client.end();
      expect((await drained(server)).equals(Buffer.concat(sent))).toBe(true);
      client.destroy();
    });
    await fc.assert(property, { numRuns: 15 });
  });

  it('before the handshake is done wait for it, and come first', async () => {
    const { client, server } = joined(await returning(), resuming);
    client.write('one ');
    client.cork();
    client.write('two ');
    client.write('three');
    client.uncork();
    client.on('secureConnect', () => client.end(' four'));
    expect((await drained(server)).toString()).toBe('one two three four');
    client.destroy();
  });

  it('with `falseStart` go behind the client’s own Finished, before the server’s (RFC 7918)', async () => {
    const { client, server, below } = joined({ falseStart: true }, proving);
    client.end('a question');
    server.end('an answer');
    const events: string[] = [];
    const write = below.client.write.bind(below.client);
    vi.spyOn(below.client, 'write').mockImplementation((bytes: Uint8Array) => {
      if (bytes[0] === 23) events.push(client.secureConnecting ? 'early data' : 'data');
      return write(bytes);
    });
    client.on('secureConnect', () => events.push('secureConnect'));
    const [there, back] = await Promise.all([drained(server), drained(client)]);
    expect([`${there}`, `${back}`]).toEqual(['a question', 'an answer']);
    expect(events.slice(0, 2)).toEqual(['early data', 'secureConnect']);
  });

  it('that are small and corked share a record', async () => {
    const { client, server, below } = await pair(await returning(), resuming);
    let records = 0;
    below.server.on('data', (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) records++;
    });
    client.cork();
    for (let i = 0; i < 100; i++) client.write('x');
    client.uncork();
    const [data] = await once(server, 'data');
    expect(data.toString()).toBe('x'.repeat(100));
    expect(records).toBe(1);
    for (const socket of [client, server]) socket.destroy();
  });

  it('are cut into records as `setMaxSendFragment` says, which takes what node:tls takes', async () => {
    const { client, server, below } = await pair(await returning(), resuming);
    expect([511, 16_385, 512.5].map((size) => client.setMaxSendFragment(size))).toEqual([
      false,
      false,
      false,
    ]);
    expect(client.setMaxSendFragment(16_384)).toBe(true);
    expect(client.setMaxSendFragment(512)).toBe(true);
    const lengths: number[] = [];
    below.server.on('data', (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt16BE(at + 3))
        lengths.push(bytes.readUInt16BE(at + 3));
    });
    client.write(Buffer.alloc(1024));
    await once(server, 'data');
    const expansion = client.getCipher()?.standardName.includes('GCM') ? 24 : 16;
    expect(lengths).toEqual([512 + expansion, 512 + expansion]);
    for (const socket of [client, server]) socket.destroy();
  });

  it.each([undefined, new Error('no more of this')])(
    'call back when they are done, and with an error when they never will be (%s)',
    async (failure) => {
      const { client, server } = await pair(await returning(), resuming);
      const write = (bytes: Buffer) => new Promise((resolve) => client.write(bytes, resolve));
      expect(await write(Buffer.from('done'))).toBeFalsy();
      client.on('error', () => {});
      const outcomes = Promise.all(Array.from({ length: 3 }, () => write(Buffer.alloc(500_000))));
      client.destroy(failure);
      for (const outcome of await outcomes) expect(outcome).toBeInstanceOf(Error);
      server.destroy();
    },
  );
});

describe('reading', () => {
  it.each(['data', 'readable', 'iterator', 'pipe'])('goes by %s', async (how) => {
    const { client, server } = await pair(await returning(), resuming);
    const sent = Buffer.alloc(100_000, 'reprise');
    client.end(sent);
    expect((await readers[how]?.(server))?.equals(sent)).toBe(true);
    client.destroy();
  });

  it('may pause and go on at any time', async () => {
    const { client, server } = await pair(await returning(), resuming);
    const sent = Buffer.alloc(200_000, 'reprise');
    client.end(sent);
    const chunks: Buffer[] = [];
    server.on('data', (bytes) => {
      chunks.push(bytes);
      server.pause();
      setImmediate(() => server.resume());
    });
    await once(server, 'end');
    expect(Buffer.concat(chunks).equals(sent)).toBe(true);
    client.destroy();
  });

  it('sees a listener’s own error as an uncaught one, and the connection goes on', async () => {
    const { client, server } = await pair(await returning(), resuming);
    const failure = new Error('the application is at fault');
    server.once('data', () => {
      throw failure;
    });
    // Vitest has listeners of its own, to which this would be a failed test.
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve));
    client.write('first');
    expect(await uncaught).toBe(failure);
    for (const other of others) process.on('uncaughtException', other);
    client.end('second');
    expect((await drained(server)).toString()).toBe('second');
    client.destroy();
  });
});

const readers: Record<string, (socket: Duplex) => Promise<Buffer>> = {
  data: async (socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    await once(socket, 'end');
    return Buffer.concat(chunks);
  },
  readable: async (socket) => {
    const chunks: Buffer[] = [];
    socket.on('readable', () => {
      for (let chunk = socket.read(999); chunk !== null; chunk = socket.read(999)) chunks.push(chunk);
      const rest = socket.read();
      if (rest !== null) chunks.push(rest);
    });
    await once(socket, 'end');
    return Buffer.concat(chunks);
  },
  iterator: async (socket) => {
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    return Buffer.concat(chunks);
  },
  pipe: async (socket) => {
    const chunks: Buffer[] = [];
    await pipeline(socket, async (source) => {
      for await (const chunk of source) chunks.push(chunk);
    });
    return Buffer.concat(chunks);
  },
};
