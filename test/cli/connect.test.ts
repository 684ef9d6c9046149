/**
 * `reprise connect` as a process: against servers of Reprise, of node:tls and of OpenSSL, what it shows of them, whether
 * it finds out that they resume, and how it ends.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, describe, expect, test } from 'vitest';
import { Misuse } from '../../src/cli/command.ts';
import { connect as connectCommand } from '../../src/cli/connect.ts';
import { dial, hangUp, type Target } from '../../src/cli/dial.ts';
import type { ProtocolName } from '../../src/cli/starttls.ts';
import { createAuthority } from '../support/issuer.ts';
import { remembering, sessionIds } from '../support/node-tls.ts';
import { freePort } from '../support/ports.ts';
import { hasOpenssl, Workplace } from '../support/program.ts';
import { authority, cert, key, type Listening, listen, listening, proving } from '../support/sockets.ts';

const workplace = new Workplace();
afterAll(() => workplace.dispose());

const ca = workplace.file('ca.pem', authority.certificatePem);
const stranger = workplace.file('stranger.pem', createAuthority({ name: 'Stranger' }).certificatePem);
const visitor = authority.issue({ commonName: 'Visitor' });
const visitorFiles = [
  ...['--cert', workplace.file('visitor.pem', visitor.chainPem)],
  ...['--key', workplace.file('visitor.key', visitor.privateKeyPem)],
];
const trusting = ['--ca', ca, '--servername', 'localhost'] as const;

function connect(port: number, ...args: readonly string[]) {
  return workplace.reprise(['connect', `127.0.0.1:${port}`, ...args]);
}

describe.concurrent('reprise connect', () => {
  test('shows the chain, what was agreed on and how long it took', async () => {
    await using server = await listening({ alpnProtocols: ['h2', 'http/1.1'] });
    const { status, stdout, stderr } = await connect(server.port, ...trusting, '--alpn', 'http/1.1');
    expect([status, stderr]).toEqual([0, '']);
    const facts = new Map(
      stdout.split('\n').map((line) => [line.slice(0, 15).trim(), line.slice(15)] as const),
    );
    expect(Object.fromEntries(facts)).toMatchObject({
      'certificate 1': 'CN=server.example',
      issuer: 'CN=Test Root',
      names: 'server.example, localhost',
      key: 'ECDSA, secp256r1',
      trusted: 'yes',
      protocol: 'TLSv1.2',
      'cipher suite': server.accepted[0]?.getCipher()?.standardName,
      group: 'x25519',
      'master secret': 'extended (RFC 7627)',
      'server name': 'localhost',
      ALPN: 'http/1.1',
      'session ID': expect.stringMatching(/^[\da-f]{64}$/),
      times: expect.stringMatching(/^TCP [\d.]+ ms, handshake [\d.]+ ms$/),
    });
  });

  test('tells of each return whether the server has resumed, as the server tells of it', async () => {
    await using server = await listening();
    const { status, stdout } = await connect(server.port, ...trusting, '--resume', '3', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      host: '127.0.0.1',
      port: server.port,
      trusted: true,
      resumed: false,
      returns: new Array(3).fill({ resumed: true, resumption: 'accepted', handshake: expect.any(Number) }),
      summary: { connections: 3, resumed: 3, failed: 0, medianAbbreviated: expect.any(Number) },
    });
    expect(server.accepted.map((socket) => socket.isSessionReused())).toEqual([false, true, true, true]);
  });

  test('finds a server of node:tls that resumes, and one that does not', async () => {
    const options = { ...sessionIds, ...proving };
    const resuming = remembering(tls.createServer(options, dropped));
    const forgetful = tls.createServer(options, dropped);
    try {
      const found = await connect(await listen(resuming), ...trusting, '--resume', '2');
      expect(found.stdout).toMatch(
        /\nresumed +2 of 2 \(100\.0 %\)\nmedian handshake +full .* ms, abbreviated .* ms\n$/,
      );
      const missed = await connect(await listen(forgetful), ...trusting, '--resume', '1');
      expect(missed.stdout).toMatch(/\n +1 {2}full \([a-z-]+\), .* ms\n\nresumed +0 of 1 \(0\.0 %\)\n/);
    } finally {
      resuming.close();
      forgetful.close();
    }
  });

  test('measures the share of a farm that knows a session', async () => {
    await using first = await listening();
    await using second = await listening();
    using farm = await alternating(first, second);
    const { stdout } = await connect(farm.port, ...trusting, '--rate', '20', '--json');
    const { summary, returns } = JSON.parse(stdout);
    expect(summary).toMatchObject({ connections: 20, resumed: 10, failed: 0 });
    expect(returns).toHaveLength(20);
  });

  test('shows a chain that it refuses, and ends with status 1 and what is wrong with it', async () => {
    await using server = await listening();
    const { status, stdout, stderr } = await connect(server.port, '--ca', stranger);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^certificate 1 +CN=server\.example\n[\s\S]*\ntrusted +NO: .*expected a path to a trust anchor/,
    );
    expect(stderr).toMatch(/^reprise connect: certificate of CN=server\.example: .* \(in state \S.*\)\n$/);
    const misnamed = await connect(server.port, '--ca', ca, '--servername', 'other.example', '--json');
    expect(misnamed.status).toBe(1);
    expect(JSON.parse(misnamed.stdout)).toMatchObject({
      trusted: false,
      error: { reason: 'bad_certificate', alert: 'bad_certificate', origin: 'sent' },
    });
  });

  test('goes on without trust only where it is asked to, and says so loudly', async () => {
    await using server = await listening();
    const { status, stdout, stderr } = await connect(server.port, '--insecure');
    expect(status).toBe(0);
    expect(stdout).toMatch(/\ntrusted +NO, and let in: .*expected a path to a trust anchor/);
    expect(stderr).toBe(
      'reprise connect: --insecure: the certificate is NOT checked, anybody may be at the other end\n',
    );
  });

  test('sends what is piped into it, and gives the reply alone to standard output', async () => {
    await using server = await listening({}, (socket) => {
      socket.once('data', (bytes) => socket.end(`you said ${bytes}`));
    });
    const { status, stdout, stderr } = await workplace.reprise(
      ['connect', `127.0.0.1:${server.port}`, ...trusting],
      { input: 'hello' },
    );
    expect([status, stdout]).toEqual([0, 'you said hello']);
    expect(stderr).toMatch(
      /\nprotocol +TLSv1\.2\n[\s\S]*\nfirst byte +after [\d.]+ ms\nreceived +14 bytes\n$/,
    );
  });

  test('waits no longer for a server that has fallen silent', async () => {
    await using server = await listening();
    const { status, stdout } = await workplace.reprise(
      ['connect', `127.0.0.1:${server.port}`, ...trusting, '--wait', '0.05'],
      { input: 'hello' },
    );
    expect([status, stdout]).toEqual([0, '']);
  });

  test('shows a certificate of its own where the server asks, and keeps a key log for its owner alone', async () => {
    await using server = await listening({ requestCert: true, ca: authority.certificatePem });
    const refused = await connect(server.port, ...trusting);
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the alert handshake_failure'),
    });
    const { status } = await connect(server.port, ...trusting, ...visitorFiles, '--keylog', 'keys.txt');
    expect(status).toBe(0);
    expect(server.accepted.at(-1)?.getPeerCertificate().subject.CN).toBe('Visitor');
    const keys = join(workplace.folder, 'keys.txt');
    expect(readFileSync(keys, 'utf8')).toMatch(/^CLIENT_RANDOM [\da-f]{64} [\da-f]{96}\n$/);
    expect(statSync(keys).mode & 0o777).toBe(0o600);
  });

  test('traces the handshake, also one that fails', async () => {
    await using server = await listening();
    const { stdout } = await connect(server.port, ...trusting, '--trace');
    for (const field of ['cipherSuites', 'verifyData', 'opened with the key log'])
      expect(stdout).toContain(field);
    const failed = await connect(server.port, '--ca', stranger, '--trace', '--json');
    expect(failed.status).toBe(1);
    const [{ records }] = JSON.parse(failed.stdout).traces;
    expect(records.at(-1)).toMatchObject({ from: 'client', type: 'alert' });
  });

  test.each([
    ['smtp', ['220 hello\r\n', /^EHLO /, '250-hello\r\n250 STARTTLS\r\n', /^STARTTLS\r\n$/, '220 go\r\n']],
    ['imap', ['* OK hello\r\n', /^a1 STARTTLS\r\n$/, '* 1 EXISTS\r\na1 OK go\r\n']],
    ['pop3', ['+OK hello\r\n', /^STLS\r\n$/, '+OK go\r\n']],
    ['ftp', ['220-hello\r\n 220 it is\r\n220 done\r\n', /^AUTH TLS\r\n$/, '234 go\r\n']],
    ['postgres', ['', /^\W{5}Ò\W\/$/, 'S']],
  ] as const)('turns to TLS from %s', async (protocol, script) => {
    await using server = await listening();
    using front = await scripted(script, server);
    const call = await dial(begunWith(protocol, front.port));
    expect(call.timings).toMatchObject({ starttls: expect.any(Number), handshake: expect.any(Number) });
    await hangUp(call);
  });

  test.each([
    [
      'the server will not',
      ['220 hello\r\n', /^AUTH/, '502 no\r\n'],
      'expected 234 before TLS, got "502 no"',
    ],
    [
      'somebody has put words behind the consent',
      ['220 hello\r\n', /^AUTH/, '234 go\r\n230 welcome\r\n'],
      'expected TLS behind the server’s consent, got 13 bytes without',
    ],
  ] as const)('does not turn to TLS where %s', async (_, script, sentence) => {
    await using server = await listening();
    using front = await scripted(script, server);
    await expect(dial(begunWith('ftp', front.port))).rejects.toThrow(sentence);
  });

  test('ends with status 1 where nobody listens, where the connection is dropped, and where nothing comes', async () => {
    const nobody = await connect(await freePort());
    expect(nobody).toMatchObject({ status: 1, stderr: expect.stringMatching(/: connect ECONNREFUSED/) });
    const dropping = net.createServer((socket) => socket.destroy());
    const silent = net.createServer();
    try {
      const dropped = await connect(await listen(dropping));
      expect(dropped).toMatchObject({
        status: 1,
        stdout: '',
        stderr: expect.stringMatching(/ended|ECONNRESET/),
      });
      const late = await connect(await listen(silent), '--timeout', '0.3');
      expect(late.stderr).toMatch(/: expected a handshake with 127\.0\.0\.1:\d+ within 300 ms, got none\n$/);
    } finally {
      dropping.close();
      silent.close();
    }
  });

  test.each([
    ['no host', [], 'expected HOST or HOST:PORT'],
    ['two hosts', ['a', 'b'], 'expected one HOST, got 2'],
    ['a port that is none', ['a:70000'], 'expected 1 to 65535 for the port, got "70000"'],
    [
      'a protocol that nobody knows',
      ['a', '--starttls', 'gopher'],
      'expected one of smtp, imap, pop3, ftp, postgres',
    ],
    ['suites that nobody knows', ['a', '--suites', 'RC4'], 'ciphers: expected at least one of'],
    ['two kinds of return', ['a', '--resume', '1', '--rate', '1'], 'expected --resume or --rate, got both'],
    ['a certificate without its key', ['a', '--cert', 'a.pem'], 'expected --cert and --key, got one of them'],
    ['a number that is none', ['a', '--resume', 'often'], 'expected 1 to 100000 for --resume, got "often"'],
    ['an option that nobody knows', ['a', '--tls1.3'], "Unknown option '--tls1.3'"],
  ])('makes no sense of %s', async (_, args, sentence) => {
    const refused = connectCommand.run(args);
    await expect(refused).rejects.toBeInstanceOf(Misuse);
    await expect(refused).rejects.toThrow(sentence);
  });

  test('ends with status 2, and says where to read on, where it makes no sense of its arguments', async () => {
    expect(await workplace.reprise(['connect', '--insecure'])).toEqual({
      status: 2,
      stdout: '',
      stderr: 'reprise connect: expected HOST or HOST:PORT (reprise connect --help)\n',
    });
  });

  test('ends with status 1 with a file that is not there', async () => {
    expect(await workplace.reprise(['connect', 'a', '--ca', 'nowhere.pem'])).toEqual({
      status: 1,
      stdout: '',
      stderr: 'reprise connect: cannot read nowhere.pem: no such file or directory\n',
    });
  });

  test.skipIf(!hasOpenssl)('finds that openssl s_server resumes by ID', async () => {
    const port = await freePort();
    const files = ['-cert', workplace.file('cert.pem', cert), '-key', workplace.file('key.pem', key)];
    const args = ['s_server', '-accept', `127.0.0.1:${port}`, ...files, '-tls1_2', '-no_ticket'];
    const server = spawn('openssl', args, { cwd: workplace.folder, stdio: ['pipe', 'pipe', 'ignore'] });
    try {
      await once(server.stdout, 'data'); // ACCEPT
      server.stdout.resume();
      const { status, stdout } = await connect(port, ...trusting, '--resume', '2', '--json');
      expect(status).toBe(0);
      expect(JSON.parse(stdout).summary).toMatchObject({ connections: 2, resumed: 2 });
    } finally {
      server.kill();
    }
  });
});

/** A server that begins in the clear. */
function begunWith(starttls: ProtocolName, port: number): Target {
  const options = { ca: authority.certificatePem, servername: 'localhost' };
  return { place: { host: '127.0.0.1', port }, starttls, timeout: 5000, options };
}

function dropped(socket: tls.TLSSocket): void {
  socket.on('error', () => {}).resume();
}

/** A balancer that sends each connection to the other server. */
function alternating(...servers: readonly Listening[]) {
  let next = 0;
  return front((socket) => joinTo(socket, servers[next++ % servers.length]));
}

/** What a server says before TLS, and what it waits for; then the connection is the other's. */
function scripted(script: readonly (string | RegExp)[], server: Listening) {
  return front(async (socket) => {
    for (const step of script) {
      if (typeof step === 'string') {
        socket.write(step, 'latin1');
        continue;
      }
      socket.resume();
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      socket.pause();
      if (!step.test(bytes.toString('latin1'))) socket.destroy();
    }
    joinTo(socket, server);
  });
}

function joinTo(socket: net.Socket, server: Listening | undefined): void {
  const onward = net.connect({ port: server?.port ?? 0, host: '127.0.0.1', noDelay: true });
  onward.on('error', () => socket.destroy());
  socket.pipe(onward).pipe(socket);
}

async function front(accept: (socket: net.Socket) => unknown) {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    accept(socket);
  });
  const port = await listen(server);
  return {
    port,
    [Symbol.dispose]: () => {
      server.close();
    },
  };
}
