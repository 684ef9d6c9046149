/**
 * Client certificates (RFC 5246 §7.4.4, §7.4.6, §7.4.8) between Reprise and `node:tls`: asked for or demanded, shown,
 * absent or refused, in full handshakes and in those that resume them.
 */

import type { CertificateVerifier, ClientAuthentication, ServerConfig } from 'reprise-tls';
import { describe, expect, it, vi } from 'vitest';
import { createAuthority } from '../support/issuer.ts';
import { connectNode, connectReprise, exchange } from '../support/node-tls.ts';
import { authority, credentials, keyTypes, longChain, payload } from './rows.ts';
import {
  expectAgreement,
  expectRefusal,
  nodeClient,
  nodeCredential,
  nodeServer,
  repriseClient,
  repriseCredential,
  repriseServer,
  visits,
} from './visits.ts';

const modes = ['request', 'require'] as const;
const rejected = 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE';

describe.each(modes)('our server with clientAuthentication %s, before node:tls,', (clientAuthentication) => {
  it.each(keyTypes)('takes a client with an %s certificate, and resumes it as the same', async (keyType) => {
    const asked: string[] = [];
    const verifyCertificate: CertificateVerifier = ({ peer, leaf }) => {
      asked.push(`${peer} ${leaf.publicKey.type}`);
      return true;
    };
    const credential = credentials[keyType];
    const connect = visits('server', {
      reprise: { clientAuthentication, verifyCertificate },
      node: nodeCredential(credential),
    });
    for (const resumed of [false, true, true]) {
      const pair = await connect();
      expectAgreement(pair, { resumed });
      expect(pair.end.info?.peerCertificates[0]).toEqual(credential.chain[0]);
      await exchange(pair, payload(100));
    }
    // Today's verdict is asked for in each handshake (rule S21).
    expect(asked).toEqual(new Array(3).fill(`client ${keyType.split('-')[0]}`));
  });

  it('refuses a client whose certificate its verifier refuses, with the verifier’s alert', async () => {
    const config = repriseServer({
      clientAuthentication,
      verifyCertificate: () => ({ alert: 'unknown_ca', message: 'nobody knows it' }),
    });
    const pair = await connectNode(nodeClient(nodeCredential(credentials.ed25519)), config);
    expectRefusal(pair, { alert: 'unknown_ca', origin: 'sent' }, 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA');
  });

  it('resumes nobody whose certificate is trusted no more (rule S21)', async () => {
    let trusted = true;
    const refusal = { alert: 'certificate_revoked', message: 'revoked' } as const;
    const connect = visits('server', {
      reprise: { clientAuthentication, verifyCertificate: () => trusted || refusal },
      node: nodeCredential(credentials['ecdsa-p256']),
    });
    expectAgreement(await connect(), { resumed: false });
    expectAgreement(await connect(), { resumed: true });
    trusted = false;
    const code = 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED';
    expectRefusal(await connect(), { alert: 'certificate_revoked' }, code);
  });
});

describe.each(['client', 'server'] as const)("a client's chain of 80 kB, from or to our %s,", (role) => {
  it('passes in as many records as it needs (RFC 5246 §6.2.1)', async () => {
    const credential = longChain(4);
    const connect =
      role === 'client'
        ? visits('client', {
            reprise: { certificates: [repriseCredential(credential)] },
            node: { requestCert: true, ca: authority.certificatePem },
          })
        : visits('server', {
            reprise: { clientAuthentication: 'require', verifyCertificate: () => true },
            node: nodeCredential(credential),
          });
    for (const resumed of [false, true]) {
      const pair = await connect();
      expectAgreement(pair, { resumed });
      if (role === 'client') expect(pair.node.socket.authorized).toBe(true);
      else expect(pair.end.info?.peerCertificates.slice(0, 5)).toEqual(credential.chain);
    }
  });
});

describe('a client of node:tls without a certificate', () => {
  const asking = (clientAuthentication: ClientAuthentication): Partial<ServerConfig> => ({
    clientAuthentication,
    verifyCertificate: () => true,
  });

  it('is served where our server asks and does not insist, and resumed (RFC 5246 §7.4.6)', async () => {
    const connect = visits('server', {
      reprise: { clientAuthentication: 'request', verifyCertificate: () => true },
    });
    for (const resumed of [false, true]) {
      expectAgreement(await connect(), { resumed, peerCertificates: [] });
    }
  });

  it('is refused with handshake_failure where our server insists (RFC 5246 §7.4.6)', async () => {
    const pair = await connectNode(nodeClient(), repriseServer(asking('require')));
    expectRefusal(pair, { reason: 'client-certificate-required', alert: 'handshake_failure' }, rejected);
  });

  it('does not get past a server that insists with a session from one that does not (rule S20)', async () => {
    const { sessionStore } = repriseServer();
    const open = repriseServer({ ...asking('none'), sessionStore });
    const closed = repriseServer({ ...asking('require'), sessionStore });
    const session = (await connectNode(nodeClient(), open)).node.socket.getSession();
    expectAgreement(await connectNode(nodeClient({ session }), open), { resumed: true });
    const pair = await connectNode(nodeClient({ session }), closed);
    expectRefusal(pair, { reason: 'client-certificate-required' }, rejected);
  });
});

describe('our client, asked for a certificate by node:tls,', () => {
  const asking = { requestCert: true, rejectUnauthorized: true, ca: authority.certificatePem };

  it.each(keyTypes)('is authorized by its %s certificate, and again when it resumes', async (keyType) => {
    const credential = credentials[keyType];
    const client = repriseClient({ certificates: [repriseCredential(credential)] });
    const server = nodeServer(asking);
    for (const resumed of [false, true, true]) {
      const pair = await connectReprise(client, server);
      expectAgreement(pair, { resumed });
      expect(pair.node.socket.authorized).toBe(true);
      expect(pair.node.socket.getPeerX509Certificate()?.raw).toEqual(Buffer.from(credential.chain[0] ?? []));
      await exchange(pair, payload(100));
    }
  });

  it('shows the first certificate that the server’s schemes allow (RFC 5246 §7.4.6)', async () => {
    const certificates = [credentials.ed25519, credentials['rsa-2048'], credentials['ecdsa-p256']];
    const client = repriseClient({ certificates: certificates.map(repriseCredential) });
    const server = nodeServer({ ...asking, sigalgs: 'ecdsa_secp256r1_sha256:rsa_pkcs1_sha512' });
    const pair = await connectReprise(client, server);
    expectAgreement(pair, { resumed: false });
    expect(pair.node.socket.getPeerX509Certificate()?.publicKey.asymmetricKeyType).toBe('rsa');
  });

  it('is served without one where the server does not insist, and resumed (RFC 5246 §7.4.6)', async () => {
    const connect = visits('client', { node: { ...asking, rejectUnauthorized: false } });
    for (const resumed of [false, true]) {
      const pair = await connect();
      expectAgreement(pair, { resumed });
      expect(pair.node.socket.authorized).toBe(false);
    }
  });

  it('learns from handshake_failure that a server insists (RFC 5246 §7.4.6)', async () => {
    const pair = await connectReprise(repriseClient(), nodeServer(asking));
    const code = 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE';
    expectRefusal(pair, { alert: 'handshake_failure', origin: 'received' }, code);
  });

  it('keeps one from an authority that the server does not name to itself, and says so (RFC 5246 §7.4.4)', async () => {
    const stranger = createAuthority({ name: 'Nobody' }).issue();
    const report = vi.fn();
    const client = repriseClient({ certificates: [repriseCredential(stranger)], report });
    const lenient = await connectReprise(client, nodeServer({ ...asking, rejectUnauthorized: false }));
    expectAgreement(lenient, { resumed: false });
    expect(lenient.node.socket.getPeerX509Certificate()).toBeUndefined();
    expect(report.mock.calls).toEqual([[expect.objectContaining({ kind: 'client-certificate-withheld' })]]);
    const strict = await connectReprise(client, nodeServer(asking));
    const code = 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE';
    expectRefusal(strict, { alert: 'handshake_failure', origin: 'received' }, code);
  });

  it('with one of another authority of the same name, is let in unauthorized or not at all', async () => {
    const namesake = createAuthority({ keyType: 'ed25519' });
    const client = repriseClient({ certificates: [repriseCredential(namesake.issue())] });
    const lenient = await connectReprise(client, nodeServer({ ...asking, rejectUnauthorized: false }));
    expectAgreement(lenient, { resumed: false });
    expect(lenient.node.socket.authorized).toBe(false);
    const strict = await connectReprise(client, nodeServer(asking));
    expect(strict.end.closed?.error).toMatchObject({ reason: 'truncated' });
  });
});
