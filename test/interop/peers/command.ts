/** Commands as processes: run to their end, or in the background until they are stopped. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a command may take to do what it is there for, milliseconds. */
const patience = 20_000;

export interface Background {
  /** All that it has printed, to either output. */
  readonly output: string;
  /** Waits until it has printed so many matches. */
  prints(pattern: RegExp, times?: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a command; with a port, waits until it accepts connections there. */
export async function start(command: string, options: readonly string[], port?: number): Promise<Background> {
  const child = spawn(command, options, { stdio: ['pipe', 'pipe', 'pipe'] });
  const said = collect(child);
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
    await ended;
    clearTimeout(timer);
  };
  const background: Background = {
    get output() {
      return said.text;
    },
    prints: (pattern, times = 1) =>
      until(
        () => (said.text.match(new RegExp(pattern, 'gm')) ?? []).length >= times,
        () => `expected ${command} to print ${pattern} ${times} times, it printed: ${said.text}`,
      ),
    stop,
  };
  if (port !== undefined) {
    try {
      await until(
        () => accepts(port),
        () => `expected ${command} to listen on port ${port}, it printed: ${said.text}`,
      );
    } catch (error) {
      await stop();
      throw error;
    }
  }
  return background;
}

/** Runs a command to its end, and returns all that it printed. With `hold`, its input stays open until it matches. */
export async function run(
  command: string,
  options: readonly string[],
  { input = '', hold }: { readonly input?: string; readonly hold?: RegExp } = {},
): Promise<string> {
  const child = spawn(command, options, { stdio: ['pipe', 'pipe', 'pipe'] });
  const said = collect(child);
  const ended = once(child, 'close');
  const timer = setTimeout(() => child.kill('SIGKILL'), patience);
  child.stdin.on('error', () => {}); // It may end before it has read.
  child.stdin.write(input);
  if (hold === undefined) {
    child.stdin.end();
  } else {
    const seen = until(
      () => hold.test(said.text),
      () => `${command} printed: ${said.text}`,
    );
    await Promise.race([seen.catch(() => {}), ended]);
    child.stdin.end();
  }
  await ended;
  clearTimeout(timer);
  return said.text;
}

function collect(child: ChildProcess): { text: string } {
  const said = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes: Buffer) => {
      said.text += bytes.toString('latin1');
    });
  }
  child.on('error', (error) => {
    said.text += error.message;
  });
  return said;
}

async function until(holds: () => boolean | Promise<boolean>, complaint: () => string): Promise<void> {
  const end = Date.now() + patience;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(complaint());
    await sleep(20);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
