/**
 * PostgreSQL with `ssl` on, and its usual client `pg` over our sockets. The client of PostgreSQL asks in the clear whether
 * the server speaks TLS, and goes on in TLS over the same connection (PostgreSQL's documentation, §55.2.11).
 *
 * `pg` would call `node:tls` for that. It also takes a stream of the caller's, which it believes to be the network's, and
 * so it is given a socket that has all this behind it: `openPostgres` asks, `streamOf` is what `pg` sees.
 */

import { execFileSync, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { MemoryClientSessionCache } from 'reprise-tls';
import { type ConnectOptions, connect, type TlsSocket } from 'reprise-tls/node';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/ports.ts';
import { authority, cert, key, site } from '../support/sockets.ts';

const programs = installed();

/** Where Debian has the newest server's programs, or where `pg_config` says that they are. */
function installed(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = versions.map((version) => join(root, version, 'bin'));
  const asked = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' }).stdout?.trim();
  return [...folders, ...(asked ? [asked] : [])].find((folder) => existsSync(join(folder, 'initdb')));
}

/** The server refuses to run as root; then it is the user of Debian's package, or else nobody. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const user = spawnSync('id', ['postgres']).status === 0 ? 'postgres' : 'nobody';
  const [uid, gid] = ['-u', '-g'].map((option) => Number(execFileSync('id', [option, user])));
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

const user = 'reprise';
let folder = '';
let port = 0;
let stop: () => Promise<void> = async () => {};

/** A cluster of its own, on a port of the loopback, that lets in whoever comes by TLS 1.2 and nobody in the clear. */
async function startPostgres(bin: string): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'reprise-postgres-'));
  const identity = unprivileged();
  const options: SpawnOptions = { ...identity, cwd: folder, env: { ...process.env, LC_ALL: 'C' } };
  const give = (path: string, mode: number) => {
    chmodSync(path, mode);
    if (identity !== undefined) chownSync(path, identity.uid, identity.gid);
  };
  give(folder, 0o700);
  const data = join(folder, 'data');
  const initdb = ['--pgdata', data, '--username', user, '--auth', 'trust', '--encoding', 'UTF8', '--no-sync'];
  execFileSync(join(bin, 'initdb'), initdb, { ...options, stdio: 'pipe' });
  const files = {
    'server.crt': cert,
    'server.key': key,
    'pg_hba.conf': 'hostssl all all 127.0.0.1/32 trust\n',
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(data, name), text);
    give(join(data, name), 0o600);
  }
  port = await freePort();
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    ssl: 'on',
    ssl_min_protocol_version: 'TLSv1.2',
    ssl_max_protocol_version: 'TLSv1.2',
  };
  const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...given], {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(server, 'close');
  stop = async () => {
    // Its "immediate shutdown": it waits for no client, and leaves nothing that is wanted.
    server.kill('SIGQUIT');
    await ended;
    rmSync(folder, { recursive: true });
  };
  let said = '';
  server.stderr?.on('data', (bytes) => {
    said += bytes;
  });
  while (!said.includes('ready to accept connections')) {
    const next = server.stderr ? once(server.stderr, 'data') : ended;
    await Promise.race([next, ended]);
    if (server.exitCode !== null) throw new Error(`expected PostgreSQL to run, it ended with: ${said}`);
  }
}

/** SSLRequest: its own length, and a number in the place of a version of the protocol. */
const sslRequest = Buffer.from('0000000804d2162f', 'hex');

/** A connection to the server for which the handshake is done. */
async function openPostgres(options: ConnectOptions = {}): Promise<TlsSocket> {
  const socket = net.connect(port, '127.0.0.1');
  socket.write(sslRequest);
  const [answer]: Buffer[] = await once(socket, 'data');
  // It is one byte. More would have come in the clear and been taken for what TLS protects (CVE-2021-23222).
  if (String(answer) !== 'S') throw new Error(`expected the server to agree to TLS by S, got ${answer}`);
  const secure = connect({ socket, servername: site, ca: authority.certificatePem, ...options });
  await once(secure, 'secureConnect');
  return secure;
}

/** What `pg` calls `connect` of and waits for, though it is connected. */
function streamOf(secure: TlsSocket): TlsSocket {
  return Object.assign(secure, {
    connect() {
      setImmediate(() => secure.emit('connect'));
      return secure;
    },
  });
}

async function openClient(secure: TlsSocket): Promise<Client> {
  const client = new Client({ user, database: 'postgres', stream: () => streamOf(secure) });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

describe.skipIf(programs === undefined)('PostgreSQL', () => {
  beforeAll(() => startPostgres(programs ?? ''));
  afterAll(() => stop());

  it('answers queries over TLS 1.2 of ours, and says so itself', async () => {
    const secure = await openPostgres();
    const client = await openClient(secure);
    const { rows } = await client.query(
      'select ssl, version, cipher, $1::int + 1 as sum from pg_stat_ssl where pid = pg_backend_pid()',
      [41],
    );
    expect(rows).toEqual([{ ssl: true, version: 'TLSv1.2', cipher: secure.getCipher()?.name, sum: 42 }]);
  });

  it('takes and gives rows by the megabyte', async () => {
    const client = await openClient(await openPostgres());
    const rowsOf = async (query: string, ...values: unknown[]) => (await client.query(query, values)).rows;
    const text = 'résumé '.repeat(150_000);
    expect(await rowsOf('select length($1::text)', text)).toEqual([{ length: text.length }]);
    const repeated = await rowsOf('select repeat($1::text, $2) as text', 'abcd', 1 << 19);
    expect(repeated).toEqual([{ text: 'abcd'.repeat(1 << 19) }]);
    const numbers = await rowsOf('select n from generate_series(1, 20000) as n');
    expect(numbers).toEqual(Array.from({ length: 20000 }, (_, i) => ({ n: i + 1 })));
  });

  it('has its session cache off: a second connection is a full handshake, and there is no session to keep', async () => {
    const sessionCache = new MemoryClientSessionCache();
    for (let visit = 0; visit < 2; visit++) {
      const secure = await openPostgres({ sessionCache });
      const client = await openClient(secure);
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
      expect(secure.isSessionReused()).toBe(false);
      expect(secure.getSession()).toBeUndefined();
    }
  });

  it('is not trusted where its certificate is not', async () => {
    await expect(openPostgres({ servername: 'other.example' })).rejects.toThrow('other.example');
  });

  it('lets nobody in without TLS', async () => {
    const client = new Client({ user, database: 'postgres', host: '127.0.0.1', port });
    await expect(client.connect()).rejects.toThrow('no encryption');
  });
});
