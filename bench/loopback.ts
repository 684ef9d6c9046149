/**
 * `reprise-tls/node` beside `node:tls` as their users have them: sockets over TCP on the loopback, client and server in
 * this process. Resumed handshakes a second, from a new connection to both ends secure; and how fast bytes go through one
 * connection.
 */

import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { SecureContextOptions } from '../src/node/index.ts';
import { createAuthority } from '../test/support/issuer.ts';
import { expectKind, type SuiteName } from './contestants/contestant.ts';
import { createServer, optionsFor } from './contestants/node-tls.ts';
import { type MeasureOptions, measure, median, type Task } from './measure.ts';
import { printRates, round } from './table.ts';

/** The build, as users get it. */
const built = (path: string): string => new URL(`../dist/${path}`, import.meta.url).href;
const reprise: typeof import('../src/node/index.ts') = await import(built('node/index.js'));
const { nodeCrypto }: typeof import('../src/node-crypto/index.ts') = await import(
  built('node-crypto/index.js')
);

/** Medians: handshakes, and megabytes, a second. */
export type LoopbackReport = Record<'resumed' | 'bulk', Record<string, number>>;

const serverName = 'bench.example';
const megabyte = Buffer.alloc(1_000_000, 'reprise ');
const megabytes = 4;

export async function loopbackBenchmark(
  suiteName: SuiteName,
  options: MeasureOptions,
): Promise<LoopbackReport> {
  const ends = await Promise.all([
    repriseEnds('reprise', suiteName),
    repriseEnds('with node-crypto', suiteName, { crypto: nodeCrypto }),
    nodeEnds(suiteName),
  ]);
  const report: LoopbackReport = { resumed: {}, bulk: {} };
  const titles = {
    resumed: `resumed handshakes a second over TCP, ${suiteName}`,
    bulk: `megabytes a second through one connection over TCP, ${suiteName}`,
  };
  for (const kind of ['resumed', 'bulk'] as const) {
    const tasks = ends.map(({ name, ...task }): Task => ({ name, run: task[kind] }));
    const results = await measure(tasks, options);
    const unit = kind === 'bulk' ? megabytes : 1;
    const scaled = results.map(({ name, rates }) => ({ name, rates: rates.map((rate) => rate * unit) }));
    printRates(titles[kind], scaled);
    for (const { name, rates } of scaled) report[kind][name] = round(median(rates));
  }
  for (const { close } of ends) close();
  return report;
}

interface Ends {
  readonly name: string;
  resumed(): Promise<void>;
  bulk(): Promise<void>;
  close(): void;
}

/** Either library's sockets, as far as they are alike. */
type Socket = Duplex & { isSessionReused(): boolean; getSession(): Buffer | undefined };

function repriseEnds(name: string, suiteName: SuiteName, more: SecureContextOptions = {}): Promise<Ends> {
  const { ciphers, ecdhCurve } = optionsFor(suiteName);
  const { ca, ...own } = credential();
  const server = reprise.createServer({ ciphers, ecdhCurve, ...own, ...more });
  const secureContext = reprise.createSecureContext({ ciphers, ecdhCurve, ca, ...more });
  return endsOf(name, server, (port, session) =>
    reprise.connect({ port, host: '127.0.0.1', servername: serverName, secureContext, session }),
  );
}

function nodeEnds(suiteName: SuiteName): Promise<Ends> {
  const options = optionsFor(suiteName);
  const { ca, ...own } = credential();
  const secureContext = tls.createSecureContext({ ...options, ca });
  return endsOf('node:tls', createServer({ ...options, ...own }), (port, session) =>
    tls.connect({ port, host: '127.0.0.1', servername: serverName, secureContext, session }),
  );
}

async function endsOf(
  name: string,
  server: Server,
  open: (port: number, session?: Buffer) => Socket,
): Promise<Ends> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const visit = async (session?: Buffer) => {
    const accepted = once(server, 'secureConnection');
    const client = open(port, session);
    const [[peer]] = await Promise.all([accepted, once(client, 'secureConnect')]);
    expectKind(name, session === undefined ? 'full' : 'resumed', client.isSessionReused());
    for (const socket of [client, peer]) socket.on('error', () => {});
    return { client, peer: peer as Socket };
  };
  const first = await visit();
  const session = first.client.getSession();
  const { client, peer } = first;
  return {
    name,
    resumed: async () => {
      const ends = await visit(session);
      const closed = once(ends.client, 'close');
      for (const socket of [ends.client, ends.peer]) socket.destroy();
      await closed;
    },
    bulk: async () => {
      let left = megabytes * megabyte.length;
      const arrived = new Promise<void>((resolve) => {
        peer.on('data', function count(bytes: Buffer) {
          left -= bytes.length;
          if (left > 0) return;
          peer.off('data', count);
          resolve();
        });
      });
      for (let i = 0; i < megabytes; i++) client.write(megabyte);
      await arrived;
    },
    close: () => {
      for (const socket of [client, peer]) socket.destroy();
      server.close();
    },
  };
}

function credential() {
  const authority = createAuthority();
  const { chainPem, privateKeyPem } = authority.issue({ keyType: 'ecdsa-p256', dnsNames: [serverName] });
  return { cert: chainPem, key: privateKeyPem, ca: authority.certificatePem };
}
