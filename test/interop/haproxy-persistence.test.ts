/**
 * HAProxy as README.md sets it up, before two Reprise servers that share nothing: it passes TLS on unread, sticks to
 * session IDs, and every returning client resumes.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '../support/ports.ts';
import { type Serving, serve } from '../support/tcp.ts';
import { share, visit } from '../support/visitors.ts';
import { start } from './peers/command.ts';
import { haproxyPeer } from './peers/haproxy.ts';
import { isInstalled } from './peers/peer.ts';
import { repriseServer } from './visits.ts';

const recipe = readFileSync(new URL('../examples/haproxy.cfg', import.meta.url), 'utf8');
const installed = isInstalled({ ...haproxyPeer, commands: ['haproxy'] });
const scale = { clients: 20, visits: 3 };

describe.skipIf(!installed)('behind HAProxy, returning clients of two servers that share nothing', () => {
  const ends: (() => unknown)[] = [];

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function setUp(config: string): Promise<{ port: number; servers: Serving[] }> {
    const servers = [await serve(repriseServer()), await serve(repriseServer())];
    ends.push(() => Promise.all(servers.map((server) => server.stop())));
    const port = await freePort();
    const ports: Readonly<Record<string, number | undefined>> = {
      4433: port,
      4434: servers[0]?.port,
      4435: servers[1]?.port,
    };
    const folder = mkdtempSync(join(tmpdir(), 'reprise-haproxy-'));
    ends.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(
      file,
      config.replace(/:(443\d)\b/g, (_, shown) => `:${ports[shown]}`),
    );
    const haproxy = await start('haproxy', ['-db', '-f', file], port);
    ends.push(haproxy.stop);
    return { port, servers };
  }

  test('all resume where it sticks to session IDs', async () => {
    const { port, servers } = await setUp(recipe);
    const [first = [], ...later] = await visit(port, scale);
    expect(share(first)).toBe(0);
    expect(later.map(share)).toEqual([1, 1]);
    for (const { infos } of servers) expect(infos.length).toBeGreaterThan(0);
  });

  test('resume as chance has it where it does not', async () => {
    const { port } = await setUp(recipe.replaceAll(/^ *stick .*$/gm, ''));
    const [, ...later] = await visit(port, scale);
    expect(share(later.flat())).toBeGreaterThan(0.2);
    expect(share(later.flat())).toBeLessThan(0.8);
  });
});
