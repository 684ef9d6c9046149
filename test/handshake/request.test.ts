/**
 * What a client answers to a CertificateRequest (RFC 5246 §7.4.4, §7.4.6), of whatever kind: the certificate that it
 * admits, or an empty list, and then a report where there would have been one.
 */

import {
  type CertificateConfig,
  type CertificateRequestInfo,
  type ClientConfig,
  defaultCipherSuites,
  defaultGroups,
  defaultSignatureSchemes,
  ecdsa_secp256r1_sha256,
  noble,
  type Report,
  ServerConnection,
} from 'reprise-tls';
import * as bare from 'reprise-tls/bare';
import { describe, expect, test } from 'vitest';
import type { CertificateRequest } from '../../src/handshake/messages.ts';
import { flights } from '../../src/handshake/states.ts';
import { createAuthority, type KeyType } from '../support/issuer.ts';
import { connect, joined } from '../support/pair.ts';
import { playServer, samples } from '../support/scripted.ts';

const authority = createAuthority();
const certificate = (keyType: KeyType) => {
  const { chain, privateKeyDer } = authority.issue({ keyType, dnsNames: ['alice.example'] });
  return { chain, privateKey: privateKeyDer };
};
const site = certificate('ecdsa-p256');
const [ecdsa, rsa, edwards] = [certificate('ecdsa-p256'), certificate('rsa-2048'), certificate('ed25519')];
const trusting: ClientConfig = { serverName: 'site.example', verifyCertificate: () => true };
const untilRequest = flights['full with client certificate'].slice(0, 4);

/** The chain that the client shows, and what it reports. */
async function answerTo(changes: Partial<CertificateRequest>, config: Partial<ClientConfig>) {
  const reports: Report[] = [];
  const report = (each: Report) => reports.push(each);
  const { result } = await playServer(
    { ...trusting, report, ...config },
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
    const certificates = [own];
    expect(await answerTo({ certificateTypes: [type] }, { certificates })).toEqual({
      chain: own.chain,
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
  const certificates = [ecdsa, rsa];
  expect((await answerTo({ certificateTypes: [1] }, { certificates })).chain).toEqual(rsa.chain);
  expect((await answerTo({ certificateTypes: [1, 64] }, { certificates })).chain).toEqual(ecdsa.chain);
  const supportedSignatureAlgorithms = [0x0401];
  expect((await answerTo({ supportedSignatureAlgorithms }, { certificates })).chain).toEqual(rsa.chain);
});

test('none is shown whose schemes the request does not list, or the client itself does not use', async () => {
  const certificates = [ecdsa];
  expect((await answerTo({ supportedSignatureAlgorithms: [0x0401] }, { certificates })).chain).toEqual([]);
  const signatureSchemes = [ecdsa_secp256r1_sha256];
  const request = { supportedSignatureAlgorithms: [0x0503] }; // which the key could make
  const { chain, reports } = await answerTo(request, { certificates, signatureSchemes });
  expect([chain, reports.length]).toEqual([[], 1]);
});

describe('`selectCertificate` of a client', () => {
  const request: CertificateRequest = {
    certificateTypes: [1, 64],
    supportedSignatureAlgorithms: [0x0403, 0x0401],
    certificateAuthorities: [],
  };

  test('is shown what the server asks for, and its choice is shown to the server, at once or by a promise', async () => {
    const certificateAuthorities = [authority.name];
    for (const answer of [(each: CertificateConfig) => each, async (each: CertificateConfig) => each]) {
      const asked: CertificateRequestInfo[] = [];
      const selectCertificate = (info: CertificateRequestInfo) => {
        asked.push(info);
        return answer(rsa);
      };
      const { chain, reports } = await answerTo(
        { ...request, certificateAuthorities },
        { selectCertificate },
      );
      expect(asked).toEqual([{ ...request, certificateAuthorities }]);
      expect({ chain, reports }).toEqual({ chain: rsa.chain, reports: [] });
    }
  });

  test('stands in the place of `certificates`', async () => {
    const config = { certificates: [ecdsa], selectCertificate: () => rsa };
    expect((await answerTo(request, config)).chain).toEqual(rsa.chain);
    expect((await answerTo(request, { ...config, selectCertificate: () => undefined })).chain).toEqual([]);
  });

  test('may choose several, of which the first is shown that the request admits', async () => {
    const selectCertificate = () => [ecdsa, rsa];
    expect((await answerTo(request, { selectCertificate })).chain).toEqual(ecdsa.chain);
    expect((await answerTo({ certificateTypes: [1] }, { selectCertificate })).chain).toEqual(rsa.chain);
  });

  test('may choose none, which is nothing to report; one that does not fit is withheld and reported', async () => {
    for (const none of [undefined, []]) {
      expect(await answerTo(request, { selectCertificate: () => none })).toEqual({ chain: [], reports: [] });
    }
    const { chain, reports } = await answerTo({ certificateTypes: [64] }, { selectCertificate: () => rsa });
    expect(chain).toEqual([]);
    expect(reports).toMatchObject([{ kind: 'client-certificate-withheld' }]);
  });

  test('is not asked where the server does not ask', async () => {
    const selectCertificate = () => {
      throw new Error('asked for nothing');
    };
    const { clientEnd } = await connect(
      { ...trusting, selectCertificate },
      { certificates: [site], verifyCertificate: () => true },
    );
    expect(clientEnd.info).toBeDefined();
  });

  test.each<[what: string, selectCertificate: ClientConfig['selectCertificate']]>([
    [
      'throws',
      () => {
        throw new Error('the user is away');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the user is away'))],
  ])('that %s ends the handshake with internal_error, and shows nothing', async (_, selectCertificate) => {
    const { clientEnd, serverEnd } = await connect(
      { ...trusting, selectCertificate },
      { certificates: [site], clientAuthentication: 'request', verifyCertificate: () => true },
    );
    expect(clientEnd.closed?.error).toMatchObject({
      reason: 'application',
      alert: 'internal_error',
      message: expect.stringContaining('selectCertificate'),
    });
    expect(serverEnd.closed?.error).toMatchObject({ alert: 'internal_error', origin: 'received' });
    expect(serverEnd.info).toBeUndefined();
  });

  test('of a bare client chooses among what `credential` makes', async () => {
    const bareConfig = {
      cipherSuites: defaultCipherSuites,
      groups: defaultGroups,
      signatureSchemes: defaultSignatureSchemes,
      crypto: noble,
      trust: bare.verifiedBy(() => true),
      selectCertificate: () => bare.credential(ecdsa),
    };
    const { client, serverEnd, settle } = joined(
      (handlers) => new bare.ClientConnection(bareConfig, handlers),
      (handlers) =>
        new ServerConnection(
          { certificates: [site], clientAuthentication: 'require', verifyCertificate: () => true },
          handlers,
        ),
    );
    client.start();
    await settle();
    expect(serverEnd.info?.peerCertificates).toEqual(ecdsa.chain);
  });
});
