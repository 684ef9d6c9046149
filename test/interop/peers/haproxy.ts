/** HAProxy, which can be asked of either of its sides whether it was resumed. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { opensslSuite } from '../rows.ts';
import { type Background, run, start } from './command.ts';
import type { Peer, Stage } from './peer.ts';

/** With one thread, for each has sessions with servers of its own. */
function haproxy({ folder, port }: Stage, sections: readonly string[]): Promise<Background> {
  const file = join(folder, 'haproxy.cfg');
  const defaults = 'defaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n';
  writeFileSync(file, `global\n  nbthread 1\n${defaults}${sections.join('\n')}\n`);
  return start('haproxy', ['-db', '-f', file], port);
}

export const haproxyPeer: Peer = {
  name: 'HAProxy',
  commands: ['haproxy', 'curl'],
  version: ['haproxy', '-v'],

  async serve(stage) {
    const { suite, folder, certificate, key, port } = stage;
    const own = join(folder, 'own.pem');
    await run('sh', ['-c', `cat '${certificate}' '${key}' > '${own}'`]);
    const server = await haproxy(stage, [
      'frontend tls',
      `  bind 127.0.0.1:${port} ssl crt ${own} ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.2 no-tls-tickets ciphers ${opensslSuite(suite)}`,
      '  http-request return status 200 content-type text/plain lf-string "resumed: %[ssl_fc_is_resumed]\\n"',
    ]);
    return {
      words: (received) => received.map((page) => /^resumed: (.)$/m.exec(page)?.[1] === '1'),
      stop: server.stop,
    };
  },

  async visit(stage, port) {
    const { suite, authority } = stage;
    const server = await haproxy(stage, [
      'listen plain',
      `  bind 127.0.0.1:${stage.port}`,
      '  http-response set-header x-resumed %[ssl_bc_is_resumed]',
      `  server tls 127.0.0.1:${port} ssl sni str(localhost) verify required ca-file ${authority} ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.2 no-tls-tickets ciphers ${opensslSuite(suite)}`,
    ]);
    try {
      const visit = () =>
        run('curl', ['--silent', '--include', '--noproxy', '*', `http://127.0.0.1:${stage.port}/`]);
      return [await visit(), await visit()].map((page) => /^x-resumed: (.)/m.exec(page)?.[1] === '1');
    } finally {
      await server.stop();
    }
  },
};
