/**
 * Chromium without a window: it loads a page, and the pictures in it, each over a connection of its own. Its log has
 * every handshake message: a handshake without Certificate was abbreviated.
 */

import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.ts';
import type { Peer } from './peer.ts';

/** HandshakeType (RFC 5246 §7.4) */
const [serverHello, certificate] = [2, 11];

interface NetLog {
  readonly constants: { readonly logEventTypes: Readonly<Record<string, number>> };
  readonly events: readonly {
    readonly type: number;
    readonly source: { readonly id: number };
    readonly params?: { readonly type?: number };
  }[];
}

export const chromium: Peer = {
  name: 'Chromium',
  commands: ['chromium'],
  // It opens one ahead of its need, and a picture may come over that.
  connectsAtWill: true,
  version: ['chromium', '--version'],

  async visit(stage, port) {
    const log = join(stage.folder, 'net-log.json');
    await run('chromium', [
      ...[
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-sync',
      ],
      ...['--disable-background-networking', '--disable-component-update', `--user-data-dir=${stage.folder}`],
      ...['--ssl-version-max=tls1.2', `--ignore-certificate-errors-spki-list=${pinOf(stage.certificate)}`],
      ...[`--log-net-log=${log}`, '--net-log-capture-mode=Everything'],
      ...['--dump-dom', `https://127.0.0.1:${port}/`],
    ]);
    const { constants, events } = JSON.parse(readFileSync(log, 'utf8')) as NetLog;
    const connections = new Map<number, (number | undefined)[]>();
    for (const { type, source, params } of events) {
      if (type !== constants.logEventTypes['SSL_HANDSHAKE_MESSAGE_RECEIVED']) continue;
      connections.set(source.id, [...(connections.get(source.id) ?? []), params?.type]);
    }
    return [...connections.values()]
      .filter((messages) => messages.includes(serverHello))
      .map((messages) => !messages.includes(certificate));
  },
};

/** SHA-256 of the public key, by which the browser is told to trust it although it does not know its authority. */
function pinOf(file: string): string {
  const { publicKey } = new X509Certificate(readFileSync(file));
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}
