/**
 * FTPS, where resumption is demanded in daily life (RFC 4217 §10.2): a data connection that resumes the session of its
 * control connection comes from the same client, and one that does not may be a thief's. Our client before vsftpd with
 * `require_ssl_reuse`, and a server of ours that demands the same, before our client and curl.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openFtps } from '../examples/ftps.mts';
import { FtpsServer } from '../support/ftps-server.ts';
import { createAuthority } from '../support/issuer.ts';
import { freePort } from '../support/ports.ts';
import { run, start } from './peers/command.ts';
import { payload } from './rows.ts';

const authority = createAuthority({ keyType: 'rsa-2048' });
const credential = authority.issue({
  keyType: 'rsa-2048',
  commonName: 'localhost',
  dnsNames: ['localhost'],
  ipAddresses: ['127.0.0.1'],
});
const ca = Buffer.from(authority.certificatePem);
const has = (command: string) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

let folder = '';
const file = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-ftps-'));
  chmodSync(folder, 0o755);
  writeFileSync(file('authority.pem'), authority.certificatePem);
  writeFileSync(file('certificate.pem'), credential.chainPem);
  writeFileSync(file('key.pem'), credential.privateKeyPem);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** vsftpd for anonymous users, who may write into one folder. */
async function startVsftpd(): Promise<number> {
  const port = await freePort();
  const root = file(`root-${port}`);
  mkdirSync(join(root, 'in'), { recursive: true });
  execFileSync('chown', ['ftp', join(root, 'in')]);
  chmodSync(root, 0o555);
  mkdirSync(file('empty'), { recursive: true });
  const options = {
    listen: 'YES',
    listen_address: '127.0.0.1',
    listen_port: port,
    background: 'NO',
    anonymous_enable: 'YES',
    no_anon_password: 'YES',
    anon_root: root,
    anon_upload_enable: 'YES',
    anon_umask: '022',
    write_enable: 'YES',
    secure_chroot_dir: file('empty'),
    xferlog_enable: 'NO',
    ssl_enable: 'YES',
    allow_anon_ssl: 'YES',
    force_anon_data_ssl: 'YES',
    force_anon_logins_ssl: 'YES',
    require_ssl_reuse: 'YES',
    ssl_ciphers: 'ECDHE-RSA-AES128-GCM-SHA256',
    rsa_cert_file: file('certificate.pem'),
    rsa_private_key_file: file('key.pem'),
  };
  const text = Object.entries(options).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(file('vsftpd.conf'), text.join(''));
  const server = await start('vsftpd', [file('vsftpd.conf')], port);
  onTestFinished(() => server.stop());
  return port;
}

/** Uploads and downloads, and says that each data connection resumed the session of the control connection. */
async function exchangeFiles(port: number, where: string): Promise<void> {
  const session = await openFtps({ host: 'localhost', port, ca });
  for (const length of [0, 5, 100_000]) {
    const up = await session.upload(`${where}${length}`, payload(length));
    expect(up).toMatchObject({ resumed: true, sessionId: session.sessionId });
    const down = await session.download(`${where}${length}`);
    expect(down).toMatchObject({ resumed: true, sessionId: session.sessionId });
    expect(new Uint8Array(down.result)).toEqual(payload(length));
  }
  await session.quit();
}

describe.skipIf(!has('vsftpd'))('vsftpd with require_ssl_reuse', () => {
  it('takes and gives files over data connections of ours that resume the control connection’s session', async () => {
    await exchangeFiles(await startVsftpd(), 'in/');
  });
});

describe('a server of ours that demands the same', () => {
  async function startServer(): Promise<FtpsServer> {
    const server = await FtpsServer.start({ cert: credential.chainPem, key: credential.privateKeyPem });
    onTestFinished(() => server.stop());
    return server;
  }

  it('serves our client', async () => {
    await exchangeFiles((await startServer()).port, '');
  });

  const curl = (port: number, ...options: string[]) =>
    run('curl', [
      ...['--silent', '--show-error', '--noproxy', '*', '--ssl-reqd', '--tls-max', '1.2', '--max-time', '10'],
      ...['--cacert', file('authority.pem'), ...options, `ftp://localhost:${port}/hello.txt`],
    ]);

  it.skipIf(!has('curl'))('serves curl, which resumes', async () => {
    const server = await startServer();
    writeFileSync(file('hello.txt'), 'hello from curl\n');
    expect(await curl(server.port, '--upload-file', file('hello.txt'))).toBe('');
    expect(server.files.get('hello.txt')).toEqual(new Uint8Array(readFileSync(file('hello.txt'))));
    expect(await curl(server.port)).toBe('hello from curl\n');
  });

  it.skipIf(!has('curl'))('turns away curl where it is told not to resume', async () => {
    const server = await startServer();
    server.files.set('hello.txt', payload(10));
    expect(await curl(server.port, '--no-sessionid')).toMatch(/^curl: /m);
  });
});
