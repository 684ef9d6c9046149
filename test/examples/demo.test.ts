/**
 * The demo does what it says and shows it legibly.
 */

import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

describe('npm run demo', () => {
  let demo: SpawnSyncReturns<string>;

  beforeAll(() => {
    const tsx = createRequire(import.meta.url).resolve('tsx/cli');
    const file = fileURLToPath(new URL('demo.ts', import.meta.url));
    demo = spawnSync(process.execPath, [tsx, file], { encoding: 'utf8' });
  });

  it('checks every claim, in both roles, and ends with status 0', () => {
    expect(demo.stderr).toBe('');
    expect(demo.stdout.match(/^[✓✗]/gm)).toEqual(new Array(14).fill('✓'));
    expect(demo.status).toBe(0);
  });

  it('fits into 80 columns, and has no colours where nobody sees them', () => {
    expect(demo.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(demo.stdout).not.toContain('\u001b');
  });
});
