/**
 * `reprise-tls/node` beside `node:tls` as their users have them: sockets over TCP on the loopback, client and server in
 * this process. Handshakes a second, from a new connection to both ends secure; and how fast bytes go through one
 * connection.
 */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expectKind, type SuiteName } from './contestants/contestant.ts';
import { lineOf } from './contestants/node-tls.ts';
import { type Socket, type Sockets, socketsFor } from './contestants/sockets.ts';
import { type MeasureOptions, measure, type Task } from './measure.ts';
import { type Figures, mediansOf, printRates } from './table.ts';

const megabyte = Buffer.alloc(1_000_000, 'reprise ');
const megabytes = 4;

const titles = {
  tcpFull: 'full handshakes a second over TCP',
  tcpResumed: 'resumed handshakes a second over TCP',
  tcpBulk: 'megabytes a second through one connection over TCP',
} as const;
type Title = keyof typeof titles;

export async function loopbackBenchmark(
  suiteName: SuiteName,
  options: MeasureOptions,
): Promise<Figures<Title>> {
  const ends = await Promise.all(socketsFor(suiteName).map(endsOf));
  const rates = async (title: Title, unit: number) => {
    const results = await measure(
      ends.map((each): Task => ({ name: each.name, run: each[title] })),
      options,
    );
    const scaled = results.map(({ name, rates }) => ({ name, rates: rates.map((rate) => rate * unit) }));
    printRates(`${titles[title]}, ${suiteName}`, scaled);
    return mediansOf(scaled);
  };
  const report = {
    tcpFull: await rates('tcpFull', 1),
    tcpResumed: await rates('tcpResumed', 1),
    tcpBulk: await rates('tcpBulk', megabytes),
  };
  for (const { close } of ends) close();
  return report;
}

/** The ends of one library. */
export function tcpEnds(suiteName: SuiteName, name: string): Promise<Ends> {
  const sockets = socketsFor(suiteName).find((each) => each.name === name);
  if (sockets === undefined) throw new Error(`expected sockets of ${name}, there are none`);
  return endsOf(sockets);
}

type Ends = Record<Title, () => void | Promise<void>> & { readonly name: string; close(): void };

async function endsOf({ name, server, connect }: Sockets): Promise<Ends> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const visit = async (session?: Buffer) => {
    const accepted = once(server, 'secureConnection');
    const client = connect({ port, host: '127.0.0.1' }, session);
    const [[peer]] = await Promise.all([accepted, once(client, 'secureConnect')]);
    expectKind(name, session === undefined ? 'full' : 'resumed', client.isSessionReused());
    for (const socket of [client, peer]) socket.on('error', () => {});
    return { client, server: peer as Socket };
  };
  const comeAndGo = async (session?: Buffer) => {
    const ends = await visit(session);
    const closed = once(ends.client, 'close');
    ends.client.destroy();
    ends.server.destroy();
    await closed;
  };
  const first = await visit();
  const session = first.client.getSession();
  const line = lineOf(first);
  return {
    name,
    tcpFull: () => comeAndGo(),
    tcpResumed: () => comeAndGo(session),
    tcpBulk: () => line.push(megabyte, megabytes),
    close: () => {
      first.client.destroy();
      first.server.destroy();
      server.close();
    },
  };
}
