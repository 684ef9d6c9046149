/** The server on all cores: what a client began on one worker it resumes on the other. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { MemorySessionStore, type SessionStore } from 'reprise-tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../support/issuer.ts';
import { freePort } from '../support/ports.ts';
import { tsxArguments, tsxEnvironment } from '../support/tsx.ts';
import { shareStore } from './shared-store.ts';

describe('worker-pool.ts', () => {
  const authority = createAuthority();
  const folder = mkdtempSync(join(tmpdir(), 'reprise-pool-'));
  let pool: ChildProcess;
  let port: number;
  let errors = '';

  beforeAll(async () => {
    const { chainPem, privateKeyPem } = authority.issue({ dnsNames: ['localhost'] });
    writeFileSync(join(folder, 'certificate.pem'), chainPem);
    writeFileSync(join(folder, 'key.pem'), privateKeyPem);
    port = await freePort();
    const file = fileURLToPath(new URL('worker-pool.ts', import.meta.url));
    pool = spawn(process.execPath, [...tsxArguments, file], {
      cwd: folder,
      env: { ...tsxEnvironment, PORT: `${port}`, WORKERS: '2' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    pool.stderr?.on('data', (bytes) => {
      errors += bytes;
    });
    let output = '';
    for await (const bytes of pool.stdout ?? []) {
      output += bytes;
      if (output.includes('\n')) break;
    }
    expect(output, errors).toBe(`listening on localhost:${port}, 2 workers\n`);
  });

  afterAll(async () => {
    const exit = once(pool, 'exit');
    pool.kill();
    await exit;
    rmSync(folder, { recursive: true });
  });

  async function visit(session: Buffer | undefined) {
    const ca = authority.certificatePem;
    const socket = tls.connect({ port, host: 'localhost', ca, maxVersion: 'TLSv1.2', session });
    await once(socket, 'secureConnect');
    const [resumed, agreed] = [socket.isSessionReused(), socket.getSession()];
    let said = '';
    for await (const bytes of socket) said += bytes;
    return { resumed, agreed, said };
  }

  it('makes one full handshake, and every worker resumes it', async () => {
    const first = await visit(undefined);
    expect(first.said).toMatch(/^full, worker [12]\n$/);
    const said = new Set<string>();
    for (let i = 0; i < 6; i++) {
      const later = await visit(first.agreed);
      expect(later.resumed).toBe(true);
      said.add(later.said);
    }
    expect([...said].sort()).toEqual(['resumed, worker 1\n', 'resumed, worker 2\n']);
    expect(errors).toBe('');
  });
});

describe('a store that is shared with a child', () => {
  /** The child's end of the channel, in this process: what is said goes through the same clone as between processes. */
  function childOf(store: SessionStore) {
    const answers: unknown[] = [];
    let hear = async (_: unknown) => {};
    const child = {
      connected: true,
      on(_: string, listener: (message: unknown) => Promise<void>) {
        hear = listener;
        return child;
      },
      send(message: unknown) {
        answers.push(structuredClone(message));
        return true;
      },
    };
    shareStore(store, child as unknown as ChildProcess);
    return { child, answers, say: (message: unknown) => hear(structuredClone(message)) };
  }

  it('answers each question under its number, and nothing that is no question', async () => {
    const { answers, say } = childOf(new MemorySessionStore());
    const state = Uint8Array.of(1, 2, 3);
    await say('hello');
    await say({ number: 1, verb: 'set', key: 'a', state, lifetime: 60 });
    await say({ number: 2, verb: 'get', key: 'a' });
    await say({ number: 3, verb: 'delete', key: 'a' });
    await say({ number: 4, verb: 'get', key: 'a' });
    expect(answers).toEqual([
      { number: 1, state: undefined },
      { number: 2, state },
      { number: 3, state: undefined },
      { number: 4, state: undefined },
    ]);
  });

  it('tells a fault of the store as a fault, and says nothing to a child that has gone', async () => {
    const failing = () => Promise.reject(new Error('no room'));
    const { child, answers, say } = childOf({ get: failing, set: failing, delete: failing });
    await say({ number: 1, verb: 'get', key: 'a' });
    child.connected = false;
    await say({ number: 2, verb: 'get', key: 'a' });
    expect(answers).toEqual([{ number: 1, fault: 'Error: no room' }]);
  });
});
