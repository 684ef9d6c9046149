/** Rules S20 and S21: the client's certificate, which a session carries from one connection to the next. */

import type { CertificateVerdict, ServerConfig } from 'reprise-tls';
import { expect, test } from 'vitest';
import {
  accepted,
  alice,
  clientConfig,
  established,
  meet,
  OpenStore,
  offerRewritten,
  rewrite,
  serverConfig,
  sessionIn,
  stage,
} from '../support/resumption.ts';
import { playClient } from '../support/scripted.ts';

test('S20: a client certificate is required now and the session has none: full handshake', async () => {
  const known = await established();
  const server = { clientAuthentication: 'require' as const };
  const config = serverConfig({ sessionStore: known.store, ...server });
  const { result } = await playClient(config, (client) => client.greet(known.session));
  expect(result.resumed).toBe(false);

  // The context alone would refuse that; the rule holds without it too.
  const authenticated = await withClientCertificate();
  expect(authenticated.pair.serverEnd.info?.peerCertificates.length).toBe(1);
  rewrite(authenticated.store, { peerCertificates: [], peerVerified: false });
  expect((await again(authenticated)).resumption).toBe('client-certificate-missing');
});

test('S20: no client certificate is asked for now and the session has one: full handshake', async () => {
  const known = await established();
  const peerCertificates = [Uint8Array.of(0x30, 0)];
  expect(await offerRewritten(known, { peerCertificates, peerVerified: true })).toMatchObject({
    resumption: 'client-certificate-unwanted',
  });
});

test('S20: the session has a client chain that was not verified: full handshake', async () => {
  const known = await withClientCertificate();
  rewrite(known.store, { peerVerified: false });
  expect((await again(known)).resumption).toBe('client-certificate-no-longer-valid');
});

test('S20: a client without certificate, where one is only asked for, resumes without', async () => {
  const server = { clientAuthentication: 'request' as const };
  const { store, cache } = stage();
  const asking = () => serverConfig({ sessionStore: store, ...server });
  const client = clientConfig({ sessionCache: cache });
  await meet(client, asking());
  const { serverEnd } = await meet(client, asking());
  expect(serverEnd.info).toMatchObject({ ...accepted, peerCertificates: [] });
});

test('S20: a session says that its client was verified where a chain was, and only there', async () => {
  const { store } = await withClientCertificate();
  expect(sessionIn(store)).toMatchObject({ peerCertificates: [expect.any(Uint8Array)], peerVerified: true });
  for (const clientAuthentication of ['none', 'request'] as const) {
    const without = stage({ server: { clientAuthentication } });
    await meet(without.client, without.server);
    expect(sessionIn(without.store)).toMatchObject({ peerCertificates: [], peerVerified: false });
  }
});

test('a session remembers on the client’s side whether a certificate was asked for', async () => {
  for (const clientAuthentication of ['none', 'request'] as const) {
    const cache = new OpenStore();
    const { client, server } = stage({ client: { sessionCache: cache }, server: { clientAuthentication } });
    await meet(client, server);
    expect(sessionIn(cache).clientAuthentication).toBe(clientAuthentication);
  }
});

test("S21: the stored client chain is verified again, now, by today's verifier and clock (RFC 5246 F.1.4, CVE-2025-68121)", async () => {
  let verdict: CertificateVerdict = true;
  let now = Date.UTC(2030, 0, 1);
  const asked: { chain: number; peer: string; time: number }[] = [];
  const server: Partial<ServerConfig> = {
    clock: () => now,
    verifyCertificate: ({ chain, peer, time }) => {
      asked.push({ chain: chain.length, peer, time });
      return verdict;
    },
  };
  const known = await withClientCertificate(server);
  now += 60_000;
  const second = await again(known, server);
  expect(second).toMatchObject({
    ...accepted,
    peerCertificates: known.pair.serverEnd.info?.peerCertificates,
  });
  expect(asked).toEqual([
    { chain: 1, peer: 'client', time: now - 60_000 },
    { chain: 1, peer: 'client', time: now },
  ]);

  verdict = { alert: 'certificate_revoked', message: 'revoked an hour ago' };
  const { serverEnd } = await meet(known.client, known.server(server));
  expect(serverEnd.closed?.error?.alert).toBe('certificate_revoked');
  expect(asked.length).toBe(4); // once for the session, and once for the full handshake that followed
});

test('S21: a verifier that answers by a promise, and one that fails, are heard at a resumption too', async () => {
  const known = await withClientCertificate();
  const later = { verifyCertificate: () => Promise.resolve(true as const) };
  expect((await again(known, later)).resumption).toBe('accepted');

  let calls = 0;
  const failing = {
    verifyCertificate: () => {
      calls++;
      if (calls === 1) throw new Error('the revocation list cannot be read');
      return true as const;
    },
  };
  expect((await again(known, failing)).resumption).toBe('client-certificate-no-longer-valid');
});

/** A session whose client has shown a certificate, and all that is needed to return with it. */
async function withClientCertificate(changes: Partial<ServerConfig> = {}) {
  const { store, cache } = stage();
  const client = clientConfig({ sessionCache: cache, certificates: [alice] });
  const server = (more: Partial<ServerConfig> = {}) =>
    serverConfig({ sessionStore: store, clientAuthentication: 'require', ...changes, ...more });
  const pair = await meet(client, server());
  return { store, client, server, pair };
}

/** The same client comes again; what the server says of it. */
async function again(
  { client, server }: Awaited<ReturnType<typeof withClientCertificate>>,
  changes: Partial<ServerConfig> = {},
) {
  const { serverEnd } = await meet(client, server(changes));
  if (serverEnd.info === undefined) throw serverEnd.closed?.error ?? new Error('the handshake is not done');
  return serverEnd.info;
}
