/**
 * `reprise serve` as a process: what clients of Reprise, of node:tls and of OpenSSL get from it, what it says of each, and
 * that no client can end it.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { connect } from 'reprise-tls/node';
import { afterAll, describe, expect, test } from 'vitest';
import { Misuse } from '../../src/cli/command.ts';
import { serve } from '../../src/cli/serve.ts';
import { sessionIds } from '../support/node-tls.ts';
import { freePort } from '../support/ports.ts';
import { hasOpenssl, Workplace } from '../support/program.ts';
import { hasRedis, RedisServer } from '../support/redis-server.ts';
import { authority, cert, drained, key, trusting } from '../support/sockets.ts';

const workplace = new Workplace();
afterAll(() => workplace.dispose());

const ca = workplace.file('ca.pem', authority.certificatePem);
const proving = [
  '--cert',
  workplace.file('cert.pem', cert),
  '--key',
  workplace.file('key.pem', key),
] as const;
const rsa = authority.issue({ keyType: 'rsa-2048', dnsNames: ['server.example'] });
const provingByRsa = [
  ...['--cert', workplace.file('rsa.pem', rsa.chainPem)],
  ...['--key', workplace.file('rsa.key', rsa.privateKeyPem)],
];

/** SSL_OP_NO_EXTENDED_MASTER_SECRET, which node:crypto has no name for. */
const noExtendedMasterSecret = 1;

const get = 'GET / HTTP/1.1\r\nhost: server.example\r\nconnection: close\r\n';

describe.concurrent('reprise serve', () => {
  test('answers GET with what it knows of the connection, and says a line of each', async () => {
    await using serving = await workplace.serve(...proving, '--www');
    const first = tls.connect({ ...sessionIds, ...trusting, port: serving.port, host: '127.0.0.1' });
    first.write(`${get}\r\n`);
    expect((await drained(first)).toString()).toMatch(
      /^HTTP\/1\.1 200 OK\r\n[\s\S]*\nhandshake +full \(not-offered\)\n/,
    );
    const session = first.getSession();
    const second = tls.connect({
      ...sessionIds,
      ...trusting,
      session,
      port: serving.port,
      host: '127.0.0.1',
    });
    second.write(`${get}accept: application/json\r\n\r\n`);
    const reply = (await drained(second)).toString();
    expect(reply).toContain('content-type: application/json');
    expect(JSON.parse(reply.slice(reply.indexOf('{'), reply.lastIndexOf('}') + 1))).toMatchObject({
      resumed: true,
      resumption: 'accepted',
      serverName: 'server.example',
      sessionId: expect.stringMatching(/^[\da-f]{64}$/),
    });
    expect(await serving.line(/ {2}resumed {2}/)).toMatch(
      /^127\.0\.0\.1:\d+ {2}resumed {2}TLS_ECDHE_ECDSA_WITH_\S+ {2}server\.example {2}[\d.]+ ms {2}closed$/,
    );
    expect(await serving.line(/ {2}full \(not-offered\) {2}/)).toMatch(/ {2}closed$/);
  });

  test('serves reprise connect, echoes, and closes in order when it is told to', async () => {
    await using serving = await workplace.serve(...proving, '--echo', '--alpn', 'h2,http/1.1');
    const target = `127.0.0.1:${serving.port}`;
    const trust = ['--ca', ca, '--servername', 'server.example'];
    const { status, stdout } = await workplace.reprise(
      ['connect', target, ...trust, '--alpn', 'http/1.1', '--wait', '0.1'],
      { input: 'over and over' },
    );
    expect([status, stdout]).toEqual([0, 'over and over']);
    const staying = connect({ ...trusting, port: serving.port, host: '127.0.0.1' });
    await once(staying, 'secureConnect');
    const told = drained(staying);
    const ended = await serving.stop('SIGINT');
    expect((await told).length).toBe(0); // It ended with close_notify: anything else is an error.
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(ended.stdout).toMatch(/\n2 connections: 2 full, 0 resumed, 0 failed$/);
  });

  test('survives whatever a client does, and says how it ended', async () => {
    await using serving = await workplace.serve(...proving, ...provingByRsa, '--echo');
    const place = { port: serving.port, host: '127.0.0.1' };
    for (const bytes of ['', 'GET / HTTP/1.0\r\n\r\n', '\x16\x03\x01\x00\x05\x01\x00']) {
      const socket = net.connect(place).on('error', () => {});
      socket.end(bytes, 'latin1').resume();
      await once(socket, 'close');
    }
    const reset = net.connect(place).on('error', () => {});
    await once(reset, 'connect');
    reset.resetAndDestroy();
    const gone = connect({ ...trusting, ...place });
    await once(gone, 'secureConnect');
    gone.destroy();
    const last = connect({ ...trusting, ...place, ciphers: 'aRSA' });
    await once(last, 'secureConnect');
    last.resume().end();
    await once(last, 'close');
    await serving.line(/_RSA_.* {2}closed$/);
    expect(
      await serving.line(/ {2}server\.example {2}.* {2}the transport ended without close_notify/),
    ).toContain('_ECDSA_');
    const { status, stdout } = await serving.stop();
    expect(status).toBe(0);
    expect(stdout.split('\n').filter((line) => line.includes('  failed  -  -  '))).toHaveLength(4);
  });

  test('lets in whom it is told to, under the name that it is told', async () => {
    await using serving = await workplace.serve(
      ...proving,
      ...['--client-ca', ca, '--require-client-cert', '--name', 'server.example'],
    );
    const place = { port: serving.port, host: '127.0.0.1', ca: authority.certificatePem };
    const { chainPem, privateKeyPem } = authority.issue({ commonName: 'Visitor' });
    const own = { cert: chainPem, key: privateKeyPem };
    const known = connect({ ...place, ...own, servername: 'server.example' });
    await once(known, 'secureConnect');
    known.end();
    const nobody = connect({ ...place, servername: 'server.example' });
    expect(await once(nobody, 'error')).toMatchObject([{ alert: 'handshake_failure', origin: 'received' }]);
    const misled = connect({ ...place, ...own, servername: 'localhost' });
    expect(await once(misled, 'error')).toMatchObject([{ alert: 'unrecognized_name', origin: 'received' }]);
    expect(await serving.line(/full.* {2}server\.example {2}/)).toBeDefined();
  });

  test('lets in clients without the extended master secret where it is told to, and resumes none of them', async () => {
    await using serving = await workplace.serve(...proving, '--allow-without-ems', '--suites', 'AES128');
    const place = { ...sessionIds, ...trusting, port: serving.port, host: '127.0.0.1' };
    const secureOptions = sessionIds.secureOptions | noExtendedMasterSecret;
    const first = tls.connect({ ...place, secureOptions });
    await once(first, 'secureConnect');
    expect(first.getCipher().name).toBe('ECDHE-ECDSA-AES128-GCM-SHA256');
    const second = tls.connect({ ...place, secureOptions, session: first.getSession() });
    await once(second, 'secureConnect');
    expect(second.isSessionReused()).toBe(false);
    for (const socket of [first, second]) socket.end();
  });

  test.skipIf(!hasOpenssl)('resumes openssl s_client by ID', async () => {
    await using serving = await workplace.serve(...proving);
    const client = spawn(
      'openssl',
      ['s_client', '-connect', `127.0.0.1:${serving.port}`, '-tls1_2', '-no_ticket', '-reconnect'],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    expect(await text(client.stdout)).toContain('\nReused, TLSv1.2, Cipher is ECDHE-ECDSA-');
    await serving.line(/ {2}resumed {2}/);
  });

  test.skipIf(!hasRedis)('resumes with another that has the same Redis and the same key', async () => {
    const redis = await RedisServer.start();
    try {
      const store = ['--store', `redis://127.0.0.1:${redis.port}`];
      const sealing = ['--sealing-key', workplace.file('sealing.key', 'a1'.repeat(32))];
      const [one, other] = await Promise.all([
        workplace.serve(...proving, ...store, ...sealing),
        workplace.serve(...proving, ...store, ...sealing),
      ]);
      await using _one = one;
      await using _other = other;
      const first = connect({ ...trusting, port: one.port, host: '127.0.0.1' });
      await once(first, 'secureConnect');
      const session = first.getSession();
      first.destroy();
      const second = connect({ ...trusting, session, port: other.port, host: '127.0.0.1' });
      await once(second, 'secureConnect');
      expect(second.isSessionReused()).toBe(true);
      second.destroy();
    } finally {
      await redis.stop();
    }
  });

  test('ends with status 1 where it cannot have its store or its port', async () => {
    const sealing = ['--sealing-key', workplace.file('another.key', new Uint8Array(32).fill(7))];
    const nowhere = `redis://127.0.0.1:${await freePort()}`;
    const storeless = await workplace.reprise(['serve', ...proving, ...sealing, '--store', nowhere]);
    expect(storeless).toMatchObject({ status: 1, stdout: '' });
    expect(storeless.stderr).toContain(`reprise serve: cannot reach ${nowhere}: `);
    const other = net.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = String((other.address() as net.AddressInfo).port);
    const taken = await workplace.reprise(['serve', ...proving, '--host', '127.0.0.1', '--port', port]);
    other.close();
    expect(taken).toMatchObject({ status: 1, stdout: '' });
    expect(taken.stderr).toContain(`reprise serve: cannot listen on 127.0.0.1:${port}: `);
  });

  test.each([
    ['no certificate', [], 'expected --cert and --key'],
    ['two ways to answer', ['--www', '--echo'], 'expected --www or --echo, got both'],
    ['a port that is none', ['--port', 'http'], 'expected 0 to 65535 for --port, got "http"'],
    ['a name for a file', ['cert.pem'], "Unexpected argument 'cert.pem'"],
  ])('makes no sense of %s', async (_, args, sentence) => {
    const refused = serve.run(args);
    await expect(refused).rejects.toBeInstanceOf(Misuse);
    await expect(refused).rejects.toThrow(sentence);
  });

  test.each([
    [
      'a demand for certificates without an authority',
      ['--require-client-cert'],
      'expected --client-ca beside',
    ],
    [
      'a store that nobody knows',
      ['--store', 'disk'],
      'expected memory or redis://HOST:PORT for --store, got "disk"',
    ],
    ['Redis without a key to seal with', ['--store', 'redis://localhost'], 'expected --sealing-key'],
    ['application protocols without a name', ['--alpn', 'h2,'], 'expected a list with commas for --alpn'],
  ])('makes no sense of %s beside a certificate', async (_, args, sentence) => {
    const at = (name: string) => `${workplace.folder}/${name}`;
    const refused = serve.run(['--cert', at('cert.pem'), '--key', at('key.pem'), ...args]);
    await expect(refused).rejects.toBeInstanceOf(Misuse);
    await expect(refused).rejects.toThrow(sentence);
  });
});
