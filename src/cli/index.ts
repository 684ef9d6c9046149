#!/usr/bin/env node
/**
 * `reprise`, the program: a dispatcher over its commands. It writes what was asked for to standard output and what went
 * wrong to standard error, and ends with status 0, with 1 where something failed, with 2 where it was misused.
 */

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { type Command, Failure, Misuse, status } from './command.ts';
import { connect } from './connect.ts';
import { write } from './output.ts';
import { serve } from './serve.ts';
import { trace } from './trace.ts';

const commands: Readonly<Record<string, Command>> = { connect, serve, trace };

process.exitCode = await main(process.argv.slice(2));

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--version') return say(version());
  if (name === '--help' || name === '-h') return say(usage());
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (name === undefined || command === undefined) {
    const got = name === undefined ? 'none' : JSON.stringify(name);
    process.stderr.write(`reprise: expected a command, got ${got}\n\n${usage()}\n`);
    return status.misused;
  }
  if (args.includes('--help') || args.includes('-h')) return say(command.usage.trim());
  try {
    return await command.run(args);
  } catch (error) {
    if (!(error instanceof Failure || error instanceof Misuse)) throw error;
    const hint = error instanceof Misuse ? ` (reprise ${name} --help)` : '';
    process.stderr.write(`reprise ${name}: ${error.message}${hint}\n`);
    return error instanceof Misuse ? status.misused : status.failed;
  }
}

async function say(text: string): Promise<number> {
  await write(`${text}\n`);
  return status.done;
}

function usage(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  reprise ${name.padEnd(width)}  ${summary}`,
  );
  return [
    'Reprise: TLS 1.2 with session-ID resumption.',
    '',
    ...lines,
    '',
    'reprise COMMAND --help says what a command does; reprise --version, which version this is.',
  ].join('\n');
}

/** From the package's manifest, which lies as far from the sources as from what is built of them. */
function version(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return manifest.version;
}
