/** stunnel, which says of each connection whether it was negotiated anew or a previous session was reused. */

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { opensslSuite } from '../rows.ts';
import { type Background, run, start } from './command.ts';
import type { Peer, Stage, Words } from './peer.ts';

function stunnel(stage: Stage, service: readonly string[]): Promise<Background> {
  const file = join(stage.folder, 'stunnel.conf');
  const lines = [
    'foreground = yes',
    'debug = info',
    'pid =',
    '[tests]',
    ...service,
    'sslVersion = TLSv1.2',
    'options = NO_TICKET',
    `ciphers = ${opensslSuite(stage.suite)}`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return start('stunnel4', [file], stage.port);
}

function wordsIn(text: string): Words {
  const said = text.matchAll(/TLS (?:accepted|connected): (new session negotiated|previous session reused)/g);
  return [...said].map(([, word]) => word === 'previous session reused');
}

export const stunnelPeer: Peer = {
  name: 'stunnel',
  commands: ['stunnel4', 'curl'],
  version: ['sh', '-c', 'stunnel4 -version 2>&1'],

  async serve(stage) {
    const { certificate, key, port } = stage;
    // What it carries the plaintext to.
    const inner = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('hello\n'));
    }).listen(0, '127.0.0.1');
    await once(inner, 'listening');
    const { port: innerPort } = inner.address() as AddressInfo;
    const server = await stunnel(stage, [
      `accept = 127.0.0.1:${port}`,
      `connect = 127.0.0.1:${innerPort}`,
      `cert = ${certificate}`,
      `key = ${key}`,
    ]);
    return {
      words: async (received) => {
        await server.prints(/TLS accepted: /, received.length);
        return wordsIn(server.output);
      },
      stop: async () => {
        inner.close();
        await server.stop();
      },
    };
  },

  async visit(stage, port) {
    const client = await stunnel(stage, [
      'client = yes',
      `accept = 127.0.0.1:${stage.port}`,
      `connect = 127.0.0.1:${port}`,
      `CAfile = ${stage.authority}`,
      'verifyChain = yes',
      'checkHost = localhost',
      'sni = localhost',
    ]);
    try {
      // That it listens was found out by a connection of its own, which it carried to us as well: the first.
      const page = () => run('curl', ['--silent', '--noproxy', '*', `http://127.0.0.1:${stage.port}/`]);
      await client.prints(/TLS connected: /, 1);
      await page();
      await client.prints(/TLS connected: /, 2);
      return wordsIn(client.output);
    } finally {
      await client.stop();
    }
  },
};
