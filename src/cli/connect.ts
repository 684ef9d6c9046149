/**
 * `reprise connect`: one connection to a server and what there is to say of it; or many, to see whether it resumes.
 */

import process from 'node:process';
import { renderText, Tracer } from '../trace/index.ts';
import { TlsError } from '../wire/error.ts';
import { type Command, Failure, status } from './command.ts';
import { type ConnectCommand, readConnectOptions } from './connect-options.ts';
import { type Call, dial, hangUp } from './dial.ts';
import { type Exchanged, exchange } from './exchange.ts';
import {
  chainFacts,
  chainLines,
  column,
  connectionFacts,
  connectionLines,
  handshakeText,
  milliseconds,
} from './facts.ts';
import { showsColor, write } from './output.ts';
import {
  byAddress,
  comeBack,
  comeBackEverywhere,
  type Return,
  type ReturnSummary,
  summarise,
} from './returns.ts';

const usage = `
reprise connect HOST[:PORT] [options]

Connects, and shows the server's chain, what was agreed on and how long it took. With a pipe or a file on standard input
(or --interactive) that is sent, replies go to standard output, and all else to standard error. The default port is 443,
or that of --starttls.

  --ca FILE           trust these authorities in the place of the platform's; may be given more than once
  --insecure          go on whoever the server is
  --servername NAME   ask for this name, and check the certificate for it (default: HOST)
  --alpn LIST         offer application protocols, with commas: h2,http/1.1
  --suites LIST       offer these cipher suites, by their names at IANA or in OpenSSL
  --cert FILE, --key FILE
                      the client's own certificate and its key, where the server asks
  --starttls PROTOCOL begin in the clear: smtp, imap, pop3, ftp, postgres

  --resume N          come back N times, each time with the session of the last connection
  --rate N            come back N times with the session of the first, to all addresses of the name: how large a share
                      of the servers behind it knows the session?

  --trace             show the handshake byte by byte
  --json              one object
  --keylog FILE       append secrets (SSLKEYLOGFILE): whoever has them can read the traffic
  -i, --interactive   send standard input, also from a terminal; --no-interactive: never
  --wait SECONDS      when the input has ended, wait for replies until the server was silent so long (default: 2)
  --timeout SECONDS   for a connection and its handshake (default: 10)

Ends with status 0, with 1 where a connection failed, with 2 where the options make no sense.
`;

export const connect: Command = {
  summary: 'connect to a server, see what it says and whether it resumes',
  usage,
  async run(args) {
    const command = readConnectOptions(args);
    if (command.insecure) warn('--insecure: the certificate is NOT checked, anybody may be at the other end');
    const report = new Report(command);
    try {
      await visit(command, report);
    } catch (error) {
      await report.finish(error);
      throw new Failure(sentenceOf(error));
    }
    return report.finish();
  },
};

async function visit(command: ConnectCommand, report: Report): Promise<void> {
  const { target, resume, rate, interactive, wait, json } = command;
  const call = await dial(target, { tracer: report.tracer() });
  const session = call.socket.getSession();
  await report.connected(call);
  if (interactive) {
    const receive = json ? () => true : (bytes: Uint8Array) => process.stdout.write(bytes);
    await report.exchanged(await exchange(call.socket, { wait, receive }));
  } else {
    await hangUp(call);
  }
  if (resume > 0) {
    for await (const each of comeBack(target, resume, () => report.tracer())) await report.returned(each);
  } else if (rate > 0) {
    const from = { session, family: call.family };
    for (const each of await comeBackEverywhere(target, { times: rate, from })) report.returns.push(each);
  }
}

/** What is said as it comes to be known, or with `--json` all at once. */
class Report {
  readonly returns: Return[] = [];
  readonly #command: ConnectCommand;
  readonly #tracers: Tracer[] = [];
  readonly #json: Record<string, unknown>;
  #call: Call | undefined;
  #error: Error | undefined;

  constructor(command: ConnectCommand) {
    this.#command = command;
    this.#json = { ...command.target.place };
  }

  /** For a connection that is to be traced. Its secrets are noted besides, that Finished can be shown. */
  tracer(): Tracer | undefined {
    if (!this.#command.trace) return undefined;
    const start = performance.now();
    const tracer = new Tracer({ clock: () => performance.now() - start });
    this.#tracers.push(tracer);
    return tracer;
  }

  async connected(call: Call): Promise<void> {
    this.#call = call;
    const { lookup, tcp, starttls, handshake } = call.timings;
    const steps = Object.entries({ lookup, TCP: tcp, STARTTLS: starttls, handshake })
      .flatMap(([name, time]) => (time === undefined ? [] : [`${name} ${milliseconds(time)}`]))
      .join(', ');
    Object.assign(this.#json, {
      address: call.address,
      ...connectionFacts(call.info),
      timings: call.timings,
    });
    await this.#chain();
    await this.#say(
      column([...connectionLines(connectionFacts(call.info)), ['address', call.address], ['times', steps]]),
    );
  }

  async exchanged({ firstByte, received, error }: Exchanged): Promise<void> {
    Object.assign(this.#json, { timings: { ...this.#call?.timings, firstByte }, received });
    const first = firstByte === undefined ? 'none came' : `after ${milliseconds(firstByte)}`;
    await this.#say(
      column([
        ['first byte', first],
        ['received', `${received} bytes`],
      ]),
    );
    if (error !== undefined) throw error;
  }

  async returned(each: Return): Promise<void> {
    this.returns.push(each);
    await this.#say(`${`${this.returns.length}`.padStart(4)}  ${returnText(each)}\n`);
  }

  /** Gives the exit status. */
  async finish(error?: unknown): Promise<number> {
    if (error instanceof Error) this.#error = error;
    if (this.#call === undefined) await this.#chain();
    if (this.returns.length > 0) await this.#summary();
    if (this.#command.json) await this.#finishJson();
    else await this.#traces();
    return this.returns.some((each) => 'error' in each) ? status.failed : status.done;
  }

  async #chain(): Promise<void> {
    const { judge, insecure } = this.#command;
    if (judge.chain.length === 0) return;
    const certificates = chainFacts(judge.chain);
    const { refusal } = judge;
    Object.assign(this.#json, { trusted: refusal === undefined, refusal, certificates });
    const trust = refusal === undefined ? 'yes' : `NO${insecure ? ', and let in' : ''}: ${refusal}`;
    await this.#say(column([...chainLines(certificates), ['trusted', trust]]));
  }

  async #summary(): Promise<void> {
    const summary = summarise(this.returns, this.#call?.timings.handshake ?? 0);
    const addresses = byAddress(this.returns);
    Object.assign(this.#json, {
      returns: this.returns.map((each) => ('error' in each ? { error: sentenceOf(each.error) } : each)),
      summary: { ...summary, addresses: Object.fromEntries(addresses) },
    });
    const reasons = [...counted(this.returns)].map(([text, count]): [string, string] => [
      `  ${text}`,
      `${count}`,
    ]);
    const places = [...addresses].map(([address, { resumed, of }]): [string, string] => [
      `  ${address}`,
      `${resumed} of ${of}`,
    ]);
    const detail = this.#command.rate > 0 ? [...reasons, ...(places.length > 1 ? places : [])] : [];
    await this.#say(`\n${column([...summaryLines(summary), ...detail])}`);
  }

  async #traces(): Promise<void> {
    const { columns = 100 } = process.stdout;
    for (const [i, tracer] of this.#tracers.entries()) {
      const title = this.#tracers.length === 1 ? '' : `Connection ${i + 1} of ${this.#tracers.length}\n\n`;
      const text = renderText(tracer.trace(), { width: Math.min(columns, 160), color: showsColor() });
      await this.#say(`\n${title}${text}`);
    }
  }

  async #finishJson(): Promise<void> {
    const error = this.#error === undefined ? {} : { error: errorFacts(this.#error) };
    const traces =
      this.#tracers.length === 0 ? {} : { traces: this.#tracers.map((tracer) => tracer.trace()) };
    await write(`${JSON.stringify({ ...this.#json, ...error, ...traces }, undefined, 2)}\n`);
  }

  /** Replies of the server have standard output to themselves. */
  async #say(text: string): Promise<void> {
    const { json, interactive } = this.#command;
    if (json) return;
    if (interactive) process.stderr.write(text);
    else await write(text);
  }
}

function returnText(each: Return): string {
  if ('error' in each) return `failed: ${sentenceOf(each.error)}`;
  return `${handshakeText(each)}, ${milliseconds(each.handshake)}`;
}

function summaryLines(summary: ReturnSummary): readonly [string, string][] {
  const { connections, resumed, failed, medianFull, medianAbbreviated } = summary;
  const median = (time: number | undefined) => (time === undefined ? 'none' : milliseconds(time));
  const share = ((100 * resumed) / connections).toFixed(1);
  return [
    ['resumed', `${resumed} of ${connections} (${share} %)`],
    ...(failed === 0 ? [] : [['failed', `${failed}`] as [string, string]]),
    ['median handshake', `full ${median(medianFull)}, abbreviated ${median(medianAbbreviated)}`],
  ];
}

/** How often each outcome came. */
function counted(returns: readonly Return[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const each of returns) {
    const outcome = 'error' in each ? sentenceOf(each.error) : each.resumption;
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return counts;
}

function errorFacts(error: Error) {
  const message = sentenceOf(error);
  if (!(error instanceof TlsError)) return { message };
  const { reason, alert, origin, state } = error;
  return { message, reason, alert, origin, state };
}

/** The sentence of an error. One that stands for several has none of its own: each address of a name has failed. */
function sentenceOf(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(sentenceOf))].join('; ');
  return error instanceof Error ? error.message : String(error);
}

function warn(text: string): void {
  process.stderr.write(`reprise connect: ${text}\n`);
}
