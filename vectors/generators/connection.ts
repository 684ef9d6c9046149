/** From the flights of a connection and its master secret to all that a vector says of it. */

import { dissect } from '../../test/support/dissect.ts';
import type { RecordedConnection } from '../../test/support/replay.ts';
import * as reference from '../../test/support/tls-reference.ts';
import { hex } from './bytes.ts';

export interface RawFlight {
  readonly from: reference.Side;
  readonly bytes: Uint8Array;
}

/** @throws RangeError, Error where anything in the recording does not hold */
export function describeConnection(
  flights: readonly RawFlight[],
  secret: Uint8Array,
): RecordedConnection & { readonly cipherSuite: reference.SuiteName } {
  const dissected = dissect(
    flights,
    ({ cipherSuite }) => reference.suiteFacts(reference.suiteNumbered(cipherSuite)).hash,
    ({ cipherSuite, clientRandom, serverRandom }) => {
      const suite = reference.suiteNumbered(cipherSuite);
      const keys = reference.keyBlock(suite, secret, clientRandom, serverRandom);
      return (from, record, fragment) => reference.open(suite, keys[from], record, fragment);
    },
  );
  const { contents, clientRandom, serverRandom, sessionId, sessionHash, finished } = dissected;
  const cipherSuite = reference.suiteNumbered(dissected.cipherSuite);
  const { hash } = reference.suiteFacts(cipherSuite);
  for (const side of ['client', 'server'] as const) {
    const { handshakeHash, verifyData } = finished[side];
    const expected = reference.verifyData(hash, secret, side, handshakeHash);
    if (hex(expected) !== hex(verifyData)) throw new RangeError(`the ${side}'s Finished does not hold`);
  }
  return {
    cipherSuite,
    kind: sessionHash === undefined ? 'abbreviated' : 'full',
    client_random: hex(clientRandom),
    server_random: hex(serverRandom),
    session_id: hex(sessionId),
    session_hash: sessionHash && hex(sessionHash),
    master_secret: hex(secret),
    client_handshake_hash: hex(finished.client.handshakeHash),
    client_verify_data: hex(finished.client.verifyData),
    server_handshake_hash: hex(finished.server.handshakeHash),
    server_verify_data: hex(finished.server.verifyData),
    key_log: `CLIENT_RANDOM ${hex(clientRandom)} ${hex(secret)}`,
    flights: flights.map(({ from, bytes }, i) => ({
      from,
      contents: contents[i] ?? [],
      bytes: hex(bytes),
      ...applicationData(contents, dissected.records, i),
    })),
  };
}

/** The plaintext of a flight that is one record of application data. */
function applicationData(
  contents: readonly (readonly string[])[],
  records: readonly { readonly type: number; readonly plaintext: Uint8Array }[],
  index: number,
): { readonly plaintext?: string } {
  if (contents[index]?.join() !== 'ApplicationData') return {};
  const before = contents.slice(0, index).filter((each) => each.join() === 'ApplicationData').length;
  const data = records.filter(({ type }) => type === 23);
  return { plaintext: hex(data[before]?.plaintext ?? new Uint8Array(0)) };
}
