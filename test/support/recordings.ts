/**
 * The recordings of OpenSSL that lie beside the repository: captured connections, and the secrets of their key log
 * (the NSS format: `CLIENT_RANDOM` and the master secret, `RSA` and the premaster secret).
 */

import { existsSync, readFileSync } from 'node:fs';
import { type CapturedConnection, readCapture } from 'reprise-tls/trace';
import { concat, fromHex, hex } from '../../src/wire/bytes.ts';

/** All that one side sent before the other spoke again. */
export interface Flight {
  readonly from: 'client' | 'server';
  readonly bytes: Uint8Array;
}

export interface Recording {
  readonly flights: readonly Flight[];
  readonly masterSecret: Uint8Array;
}

const folder = new URL('../../../shared/data/openssl-session-id/', import.meta.url);

export function isRecorded(name: string): boolean {
  return existsSync(new URL(`${name}.pcap`, folder));
}

/** The connections of a recording, by the suite's name in OpenSSL. @throws RangeError where a secret is missing */
export function readRecording(name: string): readonly Recording[] {
  const capture = readCapture(readRecordingFile(name));
  if (capture === undefined) throw new RangeError(`${name}: expected a capture`);
  const keyLog = readKeyLog(name);
  return capture.connections.map((connection) => {
    const flights = flightsOf(connection);
    // Behind the headers of record and message, and client_version.
    const clientRandom = flights[0]?.bytes.subarray(11, 43) ?? new Uint8Array(0);
    const masterSecret = keyLog.get(`CLIENT_RANDOM ${hex(clientRandom)}`);
    if (masterSecret === undefined) throw new RangeError(`${name}: expected the secret of every connection`);
    return { flights, masterSecret };
  });
}

/** The capture as it lies there. */
export function readRecordingFile(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`${name}.pcap`, folder)));
}

/** Its key log as it lies there. */
export function readRecordingKeyLog(name: string): string {
  return readFileSync(new URL(`${name}.keylog`, folder), 'utf8');
}

function flightsOf({ segments }: CapturedConnection): readonly Flight[] {
  const flights: Flight[] = [];
  for (const { from, bytes } of segments) {
    const last = flights.at(-1);
    if (last?.from === from) flights.pop();
    flights.push({ from, bytes: last?.from === from ? concat(last.bytes, bytes) : bytes });
  }
  return flights;
}

/** The last word of each line by those before it. */
export function readKeyLog(name: string): ReadonlyMap<string, Uint8Array> {
  const lines = readRecordingKeyLog(name).split('\n');
  return new Map(
    lines
      .filter((line) => /^(CLIENT_RANDOM|RSA) /.test(line))
      .map((line) => {
        const [kind, whose, secret = ''] = line.trim().split(' ');
        return [`${kind} ${whose}`, fromHex(secret)];
      }),
  );
}
