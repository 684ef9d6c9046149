/**
 * Redis itself, as installed, for the tests that talk to it: a process of its own for whoever starts one, on a port of
 * the loopback interface, with nothing on disk. It can be killed and started again, frozen and thawed.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, RESP_TYPES } from 'redis';
import { freePort } from './ports.ts';

/** Redis, or what the environment names in its place, as `valkey-server`. */
const program = process.env['REDIS_SERVER'] ?? 'redis-server';

export const hasRedis: boolean = isInstalled();

export class RedisServer {
  readonly port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'reprise-redis-'));
  readonly #arguments: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, options: readonly string[]) {
    this.port = port;
    this.#arguments = [
      ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', this.#folder],
      ...['--save', '', '--appendonly', 'no', ...options],
    ];
  }

  /** A server that is ready, with these of its options besides. */
  static async start(...options: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.start();
    return server;
  }

  /** The one node of a cluster, which has all slots and minds as any node does that a command stays within one. */
  static async startCluster(): Promise<RedisServer> {
    const server = await RedisServer.start(
      ...['--cluster-enabled', 'yes', '--cluster-port', `${await freePort()}`],
      ...['--cluster-announce-ip', '127.0.0.1'],
    );
    await server.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    while (!`${await server.command('CLUSTER', 'INFO')}`.includes('cluster_state:ok')) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return server;
  }

  /** Again, after it was killed: empty, and on the same port. */
  async start(): Promise<void> {
    const child = spawn(program, this.#arguments, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    let said = '';
    child.stdout.on('data', (bytes: Buffer) => {
      said += bytes;
    });
    const ended = once(child, 'exit').then(() => {
      throw new Error(`expected ${program} to run, it ended with: ${said}`);
    });
    ended.catch(() => {});
    while (!said.includes('Ready to accept connections')) {
      await Promise.race([once(child.stdout, 'data'), ended]);
    }
  }

  /** At once, with all that it holds. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || !running.has(child)) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Connections stay, new ones are accepted, and nothing is answered. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** What it replies to a command on a connection of its own; strings as bytes. */
  async command(...command: readonly (string | Buffer)[]): Promise<unknown> {
    const client = await createClient({ socket: { port: this.port } }).connect();
    try {
      return await client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).sendCommand([...command]);
    } finally {
      client.destroy();
    }
  }

  /** For good. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true });
  }
}

/** Those that nobody has stopped yet: none outlives the tests, however these end. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

function isInstalled(): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
