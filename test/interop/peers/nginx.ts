/** nginx, which tells in a variable whether a connection was resumed; and as a proxy, which tells it in its debug log. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { opensslSuite } from '../rows.ts';
import { type Background, run, start } from './command.ts';
import type { Peer, Stage } from './peer.ts';

/** One process in the foreground, with all of its files in the stage's folder. */
function nginx({ folder, port }: Stage, server: readonly string[]): Promise<Background> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${join(folder, kind)};`,
  );
  const lines = [
    'daemon off; master_process off;',
    `pid ${join(folder, 'nginx.pid')};`,
    `error_log ${join(folder, 'error.log')} debug;`,
    'events {}',
    `http { access_log off; ${temporary.join(' ')} server { ${server.join(' ')} } }`,
  ];
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return start('nginx', ['-p', folder, '-c', file, '-e', join(folder, 'error.log')], port);
}

export const nginxPeer: Peer = {
  name: 'nginx',
  commands: ['nginx', 'curl'],
  version: ['nginx', '-v'],

  async serve(stage) {
    const { suite, certificate, key, port } = stage;
    const server = await nginx(stage, [
      `listen 127.0.0.1:${port} ssl;`,
      `ssl_certificate ${certificate}; ssl_certificate_key ${key};`,
      `ssl_protocols TLSv1.2; ssl_ciphers ${opensslSuite(suite)};`,
      'ssl_session_cache shared:tests:1m; ssl_session_tickets off;',
      'keepalive_timeout 0; location / { return 200 "reused: $ssl_session_reused\\n"; }',
    ]);
    return {
      // `r` where it was, and `.` where it was not.
      words: (received) => received.map((page) => /^reused: (.)$/m.exec(page)?.[1] === 'r'),
      stop: server.stop,
    };
  },

  async visit(stage, port) {
    const { suite, folder, authority } = stage;
    const server = await nginx(stage, [
      `listen 127.0.0.1:${stage.port};`,
      `location / { proxy_pass https://127.0.0.1:${port}; proxy_ssl_name localhost; proxy_ssl_server_name on;`,
      `proxy_ssl_verify on; proxy_ssl_trusted_certificate ${authority};`,
      `proxy_ssl_protocols TLSv1.2; proxy_ssl_ciphers ${opensslSuite(suite)}; proxy_ssl_session_reuse on; }`,
    ]);
    try {
      const site = `http://127.0.0.1:${stage.port}/`;
      for (const _ of ['first', 'second']) await run('curl', ['--silent', '--noproxy', '*', site]);
    } finally {
      await server.stop();
    }
    const log = readFileSync(join(folder, 'error.log'), 'latin1');
    const [, ...connections] = log.split(/SSL: TLSv1\.2, cipher/);
    return connections.map((after) => after.slice(0, 1000).includes('SSL reused session'));
  },
};
