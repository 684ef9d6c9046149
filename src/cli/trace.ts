/**
 * `reprise trace`: a connection from a file, as text, as JSON or as a page.
 */

import { createReadStream } from 'node:fs';
import process from 'node:process';
import {
  type Input,
  type InputConnection,
  KeyLog,
  readInput,
  renderHtml,
  renderText,
  type Trace,
  traceConnection,
} from '../trace/index.ts';
import { concatAll } from '../wire/bytes.ts';
import { argumentsOf } from './arguments.ts';
import { type Command, Failure, Misuse, status } from './command.ts';
import { reasonOf, showsColor, write } from './output.ts';

const usage = `
reprise trace FILE [options]

Shows a TLS connection byte by byte, each with the name of its field. FILE is what a connection's ends sent, or - for
standard input: a capture (pcap, pcapng), text with hexadecimal digits, or the bytes themselves. In text, lines that
begin with > are the client's and lines that begin with < the server's.

  --keylog FILE       open what is protected, with the secrets of a key log (SSLKEYLOGFILE); the result is as secret
  --connection N      of a capture with several, this one; may be given more than once, or as "all" (default: 1)
  --html              a page that needs nothing else
  --json              a list of traces, one for each connection
  -o, --output FILE   write to a file
  --bytes N           of a long field, show so many bytes; "all" shows every one (default: 80)
  --color, --no-color colour by escape sequences, or not (default: on a terminal, unless NO_COLOR is set)

Ends with status 0, with 1 where there is no such file or no TLS in it, with 2 where the options make no sense.
`;

export const trace: Command = {
  summary: 'show a connection byte by byte, from a capture, from hexadecimal digits or from its bytes',
  usage,
  async run(args) {
    const options = readOptions(args);
    const input = await readConnections(options.file);
    const keyLog = new KeyLog(`${await readKeyLog(options.keylog)}\n${input.keyLog}`);
    const chosen = choose(input, options.connections).map(([number, connection]) => ({
      number,
      connection,
      trace: traced(connection, keyLog, options.file),
    }));
    await write(render(chosen, input, options), options.output);
    return status.done;
  },
};

interface Options {
  readonly file: string;
  readonly keylog: string | undefined;
  readonly output: string | undefined;
  readonly connections: readonly string[];
  readonly form: 'text' | 'html' | 'json';
  readonly bytes: number;
  readonly color: boolean;
}

interface Chosen {
  readonly number: number;
  readonly connection: InputConnection;
  readonly trace: Trace;
}

function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parsed(args);
  const [file, ...more] = positionals;
  if (file === undefined) throw new Misuse('expected a FILE, or - for standard input');
  if (more.length > 0) throw new Misuse(`expected one FILE, got ${positionals.length}`);
  const { keylog, output, connection, bytes = '80' } = values;
  if (keylog === '-' && file === '-') throw new Misuse('expected one of FILE and --keylog on standard input');
  return {
    file,
    keylog,
    output,
    connections: connection ?? ['1'],
    form: formOf(values),
    bytes: bytes === 'all' ? Number.POSITIVE_INFINITY : wholeNumber('--bytes', bytes),
    color: values.color ?? (output === undefined && showsColor()),
  };
}

function formOf({ html, json }: { html?: boolean; json?: boolean }): Options['form'] {
  if (html && json) throw new Misuse('expected --html or --json, got both');
  if (html) return 'html';
  return json ? 'json' : 'text';
}

function parsed(args: readonly string[]) {
  return argumentsOf(args, {
    keylog: { type: 'string' },
    connection: { type: 'string', multiple: true },
    html: { type: 'boolean' },
    json: { type: 'boolean' },
    output: { type: 'string', short: 'o' },
    bytes: { type: 'string' },
    color: { type: 'boolean' },
  });
}

function wholeNumber(option: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Misuse(`expected a number or "all" for ${option}, got ${JSON.stringify(text)}`);
}

/** Larger inputs are no single connections that anybody would read. */
const maxInput = 2 ** 28;

async function readBytes(path: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of path === '-' ? process.stdin : createReadStream(path)) {
      parts.push(part);
      length += part.length;
      if (length > maxInput)
        throw new Failure(`expected at most ${maxInput} bytes in ${nameOf(path)}, got more`);
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`cannot read ${nameOf(path)}: ${reasonOf(error)}`);
  }
  return concatAll(parts);
}

async function readKeyLog(path: string | undefined): Promise<string> {
  return path === undefined ? '' : new TextDecoder().decode(await readBytes(path));
}

async function readConnections(path: string): Promise<Input> {
  const bytes = await readBytes(path);
  try {
    return readInput(bytes);
  } catch (error) {
    if (error instanceof RangeError) throw new Failure(`${nameOf(path)}: ${error.message}`);
    throw error;
  }
}

/** The connections that were asked for, each once, with their numbers. */
function choose(
  { connections }: Input,
  wanted: readonly string[],
): readonly (readonly [number, InputConnection])[] {
  const numbers = wanted.includes('all')
    ? connections.map((_, i) => i + 1)
    : [...new Set(wanted.map((text) => wholeNumber('--connection', text)))];
  return numbers.map((number) => {
    const connection = connections[number - 1];
    if (connection !== undefined) return [number, connection] as const;
    const there = connections.length === 1 ? 'there is one' : `there are ${connections.length}`;
    throw new Failure(`expected a connection of the input, got number ${number}: ${there}`);
  });
}

function traced({ input, notes }: InputConnection, keyLog: KeyLog, path: string): Trace {
  const trace = traceConnection(input, { keyLog });
  if (trace.records.every(({ type }) => type === 'foreign')) {
    throw new Failure(`${nameOf(path)}: expected records of TLS, found none`);
  }
  return { ...trace, notes: [...notes, ...trace.notes] };
}

function render(chosen: readonly Chosen[], { connections }: Input, { form, color, bytes }: Options): string {
  const traces = chosen.map(({ trace }) => trace);
  const ends = chosen.map(({ connection }) => connection.ends);
  switch (form) {
    case 'json':
      return `${JSON.stringify(
        traces.map((trace, i) => ({ ...ends[i], ...trace })),
        undefined,
        2,
      )}\n`;
    case 'html':
      return renderHtml(traces, { ends });
    case 'text':
      return chosen
        .map(({ number, trace }, i) => {
          const who = ends[i] === undefined ? '' : `, ${ends[i].client} to ${ends[i].server}`;
          const title =
            connections.length === 1 ? '' : `Connection ${number} of ${connections.length}${who}\n\n`;
          return `${title}${renderText(trace, { color, bytes, width: width() })}`;
        })
        .join('\n');
    default:
      return form satisfies never;
  }
}

function width(): number {
  return Math.min(process.stdout.columns ?? 100, 160);
}

function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path;
}
