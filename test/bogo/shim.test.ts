/**
 * The shim as the runner starts it, before a runner that is node:tls on the loopback: what it says, what it sends, how it
 * exits. And that the record of the last run holds together: every test that is left out has its reason, and RESULTS.md
 * says what `results.json` says.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthority } from '../support/issuer.ts';
import { remembering, sessionIds } from '../support/node-tls.ts';
import { bundleShim } from './bundle.ts';
import { disabling, matches, outcomes, readConfig, readResults, selected } from './record.ts';

const folder = mkdtempSync(join(tmpdir(), 'reprise-bogo-'));
const shim = join(folder, 'shim.mjs');
const authority = createAuthority();
const { chainPem: cert, privateKeyPem: key } = authority.issue({ dnsNames: ['server.example'] });
const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];

/** More than a number holds: the runner's IDs have 64 bits. */
const shimId = 0xfedc_ba98_7654_3210n;

beforeAll(async () => {
  await bundleShim(shim);
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...flags: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [shim, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { status, stdout, stderr };
}

/** The runner's end of the protocol: it listens, takes the shim's ID, and then speaks TLS in the other role. */
async function runner(
  serve: (socket: Socket) => void,
  ...flags: readonly string[]
): Promise<Ended & { ids: bigint[] }> {
  const ids: bigint[] = [];
  const server: Server = createServer(async (socket) => {
    while (socket.readableLength < 8) await once(socket, 'readable');
    ids.push((socket.read(8) as Buffer).readBigUInt64LE());
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    return { ...(await run('-port', `${port}`, '-shim-id', `${shimId}`, ...flags)), ids };
  } finally {
    server.close();
  }
}

/** Writes, waits for what comes back, and ends. */
function echo(peer: tls.TLSSocket, words: string, seen: { resumed: boolean; reply: string }[]): void {
  let reply = Buffer.alloc(0);
  peer.write(words);
  peer.on('data', (chunk) => {
    reply = Buffer.concat([reply, chunk]);
    if (reply.length < words.length) return;
    seen.push({ resumed: peer.isSessionReused(), reply: reply.map((byte) => byte ^ 0xff).toString() });
    peer.end();
  });
}

/** A server of node:tls as the runner is one: for each connection of a shim that is a client. */
function serving(seen: { resumed: boolean; reply: string }[]): (socket: Socket) => void {
  const server = remembering(tls.createServer({ ...sessionIds, cert, key }), new Map());
  server.on('secureConnection', (peer) => echo(peer, 'from the runner', seen));
  return (socket) => server.emit('connection', socket);
}

/** A client of node:tls that resumes what it can: for each connection of a shim that is a server. */
function visiting(seen: { resumed: boolean; reply: string }[]): (socket: Socket) => void {
  let session: Buffer | undefined;
  return (socket) => {
    const known = session === undefined ? {} : { session };
    const ca = authority.certificatePem;
    const peer = tls.connect({ ...sessionIds, ...known, socket, servername: 'server.example', ca });
    peer.on('session', (given) => {
      session = given;
    });
    peer.on('secureConnect', () => echo(peer, 'from the runner', seen));
  };
}

const asServer = ['-server', '-cert-file', certFile, '-key-file', keyFile];
const roles = [
  ['client', serving, []],
  ['server', visiting, asServer],
] as const;
const full = { resumed: false, reply: 'from the runner' };
const resumed = { resumed: true, reply: 'from the runner' };

describe('the shim, before the runner', () => {
  test('answers that it knows no handshaker', async () => {
    expect(await run('-is-handshaker-supported')).toEqual({ status: 0, stdout: 'No\n', stderr: '' });
  });

  test.each<[what: string, flags: string[]]>([
    ['a flag that it does not have', ['-psk', 'secret']],
    ['a flag of one connection that it does not have', ['-on-resume-enable-channel-id']],
    ['a flag with the name of a property of every object', ['-constructor']],
    ['versions without TLS 1.2', ['-min-version', '772']],
    ['groups of which it has none', ['-curves', '4588']],
  ])('exits with 89 on %s', async (_, flags) => {
    const { status, stdout, stderr } = await run(...flags);
    expect({ status, stdout }).toEqual({ status: 89, stdout: '' });
    expect(stderr).toMatch(/^unimplemented: /);
  });

  test.each(roles)('as a %s gives its ID, and sends every byte back inverted', async (_, peer, flags) => {
    const seen: (typeof full)[] = [];
    const ended = await runner(peer(seen), ...flags, '-check-close-notify');
    expect(ended).toEqual({ status: 0, stdout: '', stderr: '', ids: [shimId] });
    expect(seen).toEqual([full]);
  });

  test.each(roles)('as a %s resumes, connection for connection', async (_, peer, flags) => {
    const seen: (typeof full)[] = [];
    const ended = await runner(peer(seen), ...flags, '-resume-count', '2', '-async');
    expect(ended).toEqual({ status: 0, stdout: '', stderr: '', ids: [shimId, shimId, shimId] });
    expect(seen).toEqual([full, resumed, resumed]);
  });

  test.each(roles)(
    'as a %s exits with 90 where a flag expects what is not so, so that the test fails whatever it wants',
    async (_, peer, flags) => {
      const seen: (typeof full)[] = [];
      const ended = await runner(
        peer(seen),
        ...flags,
        '-resume-count',
        '1',
        '-on-resume-expect-session-miss',
      );
      expect(ended).toMatchObject({ status: 90, stdout: '' });
      expect(ended.stderr).toContain('a resumption: expected false, got true');
    },
  );

  test('exits with 1 where the connection fails, and says why in the words of the ErrorMap', async () => {
    const { status, stderr } = await runner((socket) => socket.end('GET / HTTP/1.0\r\n\r\n'), ...asServer);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^ended by record-type: .*\nalert sent: unexpected_message\n$/);
  });
});

describe('the record of the last run', () => {
  const config = readConfig();
  const results = readResults();
  const groups = Object.entries(results.groups);
  const tests = groups.flatMap(([, group]) => selected(group));
  const page = readFileSync(new URL('RESULTS.md', import.meta.url), 'utf8');

  test('gives a reason for each pattern that disables tests, and has tests for each', () => {
    for (const [pattern, reason] of Object.entries(config.DisabledTests)) {
      expect(reason, pattern).toMatch(/\w+ \w+/);
      expect(
        tests.some((test) => matches(pattern, test)),
        pattern,
      ).toBe(true);
    }
  });

  test('counts as disabled what a pattern disables and nothing else, each test once', () => {
    expect(new Set(tests).size).toBe(tests.length);
    for (const [, group] of groups) {
      for (const outcome of outcomes) {
        for (const test of group[outcome]) {
          expect(disabling(test, config) !== undefined, test).toBe(outcome === 'disabled');
        }
      }
    }
  });

  test('has no failure', () => {
    expect(groups.flatMap(([, { failed }]) => failed)).toEqual([]);
  });

  test('says in RESULTS.md what results.json says', () => {
    expect(page).toContain(`commit \`${results.commit}\``);
    expect(page).toContain(results.date);
    for (const [name, group] of groups) {
      const counts = [selected(group).length, ...outcomes.map((outcome) => group[outcome].length)];
      expect(page).toContain(
        `| ${[name, ...counts.map((count) => count.toLocaleString('en-US'))].join(' | ')} |`,
      );
    }
  });

  test('counts in RESULTS.md, for each reason, the tests that are disabled for it', () => {
    const counts = new Map<string, number>();
    for (const test of groups.flatMap(([, group]) => group.disabled)) {
      const reason = config.DisabledTests[disabling(test, config) ?? ''] ?? '';
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    for (const [reason, count] of counts) expect(page).toContain(`| ${reason} | ${count} |`);
  });

  test('explains in RESULTS.md as many unimplemented tests as there are', () => {
    const [, section = ''] = page.split('## Not implemented\n');
    const [rows = ''] = section.split('\n## ');
    const counts = [...rows.matchAll(/^\| .* \| (\d+) \|$/gm)].map(([, count]) => Number(count));
    const unimplemented = groups.flatMap(([, group]) => group.unimplemented);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(unimplemented.length);
  });
});
