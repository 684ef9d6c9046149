/**
 * Place: where a server is, as people write it, `HOST:PORT` with the brackets of RFC 3986 §3.2.2 around an address of IPv6.
 */

import { isIP } from 'node:net';
import { wholeNumber } from './arguments.ts';
import { Misuse } from './command.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** @throws Misuse on what is no place */
export function readPlace(text: string, defaultPort: number): Place {
  if (isIP(text) === 6) return { host: text, port: defaultPort };
  const [, bracketed, plain, port] = /^(?:\[([^[\]]+)\]|([^:[\]/\s]+))(?::([^:]*))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || (bracketed !== undefined && isIP(bracketed) !== 6)) {
    throw new Misuse(`expected HOST or HOST:PORT, got ${JSON.stringify(text)}`);
  }
  return { host, port: port === undefined ? defaultPort : readPort('the port', port) };
}

/** @throws Misuse on what is no port that one can connect to */
export function readPort(what: string, text: string): number {
  return wholeNumber(what, text, { least: 1, most: 65_535 });
}

export function formatPlace({ host, port }: Place): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
