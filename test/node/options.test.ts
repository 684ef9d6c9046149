/**
 * The options of `node:tls`: those that are translated come to the same as the core's, and those that cannot be honoured
 * are refused before anything is opened.
 */

import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import tls from 'node:tls';
import fc from 'fast-check';
import {
  AES_256_GCM,
  defaultCipherSuites,
  defaultGroups,
  defaultSignatureSchemes,
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
} from 'reprise-tls';
import {
  type ConnectOptions,
  connect,
  createSecureContext,
  createServer,
  platformTrustAnchors,
  TlsSocket,
} from 'reprise-tls/node';
import { describe, expect, it } from 'vitest';
import { cipherSuitesOf, groupsOf, opensslSuite, signatureSchemesOf } from '../../src/node/openssl-names.ts';
import { createAuthority } from '../support/issuer.ts';
import { newEcKeyPair } from '../support/key-pairs.ts';
import { sessionIds } from '../support/node-tls.ts';
import { authority, cert, key, listening, pair, proving, site, trusting } from '../support/sockets.ts';
import { streams } from '../support/streams.ts';

const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);

describe('ciphers', () => {
  it('in any order, under either name, are the suites in that order', () => {
    const property = fc.property(
      fc.shuffledSubarray([...defaultCipherSuites], { minLength: 1 }),
      fc.func(fc.boolean()),
      fc.constantFrom(':', ',', ' '),
      (suites, byIana, separator) => {
        const list = suites
          .map((suite) => (byIana(suite) ? suite.name : opensslSuite(suite)))
          .join(separator);
        expect(cipherSuitesOf(list)).toEqual(suites);
      },
    );
    fc.assert(property);
  });

  it.each([
    ['ECDHE+AESGCM', (name: string) => name.includes('AES')],
    ['ECDHE+CHACHA20:!aRSA', (name: string) => /ECDSA.*CHACHA20/.test(name)],
    ['HIGH:!AES128', (name: string) => !name.includes('AES_128')],
    ['DEFAULT:-CHACHA20', (name: string) => !name.includes('CHACHA20')],
    ['DEFAULT@SECLEVEL=2', () => true],
    ['HIGH:!aNULL:!eNULL:!EXPORT:!DES:!RC4:!MD5:!PSK:!SRP:!CAMELLIA', () => true],
    [tls.DEFAULT_CIPHERS, () => true],
  ])('%s are those that OpenSSL means by it', (list, meant) => {
    expect(new Set(names(cipherSuitesOf(list)))).toEqual(new Set(names(defaultCipherSuites).filter(meant)));
  });

  it('that are not there are passed over, and a list of such alone is refused', () => {
    expect(names(cipherSuitesOf('AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256:CAMELLIA256-SHA'))).toEqual([
      'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    ]);
    for (const list of ['', 'AES128-SHA', 'HIGH:!ALL', 'TLS_AES_128_GCM_SHA256']) {
      expect(() => cipherSuitesOf(list)).toThrow(RangeError);
    }
    for (const list of ['@STRENGTH', '+HIGH', 'HIGH@SECLEVEL=3']) {
      expect(() => cipherSuitesOf(list)).toThrow(TypeError);
    }
  });
});

describe('ecdhCurve and sigalgs', () => {
  it('are groups and schemes under the names of OpenSSL', () => {
    expect(names(groupsOf('P-384:X25519:prime256v1'))).toEqual(['secp384r1', 'x25519', 'secp256r1']);
    expect(groupsOf('auto')).toEqual(defaultGroups);
    expect(names(signatureSchemesOf('RSA-PSS+SHA256:ECDSA+SHA384:ed25519:rsa_pkcs1_sha512'))).toEqual([
      'rsa_pss_rsae_sha256',
      'ecdsa_secp384r1_sha384',
      'ed25519',
      'rsa_pkcs1_sha512',
    ]);
    expect(signatureSchemesOf(names(defaultSignatureSchemes).join(':'))).toEqual(defaultSignatureSchemes);
    expect(() => groupsOf('X448')).toThrow(RangeError);
    expect(() => signatureSchemesOf('RSA+SHA1')).toThrow(RangeError);
  });

  it('are what a handshake is made with', async () => {
    const options = { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384', ecdhCurve: 'P-521:P-256' };
    const { client, server } = await pair(options, { sigalgs: 'ECDSA+SHA256', ecdhCurve: 'P-521' });
    expect(client.getCipher()?.name).toBe('ECDHE-ECDSA-AES256-GCM-SHA384');
    expect(client.getEphemeralKeyInfo()).toEqual({ type: 'ECDH', name: 'secp521r1', size: 521 });
    expect(client.info).toMatchObject({ signatureScheme: 'ecdsa_secp256r1_sha256', group: 'secp521r1' });
    for (const socket of [client, server]) socket.destroy();
  });
});

describe('options that cannot be honoured', () => {
  const refused: Record<string, unknown> = {
    pfx: Buffer.alloc(1),
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.1',
    secureProtocol: 'TLSv1_1_method',
    secureOptions: 0x8000000,
    honorCipherOrder: false,
    allowPartialTrustChain: false,
    clientCertEngine: 'engine',
    privateKeyEngine: 'engine',
    privateKeyIdentifier: 'key',
    pskCallback: () => null,
    pskIdentityHint: 'hint',
    ticketKeys: Buffer.alloc(48),
    ALPNCallback: () => undefined,
    requestOCSP: true,
    onread: {},
    secureContext: tls.createSecureContext(),
    handshakeTimeout: -1,
  };

  it.each(Object.entries(refused))(
    '%s is refused by name, in either role, and nothing is opened',
    (name, value) => {
      const options = { [name]: value };
      const socket = streams().client;
      expect(() => connect({ ...trusting, ...options, socket })).toThrow(name);
      expect(() => createServer({ ...proving, ...options })).toThrow(name);
      expect(socket.listenerCount('data')).toBe(0);
    },
  );

  it.each([
    [{ ...trusting, ca: undefined, servername: undefined }, /expected servername or host/],
    [
      { ...trusting, ca: undefined, rejectUnauthorized: false, verifyCertificate: () => true as const },
      /verifyCertificate decides/,
    ],
    [
      { ...trusting, verifyCertificate: () => true as const },
      /verifyCertificate decides alone: leave out ca/,
    ],
    [{ ...trusting, trustAnchors: authority.certificatePem }, /got of both/],
    [
      { ...trusting, ciphers: 'HIGH', cipherSuites: defaultCipherSuites },
      /ciphers or cipherSuites, got both/,
    ],
    [{ ...trusting, ALPNProtocols: ['h2'], alpnProtocols: ['h2'] }, /ALPNProtocols or alpnProtocols/],
    [{ ...trusting, secureContext: createSecureContext() }, /ca: expected it in createSecureContext/],
    [{ ...trusting, ca: 'no certificate' }, RangeError],
    [{ ...trusting, key }, /expected cert beside it/],
    [{ ...trusting, cert, key: createAuthority().issue().privateKeyPem }, /expected the private key/],
    [{ ...trusting, cert, key: 'no key' }, /expected a private key in PEM/],
  ] as [ConnectOptions, RegExp | ErrorConstructor][])(
    '%# are refused with what was expected',
    (options, sentence) => {
      expect(() => connect({ ...options, socket: streams().client })).toThrow(sentence);
    },
  );

  it('of a server: clients are let in by name of their authority, and by one choice of certificates', () => {
    expect(() => createServer({ ...proving, requestCert: true })).toThrow(/requestCert: expected ca/);
    expect(() => createServer({})).toThrow(/needs certificates/);
    expect(() =>
      createServer({ ...proving, SNICallback: () => {}, selectCertificate: () => undefined }),
    ).toThrow(/one choice by name/);
    expect(() => createServer({ ...proving, requestCert: true, clientAuthentication: 'none' })).toThrow(
      /got both/,
    );
  });

  it('but those that ask for what holds anyway are welcome', async () => {
    const fine = {
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.3',
      secureProtocol: 'TLSv1_2_method',
      secureOptions: sessionIds.secureOptions,
      honorCipherOrder: true,
      dhparam: 'auto',
      minDHSize: 2048,
      enableTrace: false,
    } as const;
    const { client, server } = await pair(fine, fine);
    expect(client.authorized).toBe(true);
    for (const socket of [client, server]) socket.destroy();
  });
});

describe('cert and key', () => {
  it('may be several, in any order, encrypted, as KeyObject: the client’s suites choose', async () => {
    const rsa = authority.issue({ keyType: 'rsa-2048', dnsNames: [site] });
    const passphrase = 'a phrase';
    const locked = rsa.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase });
    const server = {
      cert: [cert, Buffer.from(rsa.chainPem)],
      key: [{ pem: locked.toString(), passphrase }, createPrivateKey(key)],
    };
    for (const [ciphers, authentication] of [
      ['aRSA', 'RSA'],
      ['aECDSA', 'ECDSA'],
    ]) {
      const ends = await pair({ ciphers: `ECDHE+${ciphers}` }, server);
      expect(ends.client.getCipher()?.name).toContain(authentication);
      for (const socket of [ends.client, ends.server]) socket.destroy();
    }
    expect(() => createServer({ cert: rsa.chainPem, key: locked.toString() })).toThrow(/passphrase/);
    expect(() => createServer({ cert: rsa.chainPem, key: locked.toString(), passphrase })).not.toThrow();
  });

  it('of a kind that there is no suite for are refused', () => {
    const { privateKey } = newEcKeyPair('secp256k1');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(() => createServer({ cert, key: pem })).toThrow(TypeError);
  });
});

describe('the core’s own options', () => {
  it('pass through in both roles', async () => {
    const lines: string[] = [];
    const both = { cipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384], recordSizeLimit: 512 };
    const { client, server } = await pair(
      { ...both, keyLog: (line) => lines.push(line), alpnProtocols: ['reprise'] },
      { ...both, alpnProtocols: ['reprise'], sessionContext: 'a context' },
    );
    expect(client.alpnProtocol).toBe('reprise');
    expect(TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384.aead).toBe(AES_256_GCM);
    expect(lines[0]).toMatch(/^CLIENT_RANDOM /);
    for (const socket of [client, server]) socket.destroy();
  });

  it('include a verifier, which then decides alone', async () => {
    const asked: (string | undefined)[] = [];
    const verifyCertificate: ConnectOptions['verifyCertificate'] = ({ serverName }) => {
      asked.push(serverName);
      return true;
    };
    const below = streams();
    const server = new TlsSocket(below.server, { ...proving, isServer: true });
    const client = connect({ socket: below.client, servername: 'elsewhere.example', verifyCertificate });
    await once(client, 'secureConnect');
    expect(asked).toEqual(['elsewhere.example']);
    expect(client).toMatchObject({ authorized: true, authorizationError: null });
    for (const socket of [client, server]) socket.destroy();
  });
});

describe('checkServerIdentity', () => {
  it('takes the place of the check of names, on a chain that holds', async () => {
    const asked: unknown[] = [];
    const { client, server } = await pair({
      servername: 'elsewhere.example',
      checkServerIdentity: (host, { subjectaltname }) => {
        asked.push([host, subjectaltname]);
        return undefined;
      },
    });
    expect(asked).toEqual([['elsewhere.example', `DNS:${site}, DNS:localhost`]]);
    for (const socket of [client, server]) socket.destroy();
  });

  it('refuses by the error that it returns', async () => {
    await using listener = await listening();
    const failure = Object.assign(new Error('not this one'), { code: 'ERR_MINE' });
    const socket = connect({ ...trusting, port: listener.port, checkServerIdentity: () => failure });
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'ERR_MINE', alert: 'bad_certificate', cause: { cause: failure } });
    const nodes = connect({
      ...trusting,
      port: listener.port,
      checkServerIdentity: tls.checkServerIdentity,
      servername: 'a.b',
    });
    expect((await once(nodes, 'error'))[0]).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it('is not asked about a chain that does not hold', async () => {
    await using listener = await listening();
    const ca = createAuthority({ name: 'A stranger' }).certificatePem;
    const socket = connect({ ...trusting, ca, port: listener.port, checkServerIdentity: () => undefined });
    expect((await once(socket, 'error'))[0]).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  });
});

describe('platformTrustAnchors', () => {
  it('are what node trusts, and what a client trusts that names nobody', async () => {
    expect(platformTrustAnchors()).toEqual(expect.arrayContaining([...tls.rootCertificates]));
    await using listener = await listening();
    const socket = connect({ servername: site, port: listener.port });
    expect((await once(socket, 'error'))[0]).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  });
});
