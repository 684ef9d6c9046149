/**
 * What nobody may negotiate, though others once did, each by the attack that it was good for: suites, groups and
 * parameters of a key exchange, signature schemes (RFC 9325 §4).
 */

import * as reprise from 'reprise-tls';
import { defaultCipherSuites, type NamedGroup, x25519 } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { flights } from '../../src/handshake/states.ts';
import { cipherSuiteName } from '../../src/trace/names/cipher-suites.ts';
import { clientConfig, otherSite, serverConfig, site } from '../support/resumption.ts';
import { playClient, playServer, samples } from '../support/scripted.ts';

describe('suites', () => {
  const all = Array.from({ length: 0x10000 }, (_, id) => ({ id, name: cipherSuiteName(id) ?? '' }));
  const families: readonly (readonly [attacks: string, pattern: RegExp])[] = [
    ['POODLE, Lucky 13, BEAST: CBC', /_CBC_/],
    ['RC4 biases', /_RC4_/],
    ['Sweet32: blocks of 64 bits', /_(3DES|DES|DES40|IDEA|RC2)_/],
    ['Bleichenbacher, ROBOT, DROWN: RSA key transport', /^TLS_RSA_/],
    ['FREAK: export', /_EXPORT_/],
    ['Logjam, Raccoon: finite-field Diffie-Hellman', /^TLS_(DH|DHE)_/],
    ['fixed keys of elliptic curves', /^TLS_ECDH_/],
    ['no authentication, no encryption', /_anon_|_NULL_/],
    ['truncated tags', /_CCM_8/],
    ['of TLS 1.3', /^TLS_(AES|CHACHA20)_/],
  ];

  test.each(families)('%s: nobody negotiates one', async (_, pattern) => {
    const ids = all.filter(({ name }) => pattern.test(name)).map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(0);
    await playClient(serverConfig(), async (client) => {
      client.changes = { fields: { cipherSuites: ids } };
      client.speak('ClientHello');
      expect(await client.alert()).toBe('handshake_failure');
    });
    for (const cipherSuite of ids) {
      await playServer(clientConfig(), async (server) => {
        await server.hear('ClientHello');
        expect(server.clientHello?.cipherSuites).not.toContain(cipherSuite);
        server.changes = { fields: { cipherSuite } };
        server.speak('ServerHello');
        expect(await server.alert()).toBe('illegal_parameter');
      });
    }
  });

  test('all that there are have an ephemeral key exchange and an AEAD', () => {
    const names = Object.keys(reprise).filter((name) => name.startsWith('TLS_'));
    expect(names.length).toBeGreaterThanOrEqual(defaultCipherSuites.length);
    for (const name of names) {
      expect(name).toMatch(/^TLS_ECDHE_(ECDSA|RSA)_WITH_(AES_(128|256)_GCM|CHACHA20_POLY1305)_SHA(256|384)$/);
    }
  });
});

describe('FREAK, Logjam: the parameters of a key exchange', () => {
  /** Up to the server's ServerKeyExchange. */
  function exchange(groups: readonly NamedGroup[], parameters: Uint8Array | undefined) {
    return playServer(
      clientConfig(),
      async (server) => {
        await server.walk(flights.full.slice(0, 3));
        if (parameters === undefined) server.speak('ServerKeyExchange');
        else server.sendMessage(Uint8Array.of(12, 0, 0, parameters.length, ...parameters));
        return server.alert();
      },
      { certificate: site, groups },
    );
  }

  test.each([
    ['sect163k1', 1],
    ['secp160r1', 16],
    ['secp192r1', 19],
    ['secp256k1', 22],
    ['x448', 30],
    ['ffdhe2048', 256],
    ['arbitrary_explicit_prime_curves', 0xff01],
  ])('a client takes no group that it did not offer: %s', async (_, id) => {
    expect((await exchange([{ ...x25519, id }], undefined)).result).toBe('illegal_parameter');
  });

  test('a client takes no parameters of another key exchange: 512 bits of DHE, or of RSA for export', async () => {
    const vector = (length: number) => [0, length, ...new Uint8Array(length).fill(0xff)];
    const signature = [4, 3, ...vector(64)];
    const dhe = Uint8Array.from([...vector(64), ...vector(1), ...vector(64), ...signature]);
    const rsaExport = Uint8Array.from([...vector(64), ...vector(3), ...signature]);
    for (const parameters of [dhe, rsaExport]) {
      const { result, end } = await exchange([x25519], parameters);
      expect(['decode_error', 'illegal_parameter', 'decrypt_error']).toContain(result);
      expect(end.info).toBeUndefined();
    }
  });
});

describe('SLOTH: signatures by MD5, SHA-1 and SHA-224', () => {
  const weak = [0x0101, 0x0102, 0x0103, 0x0201, 0x0202, 0x0203, 0x0301, 0x0302, 0x0303];
  const names = weak.map((algorithm) => `0x${algorithm.toString(16).padStart(4, '0')}`).join(' ');
  const signature = new Uint8Array(64);

  test(`neither side asks for ${names}`, async () => {
    await playServer(clientConfig(), async (server) => {
      await server.hear('ClientHello');
      for (const algorithm of weak) {
        expect(server.clientExtensions.signature_algorithms).not.toContain(algorithm);
      }
    });
    await playClient(serverConfig({ clientAuthentication: 'request' }), async (client) => {
      await client.walk(flights['full with client certificate'].slice(0, 4));
      const { supportedSignatureAlgorithms } = await client.receive('CertificateRequest');
      for (const algorithm of weak) expect(supportedSignatureAlgorithms).not.toContain(algorithm);
    });
  });

  test('a client takes no ServerKeyExchange that is signed with them', async () => {
    const script = (algorithm: number) =>
      playServer(
        clientConfig(),
        async (server) => {
          await server.walk(flights.full.slice(0, 3));
          server.send('ServerKeyExchange', {
            ...samples.ServerKeyExchange,
            signedParams: { algorithm, signature },
          });
          expect(await server.alert()).toBe('illegal_parameter');
        },
        { certificate: site },
      );
    for (const algorithm of weak) await script(algorithm);
  });

  test('a server takes no CertificateVerify that is signed with them', async () => {
    for (const algorithm of weak) {
      await playClient(
        serverConfig({ clientAuthentication: 'require' }),
        async (client) => {
          await client.walk(flights['full with client certificate'].slice(0, 8));
          client.send('CertificateVerify', { algorithm, signature });
          expect(await client.alert()).toBe('illegal_parameter');
        },
        { certificate: otherSite },
      );
    }
  });
});
