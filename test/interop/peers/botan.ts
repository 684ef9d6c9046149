/** Botan: tls_client, which keeps its sessions in a database, and tls_server, which sends back what it gets. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, start } from './command.ts';
import { type Peer, partsOf, type Stage } from './peer.ts';

/** A policy for this suite alone. */
function policy(stage: Stage): string {
  const { authentication, cipher } = partsOf(stage.suite);
  const names = {
    AES_128_GCM: 'AES-128/GCM',
    AES_256_GCM: 'AES-256/GCM',
    CHACHA20_POLY1305: 'ChaCha20Poly1305',
  };
  const lines = [
    'allow_tls10 = false',
    'allow_tls11 = false',
    'allow_tls12 = true',
    `ciphers = ${names[cipher as keyof typeof names]}`,
    `signature_methods = ${authentication}`,
    'key_exchange_methods = ECDH',
  ];
  const file = join(stage.folder, 'botan.policy');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

export const botan: Peer = {
  name: 'Botan',
  commands: ['botan'],
  version: ['botan', 'version'],

  async serve(stage) {
    const { certificate, key, port } = stage;
    const options = [certificate, key, `--port=${port}`, `--policy=${policy(stage)}`];
    const server = await start('botan', ['tls_server', ...options], port);
    return {
      words: async (received) => {
        await server.prints(/^Session ID/, received.length);
        const shown = [...server.output.matchAll(/^Session ID (\w+)/gm)].map(([, sessionId]) => sessionId);
        return shown.map((sessionId, i) => shown.indexOf(sessionId) < i);
      },
      stop: server.stop,
    };
  },

  async visit(stage, port) {
    const { authority, folder } = stage;
    const options = [
      'localhost',
      `--port=${port}`,
      `--trusted-cas=${authority}`,
      '--skip-system-cert-store',
      `--policy=${policy(stage)}`,
      `--session-db=${join(folder, 'sessions.db')}`,
      '--session-db-pass=test',
    ];
    const visit = () =>
      run('botan', ['tls_client', ...options], { input: 'GET / HTTP/1.0\r\n\r\n', hold: /close_notify/ });
    const shown = [await visit(), await visit()].map((text) => /^Session ID (\w+)/m.exec(text)?.[1]);
    return shown.map((sessionId, i) => sessionId !== undefined && shown.indexOf(sessionId) < i);
  },
};
