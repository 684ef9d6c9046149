/**
 * What a client answers to a CertificateRequest (RFC 5246 §7.4.4, §7.4.6), of whatever kind: the certificate that it
 * admits, or an empty list, and then a report where there would have been one.
 */

import { type ClientConfig, ecdsa_secp256r1_sha256, type Report } from 'reprise-tls';
import { expect, test } from 'vitest';
import type { CertificateRequest } from '../../src/handshake/messages.ts';
import { flights } from '../../src/handshake/states.ts';
import { createAuthority, type KeyType } from '../support/issuer.ts';
import { playServer, samples } from '../support/scripted.ts';

const authority = createAuthority();
const certificate = (keyType: KeyType) => {
  const { chain, privateKeyDer } = authority.issue({ keyType, dnsNames: ['alice.example'] });
  return { chain, privateKey: privateKeyDer };
};
const site = certificate('ecdsa-p256');
const [ecdsa, rsa, edwards] = (['ecdsa-p256', 'rsa-2048', 'ed25519'] as const).map(certificate);
const untilRequest = flights['full with client certificate'].slice(0, 4);

/** The chain that the client shows, and what it reports. */
async function answerTo(changes: Partial<CertificateRequest>, config: Partial<ClientConfig>) {
  const reports: Report[] = [];
  const report = (each: Report) => reports.push(each);
  const { result } = await playServer(
    { serverName: 'site.example', verifyCertificate: () => true, report, ...config },
    async (server) => {
      await server.walk(untilRequest);
      server.send('CertificateRequest', { ...samples.CertificateRequest, ...changes });
      server.speak('ServerHelloDone');
      return server.receive('Certificate');
    },
    { certificate: site },
  );
  return { chain: result.certificateList, reports };
}

test('a client without certificates shows none, and has nothing to report', async () => {
  expect(await answerTo({}, {})).toEqual({ chain: [], reports: [] });
  expect(await answerTo({}, { certificates: [] })).toEqual({ chain: [], reports: [] });
});

test.each([
  ['ECDSA', ecdsa, 64, 1],
  ['Ed25519', edwards, 64, 1],
  ['RSA', rsa, 1, 64],
] as const)(
  'a certificate with a key of %s is shown where its type is asked for',
  async (_, own, type, other) => {
    const certificates = own === undefined ? [] : [own];
    expect(await answerTo({ certificateTypes: [type] }, { certificates })).toEqual({
      chain: own?.chain,
      reports: [],
    });
    const { chain, reports } = await answerTo({ certificateTypes: [other] }, { certificates });
    expect(chain).toEqual([]);
    expect(reports).toEqual([
      expect.objectContaining({
        kind: 'client-certificate-withheld',
        reason: expect.stringContaining('expected a request that one of 1 certificates fits'),
      }),
    ]);
  },
);

test('of several the first is shown that the request admits', async () => {
  const certificates = [ecdsa, rsa].flatMap((each) => (each === undefined ? [] : [each]));
  expect((await answerTo({ certificateTypes: [1] }, { certificates })).chain).toEqual(rsa?.chain);
  expect((await answerTo({ certificateTypes: [1, 64] }, { certificates })).chain).toEqual(ecdsa?.chain);
  const supportedSignatureAlgorithms = [0x0401];
  expect((await answerTo({ supportedSignatureAlgorithms }, { certificates })).chain).toEqual(rsa?.chain);
});

test('none is shown whose schemes the request does not list, or the client itself does not use', async () => {
  const certificates = ecdsa === undefined ? [] : [ecdsa];
  expect((await answerTo({ supportedSignatureAlgorithms: [0x0401] }, { certificates })).chain).toEqual([]);
  const signatureSchemes = [ecdsa_secp256r1_sha256];
  const request = { supportedSignatureAlgorithms: [0x0503] }; // which the key could make
  const { chain, reports } = await answerTo(request, { certificates, signatureSchemes });
  expect([chain, reports.length]).toEqual([[], 1]);
});
