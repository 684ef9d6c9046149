/**
 * vectors/handshakes/TLS_*.json: whole connections, played again by each side alone with the recording as its peer.
 */

import { describe, expect, test } from 'vitest';
import { fromHex, hex } from '../../src/wire/bytes.ts';
import { type HandshakeFile, newSessions, type RecordedFlight, replay } from '../support/replay.ts';
import { readVectors, vectorPaths } from '../support/vectors.ts';

const paths = vectorPaths().filter((path) => path.startsWith('handshakes/TLS_'));
const sides = ['client', 'server'] as const;

test('every suite, every group and a client with a certificate have been recorded', () => {
  const files = paths.map((path) => readVectors<HandshakeFile>(path));
  expect(new Set(files.map(({ cipher_suite }) => cipher_suite)).size).toBe(6);
  expect(new Set(files.map(({ group }) => group)).size).toBe(4);
  expect(files.filter((file) => file.client_authentication === 'require')).toHaveLength(1);
});

describe.each(paths)('%s', (path) => {
  const file = readVectors<HandshakeFile>(path);

  describe.each(sides)('the %s', (side) => {
    test('sends the very bytes of the recording, full and abbreviated (RFC 5246 §7.3)', () => {
      const sessions = newSessions();
      for (const recorded of file.connections) {
        const replayed = replay(side, file, recorded, sessions);
        expect(replayed.end.closed).toEqual({ error: undefined });
        expect(replayed.sent.join('')).toBe(bytesFrom(side, recorded.flights));
        expect(replayed.unused).toEqual([]);
      }
    });

    test('agrees with it on every name, secret and byte of data', () => {
      const sessions = newSessions();
      for (const recorded of file.connections) {
        const { end, keyLog, exportedKeyingMaterial } = replay(side, file, recorded, sessions);
        const resumed = recorded.kind === 'abbreviated';
        expect(end.info).toMatchObject({
          resumed,
          resumption: resumed ? 'accepted' : expect.stringMatching(/^not-/),
          sessionId: fromHex(recorded.session_id),
          cipherSuite: file.cipher_suite,
          group: resumed ? undefined : file.group,
          signatureScheme: resumed ? undefined : file.signature_schemes[0],
          serverName: file.server_name,
          alpnProtocol: file.alpn_protocols[0],
          extendedMasterSecret: true,
        });
        expect(end.info?.peerCertificates.map(hex)).toEqual(shownTo(side, file));
        expect(end.received.map(hex)).toEqual(dataFor(side, recorded.flights));
        expect(keyLog).toEqual([recorded.key_log]);
        expect(exportedKeyingMaterial).toBe(recorded.exported_keying_material);
      }
    });
  });
});

function bytesFrom(side: 'client' | 'server', flights: readonly RecordedFlight[]): string {
  return flights
    .filter(({ from }) => from === side)
    .map(({ bytes }) => bytes)
    .join('');
}

function dataFor(side: 'client' | 'server', flights: readonly RecordedFlight[]): string[] {
  return flights.flatMap(({ from, plaintext }) =>
    from !== side && plaintext !== undefined ? [plaintext] : [],
  );
}

function shownTo(side: 'client' | 'server', { certificates }: HandshakeFile): readonly string[] {
  return (side === 'client' ? certificates.server.chain : certificates.client?.chain) ?? [];
}
