/**
 * The recordings of OpenSSL that lie beside the repository: captured connections, and the secrets of their key log
 * (the NSS format: `CLIENT_RANDOM` and the master secret, `RSA` and the premaster secret).
 */

import { existsSync, readFileSync } from 'node:fs';
import { fromHex, hex } from '../../src/wire/bytes.ts';
import { type Flight, readCapture } from './pcap.ts';

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
  const capture = readCapture(readFileSync(new URL(`${name}.pcap`, folder)));
  const keyLog = readKeyLog(name);
  return capture.map((flights) => {
    // Behind the headers of record and message, and client_version.
    const clientRandom = flights[0]?.bytes.subarray(11, 43) ?? new Uint8Array(0);
    const masterSecret = keyLog.get(`CLIENT_RANDOM ${hex(clientRandom)}`);
    if (masterSecret === undefined) throw new RangeError(`${name}: expected the secret of every connection`);
    return { flights, masterSecret };
  });
}

/** The last word of each line by those before it. */
export function readKeyLog(name: string): ReadonlyMap<string, Uint8Array> {
  const lines = readFileSync(new URL(`${name}.keylog`, folder), 'utf8').split('\n');
  return new Map(
    lines
      .filter((line) => /^(CLIENT_RANDOM|RSA) /.test(line))
      .map((line) => {
        const [kind, whose, secret = ''] = line.trim().split(' ');
        return [`${kind} ${whose}`, fromHex(secret)];
      }),
  );
}
