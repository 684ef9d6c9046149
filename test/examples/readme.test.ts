/**
 * README.md is true: its examples are the files beside this one, word for word, and each runs as its reader would run
 * it, in a folder that has the certificate of the README's own command; its list of names is that of the face.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as face from 'reprise-tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startByteProxy } from '../support/byte-proxy.ts';
import { FtpsServer } from '../support/ftps-server.ts';
import { createAuthority } from '../support/issuer.ts';
import { freePort } from '../support/ports.ts';
import { hasRedis, RedisServer } from '../support/redis-server.ts';
import { tsxArguments, tsxEnvironment } from '../support/tsx.ts';

const root = new URL('../../', import.meta.url);
const here = new URL('.', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');

interface Fence {
  readonly language: string;
  /** What stands behind the language: the file that the text is of, or that prints it. */
  readonly file: string | undefined;
  readonly text: string;
}

const fences: readonly Fence[] = [...readme.matchAll(/^```(\w*) ?(\S*)\n(.*?)^```$/gms)].map(
  ([, language = '', file, text = '']) => ({ language, file: file || undefined, text }),
);
const examples = fences.filter(({ language }) => language === 'ts');
const outputs = fences.filter(({ language }) => language === 'text');
const commands = fences.filter(({ language }) => language === 'sh').map(({ text }) => text);
const openssl = (command: string) => {
  const found = commands.find((text) => text.includes(`openssl ${command} `));
  return found?.slice(found.indexOf(`openssl ${command} `)) ?? '';
};
const hasOpenSsl = succeeds(() => execFileSync('openssl', ['version']));

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-readme-'));
  const { chainPem, privateKeyPem } = createAuthority().issue({ dnsNames: ['localhost'] });
  writeFileSync(join(folder, 'certificate.pem'), chainPem);
  writeFileSync(join(folder, 'key.pem'), privateKeyPem);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('the examples of README.md', () => {
  it('are the files of test/examples, word for word', () => {
    for (const { file = 'without a file', text } of examples) {
      expect(text, file).toBe(readFileSync(new URL(file, here), 'utf8'));
    }
    const files = readdirSync(here).filter((name) => name.endsWith('.mts'));
    expect(examples.map(({ file }) => file).sort()).toEqual(files.sort());
  });

  it.skipIf(!hasOpenSsl)('run with the certificate that its openssl command makes', () => {
    expect(openssl('req')).toContain('-out certificate.pem');
    execFileSync('sh', ['-c', openssl('req')], { cwd: folder, stdio: 'ignore' });
  });

  /** Clients that say Hello to server.mts, and print what it sends back. */
  const transports = ['socket.mts', 'streams.mts', 'web-socket.mts'];
  const together = ['server.mts', 'client.mts', 'balancer.mts', 'redis.mts', 'ftps.mts', ...transports];
  const alone = examples.filter(({ file = '' }) => !together.includes(file));
  it.each(alone.map(({ file = '' }) => file))('%s runs, and prints what the README says', async (file) => {
    expect(await run(file)).toEqual({ output: printed(file), errors: '', status: 0 });
  });

  it('server.mts serves client.mts, and openssl where there is one', async () => {
    const port = await freePort();
    const server = start('server.mts', { PORT: `${port}` });
    try {
      await server.prints('listening');
      expect(await run('client.mts', { PORT: `${port}` })).toEqual({
        output: 'Hello\n',
        errors: '',
        status: 0,
      });
      await server.prints('full handshake');
      expect(server.output.replace(`${port}`, '4433')).toBe(printed('server.mts'));
      if (!hasOpenSsl) return;
      const command = openssl('s_client').replace('4433', `${port}`);
      const report = execFileSync('sh', ['-c', command], {
        cwd: folder,
        input: '',
        stdio: 'pipe',
      }).toString();
      expect(report.match(/^Reused, TLSv1.2/gm)).toHaveLength(5);
      await server.prints('resumed', 5);
    } finally {
      server.process.kill();
    }
  });

  it.skipIf(!hasRedis || !hasOpenSsl)('redis.mts resumes what another of it has begun', async () => {
    writeFileSync(join(folder, 'sealing.key'), randomBytes(32));
    const redis = await RedisServer.start();
    const ports = [await freePort(), await freePort()] as const;
    const servers = ports.map((port) =>
      start('redis.mts', { PORT: `${port}`, REDIS_URL: `redis://127.0.0.1:${redis.port}` }),
    );
    try {
      for (const server of servers) await server.prints('listening');
      const visit = (port: number, option: string) => {
        const options = [
          '-connect',
          `localhost:${port}`,
          '-tls1_2',
          '-CAfile',
          'certificate.pem',
          option,
          'session',
        ];
        return execFileSync('openssl', ['s_client', ...options], { cwd: folder, input: '', stdio: 'pipe' });
      };
      expect(`${visit(ports[0], '-sess_out')}`).toMatch(/^New, TLSv1.2/m);
      expect(`${visit(ports[1], '-sess_in')}`).toMatch(/^Reused, TLSv1.2/m);
      await servers[1]?.prints('resumed,');
      for (const { errors } of servers) expect(errors).toBe('');
    } finally {
      for (const server of servers) server.process.kill();
      await redis.stop();
    }
  });

  it('transports take under fifteen lines each, and bring a word to server.mts and back', async () => {
    const port = await freePort();
    const server = start('server.mts', { PORT: `${port}` });
    const proxy = await startByteProxy(port);
    try {
      await server.prints('listening');
      for (const file of [...transports, 'message-port.mts']) {
        expect(readFileSync(new URL(file, here), 'utf8').split('\n').length, file).toBeLessThanOrEqual(
          15 + 1,
        );
        const environment = { PORT: `${port}`, PROXY: `ws://localhost:${proxy.port}` };
        expect(await run(file, environment), file).toEqual({ output: 'Hello\n', errors: '', status: 0 });
      }
    } finally {
      proxy.stop();
      server.process.kill();
    }
  });

  it('ftps.mts writes a file and reads it back over data connections that are resumed', async () => {
    const [cert = '', key = ''] = ['certificate.pem', 'key.pem'].map((name) =>
      readFileSync(join(folder, name), 'utf8'),
    );
    const server = await FtpsServer.start({ cert, key });
    try {
      const { output, errors, status } = await run('ftps.mts', { PORT: `${server.port}` });
      expect({ output, errors, status }).toEqual({ output: 'Hello true\n', errors: '', status: 0 });
    } finally {
      await server.stop();
    }
  });

  it('balancer.mts stands before two of server.mts, brings client.mts to one, and ends when it is told to', async () => {
    const [port, one, two] = [await freePort(), await freePort(), await freePort()];
    const servers = [one, two].map((own) => start('server.mts', { PORT: `${own}` }));
    const balancer = start('balancer.mts', { PORT: `${port}`, BACKENDS: `${one},${two}` });
    try {
      for (const running of [...servers, balancer]) await running.prints('listening');
      expect(await run('client.mts', { PORT: `${port}` })).toMatchObject({ output: 'Hello\n', status: 0 });
      expect(balancer.output.replace(`${port}`, '4433')).toBe(printed('balancer.mts'));
      if (hasOpenSsl) {
        const command = openssl('s_client').replace('4433', `${port}`);
        const report = execFileSync('sh', ['-c', command], { cwd: folder, input: '', stdio: 'pipe' });
        expect(report.toString().match(/^Reused, TLSv1.2/gm)).toHaveLength(5);
      }
      balancer.process.kill();
      const [status] = await once(balancer.process, 'close');
      expect([status, balancer.errors]).toEqual([0, '']);
    } finally {
      for (const running of [...servers, balancer]) running.process.kill();
    }
  });
});

describe('the configurations in README.md', () => {
  it('are the files of test/examples, word for word', () => {
    const shown = fences.filter(({ language }) => language === 'haproxy');
    expect(shown.map(({ file }) => file)).toEqual(['haproxy.cfg']);
    for (const { file = '', text } of shown) expect(text).toBe(readFileSync(new URL(file, here), 'utf8'));
  });
});

describe('the names in README.md', () => {
  const [, names = ''] = readme.split('\n## The names\n');
  const mentioned = new Set([...names.matchAll(/`(\w+)`/g)].map(([, name]) => name));

  it('are all that reprise-tls exports, types included', () => {
    const source = readFileSync(new URL('src/index.ts', root), 'utf8');
    const listed = [...source.matchAll(/\{([^}]*)\}/g)].flatMap(([, list = '']) => list.split(','));
    const types = listed.map((name) => name.replace('type ', '').trim()).filter((name) => name !== '');
    const exported = new Set([...Object.keys(face), ...types]);
    expect([...exported].filter((name) => !mentioned.has(name))).toEqual([]);
  });
});

interface Running {
  readonly process: ChildProcess;
  readonly output: string;
  readonly errors: string;
  /** Waits until it has printed the text so many times. */
  prints(text: string, times?: number): Promise<void>;
}

/** An example under tsx, in the reader's folder; `reprise-tls` is what tsconfig.json says, the sources. */
function start(file: string, environment: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [...tsxArguments, fileURLToPath(new URL(file, here))], {
    cwd: folder,
    env: { ...tsxEnvironment, ...environment },
  });
  const said = { output: '', errors: '' };
  child.stdout.on('data', (bytes: Buffer) => {
    said.output += bytes;
  });
  child.stderr.on('data', (bytes: Buffer) => {
    said.errors += bytes;
  });
  return {
    process: child,
    get output() {
      return said.output;
    },
    get errors() {
      return said.errors;
    },
    async prints(text, times = 1) {
      while (said.output.split(text).length <= times) {
        const ended = once(child, 'exit').then(() => {
          throw new Error(`expected ${file} to print ${text}, it ended with: ${said.errors}`);
        });
        await Promise.race([once(child.stdout, 'data'), ended]);
      }
    },
  };
}

async function run(file: string, environment?: Record<string, string>) {
  const running = start(file, environment);
  const [status] = await once(running.process, 'close');
  return { output: running.output, errors: running.errors, status };
}

function printed(file: string): string | undefined {
  return outputs.find((fence) => fence.file === file)?.text;
}

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
