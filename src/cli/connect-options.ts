/**
 * The options of `reprise connect`, read: what is wrong with them is said before anything is opened.
 */

import { appendFileSync } from 'node:fs';
import { type ClientOptions, clientEndpoint } from '../node/endpoint.ts';
import { createSecureContext } from '../node/index.ts';
import { cipherSuitesOf } from '../node/openssl-names.ts';
import { nodeCrypto } from '../node-crypto/index.ts';
import { MemoryClientSessionCache } from '../session/client-cache.ts';
import { argumentsOf, items, orFailure, orMisuse, seconds, wholeNumber } from './arguments.ts';
import { Failure, Misuse } from './command.ts';
import type { Target } from './dial.ts';
import { inputIsPiped } from './exchange.ts';
import { readFile, readFiles } from './files.ts';
import { createJudge, type Judge } from './judge.ts';
import { reasonOf } from './output.ts';
import { readPlace } from './place.ts';
import { isProtocol, protocols } from './starttls.ts';

export interface ConnectCommand {
  readonly target: Target;
  readonly judge: Judge;
  readonly insecure: boolean;
  /** How often to come back with the session of the last connection, and how often with that of the first. */
  readonly resume: number;
  readonly rate: number;
  readonly json: boolean;
  readonly trace: boolean;
  readonly interactive: boolean;
  /** How long the server may be silent once the input has ended, milliseconds. */
  readonly wait: number;
}

/** @throws Misuse on what makes no sense, Failure on files that cannot be read */
export function readConnectOptions(args: readonly string[]): ConnectCommand {
  const { values, positionals } = parsed(args);
  const [place, ...more] = positionals;
  if (place === undefined) throw new Misuse('expected HOST or HOST:PORT');
  if (more.length > 0) throw new Misuse(`expected one HOST, got ${positionals.length}`);
  const { starttls, insecure = false, json = false, trace = false } = values;
  if (starttls !== undefined && !isProtocol(starttls)) {
    const known = Object.keys(protocols).join(', ');
    throw new Misuse(`expected one of ${known} for --starttls, got ${JSON.stringify(starttls)}`);
  }
  const resume = times('--resume', values.resume);
  const rate = times('--rate', values.rate);
  const { interactive = !json && resume + rate === 0 && inputIsPiped() } = values;
  if (resume > 0 && rate > 0) throw new Misuse('expected --resume or --rate, got both');
  if (trace && rate > 0) throw new Misuse('expected --trace or --rate, got both');
  if (interactive && resume + rate > 0) throw new Misuse('expected --interactive alone, got it with returns');
  const judge = createJudge(verifierOf(values.ca), { insecure });
  return {
    target: {
      place: readPlace(place, starttls === undefined ? 443 : protocols[starttls].port),
      starttls,
      timeout: seconds('--timeout', values.timeout ?? '10'),
      options: clientOptions(values, judge),
    },
    judge,
    insecure,
    resume,
    rate,
    json,
    trace,
    interactive,
    wait: seconds('--wait', values.wait ?? '2'),
  };
}

type Values = ReturnType<typeof parsed>['values'];

function parsed(args: readonly string[]) {
  return argumentsOf(args, {
    alpn: { type: 'string' },
    ca: { type: 'string', multiple: true },
    cert: { type: 'string' },
    insecure: { type: 'boolean' },
    interactive: { type: 'boolean', short: 'i' },
    json: { type: 'boolean' },
    key: { type: 'string' },
    keylog: { type: 'string' },
    rate: { type: 'string' },
    resume: { type: 'string' },
    servername: { type: 'string' },
    starttls: { type: 'string' },
    suites: { type: 'string' },
    timeout: { type: 'string' },
    trace: { type: 'boolean' },
    wait: { type: 'string' },
  });
}

function clientOptions(values: Values, judge: Judge): ClientOptions {
  const { alpn, suites, servername, cert, key, keylog } = values;
  if ((cert === undefined) !== (key === undefined))
    throw new Misuse('expected --cert and --key, got one of them');
  const own = cert === undefined || key === undefined ? {} : { cert: readFile(cert), key: readFile(key) };
  const cipherSuites = suites === undefined ? {} : { cipherSuites: orMisuse(() => cipherSuitesOf(suites)) };
  const options: ClientOptions = {
    secureContext: orFailure(() => createSecureContext({ ...own, ...cipherSuites, crypto: nodeCrypto })),
    verifyCertificate: judge.verifyCertificate,
    sessionCache: new MemoryClientSessionCache(),
    handshakeTimeout: 0,
    servername,
    keyLog: keylog === undefined ? undefined : appender(keylog),
    ...(alpn === undefined ? {} : { alpnProtocols: items('--alpn', alpn) }),
  };
  orMisuse(() => clientEndpoint({ host: 'localhost', ...options }));
  return options;
}

function verifierOf(paths: readonly string[] | undefined) {
  const ca = readFiles(paths);
  return orFailure(() => createSecureContext({ ca, crypto: nodeCrypto }).verifier);
}

function times(option: string, text: string | undefined): number {
  return text === undefined ? 0 : wholeNumber(option, text, { least: 1, most: 100_000 });
}

/** The file is for its owner alone: whoever can read it can read the traffic. */
function appender(path: string): (line: string) => void {
  const append = (text: string) => {
    try {
      appendFileSync(path, text, { mode: 0o600 });
    } catch (error) {
      throw new Failure(`cannot write ${path}: ${reasonOf(error)}`);
    }
  };
  append('');
  return (line) => append(`${line}\n`);
}
