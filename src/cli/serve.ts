/**
 * `reprise serve`: a server that resumes, for whoever wants to see a client do it.
 */

import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import process from 'node:process';
import { parseArgs } from 'node:util';
import type { Report } from '../connection/report.ts';
import { type Endpoint, type ServerOptions, serverEndpoint } from '../node/endpoint.ts';
import { createSecureContext, type TlsSocket } from '../node/index.ts';
import { cipherSuitesOf } from '../node/openssl-names.ts';
import { nodeCrypto } from '../node-crypto/index.ts';
import type { SessionStore } from '../session/store.ts';
import { items, orFailure, orMisuse, wholeNumber } from './arguments.ts';
import { type Command, Failure, Misuse, status } from './command.ts';
import { readFiles } from './files.ts';
import { reasonOf, write } from './output.ts';
import { formatPlace } from './place.ts';
import { openStore } from './stores.ts';
import { Visits } from './visits.ts';
import { createWww } from './www.ts';

const usage = `
reprise serve --cert FILE --key FILE [options]

Serves, and says a line for each connection when it is over: whose it was, whether it was resumed (and if not, why), the
cipher suite, the name that was asked for, how long it lasted and how it ended. SIGINT and SIGTERM close it in order.

  --cert FILE         a chain in PEM, the server's own certificate first; once for each kind of key
  --key FILE          the key for it; in any order
  --host HOST         where to listen (default: localhost)
  --port PORT         0 takes any that is free (default: 4433)
  --name NAME         serve this name and no other; may be given more than once (default: any)

  --www               answer GET of HTTP with what is known of the connection, as text or as JSON
  --echo              send back what comes
                      (default: drop what comes)

  --alpn LIST         application protocols in order of preference, with commas
  --suites LIST       cipher suites in order of preference, by their names at IANA or in OpenSSL
  --client-ca FILE    ask for certificates of clients, which must be issued under these authorities where they are shown
  --require-client-cert
                      let in nobody without
  --store STORE       where sessions are kept: memory, or redis://HOST:PORT (default: memory)
  --sealing-key FILE  32 bytes to seal them with in Redis, as they are or as hexadecimal digits; given more than once,
                      the first seals and all open
  --allow-without-ems let in clients without the extended master secret (RFC 7627), who are never resumed

Ends with status 0 when it is closed, with 1 where it cannot serve, with 2 where the options make no sense. For a
certificate that only a test believes:

  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \\
    -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem
`;

export const serve: Command = {
  summary: 'serve, and see how clients connect and whether they are resumed',
  usage,
  async run(args) {
    const values = parsed(args);
    const port = wholeNumber('--port', values.port ?? '4433', { least: 0, most: 65_535 });
    const treat = treatment(values);
    const sealingKeys = values['sealing-key'] ?? [];
    const options = serverOptions(values);
    const { store, close } = await openStore(values.store ?? 'memory', { sealingKeys, report: warn });
    try {
      const visits = new Visits({ endpoint: endpointOf(options, store), serve: treat, log: say });
      const server = await listen(visits, { host: values.host ?? 'localhost', port });
      await untilSignal();
      server.close();
      await visits.close(patience);
      const { connections, full, resumed } = visits.counts;
      const failed = connections - full - resumed;
      await write(`${connections} connections: ${full} full, ${resumed} resumed, ${failed} failed\n`);
      return status.done;
    } finally {
      await close();
    }
  },
};

/** How long clients may take to answer a close_notify, milliseconds. */
const patience = 1000;

type Values = ReturnType<typeof parsed>;

function parsed(args: readonly string[]) {
  const { values } = orMisuse(() =>
    parseArgs({
      args: [...args],
      options: {
        'allow-without-ems': { type: 'boolean' },
        alpn: { type: 'string' },
        cert: { type: 'string', multiple: true },
        'client-ca': { type: 'string', multiple: true },
        echo: { type: 'boolean' },
        host: { type: 'string' },
        key: { type: 'string', multiple: true },
        name: { type: 'string', multiple: true },
        port: { type: 'string' },
        'require-client-cert': { type: 'boolean' },
        'sealing-key': { type: 'string', multiple: true },
        store: { type: 'string' },
        suites: { type: 'string' },
        www: { type: 'boolean' },
      },
    }),
  );
  return values;
}

function treatment({ www = false, echo = false }: Values): (socket: TlsSocket) => void {
  if (www && echo) throw new Misuse('expected --www or --echo, got both');
  if (www) return createWww();
  return echo ? (socket) => socket.pipe(socket) : (socket) => socket.resume();
}

function serverOptions(values: Values): ServerOptions {
  const { cert, key, name, suites, alpn } = values;
  const clientCa = values['client-ca'];
  const requireClientCert = values['require-client-cert'] ?? false;
  if (cert === undefined || key === undefined) throw new Misuse('expected --cert and --key');
  if (requireClientCert && clientCa === undefined) {
    throw new Misuse('expected --client-ca beside --require-client-cert, to say whose clients are let in');
  }
  const cipherSuites = suites === undefined ? {} : { cipherSuites: orMisuse(() => cipherSuitesOf(suites)) };
  const asked = requireClientCert ? 'require' : 'request';
  const files = { cert: readFiles(cert), key: readFiles(key), ca: readFiles(clientCa) };
  const secureContext = orFailure(() =>
    createSecureContext({ ...files, ...cipherSuites, crypto: nodeCrypto }),
  );
  const { certificates } = secureContext;
  const names = name?.map((each) => each.toLowerCase());
  return {
    secureContext,
    clientAuthentication: clientCa === undefined ? 'none' : asked,
    requireExtendedMasterSecret: !values['allow-without-ems'],
    handshakeTimeout: 10_000,
    report: (report) => warn(reportText(report)),
    ...(alpn === undefined ? {} : { alpnProtocols: items('--alpn', alpn) }),
    ...(names === undefined
      ? {}
      : {
          selectCertificate: ({ serverName }) =>
            serverName === undefined || names.includes(serverName.toLowerCase()) ? certificates : undefined,
        }),
  };
}

/** The files are read by now: what is still wrong is in the options, or in the authorities. */
function endpointOf(options: ServerOptions, sessionStore: SessionStore): Endpoint {
  return orMisuse(() => serverEndpoint({ ...options, sessionStore }));
}

async function listen(
  visits: Visits,
  place: { readonly host: string; readonly port: number },
): Promise<net.Server> {
  const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (stream) => visits.accept(stream));
  try {
    await once(server.listen(place), 'listening');
  } catch (error) {
    throw new Failure(`cannot listen on ${formatPlace(place)}: ${reasonOf(error)}`);
  }
  server.on('error', (error) => warn(error.message)); // Such as that there are too many files open.
  const { address, port } = server.address() as AddressInfo;
  await write(`listening on ${formatPlace({ host: address, port })}\n`);
  return server;
}

/** A second one ends the process as it would have without us. */
function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      process.off('SIGINT', done).off('SIGTERM', done);
      resolve();
    };
    process.on('SIGINT', done).on('SIGTERM', done);
  });
}

function reportText(report: Report): string {
  const error = 'error' in report ? report.error : undefined;
  return error instanceof Error ? `${report.kind}: ${error.message}` : report.kind;
}

/** Whoever reads the lines may have had enough: the server goes on. */
function say(line: string): void {
  void write(`${line}\n`);
}

function warn(sentence: string): void {
  process.stderr.write(`reprise serve: ${sentence}\n`);
}
