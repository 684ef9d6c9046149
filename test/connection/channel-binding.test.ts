/** Channel bindings (RFC 5929): the same at both ends, other on each connection, and none where there is none. */

import { createHash } from 'node:crypto';
import {
  type ClientConfig,
  defaultCipherSuites,
  MemoryClientSessionCache,
  MemorySessionStore,
  type ServerConfig,
} from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { createAuthority, type KeyType } from '../support/issuer.ts';
import { connect } from '../support/pair.ts';

async function connected(keyType: KeyType = 'ecdsa-p256') {
  const { chain, privateKeyDer } = createAuthority({ keyType }).issue({ dnsNames: ['site.example'] });
  const pair = await connect(
    { serverName: 'site.example', verifyCertificate: () => true },
    { certificates: [{ chain, privateKey: privateKeyDer }] },
  );
  return { ...pair, leaf: chain[0] ?? new Uint8Array(0) };
}

test('tls-unique is one value at both ends of a connection, and another on the next (RFC 5929 §3.1)', async () => {
  const [one, other] = [await connected(), await connected()];
  const binding = one.client.channelBinding('tls-unique');
  expect(binding).toHaveLength(12);
  expect(one.server.channelBinding('tls-unique')).toEqual(binding);
  expect(other.server.channelBinding('tls-unique')).not.toEqual(binding);
});

test('what is given out is a copy: whoever changes it changes nothing of the connection', async () => {
  const { client, server } = await connected();
  client.channelBinding('tls-unique').fill(0);
  expect(client.channelBinding('tls-unique')).toEqual(server.channelBinding('tls-unique'));
});

describe('tls-server-end-point (RFC 5929 §4.1)', () => {
  test.each([
    ['ecdsa-p256', 'sha256'],
    ['ecdsa-p384', 'sha384'],
    ['ecdsa-p521', 'sha512'],
    ['rsa-2048', 'sha256'],
  ] as const)('under an issuer with a key of %s is the %s of the certificate', async (keyType, hash) => {
    const { client, server, leaf } = await connected(keyType);
    const digest = new Uint8Array(createHash(hash).update(leaf).digest());
    for (const end of [client, server]) expect(end.channelBinding('tls-server-end-point')).toEqual(digest);
  });

  test('is after a resumption that of the certificate of the full handshake, on both sides', async () => {
    const issued = (['ecdsa-p256', 'rsa-2048'] as const).map((keyType) =>
      createAuthority().issue({ keyType, dnsNames: ['site.example'] }),
    );
    for (const [i, { chain }] of issued.entries()) {
      const server: ServerConfig = {
        certificates: issued.map(({ chain, privateKeyDer }) => ({ chain, privateKey: privateKeyDer })),
        sessionStore: new MemorySessionStore(),
      };
      const suites = defaultCipherSuites.filter(
        ({ authentication }) => (authentication === 'rsa') === (i === 1),
      );
      const client: ClientConfig = {
        serverName: 'site.example',
        verifyCertificate: () => true,
        sessionCache: new MemoryClientSessionCache(),
        cipherSuites: suites,
      };
      const digest = new Uint8Array(
        createHash('sha256')
          .update(chain[0] ?? '')
          .digest(),
      );
      for (const resumed of [false, true]) {
        const pair = await connect(client, server);
        expect(pair.serverEnd.info?.resumed).toBe(resumed);
        for (const end of [pair.client, pair.server]) {
          expect(end.channelBinding('tls-server-end-point')).toEqual(digest);
        }
      }
    }
  });

  test('is not defined where the signature has no hash of its own', async () => {
    const { client, server } = await connected('ed25519');
    for (const end of [client, server]) {
      expect(() => end.channelBinding('tls-server-end-point')).toThrow(TypeError);
      expect(() => end.channelBinding('tls-server-end-point')).toThrow(/signed with 1\.3\.101\.112/);
    }
  });
});

test('a type that there is not is a mistake of the caller’s', async () => {
  const { client } = await connected();
  expect(() => client.channelBinding('tls-exporter' as 'tls-unique')).toThrow(RangeError);
});
