/**
 * `npm run demo`: Reprise and OpenSSL resume each other's sessions over TCP, once with Reprise for the client and once
 * for the server. It shows what went over the wire, a full handshake beside an abbreviated one, and ends with status 0
 * only if every claim that it prints was checked and holds.
 */

import { styleText } from 'node:util';
import { beside, drawFlow, type TracedRecord } from 'reprise-tls/trace';
import { claims } from './demo/claims.ts';
import {
  openSslClient,
  openSslServer,
  type Party,
  repriseClient,
  repriseServer,
  type Visit,
  visit,
} from './demo/parties.ts';

/** How often the client comes back, and how many handshakes of each kind go before. */
const returns = 4;
const warmUps = 12;

const width = Math.min(Math.max(process.stdout.columns ?? 80, 80), 120);
const inColour = process.stdout.isTTY && process.stdout.hasColors();

print(
  paint('bold', 'Reprise and OpenSSL resume each other by session ID'),
  'TLS 1.2 over TCP on the loopback interface, without tickets.',
);
const outcomes = [await show(repriseClient, openSslServer), await show(openSslClient, repriseServer)];
const allHold = outcomes.every((holds) => holds);
print(
  '',
  paint('dim', '(encrypted)  Only type and length show; what it is follows from its place.'),
  paint('dim', 'time         From ClientHello until the client may send. Before, unseen, went'),
  paint('dim', `             ${warmUps} handshakes of each kind, so that the engine had compiled them.`),
  '',
  allHold ? paint('green', 'Every claim was checked and holds.') : paint('red', 'Not every claim holds.'),
);
process.exitCode = allHold ? 0 : 1;

/** Plays one client at one server and shows it; tells whether all claims hold. */
async function show(newClient: () => Party, newServer: () => Party): Promise<boolean> {
  for (let i = 0; i < warmUps; i++) await visits(newClient(), newServer(), 1);
  const [client, server] = [newClient(), newServer()];
  const [full, ...abbreviated] = await visits(client, server, returns);
  const [first] = abbreviated;
  if (full === undefined || first === undefined) throw new RangeError('expected a visit and a return');

  const column = Math.floor((width - 3) / 2);
  const flows = [full, first].map(({ trace, client }) => [
    paint('bold', (client.resumed ? 'Abbreviated handshake' : 'Full handshake').padEnd(column)),
    ...drawFlow(trace, column, paintRecord),
  ]);
  const held = claims(full, abbreviated);
  print(
    '',
    rule(`${client.name}, client, and ${server.name}, server`),
    '',
    ...beside(flows, column, paint('dim', ' │ ')),
    '',
    ...table([full, ...abbreviated]),
    '',
    `session ID  ${full.trace.flow.sessionId}`,
    `suite       ${full.client.cipherSuite}`,
    '',
    ...held.flatMap(({ sentence, against }) => [
      against.length === 0 ? `${paint('green', '✓')} ${sentence}` : paint('red', `✗ ${sentence}`),
      ...against.map((finding) => `    ${finding}`),
    ]),
  );
  return held.every(({ against }) => against.length === 0);
}

/** A visit and its returns, one after the other. */
async function visits(client: Party, server: Party, returns: number): Promise<readonly Visit[]> {
  const made: Visit[] = [];
  for (let number = 1; number <= 1 + returns; number++) {
    made.push(await visit(client, server, `This is line ${number}.\n`));
  }
  return made;
}

function table(visits: readonly Visit[]): readonly string[] {
  const rows = [
    ['connection', 'handshake', 'round trips', 'bytes', 'time', 'resumption'],
    ...visits.map(({ trace: { flow }, client, server, milliseconds }, i) => [
      `${i + 1}`,
      client.resumed ? 'abbreviated' : 'full',
      `${flow.roundTrips}`,
      `${flow.handshakeLength}`,
      `${milliseconds.toFixed(1)} ms`,
      client.resumption ?? server.resumption ?? '',
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const isNumber = (column: number) => column >= 2 && column <= 4;
  return rows.map((cells) =>
    cells
      .map((cell, column) => {
        const room = widths?.[column] ?? 0;
        return isNumber(column) ? cell.padStart(room) : cell.padEnd(room);
      })
      .join('   ')
      .trimEnd(),
  );
}

function rule(title: string): string {
  return `${paint('bold', title)} ${paint('dim', '─'.repeat(width - title.length - 1))}`;
}

function paintRecord(row: string, { protection }: TracedRecord): string {
  return protection === 'none' ? row : paint('green', row);
}

function paint(style: 'bold' | 'dim' | 'green' | 'red', text: string): string {
  return inColour ? styleText(style, text) : text;
}

function print(...lines: readonly string[]): void {
  console.log(lines.join('\n'));
}
