/** The leaf that a verifier is asked about is the one that was shown, whether it has been read before or not. */

import { type Certificate, type CertificateVerifier, MemorySessionStore } from 'reprise-tls';
import { expect, test } from 'vitest';
import { createAuthority, keyPair } from '../support/issuer.ts';
import { connect } from '../support/pair.ts';

const authority = createAuthority();
const serverName = 'leaves.example';

/** More servers than leaves are remembered of. They have one key, and so differ in as little as certificates can. */
const servers = Array.from({ length: 10 }, () => {
  const keys = keyPair('ecdsa-p256', 'one key for all');
  const { chain, privateKeyDer } = authority.issue({ keys, dnsNames: [serverName] });
  return { certificates: [{ chain, privateKey: privateKeyDer }], sessionStore: new MemorySessionStore() };
});

async function visit(server: (typeof servers)[number]): Promise<Certificate> {
  let asked: Certificate | undefined;
  const verifyCertificate: CertificateVerifier = ({ leaf }) => {
    asked = leaf;
    return true;
  };
  const { clientEnd } = await connect({ serverName, verifyCertificate }, server);
  expect(clientEnd.info?.resumed).toBe(false);
  if (asked === undefined) throw new Error('expected the verifier to be asked');
  return asked;
}

test('each of many servers is judged by its own leaf, however often and in whatever order it is visited', async () => {
  for (const server of [
    ...servers,
    ...[...servers].reverse(),
    ...servers.slice(0, 3),
    ...servers.slice(0, 3),
  ]) {
    const { der, serialNumber, publicKey } = await visit(server);
    const [shown = new Uint8Array()] = server.certificates[0]?.chain ?? [];
    expect(der).toEqual(new Uint8Array(shown));
    expect(Buffer.from(shown).includes(Buffer.from(serialNumber))).toBe(true);
    expect(publicKey.type).toBe('ecdsa');
  }
});

test('a leaf that was read stays as it was, whatever becomes of the bytes that it came in', async () => {
  const [server] = servers;
  if (server === undefined) throw new Error('expected a server');
  const before = (await visit(server)).der.slice();
  const { clientEnd } = await connect({ serverName, verifyCertificate: () => true }, server);
  for (const certificate of clientEnd.info?.peerCertificates ?? []) certificate.fill(0);
  expect((await visit(server)).der).toEqual(before);
});
