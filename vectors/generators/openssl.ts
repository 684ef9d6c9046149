/**
 * handshakes/openssl-*.json: handshakes between OpenSSL and OpenSSL, read from recordings that are no part of the
 * project. Where those are absent, the files stay as they are.
 */

import { isRecorded, readRecording } from '../../test/support/recordings.ts';
import { describeConnection } from './connection.ts';
import type { File } from './file.ts';

/** In OpenSSL's names. */
export const recordedSuites = [
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-CHACHA20-POLY1305',
] as const;

export const openssl: readonly File[] = recordedSuites.filter(isRecorded).map((name) => ({
  path: `handshakes/openssl-${name}.json`,
  schema: 'recording',
  source:
    'Recorded between s_client and s_server of OpenSSL 3.0.19, session tickets off, on a loopback interface. Hellos, flights and master secrets are as they were captured and logged; hashes, verify_data and plaintext were derived from them with OpenSSL (node:crypto) by test/support/tls-reference.ts.',
  content: () => {
    const connections = readRecording(name).map(({ flights, masterSecret }) =>
      describeConnection(flights, masterSecret),
    );
    return {
      cipher_suite: connections[0]?.cipherSuite,
      connections: connections.map(({ cipherSuite: _, ...connection }) => connection),
    };
  },
}));
