/**
 * What both ends of a connection derive from its secret, Reprise's word against that of `node:tls`: exporters, channel
 * bindings and the key log, after full handshakes and after resumed ones.
 */

import { createHash } from 'node:crypto';
import type tls from 'node:tls';
import fc from 'fast-check';
import { defaultCipherSuites } from 'reprise-tls';
import { describe, expect, it } from 'vitest';
import { createAuthority, type KeyType } from '../support/issuer.ts';
import { opensslSuite, serverName } from './rows.ts';
import { expectAgreement, roles, visits } from './visits.ts';

const suites = defaultCipherSuites.filter(({ authentication }) => authentication === 'ecdsa');

describe.each(roles)('against node:tls, as its %s,', (role) => {
  it('exported keying material is the same at both ends, for any label, length and context (RFC 5705 §4)', async () => {
    for (const suite of suites) {
      const connect = visits(role, { node: { ciphers: opensslSuite(suite) } });
      for (const resumed of [false, true]) {
        const pair = await connect();
        expectAgreement(pair, { resumed, cipherSuite: suite.name });
        const label = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme-ascii' });
        const length = fc.integer({ min: 1, max: 300 });
        const context = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined });
        fc.assert(
          fc.property(label, length, context, (label, length, context) => {
            const theirs = exportedByNode(pair.node.socket, length, label, context);
            const ours = pair.reprise.exportKeyingMaterial(label, length, context);
            expect(ours).toEqual(theirs);
          }),
          { numRuns: 50 },
        );
      }
    }
  });

  it('an empty context is not the same as none (RFC 5705 §4)', async () => {
    const { reprise, node } = await visits(role)();
    const none = reprise.exportKeyingMaterial('EXPORTER-test', 32);
    const empty = reprise.exportKeyingMaterial('EXPORTER-test', 32, new Uint8Array(0));
    expect(none).toEqual(exportedByNode(node.socket, 32, 'EXPORTER-test', undefined));
    expect(empty).toEqual(exportedByNode(node.socket, 32, 'EXPORTER-test', new Uint8Array(0)));
    expect(none).not.toEqual(empty);
  });

  it('tls-unique is the first Finished: the client’s, and the server’s in a resumption (RFC 5929 §3.1)', async () => {
    const connect = visits(role);
    for (const resumed of [false, true]) {
      const pair = await connect();
      expectAgreement(pair, { resumed });
      const { socket } = pair.node;
      const firstIsOfNode = (role === 'server') !== resumed;
      const first = firstIsOfNode ? socket.getFinished() : socket.getPeerFinished();
      expect(pair.reprise.channelBinding('tls-unique')).toEqual(Uint8Array.from(first ?? []));
    }
  });

  it.each([
    ['ecdsa-p256', 'sha256'],
    ['ecdsa-p384', 'sha384'],
    ['ecdsa-p521', 'sha512'],
    ['rsa-2048', 'sha256'],
  ] as const)(
    'tls-server-end-point of a certificate signed with %s is its %s (RFC 5929 §4.1)',
    async (keyType: KeyType, hash: string) => {
      const authority = createAuthority({ keyType });
      const credential = authority.issue({ dnsNames: [serverName] });
      const [certificate = new Uint8Array(0)] = credential.chain;
      const trusted = authority.certificatePem;
      const connect = visits(role, {
        credential,
        reprise: { trustAnchors: trusted },
        node: { ca: trusted },
      });
      for (const resumed of [false, true]) {
        const pair = await connect();
        expectAgreement(pair, { resumed });
        const digest = createHash(hash).update(certificate).digest();
        expect(pair.reprise.channelBinding('tls-server-end-point')).toEqual(Uint8Array.from(digest));
      }
    },
  );

  it('both ends write the same line to the key log, once for each handshake', async () => {
    const lines: string[] = [];
    const connect = visits(role, { reprise: { keyLog: (line) => lines.push(line) } });
    for (const resumed of [false, true, true]) {
      const pair = await connect();
      expectAgreement(pair, { resumed });
      expect(pair.node.keyLog).toEqual(lines.splice(0).map((line) => `${line}\n`));
      expect(pair.node.keyLog).toHaveLength(1);
    }
  });
});

/** The types of node demand a context; the function does not (nor does RFC 5705 §4). */
function exportedByNode(
  socket: tls.TLSSocket,
  length: number,
  label: string,
  context: Uint8Array | undefined,
) {
  const given = (context === undefined ? undefined : Buffer.from(context)) as Buffer;
  return Uint8Array.from(socket.exportKeyingMaterial(length, label, given));
}
