/**
 * `reprise trace` as a process: what it reads, in which forms it shows it, and how it ends.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderHtml, renderText, traceConnection } from 'reprise-tls/trace';
import { afterAll, describe, expect, test } from 'vitest';
import { concat, hex, utf8 } from '../../src/wire/bytes.ts';
import { packetOf, pcapngOf, syn } from '../support/captures.ts';
import { overhear } from '../support/overheard.ts';
import { program, Workplace } from '../support/program.ts';

const workplace = new Workplace();
afterAll(() => workplace.dispose());

const full = await overhear('full');
const abbreviated = await overhear('abbreviated');
const stream = concat(...abbreviated.segments.map(({ bytes }) => bytes));
const fromStream = traceConnection(stream, { keyLog: abbreviated.keyLog });

/** Both connections, one after the other, without the key log. */
function capture(): Uint8Array {
  const packets = [full, abbreviated].flatMap(({ segments }, i) => {
    const port = 40_000 + i;
    const next = { client: 1, server: 1 };
    const data = segments.map(({ from, bytes }) => {
      const sequenceNumber = next[from];
      next[from] += bytes.length;
      return { from, sequenceNumber, payload: bytes, port };
    });
    return [
      { from: 'client' as const, sequenceNumber: 0, payload: new Uint8Array(0), flags: syn, port },
      ...data,
    ];
  });
  const frames = packets.map((packet) => ({ bytes: packetOf(packet, 4), time: 0 }));
  return pcapngOf(frames, { linkType: 101, littleEndian: true, nanoseconds: false });
}

describe.concurrent('reprise trace', () => {
  const bytes = workplace.file('connection.bin', stream);
  const keys = workplace.file('keys.txt', `${full.keyLog}\n${abbreviated.keyLog}\n`);
  workplace.file('text.txt', 'no digits\n');
  const pcapng = workplace.file('connections.pcapng', capture());

  test('shows bytes as text, opened with the key log', async () => {
    const expected = renderText(fromStream);
    expect(await workplace.reprise(['trace', bytes, '--keylog', keys])).toEqual({
      status: 0,
      stdout: expected,
      stderr: '',
    });
  });

  test('reads hexadecimal digits from standard input, and shows them in colour where it is asked to', async () => {
    const input = utf8(abbreviated.segments.map(({ from, bytes }) => `${from}: ${hex(bytes)}\n`).join(''));
    const { status, stdout } = await workplace.reprise(['trace', '-', '--color', '--bytes', 'all'], {
      input,
      env: { NO_COLOR: '1' },
    });
    const trace = traceConnection(abbreviated.segments);
    expect(status).toBe(0);
    expect(stdout).toBe(renderText(trace, { color: true, bytes: Number.POSITIVE_INFINITY }));
  });

  test('writes a page that is the library’s own, to a file where one is named', async () => {
    expect(await workplace.reprise(['trace', bytes, '--html', '-o', 'page.html'])).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
    expect(readFileSync(join(workplace.folder, 'page.html'), 'utf8')).toBe(
      renderHtml([traceConnection(stream)], { ends: [undefined] }),
    );
  });

  test('of a capture shows the first connection, the one that is named, or all side by side', async () => {
    const first = await workplace.reprise(['trace', pcapng]);
    expect(first.stdout).toMatch(/^Connection 1 of 2, 192\.0\.2\.1:40000 to 192\.0\.2\.2:443\n/);
    const second = await workplace.reprise([
      'trace',
      pcapng,
      '--connection',
      '2',
      '--json',
      '--keylog',
      keys,
    ]);
    expect(JSON.parse(second.stdout)).toEqual([
      {
        client: '192.0.2.1:40001',
        server: '192.0.2.2:443',
        ...traceConnection(
          abbreviated.segments.map((segment) => ({ ...segment, time: 0 })),
          { keyLog: abbreviated.keyLog },
        ),
      },
    ]);
    const page = await workplace.reprise(['trace', pcapng, '--connection', 'all', '--html']);
    expect(page.stdout).toContain('1. Full handshake');
    expect(page.stdout).toContain('2. Abbreviated handshake');
  });

  test.each([
    ['a file that is not there', ['trace', 'nowhere'], 'cannot read nowhere: no such file or directory'],
    ['a folder', ['trace', '.'], 'cannot read .: illegal operation on a directory'],
    ['a key log in its place', ['trace', 'keys.txt'], 'keys.txt: expected a connection, got a key log'],
    [
      'text that is no digits',
      ['trace', 'text.txt'],
      'text.txt: expected hexadecimal digits in line 1, found "n"',
    ],
    [
      'a connection that is not there',
      ['trace', 'connections.pcapng', '--connection', '3'],
      'expected a connection of the input, got number 3: there are 2',
    ],
    [
      'a folder to write to',
      ['trace', 'connection.bin', '-o', '.'],
      'cannot write .: illegal operation on a directory',
    ],
  ])('ends with status 1 and one sentence on %s', async (_, args, sentence) => {
    expect(await workplace.reprise(args)).toEqual({
      status: 1,
      stdout: '',
      stderr: `reprise trace: ${sentence}\n`,
    });
  });

  test('ends with status 1 where there is no TLS in what it is given', async () => {
    const { status, stderr } = await workplace.reprise(['trace', '-'], {
      input: Uint8Array.of(1, 2, 200, 255),
    });
    expect([status, stderr]).toEqual([
      1,
      'reprise trace: standard input: expected records of TLS, found none\n',
    ]);
    const nothing = await workplace.reprise(['trace', '-'], { input: new Uint8Array(0) });
    expect(nothing.stderr).toBe('reprise trace: standard input: expected a connection, got nothing\n');
  });

  test.each([
    ['no file', ['trace'], 'expected a FILE, or - for standard input'],
    ['two files', ['trace', 'a', 'b'], 'expected one FILE, got 2'],
    ['two forms', ['trace', 'a', '--html', '--json'], 'expected --html or --json, got both'],
    ['an option that nobody knows', ['trace', 'a', '--colour'], "Unknown option '--colour'"],
    [
      'a number that is none',
      ['trace', 'connections.pcapng', '--connection', '0'],
      'expected a number or "all" for --connection, got "0"',
    ],
  ])('ends with status 2, and says where to read on, with %s', async (_, args, sentence) => {
    expect(await workplace.reprise(args)).toEqual({
      status: 2,
      stdout: '',
      stderr: `reprise trace: ${sentence} (reprise trace --help)\n`,
    });
  });

  test('may be cut off by whoever reads it', async () => {
    const piped = ['sh', '-c', '"$0" "$@" | head -n 1', ...program];
    const { status, stdout, stderr } = await workplace.run([...piped, 'trace', bytes, '--bytes', 'all']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n')).toHaveLength(2);
  });
});

describe.concurrent('reprise', () => {
  test('says which version it is, and what its commands do', async () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await workplace.reprise(['--version'])).toEqual({
      status: 0,
      stdout: `${manifest.version}\n`,
      stderr: '',
    });
    expect((await workplace.reprise(['--help'])).stdout).toMatch(
      /^Reprise: .*\n\n {2}reprise connect {2}\S.*\n {2}reprise serve {4}\S.*\n {2}reprise trace {4}\S/,
    );
    expect((await workplace.reprise(['trace', '--help'])).stdout).toMatch(
      /^reprise trace FILE \[options\]\n/,
    );
  });

  test('ends with status 2 without a command, and with one that it does not know', async () => {
    expect(await workplace.reprise([])).toMatchObject({ status: 2, stdout: '' });
    const { status, stderr } = await workplace.reprise(['tarce']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^reprise: expected a command, got "tarce"\n\nReprise: /);
  });
});
