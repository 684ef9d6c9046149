/**
 * What a user does not import does not reach their bundle: an import of one thing does not pull in another.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bundleOf } from '../support/bundle.ts';

/** What is left of the sources and of noble in the bundle of these imports: `x509/der.ts`, `@noble/hashes/sha2.js`. */
async function partsOf(...imports: readonly [name: string, module: string][]): Promise<string[]> {
  const source = imports.map(([names, module]) => `export { ${names} } from '${module}';`).join('\n');
  const { parts } = await bundleOf(source);
  const files = Object.keys(parts).map((path) => path.replace(/^.*node_modules\//, '').replace(/^src\//, ''));
  return files.filter((path) => path !== '<stdin>' && path !== 'index.ts').sort();
}

function matching(parts: readonly string[], pattern: RegExp): string[] {
  return parts.filter((path) => pattern.test(path));
}

const sha2 = [
  '@noble/hashes/_md.js',
  '@noble/hashes/_u64.js',
  '@noble/hashes/sha2.js',
  '@noble/hashes/utils.js',
];
const stores = /^session\/(arena|entries|memory|sealed|sealing-keys|tiered|records)\.ts$/;
const keeping = /^session\/(breaker|guard|keeper)\.ts$/;
const adapters = /^(node|node-crypto|web|redis|persistence|trace|testing|cli|bare)\//;
const pathValidation = /^x509\/(crl|ocsp|path|policies|name-constraints|profile|trust-anchors|verifier)/;

describe('a bare client', async () => {
  const chacha: [string, string] = [
    'noble, rsa_pkcs1_sha256, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
    'reprise-tls',
  ];
  const known = await partsOf(['ClientConnection, knownKey, x25519', 'reprise-tls/bare'], chacha);
  const pinned = await partsOf(['ClientConnection, pinnedCertificate, x25519', 'reprise-tls/bare'], chacha);

  test('has of noble what its algorithms are made of, and nothing else', () => {
    expect(matching(known, /^@noble\//)).toEqual(
      [
        ...['_arx', '_poly1305', 'chacha', 'utils'].map((name) => `@noble/ciphers/${name}.js`),
        ...['curve', 'modular', 'montgomery'].map((name) => `@noble/curves/abstract/${name}.js`),
        '@noble/curves/utils.js',
        '@noble/hashes/hmac.js',
        ...sha2,
      ].sort(),
    );
    expect(matching(pinned, /^@noble\//)).toEqual(matching(known, /^@noble\//));
  });

  test('that knows the key reads no X.509, but for what tells an address from a name', () => {
    expect(matching(known, /^x509\//)).toEqual(['x509/addresses.ts']);
  });

  test('that pinned a certificate reads its key, and no names, dates, PEM or private keys', () => {
    expect(matching(pinned, /^x509\//)).toEqual([
      'x509/addresses.ts',
      'x509/certificate-key.ts',
      'x509/der.ts',
      'x509/key-oids.ts',
      'x509/public-keys.ts',
    ]);
  });

  test('has no server, no other algorithms and no keeping of sessions', () => {
    const foreign =
      /^(handshake\/server|connection\/(bare-)?server\.ts|crypto\/(gcm|defaults)|session\/(?!asking))/;
    expect(matching(pinned, foreign)).toEqual([]);
    expect(matching(pinned, /^connection\/(client|furnish|credentials|trust|sessions)\.ts$/)).toEqual([]);
  });

  test('that resumes has the keeping of sessions too, and no store but its own', async () => {
    const resuming = await partsOf(
      ['ClientConnection, clientSessions, pinnedCertificate, x25519', 'reprise-tls/bare'],
      chacha,
    );
    expect(matching(resuming, keeping)).toHaveLength(3);
    expect(matching(resuming, stores)).toEqual([]);
    expect(matching(resuming, pathValidation)).toEqual([]);
  });

  test('with path validation checks signatures in no other ways than it names', async () => {
    const validating = await partsOf(
      ['ClientConnection, validPath', 'reprise-tls/bare'],
      [
        'ecdsa_secp256r1_sha256, noble, secp256r1, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
        'reprise-tls',
      ],
    );
    expect(matching(validating, /^crypto\/(defaults|rsa-padding|gcm)|ed25519|edwards|montgomery/)).toEqual(
      [],
    );
  });

  test('with path validation has no private keys and no server', async () => {
    const validating = await partsOf(
      ['ClientConnection, validPath', 'reprise-tls/bare'],
      ['noble', 'reprise-tls'],
    );
    expect(
      matching(validating, /^(x509\/private-keys|connection\/credentials|handshake\/server)\.ts$/),
    ).toEqual([]);
    expect(matching(validating, pathValidation).length).toBeGreaterThan(0);
  });
});

describe('a bare server', () => {
  test('has no client, and validates no paths', async () => {
    const parts = await partsOf(
      ['credential, ServerConnection', 'reprise-tls/bare'],
      ['noble', 'reprise-tls'],
    );
    expect(parts).toContain('handshake/server.ts');
    expect(matching(parts, /^(handshake\/(client|offer|offerings)|connection\/(bare-)?client)\.ts$/)).toEqual(
      [],
    );
    expect(matching(parts, pathValidation)).toEqual([]);
    expect(matching(parts, keeping)).toEqual([]);
  });
});

describe('from reprise-tls', () => {
  test('ClientConnection brings no server and no store', async () => {
    const parts = await partsOf(['ClientConnection', 'reprise-tls']);
    expect(parts).toContain('handshake/client.ts');
    expect(matching(parts, /^(handshake\/server|connection\/(bare-)?server)\.ts$/)).toEqual([]);
    expect(matching(parts, stores)).toEqual([]);
    expect(matching(parts, adapters)).toEqual([]);
  });

  test('ServerConnection brings no client and no store', async () => {
    const parts = await partsOf(['ServerConnection', 'reprise-tls']);
    expect(parts).toContain('handshake/server.ts');
    expect(matching(parts, /^(handshake\/(client|offer|offerings)|connection\/(bare-)?client)\.ts$/)).toEqual(
      [],
    );
    expect(matching(parts, stores)).toEqual([]);
    expect(matching(parts, adapters)).toEqual([]);
  });

  test.each([
    ['MemorySessionStore', /^(session|wire)\//],
    ['MemoryClientSessionCache', /^(session|wire)\//],
    ['TieredSessionStore', /^(session|wire)\//],
    ['createResumptionCounters', /^(session|wire)\//],
    ['resumptionRefusals', /^handshake\/resumption\.ts$/],
    ['TlsError, AlertDescription', /^wire\//],
    ['AES_128_GCM', /^(crypto\/(aead|gcm)|wire\/|@noble\/ciphers\/)/],
    ['CHACHA20_POLY1305', /^(crypto\/aead|wire\/|@noble\/ciphers\/(_arx|_poly1305|chacha|utils)\.js)/],
    ['x25519', /^(crypto\/groups|wire\/|@noble\/(curves|hashes\/utils))/],
    ['rsa_pkcs1_sha256', /^(crypto\/|wire\/|@noble\/hashes\/)/],
    ['ed25519', /^(crypto\/|wire\/|@noble\/(hashes\/|curves\/(?!nist|abstract\/(weierstrass|der))))/],
    [
      'ecdsa_secp256r1_sha256',
      /^(crypto\/|wire\/|@noble\/(hashes\/|curves\/(?!ed25519|abstract\/(edwards|montgomery))))/,
    ],
    ['noble', /^crypto\/noble\.ts$/],
    ['parseCertificate', /^(x509\/(?!path|verifier|crl|ocsp|private)|wire\/|crypto\/(rsa|modular))/],
  ] as const)('%s brings what it is made of', async (name, made) => {
    const parts = await partsOf([name, 'reprise-tls']);
    expect(parts.length).toBeGreaterThan(0);
    expect(parts.filter((path) => !made.test(path))).toEqual([]);
  });

  test('a suite brings its own AEAD and hash', async () => {
    const parts = await partsOf(['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'reprise-tls']);
    expect(matching(parts, /gcm|aes|curves/)).toEqual([]);
  });
});

describe('from a subpath', () => {
  const web = 'connectTls, acceptTls, webSocketTransport, dataChannelTransport, messagePortTransport';
  test.each([
    ['webSocketTransport', 'reprise-tls/web', /^(web|wire)\//],
    ['RedisSessionStore', 'reprise-tls/redis', /^(redis|session|wire|crypto)\/|^@noble\/(ciphers|hashes)\//],
    ['peekClientHello', 'reprise-tls/persistence', /^(persistence|handshake|record|wire)\//],
    ['readCapture', 'reprise-tls/trace', /^(trace|wire)\//],
  ] as const)('%s brings what it is made of', async (name, subpath, made) => {
    const parts = await partsOf([name, subpath]);
    expect(parts.length).toBeGreaterThan(0);
    expect(parts.filter((path) => !made.test(path))).toEqual([]);
  });

  test('tlsOver brings streams to a bare client, and nothing that it does not have', async () => {
    const parts = await partsOf(
      ['tlsOver', 'reprise-tls/web'],
      ['ClientConnection, knownKey, x25519', 'reprise-tls/bare'],
    );
    expect(matching(parts, pathValidation)).toEqual([]);
    expect(
      matching(parts, /^(handshake\/server|connection\/(bare-server|client|server|furnish))\.ts$/),
    ).toEqual([]);
  });

  test('one adapter brings no other', async () => {
    for (const [names, subpath] of [
      [web, 'web'],
      ['RedisSessionStore, UnsealedRedisSessionStore', 'redis'],
      ['PersistenceTable, SteeringIds, ClientHelloPeeker', 'persistence'],
      ['traceConnection, renderHtml', 'trace'],
    ] as const) {
      const parts = await partsOf([names, `reprise-tls/${subpath}`]);
      const others = matching(parts, adapters).filter((path) => !path.startsWith(`${subpath}/`));
      expect(others, subpath).toEqual([]);
    }
  });
});

test('README.md states the budgets of package.json, which `npm run size` holds', () => {
  const { size }: { size: Record<string, number> } = JSON.parse(text('package.json'));
  const stated = [...text('README.md').matchAll(/^\| ([^|]+) \| ([\d.]+) \|$/gm)];
  expect(Object.fromEntries(stated.map(([, name, kilobytes]) => [name, Number(kilobytes)]))).toEqual(size);
});

function text(file: string): string {
  return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
}
