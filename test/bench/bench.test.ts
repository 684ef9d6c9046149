/**
 * The benchmarks run, and print what they promise, with so little work that their numbers mean nothing; and what
 * bench/README.md shows is what was recorded.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetFor } from '../../bench/model.ts';
import { written } from '../../bench/record.ts';
import type { Recorded } from '../../bench/report.ts';
import { hasRedis } from '../support/redis-server.ts';
import { tsxArguments, tsxEnvironment } from '../support/tsx.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const bench = (name: string) => fileURLToPath(new URL(`../../bench/${name}`, import.meta.url));

const inMemory = ['reprise', 'reprise+node-crypto', 'node:tls', 'node-forge', 'lemon-tls', 'floor'];
const withoutLemon = inMemory.filter((name) => name !== 'lemon-tls');
const aRecordEach = withoutLemon.filter((name) => name !== 'node:tls');
const sockets = ['reprise', 'reprise+node-crypto', 'node:tls'];

/** What each prints in its last line with --json: titles, and what there is a number for under each. */
const shapes: Record<string, Record<string, readonly string[]>> = {
  handshake: { full: inMemory, resumed: inMemory },
  bulk: { bulk: inMemory, bulkChaCha20: withoutLemon, records: aRecordEach },
  loopback: { tcpFull: sockets, tcpResumed: sockets, tcpBulk: sockets },
  latency: { latencyFull: sockets, latencyResumed: sockets },
  crowd: { crowd: ['100', '1000'] },
  workers: {
    oneWorker: ['full', 'resumed', 'resumed, store of the parent'],
    twoWorkers: ['full', 'resumed', 'resumed, store of the parent'],
  },
  server: {
    serverFull: ['reprise', 'reprise+node-crypto'],
    serverResumed: ['reprise', 'reprise+node-crypto'],
  },
  peek: {
    clientHellos: ['peek', 'peek, in two pieces', 'full decoding'],
    sessionIds: ['made', 'opened', 'not one of ours'],
  },
  verification: {
    'ecdsa-p256': ['handshake', 'remembered', 'anew'],
    'rsa-2048': ['handshake', 'remembered', 'anew'],
  },
};

describe('npm run bench', () => {
  // Below node_modules, for the build to find what it is made of.
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(root, 'node_modules', '.reprise-bench-'));
    for (const project of ['src/tsconfig.json', 'src/tsconfig.node.json']) {
      const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
      execFileSync(process.execPath, [tsc, '-p', join(root, project), '--outDir', folder]);
    }
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true }));

  const tiny = [
    '--rounds',
    '1',
    '--slice',
    '1',
    '--warm-up',
    '1',
    '--sessions',
    '1000',
    '--connections',
    '2',
  ];
  function run(...more: readonly string[]) {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [...tsxArguments, bench('index.ts'), ...tiny, ...more, '--json'],
      { encoding: 'utf8', env: { ...tsxEnvironment, REPRISE_BUILD: folder } },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    return { tables: lines.slice(0, -1).join('\n'), figures: JSON.parse(lines.at(-1) ?? '') };
  }

  it.each(Object.entries(shapes))(
    '%s prints a table for each title, and a number in each row',
    (name, shape) => {
      const { tables, figures } = run(name);
      expect(Object.keys(figures)).toEqual(Object.keys(shape));
      for (const [title, rows] of Object.entries(shape)) {
        expect(Object.keys(figures[title]), title).toEqual(rows);
        for (const row of rows) {
          expect(figures[title][row], `${title}, ${row}`).toBeGreaterThan(0);
          expect(tables).toContain(row);
        }
      }
    },
    120_000,
  );

  it('memory says what is held, and what is allocated: below half a megabyte for a resumed handshake', () => {
    const { figures } = run('memory', '--only', 'reprise', '--connections', '30');
    expect(figures.held.reprise).toBeGreaterThan(1000);
    expect(figures.handshaking.reprise).toBeGreaterThan(1000);
    expect(Object.keys(figures.allocatedResumed)).toEqual(['reprise']);
    // Code that is not compiled yet allocates about twice what it does later.
    expect(figures.allocatedResumed.reprise).toBeGreaterThan(10_000);
    expect(figures.allocatedResumed.reprise).toBeLessThan(500_000);
  }, 120_000);

  it.skipIf(!hasRedis)(
    'redis says what a session costs there',
    () => {
      const { figures } = run('redis');
      expect(figures.redis['bytes of an entry']).toBeGreaterThan(figures.redis['bytes of a state']);
      expect(figures.redis['get, processor of Redis, microseconds']).toBeGreaterThan(0);
    },
    120_000,
  );

  it('profile says what the time goes to, of all of it', () => {
    const { figures } = run('profile', '--only', 'reprise');
    for (const [title, places] of Object.entries<Record<string, number>>(figures)) {
      const whole = Object.values(places).reduce((sum, percent) => sum + percent, 0);
      expect(whole, title).toBeGreaterThan(99);
      expect(whole, title).toBeLessThan(101);
    }
    expect(Object.keys(figures)).toHaveLength(2);
  }, 120_000);

  it('sessions fills stores up to the size that is asked for', () => {
    const { figures } = run('sessions');
    expect(Object.keys(figures.memory)).toEqual(['1000']);
    expect(figures.sealed.open).toBeGreaterThan(0);
  }, 120_000);

  it('refuses a benchmark that there is not', () => {
    const { status, stderr } = spawnSync(process.execPath, [...tsxArguments, bench('index.ts'), 'speed'], {
      encoding: 'utf8',
      env: { ...tsxEnvironment, REPRISE_BUILD: folder },
    });
    expect(status).toBe(2);
    expect(stderr).toContain('usage: npm run bench');
  });
});

describe('what bench/README.md shows', () => {
  const recorded: Recorded = JSON.parse(readFileSync(bench('recorded.json'), 'utf8'));

  it('is what was recorded, and so is its picture', () => {
    for (const [name, text] of Object.entries(written(recorded))) {
      expect(readFileSync(bench(name), 'utf8'), name).toBe(text);
    }
  });

  it('has a fleet whose sums can be done by hand', () => {
    const inputs = {
      full: 700,
      resumed: 70,
      get: 30,
      set: 100,
      storeGet: 5,
      storeSet: 10,
      entry: 500,
      state: 200,
    };
    const load = { handshakes: 1_000_000, returning: 0.75, busy: 0.5, lifetime: 1000, shard: 10e9 };
    expect(fleetFor(inputs, load)).toEqual({
      coresWithout: 1400,
      cores: 550,
      requests: 1_000_000,
      sessions: 250_000_000,
      memory: 125e9,
      traffic: 200e6,
      shards: 13,
    });
  });
});
