/** NSS, the stack of Firefox: strsclnt and selfserv, which count the hits of their session caches. */

import { join } from 'node:path';
import { run, start } from './command.ts';
import type { Peer, Stage, Words } from './peer.ts';

/** The suite by its number, as the commands want it. */
function suiteOf({ suite }: Stage): string {
  return `:${suite.id.toString(16).padStart(4, '0')}`;
}

/** A database with the authority that is trusted, or with the certificate and its key. */
async function database(stage: Stage, holds: 'authority' | 'certificate'): Promise<string> {
  const folder = `sql:${stage.folder}`;
  await run('certutil', ['-N', '-d', folder, '--empty-password']);
  if (holds === 'authority') {
    await run('certutil', ['-A', '-d', folder, '-n', 'authority', '-t', 'C,,', '-a', '-i', stage.authority]);
    return folder;
  }
  const file = join(stage.folder, 'own.p12');
  const own = [
    '-in',
    stage.certificate,
    '-inkey',
    stage.key,
    '-name',
    'own',
    '-passout',
    'pass:own',
    '-out',
    file,
  ];
  await run('openssl', ['pkcs12', '-export', ...own]);
  await run('pk12util', ['-i', file, '-d', folder, '-W', 'own', '-K', '']);
  return folder;
}

/** It counts the hits and misses so far, again and again. */
function wordsIn(text: string): Words {
  const counted = [...text.matchAll(/(\d+) cache hits; (\d+) cache misses/g)].at(-1) ?? [];
  const [, hits = 0, misses = 0] = counted.map(Number);
  return [...new Array<boolean>(misses).fill(false), ...new Array<boolean>(hits).fill(true)];
}

export const nss: Peer = {
  name: 'NSS',
  commands: ['strsclnt', 'selfserv', 'certutil', 'pk12util', 'openssl'],
  version: ['dpkg-query', '--show', 'libnss3-tools'],

  async serve(stage) {
    const folder = await database(stage, 'certificate');
    const server = await start(
      'selfserv',
      ['-p', `${stage.port}`, '-d', folder, '-n', 'own', '-V', 'tls1.2:tls1.2', '-v', '-c', suiteOf(stage)],
      stage.port,
    );
    return {
      words: async (received) => {
        await server.prints(/cache misses/, received.length);
        return wordsIn(server.output);
      },
      stop: server.stop,
    };
  },

  async visit(stage, port) {
    const folder = await database(stage, 'authority');
    // One connection after the other: the first is made alone, and then as many as are asked for.
    const options = ['-p', `${port}`, '-d', folder, '-c', '2', '-t', '1', '-V', 'tls1.2:tls1.2', '-4', '-q'];
    return wordsIn(await run('strsclnt', [...options, '-C', suiteOf(stage), 'localhost']));
  },
};
