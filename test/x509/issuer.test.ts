import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { oids } from '../../src/x509/oids.ts';
import {
  type Authority,
  type CertificateOptions,
  type Credential,
  createAuthority,
  type KeyType,
} from '../support/issuer.ts';

const keyTypes = [
  'ecdsa-p256',
  'ecdsa-p384',
  'ecdsa-p521',
  'ed25519',
  'rsa-2048',
] as const satisfies KeyType[];

/** A handshake over node:tls in which each side verifies the other; what the client says of the server's chain. */
async function handshake(
  root: Authority,
  issuer: Authority,
  options: CertificateOptions,
  trusted = root,
): Promise<string> {
  const credential = issuer.issue(options);
  const client = issuer.issue({ keyType: options.keyType ?? 'ecdsa-p256' });
  const identity = ({ chainPem, privateKeyPem }: Credential) => ({ cert: chainPem, key: privateKeyPem });
  const ca = root.certificatePem;
  const version = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
  const server = createServer({
    ...identity(credential),
    ca,
    ...version,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.on('secureConnection', (socket) => socket.end('authorized'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({
    ...identity(client),
    ca: trusted.certificatePem,
    ...version,
    host: '127.0.0.1',
    port,
    servername: 'a.example',
  });
  try {
    return await answer(socket);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return `${code} ${message}`;
  } finally {
    socket.destroy();
    server.close();
  }
}

async function answer(socket: TLSSocket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

describe('what the issuer makes', () => {
  test.each(keyTypes)('OpenSSL accepts for client and server under a root of %s', async (rootType) => {
    const root = createAuthority({ keyType: rootType });
    const intermediate = root.issueAuthority({ keyType: rootType, pathLenConstraint: 0 });
    for (const keyType of keyTypes) {
      const options = { keyType, dnsNames: ['a.example'] };
      expect(await handshake(root, root, options), keyType).toBe('authorized');
      expect(await handshake(root, intermediate, options), keyType).toBe('authorized');
    }
  });

  test('OpenSSL refuses by the rule that was broken, and so the rest was in order', async () => {
    const root = createAuthority();
    const stranger = createAuthority();
    const past = Date.now() - 1000;
    const dnsNames = ['a.example'];
    const critical = { oid: '1.2.3.4', critical: true, value: new Uint8Array(0) };
    expect(await handshake(root, root, { dnsNames: ['b.example'] })).toContain(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
    expect(await handshake(root, root, { dnsNames, notAfter: past })).toContain('CERT_HAS_EXPIRED');
    expect(await handshake(root, root, { dnsNames, notBefore: Date.now() + 1e6 })).toContain(
      'CERT_NOT_YET_VALID',
    );
    expect(await handshake(root, root, { dnsNames, extensions: [critical] })).toContain(
      'unhandled critical extension',
    );
    const clientOnly = [oids['id-kp-clientAuth']];
    expect(await handshake(root, root, { dnsNames, extendedKeyUsage: clientOnly })).toContain(
      'INVALID_PURPOSE',
    );
    expect(await handshake(root, root, { dnsNames }, stranger)).toContain('SELF_SIGNED_CERT_IN_CHAIN');
    const changeSignature = (signature: Uint8Array) =>
      signature.map((byte, index) => (index === 10 ? byte ^ 1 : byte));
    expect(await handshake(root, root, { dnsNames, changeSignature })).toContain('CERT_SIGNATURE_FAILURE');
  });

  test('is signed by its issuer, named after it, and carries its key identifier (RFC 5280 §4.2.1.1)', () => {
    for (const keyType of keyTypes) {
      const root = createAuthority({ keyType, name: 'R' });
      const intermediate = root.issueAuthority({ keyType, name: 'I' });
      const { chain, privateKey } = intermediate.issue({ keyType, ipAddresses: ['10.0.0.1', 'fe80::1:2'] });
      const [leaf, above, top] = [...chain, root.certificateDer].map((bytes) => new X509Certificate(bytes));
      if (!leaf || !above || !top) throw new Error('no chain');
      expect(leaf.checkIssued(above) && leaf.verify(above.publicKey)).toBe(true);
      expect(above.checkIssued(top) && above.verify(top.publicKey)).toBe(true);
      expect(top.checkIssued(top) && top.verify(top.publicKey)).toBe(true);
      expect(leaf.checkPrivateKey(privateKey)).toBe(true);
      expect(leaf.checkIP('10.0.0.1') && leaf.checkIP('fe80::1:2')).toBeTruthy();
      expect(leaf.ca).toBe(false);
      expect(above.ca && top.ca).toBe(true);
    }
  });

  test('lacks what is to be left out', () => {
    const omitExtensions = [oids['id-ce-basicConstraints'], oids['id-ce-authorityKeyIdentifier']];
    const [leaf] = createAuthority().issue({ omitExtensions }).chain;
    const kinds = parseCertificate(leaf ?? new Uint8Array(0)).extensions.map(({ oid }) => oid);
    expect(kinds).toEqual([
      oids['id-ce-keyUsage'],
      oids['id-ce-extKeyUsage'],
      oids['id-ce-subjectKeyIdentifier'],
    ]);
  });
});
