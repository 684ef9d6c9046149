/** The secrets of a connection, held against those of its peer: computed by the RFCs' formulas, and not by the library. */

import type { ConnectionInfo } from 'reprise-tls';
import { expect } from 'vitest';
import { empty, equal, hex } from '../../src/wire/bytes.ts';
import type { AnyScripted } from '../support/approach.ts';
import { exporter, type SuiteName, suiteFacts } from '../support/tls-reference.ts';

export interface Agreed {
  readonly info: ConnectionInfo | undefined;
  /** What the connection logged. */
  readonly keyLog: readonly string[];
  /** Of the handshake's first Finished, which is tls-unique (RFC 5929 §3). */
  readonly firstVerifyData: Uint8Array | undefined;
  /** The master secret of the session that was resumed, where one was. */
  readonly resumed: Uint8Array | undefined;
}

const label = 'EXPORTER-model';

/** @throws AssertionError where the connection does not hold what its peer holds */
export function expectSecrets(peer: AnyScripted, { info, keyLog, firstVerifyData, resumed }: Agreed): void {
  const { connection, suite, sessionId, masterSecret = empty, clientRandom, serverRandom } = peer;
  expect(info?.sessionId).toEqual(sessionId);
  expect(info?.cipherSuite).toBe(suite?.name);
  expect(keyLog).toEqual([`CLIENT_RANDOM ${hex(clientRandom)} ${hex(masterSecret)}`]);
  // RFC 7627 §5.3: a resumption goes on with the master secret that there is.
  if (resumed !== undefined) expect(equal(masterSecret, resumed)).toBe(true);
  const exported = () => connection.exportKeyingMaterial(label, 32);
  const unique = () => connection.channelBinding('tls-unique');
  if (info?.extendedMasterSecret) {
    const { hash } = suiteFacts(suite?.name as SuiteName);
    const randoms = [clientRandom, serverRandom] as const;
    expect(exported()).toEqual(exporter(hash, masterSecret, randoms, label, 32, undefined));
    expect(unique()).toEqual(firstVerifyData);
  } else {
    // RFC 7627 §5.4
    expect(exported).toThrow(TypeError);
    expect(unique).toThrow(TypeError);
  }
}
