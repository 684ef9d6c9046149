/**
 * OpenSSL with itself, heard on the line between both ends: what Reprise never does is in a trace as well, tickets and
 * renegotiation.
 */

import { once } from 'node:events';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { type Trace, Tracer } from 'reprise-tls/trace';
import { describe, expect, test } from 'vitest';
import { createAuthority } from '../support/issuer.ts';
import { sessionIds } from '../support/node-tls.ts';
import { expectWhole } from '../support/tiles.ts';

const { chainPem: cert, privateKeyPem: key } = createAuthority().issue({ dnsNames: ['openssl.example'] });

/** Two ends of a line that tells the tracer what goes by. */
function lineOf(tracer: Tracer): readonly [client: Duplex, server: Duplex] {
  const end = (from: 'client' | 'server', other: () => Duplex) =>
    new Duplex({
      read: () => {},
      write: (bytes: Buffer, _encoding, done) => {
        tracer.add(from, bytes);
        other().push(bytes);
        done();
      },
    });
  const client: Duplex = end('client', () => server);
  const server: Duplex = end('server', () => client);
  return [client, server];
}

/** A connection on which `act` is played when it is secure, and which the client ends. */
async function connect(
  server: tls.Server,
  options: tls.ConnectionOptions,
  act: (client: tls.TLSSocket) => Promise<unknown>,
): Promise<Trace> {
  const tracer = new Tracer();
  const [near, far] = lineOf(tracer);
  server.once('secureConnection', (socket) =>
    socket.on('data', (bytes) => socket.write(bytes)).on('end', () => socket.end()),
  );
  server.emit('connection', far);
  const client = tls.connect({ ...options, socket: near, rejectUnauthorized: false });
  client.on('keylog', (line: Buffer) => tracer.keyLog(line.toString()));
  await once(client, 'secureConnect');
  await act(client);
  client.end();
  await once(client, 'end');
  return tracer.trace();
}

async function echoed(client: tls.TLSSocket, word: string): Promise<void> {
  client.write(word);
  const [answer] = await once(client, 'data');
  expect(String(answer)).toBe(word);
}

const tls12 = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;

function namesIn({ records }: Trace): readonly string[] {
  return records.flatMap(({ from, protection, messages }) =>
    messages.map(({ name }) => `${from} ${name}${protection === 'none' ? '' : ` ${protection}`}`),
  );
}

describe('OpenSSL', () => {
  test('resumes by ticket: the messages of RFC 5077 §3.1, both Finished held', async () => {
    const server = tls.createServer({ cert, key, ...tls12 });
    let session: Buffer | undefined;
    const act = async (client: tls.TLSSocket) => {
      client.on('session', (given) => {
        session = given;
      });
      await echoed(client, 'a word');
      session ??= client.getSession();
    };
    const full = await connect(server, tls12, act);
    const abbreviated = await connect(server, { ...tls12, session }, act);
    expect(full.flow).toMatchObject({ handshake: 'full', roundTrips: 2 });
    expect(abbreviated.flow).toMatchObject({ handshake: 'abbreviated', roundTrips: 1 });
    expect(full.flow.steps).toContainEqual(['server', 'NewSessionTicket']);
    for (const { records } of [full, abbreviated]) {
      for (const record of records) expectWhole(record);
      const finished = records.flatMap(({ messages }) => messages).filter(({ name }) => name === 'Finished');
      expect(finished.map(({ summary }) => summary)).toEqual(new Array(2).fill('verify_data holds'));
    }
  });

  test('renegotiates: a second handshake under the keys of the first, and then under its own', async () => {
    const server = tls.createServer({ cert, key, ...sessionIds });
    const trace = await connect(server, sessionIds, async (client) => {
      await echoed(client, 'before');
      await new Promise<void>((resolve, reject) => {
        client.renegotiate({}, (error) => (error === null ? resolve() : reject(error)));
      });
      await echoed(client, 'after');
    });
    for (const record of trace.records) expectWhole(record);
    expect(trace.records.filter(({ fault }) => fault !== undefined)).toEqual([]);
    const names = namesIn(trace);
    const [first, second] = [names.indexOf('client ClientHello'), names.indexOf('client ClientHello opened')];
    expect(first).toBe(0);
    expect(names.slice(second).filter((name) => /Hello|Finished|ChangeCipherSpec|Data/.test(name))).toEqual([
      'client ClientHello opened',
      'server ServerHello opened',
      'server ServerHelloDone opened',
      'client ChangeCipherSpec opened',
      'client Finished opened',
      'server ChangeCipherSpec opened',
      'server Finished opened',
      'client ApplicationData opened',
      'server ApplicationData opened',
    ]);
    const finished = trace.records
      .flatMap(({ messages }) => messages)
      .filter(({ name }) => name === 'Finished');
    expect(finished.map(({ summary }) => summary)).toEqual(new Array(4).fill('verify_data holds'));
  });
});
