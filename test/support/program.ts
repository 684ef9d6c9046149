/** The program `reprise` as a process of its own, in a folder for the files that it reads and writes. */

import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { tsxArguments, tsxEnvironment } from './tsx.ts';

const path = fileURLToPath(new URL('../../src/cli/index.ts', import.meta.url));

/** What a command line begins with. */
export const program: readonly string[] = [process.execPath, ...tsxArguments, path];

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Standard input. Without it there is none, as under a terminal where nobody types. */
  readonly input?: Uint8Array | string;
  readonly env?: Record<string, string>;
}

export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'reprise-cli-'));

  dispose(): void {
    rmSync(this.folder, { recursive: true });
  }

  /** Writes a file, and gives its name. */
  file(name: string, content: Uint8Array | string): string {
    writeFileSync(join(this.folder, name), content);
    return name;
  }

  reprise(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return this.run([...program, ...args], options);
  }

  async run(commandLine: readonly string[], { input, env = {} }: RunOptions = {}): Promise<Ended> {
    const child = this.#spawn(commandLine, env, input === undefined ? 'ignore' : 'pipe');
    child.stdin?.on('error', () => {}); // It may end without having read all.
    child.stdin?.end(input);
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { status, stdout, stderr };
  }

  /** `reprise serve` on a free port, once it listens. */
  async serve(...args: readonly string[]): Promise<Serving> {
    const child = this.#spawn(
      [...program, 'serve', '--port', '0', '--host', '127.0.0.1', ...args],
      {},
      'ignore',
    );
    const serving = new Serving(child);
    await serving.line(/^listening on /);
    return serving;
  }

  #spawn([command = '', ...args]: readonly string[], env: Record<string, string>, stdin: 'ignore' | 'pipe') {
    return spawn(command, args, {
      cwd: this.folder,
      env: { ...tsxEnvironment, NO_COLOR: '', ...env },
      stdio: [stdin, 'pipe', 'pipe'],
    }) as ChildProcessWithoutNullStreams;
  }
}

/** A server, and the lines that it has said. It is stopped when it is disposed of. */
export class Serving implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<unknown[]>;
  #stderr = '';
  #wake: (() => void) | undefined;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#closed = once(child, 'close');
    child.stderr.setEncoding('utf8').on('data', (said: string) => {
      this.#stderr += said;
    });
    child.once('close', () => this.#wake?.());
    createInterface(child.stdout).on('line', (line) => {
      this.lines.push(line);
      this.#wake?.();
    });
  }

  get port(): number {
    return Number(this.lines[0]?.split(':').at(-1));
  }

  /** The first line that fits, when it has been said. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.lines.find((line) => pattern.test(line));
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null) throw new Error(`expected ${pattern}, got the end: ${this.#stderr}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGTERM'): Promise<Ended> {
    this.#child.kill(signal);
    const [status] = (await this.#closed) as [number | null];
    return { status, stdout: this.lines.join('\n'), stderr: this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

export const hasOpenssl: boolean = isInstalled('openssl');

function isInstalled(command: string): boolean {
  try {
    execFileSync(command, ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
