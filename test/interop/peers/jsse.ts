/** JSSE, the stack of Java, through a small program of ours beside this file. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { run, start } from './command.ts';
import type { Peer, Words } from './peer.ts';

const source = fileURLToPath(new URL('Jsse.java', import.meta.url));
let classes: Promise<string> | undefined;

/** Compiled once, into a folder that goes with the tests of the file. */
function compiled(): Promise<string> {
  classes ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reprise-jsse-'));
    await run('javac', ['-d', folder, source]);
    return folder;
  })();
  return classes;
}

afterAll(async () => {
  if (classes !== undefined) rmSync(await classes, { recursive: true });
});

async function options(): Promise<string[]> {
  return [
    '-Xshare:auto',
    '-XX:TieredStopAtLevel=1',
    '-Djdk.tls.client.enableSessionTicketExtension=false',
    '-Djdk.tls.server.enableSessionTicketExtension=false',
    ...['-cp', await compiled(), 'Jsse'],
  ];
}

function wordsIn(text: string): Words {
  return [...text.matchAll(/^(new|resumed) session/gm)].map(([, word]) => word === 'resumed');
}

export const jsse: Peer = {
  name: 'JSSE',
  commands: ['java', 'javac'],
  version: ['java', '-version'],

  async serve({ suite, certificate, key, port }) {
    const server = await start('java', [
      ...(await options()),
      'serve',
      `${port}`,
      suite.name,
      certificate,
      key,
    ]);
    await server.prints(/^ready/);
    return {
      words: async (received) => {
        await server.prints(/^(new|resumed) session/, received.length);
        return wordsIn(server.output);
      },
      stop: server.stop,
    };
  },

  async visit({ suite, authority }, port) {
    return wordsIn(await run('java', [...(await options()), 'visit', `${port}`, suite.name, authority]));
  },
};
