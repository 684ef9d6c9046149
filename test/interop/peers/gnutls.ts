/** GnuTLS: gnutls-cli, which can come back by itself, and gnutls-serv, whose page shows the session's ID. */

import { run, start } from './command.ts';
import { type Peer, partsOf, type Stage } from './peer.ts';

/** TLS 1.2 with this suite alone, as GnuTLS puts one together. */
function priority({ suite }: Stage): string {
  const { authentication, cipher } = partsOf(suite);
  const names = {
    AES_128_GCM: 'AES-128-GCM',
    AES_256_GCM: 'AES-256-GCM',
    CHACHA20_POLY1305: 'CHACHA20-POLY1305',
  };
  const suites = `-KX-ALL:+ECDHE-${authentication}:-CIPHER-ALL:+${names[cipher as keyof typeof names]}`;
  return `NORMAL:-VERS-ALL:+VERS-TLS1.2:%NO_TICKETS:${suites}`;
}

export const gnutls: Peer = {
  name: 'GnuTLS',
  commands: ['gnutls-cli', 'gnutls-serv'],
  version: ['gnutls-cli', '--version'],

  async serve(stage) {
    const { certificate, key, port } = stage;
    const server = await start(
      'gnutls-serv',
      ['--http', `--port=${port}`, `--x509certfile=${certificate}`, `--x509keyfile=${key}`].concat(
        `--priority=${priority(stage)}`,
      ),
      port,
    );
    return {
      // It does not name a session resumed: it shows the same ID again.
      words: (received) => {
        const shown = received.map((page) => /Session ID: <i>(\w+)</.exec(page)?.[1]);
        return shown.map((sessionId, i) => sessionId !== undefined && shown.indexOf(sessionId) < i);
      },
      stop: server.stop,
    };
  },

  async visit(stage, port) {
    const text = await run(
      'gnutls-cli',
      ['--resume', `--x509cafile=${stage.authority}`, `--port=${port}`, 'localhost'].concat(
        `--priority=${priority(stage)}`,
      ),
      { input: 'GET / HTTP/1.0\r\n\r\n' },
    );
    const [first = '', second] = text.split('- Connecting again');
    return [first, ...(second === undefined ? [] : [second])].map((said) =>
      said.includes('This is a resumed session'),
    );
  },
};
