/** curl, which resumes within one call. Its log names each message: a handshake without Certificate was abbreviated. */

import { opensslSuite } from '../rows.ts';
import { run } from './command.ts';
import type { Peer } from './peer.ts';

export const curl: Peer = {
  name: 'curl',
  commands: ['curl'],
  version: ['curl', '--version'],

  async visit({ suite, authority }, port) {
    const site = `https://localhost:${port}`;
    const text = await run('curl', [
      ...[
        '--silent',
        '--show-error',
        '--verbose',
        '--noproxy',
        '*',
        '--tlsv1.2',
        '--tls-max',
        '1.2',
        '--cacert',
        authority,
      ],
      ...[
        '--ciphers',
        opensslSuite(suite),
        '--header',
        'Connection: close',
        `${site}/first`,
        `${site}/second`,
      ],
    ]);
    const [, ...connections] = text.split('TLS handshake, Client hello');
    return connections.map((log) => !log.includes('TLS handshake, Certificate'));
  },
};
