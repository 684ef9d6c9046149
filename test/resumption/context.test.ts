/**
 * Rules S16 to S19 and S22: the server name, and the configuration that a session was made under. Each ingredient is
 * changed alone between the full handshake and the next hello, and then the handshake is full.
 */

import fc from 'fast-check';
import { defaultCipherSuites, type ServerConfig } from 'reprise-tls';
import { expect, test } from 'vitest';
import { sha256 } from '../../src/crypto/hash.ts';
import { contextDigest } from '../../src/handshake/context-digest.ts';
import { flights } from '../../src/handshake/states.ts';
import { hex, latin1, utf8 } from '../../src/wire/bytes.ts';
import { createAuthority, keyPair } from '../support/issuer.ts';
import {
  accepted,
  certificateFor,
  established,
  offer,
  offerRewritten,
  otherSite,
  refusedWith,
  serverConfig,
  sessionIn,
  site,
  siteName,
} from '../support/resumption.ts';
import {
  type ClientHelloChanges,
  playClient,
  type ScriptedSession,
  serverName,
  statusRequest,
} from '../support/scripted.ts';

test('S16: the server name must be that of the session, and none is a name of its own: else full handshake, no alert (RFC 6066 §3)', async () => {
  const names = [undefined, siteName, 'other.test', `www.${siteName}`, 'site.tes', 'site.testt'];
  for (const before of names) {
    const known = await established({}, hostName(before));
    for (const after of names) {
      const info = await offer(known, {}, hostName(after));
      expect([before, after, info?.resumption]).toEqual([
        before,
        after,
        before === after ? 'accepted' : 'server-name',
      ]);
    }
  }
});

test('S16: host names are compared without regard to case (RFC 6066 §3)', async () => {
  const known = await established({}, hostName('Site.TEST'));
  expect(await offer(known, {}, hostName('sITE.test'))).toMatchObject(accepted);
});

test('S17: no server_name and no status_request in the abbreviated ServerHello (RFC 6066 §3)', async () => {
  const hello = { extensions: { ...serverName(siteName), ...statusRequest } };
  const config = { certificates: [{ ...site, ocspResponse: utf8('the status of the certificate') }] };
  const flight = flights['full with certificate status'];
  const { store, session } = await established(config, hello, { flight });
  const answered = async (offered: ScriptedSession | undefined) => {
    const server = serverConfig({ sessionStore: store, ...config });
    const { extensions } = (await playClient(server, (client) => client.greet(offered, hello))).result;
    return { server_name: 'server_name' in extensions, status_request: 'status_request' in extensions };
  };
  expect(await answered(undefined)).toEqual({ server_name: true, status_request: true });
  expect(await answered(session)).toEqual({ server_name: false, status_request: false });
});

test('S18: the application protocol is negotiated afresh, whatever the session had (RFC 7301 §3.1)', async () => {
  const alpnProtocols = ['h2', 'http/1.1', 'imap'];
  const known = await established({ alpnProtocols }, protocols('h2'));
  expect(sessionIn(known.store).alpnProtocol).toBe('h2');
  expect(await offer(known, { alpnProtocols }, protocols('imap', 'http/1.1'))).toMatchObject({
    ...accepted,
    alpnProtocol: 'http/1.1',
  });
  expect((await offer(known, { alpnProtocols }))?.alpnProtocol).toBeUndefined();
  expect((await offer(known, {}, protocols('h2')))?.alpnProtocol).toBeUndefined();
  expect(await refusedWith(known, protocols('smtp'), { alpnProtocols })).toBe('no_application_protocol');
});

test('S19: two configurations equal in content resume the sessions of each other', async () => {
  const sessionContext = 'shop';
  const known = await established({ sessionContext, certificates: [{ ...site }, { ...otherSite }] });
  const certificates = [{ ...site }, { ...otherSite }];
  expect(await offer(known, { sessionContext, certificates })).toMatchObject(accepted);
  expect(await offer(known, { sessionContext, selectCertificate: () => certificates })).toMatchObject(
    accepted,
  );
  expect(
    await offer(known, { sessionContext: new TextEncoder().encode(sessionContext), certificates }),
  ).toMatchObject(accepted);
});

test('S19: what a session does not bind may change: suites in their order, groups, protocols, lifetimes, limits', async () => {
  const known = await established();
  const changes: readonly Partial<ServerConfig>[] = [
    { cipherSuites: [...defaultCipherSuites].reverse() },
    { alpnProtocols: ['h2'] },
    { sessionLifetime: 60 },
    { recordSizeLimit: 1024 },
  ];
  for (const change of changes) expect(await offer(known, change)).toMatchObject(accepted);
});

test.each<[string, Partial<ServerConfig>]>([
  ["the application's context id is another", { sessionContext: 'admin' }],
  ["the application's context id is gone", { sessionContext: '' }],
  ['clients are asked for a certificate', { clientAuthentication: 'request' }],
  ['clients must show a certificate', { clientAuthentication: 'require' }],
  ['one more credential is offered for the name', { certificates: [site, certificateFor([siteName])] }],
  ['the credential is another', { certificates: [certificateFor([siteName])] }],
  ['the credential is chosen by the application, and is another', { selectCertificate: () => otherSite }],
])('S19: each ingredient of the context digest, changed alone, is another context: %s', async (_, change) => {
  const before = { sessionContext: 'shop', certificates: [site] };
  const known = await established(before);
  expect(await offer(known, before)).toMatchObject(accepted);
  const config = serverConfig({ sessionStore: known.store, ...before, ...change });
  const { result } = await playClient(config, (client) => client.greet(known.session));
  expect(result.resumed).toBe(false);
});

test('S19: a stored digest that differs in any bit: full handshake', async () => {
  const known = await established();
  const { contextDigest: digest } = sessionIn(known.store);
  for (let bit = 0; bit < 256; bit += 5) {
    const changed = digest.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    expect(await offerRewritten(known, { contextDigest: changed })).toMatchObject({
      resumption: 'context-changed',
    });
  }
});

test('S19: no two lists of ingredients have the same digest: labels, values and their borders all count', () => {
  const value = fc.uint8Array({ maxLength: 4 });
  const entry = fc.tuple(fc.constantFrom('a', 'b', 'ab', ''), fc.array(value, { maxLength: 3 }));
  const list = fc.array(entry, { maxLength: 3 });
  const digest = (entries: [string, Uint8Array[]][]) =>
    hex(
      contextDigest(
        sha256,
        'test',
        entries.map(([label, values]) => [label, ...values] as const),
      ),
    );
  const text = (entries: [string, Uint8Array[]][]) =>
    JSON.stringify(entries.map(([label, values]) => [label, values.map(hex)]));
  fc.assert(
    fc.property(list, list, (one, other) => {
      expect(digest(one) === digest(other)).toBe(text(one) === text(other));
    }),
  );
});

test("S22: the server's credential was replaced, by one for the same name and even the same key: full handshake", async () => {
  const known = await established();
  const renewed = certificateFor([siteName]);
  expect(await offer(known, { certificates: [renewed] })).toMatchObject({ resumption: 'context-changed' });

  const keys = keyPair('ecdsa-p256', 'renewed');
  const authority = createAuthority();
  const [old, young] = [1n, 2n].map((serialNumber) => {
    const { chain, privateKeyPem } = authority.issue({ dnsNames: [siteName], keys, serialNumber });
    return { chain, privateKey: privateKeyPem };
  });
  if (old === undefined || young === undefined) throw new TypeError('there are two');
  const other = await established({ certificates: [old] });
  expect(await offer(other, { certificates: [old] })).toMatchObject(accepted);
  expect(await offer(other, { certificates: [young] })).toMatchObject({ resumption: 'context-changed' });
});

function hostName(name: string | undefined): ClientHelloChanges {
  return name === undefined ? {} : { extensions: serverName(name) };
}

function protocols(...names: string[]): ClientHelloChanges {
  return { extensions: { application_layer_protocol_negotiation: names.map(latin1) } };
}
