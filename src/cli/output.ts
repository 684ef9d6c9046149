/**
 * Output: where a command's results go, and whether colours are seen there.
 */

import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { Failure } from './command.ts';

/** To a file, or to standard output where there is none. @throws Failure where the file cannot be written */
export async function write(text: string, path?: string): Promise<void> {
  if (path === undefined || path === '-') return print(text);
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new Failure(`cannot write ${path}: ${reasonOf(error)}`);
  }
}

/** Whoever reads may have had enough, as `head` does: that is no failure. */
function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const { stdout } = process;
    const failed = (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') resolve();
      else reject(new Failure(`cannot write: ${reasonOf(error)}`));
    };
    stdout.once('error', failed);
    stdout.write(text, (error) => {
      // What is wrong now comes as an event, and what was wrong before came as one then.
      if (error && !('code' in error && error.code === 'ERR_STREAM_DESTROYED')) return;
      stdout.off('error', failed);
      resolve();
    });
  });
}

/** As the terminal has it, unless the environment says otherwise (no-color.org). */
export function showsColor(): boolean {
  const { stdout, env } = process;
  return stdout.isTTY === true && stdout.hasColors() && (env['NO_COLOR'] ?? '') === '';
}

/** What the system says, without the name of the call. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^[A-Z]+: /, '').replace(/, \w+( '.*')?$/, '');
}
