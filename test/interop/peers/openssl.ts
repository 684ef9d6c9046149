/** OpenSSL's own commands, s_client and s_server, which name a session `New` or `Reused`. */

import { join } from 'node:path';
import { opensslSuite } from '../rows.ts';
import { run, start } from './command.ts';
import type { Peer, Words } from './peer.ts';

const word = /^(New|Reused), TLSv1\.2/gm;

export const openssl: Peer = {
  name: 'OpenSSL',
  commands: ['openssl'],
  version: ['openssl', 'version'],

  async serve({ suite, certificate, key, port }) {
    const server = await start(
      'openssl',
      // With -www it answers a request with a page that says how the connection came about.
      [
        's_server',
        '-accept',
        `127.0.0.1:${port}`,
        '-cert',
        certificate,
        '-key',
        key,
        '-tls1_2',
        '-no_ticket',
        '-www',
      ].concat('-cipher', opensslSuite(suite)),
      port,
    );
    return { words: (received) => received.flatMap(wordsIn), stop: server.stop };
  },

  async visit({ suite, folder, authority }, port) {
    const session = join(folder, 'session.pem');
    const visit = (...options: string[]) =>
      run(
        'openssl',
        [
          's_client',
          '-connect',
          `127.0.0.1:${port}`,
          '-servername',
          'localhost',
          '-tls1_2',
          '-no_ticket',
          '-ign_eof',
        ].concat('-CAfile', authority, '-verify_return_error', '-cipher', opensslSuite(suite), options),
        { input: 'GET / HTTP/1.0\r\n\r\n' },
      );
    const first = await visit('-sess_out', session);
    const second = await visit('-sess_in', session);
    return [first, second].flatMap(wordsIn);
  },
};

function wordsIn(text: string): Words {
  return [...text.matchAll(word)].map(([, said]) => said === 'Reused');
}
