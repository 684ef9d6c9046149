/**
 * Which of its certificates a server shows: the one for the name that the client asked for (RFC 6066 §3), with a key that
 * the client's suites, curves and signature schemes allow (RFC 5246 §7.4.2, RFC 8422 §5.1); or one that the application
 * chooses. Where nothing fits, both ends hear of it.
 */

import fc from 'fast-check';
import {
  type CertificateConfig,
  type CertificateVerifier,
  type CipherSuite,
  type ClientConfig,
  type ClientHelloInfo,
  defaultCipherSuites,
  defaultGroups,
  defaultSignatureSchemes,
  ecdsa_secp256r1_sha256,
  ecdsa_secp384r1_sha384,
  ed25519,
  MemoryClientSessionCache,
  MemorySessionStore,
  type NamedGroup,
  rsa_pkcs1_sha256,
  rsa_pss_rsae_sha256,
  rsa_pss_rsae_sha512,
  type ServerConfig,
  ServerConnection,
  type SignatureScheme,
  secp256r1,
  secp384r1,
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
  x25519,
} from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { empty, equal, utf8 } from '../../src/wire/bytes.ts';
import { type Authority, type CertificateOptions, createAuthority } from '../support/issuer.ts';
import { connect } from '../support/pair.ts';
import { serverName as asked, playClient } from '../support/scripted.ts';

const authority = createAuthority();

interface Issued extends CertificateConfig {
  readonly chain: Uint8Array[];
}

function issue(options: CertificateOptions, issuer: Authority = authority): Issued {
  const { chain, privateKeyDer } = issuer.issue(options);
  return { chain, privateKey: privateKeyDer };
}

/** Both ends' view of a handshake: which certificate of the list was shown, or with which alert it ended. */
async function outcome(
  certificates: readonly Issued[],
  client: Partial<ClientConfig>,
  server: Partial<ServerConfig> = {},
) {
  const { clientEnd, serverEnd } = await connect(
    { serverName: 'any.example', verifyCertificate: () => true, ...client },
    { certificates, ...server },
  );
  const { info } = clientEnd;
  if (info === undefined) return { sent: serverEnd.closed?.error, heard: clientEnd.closed?.error };
  const [shown = empty] = info.peerCertificates;
  return { index: certificates.findIndex(({ chain: [leaf = empty] }) => equal(leaf, shown)), info };
}

describe('by name', () => {
  const certificates = [
    issue({ dnsNames: ['default.example'] }),
    issue({ dnsNames: ['one.example', 'uno.example'] }),
    issue({ dnsNames: ['*.wild.example'], ipAddresses: ['192.0.2.1', '2001:db8::1'] }),
    issue({ dnsNames: ['exact.wild.example'] }),
  ];

  test.each([
    ['one.example', 1],
    ['uno.example', 1],
    ['UNO.Example', 1],
    ['uno.example.', 1],
    ['a.wild.example', 2],
    ['exact.wild.example', 2],
    ['wild.example', 0],
    ['a.b.wild.example', 0],
    ['other.example', 0],
    ['192.0.2.1', 0],
    [undefined, 0],
  ] as const)('a client that asks for %s is shown number %i', async (serverName, index) => {
    expect(await outcome(certificates, { serverName })).toMatchObject({ index });
  });

  test('each goes with the status that was stapled to it, and with no other (RFC 6066 §8)', async () => {
    const stapled = certificates.map((certificate, i) => ({
      ...certificate,
      ocspResponse: utf8(`status ${i}`),
    }));
    for (const [serverName, index] of [
      ['one.example', 1],
      ['a.wild.example', 2],
      ['any.example', 0],
    ] as const) {
      const seen: (Uint8Array | undefined)[] = [];
      const verifyCertificate: CertificateVerifier = ({ ocspResponse }) => {
        seen.push(ocspResponse);
        return true;
      };
      expect(await outcome(stapled, { serverName, verifyCertificate })).toMatchObject({ index });
      expect(seen).toEqual([utf8(`status ${index}`)]);
    }
  });

  test('an address that stands among the names, where it should not, is looked for all the same', async () => {
    for (const address of ['192.0.2.1', '2001:db8::1']) {
      const { result } = await playClient({ certificates }, async (client) => {
        await client.greet(undefined, { extensions: asked(address) });
        return (await client.receive('Certificate')).certificateList;
      });
      expect(result).toEqual(certificates[2]?.chain);
    }
  });
});

describe('by kind of key', () => {
  const certificates = [
    issue({ keyType: 'ecdsa-p256' }),
    issue({ keyType: 'ecdsa-p384' }),
    issue({ keyType: 'ed25519' }),
    issue({ keyType: 'rsa-2048' }),
  ];

  test.each<[what: string, client: Partial<ClientConfig>, index: number, scheme: SignatureScheme['name']]>([
    ['everything', {}, 0, 'ecdsa_secp256r1_sha256'],
    ['SHA-384 with ECDSA alone', { signatureSchemes: [ecdsa_secp384r1_sha384] }, 0, 'ecdsa_secp384r1_sha384'],
    ['Ed25519 alone', { signatureSchemes: [ed25519] }, 2, 'ed25519'],
    ['PKCS #1 alone', { signatureSchemes: [rsa_pkcs1_sha256] }, 3, 'rsa_pkcs1_sha256'],
    ['PSS with SHA-512 alone', { signatureSchemes: [rsa_pss_rsae_sha512] }, 3, 'rsa_pss_rsae_sha512'],
    ['secp384r1 alone', { groups: [secp384r1] }, 1, 'ecdsa_secp256r1_sha256'],
    ['X25519 alone', { groups: [x25519] }, 2, 'ed25519'],
    [
      'X25519 alone, and no Ed25519',
      { groups: [x25519], signatureSchemes: [ecdsa_secp256r1_sha256, rsa_pkcs1_sha256] },
      3,
      'rsa_pkcs1_sha256',
    ],
    [
      'an RSA suite alone',
      { cipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256] },
      3,
      'rsa_pss_rsae_sha256',
    ],
  ])('a client that offers %s is shown number %i', async (_, client, index, signatureScheme) => {
    expect(await outcome(certificates, client)).toMatchObject({ index, info: { signatureScheme } });
  });

  test('for all offers: what is shown fits all of the offer, and nobody is refused for whom anything fits', async () => {
    const offers = fc.record({
      cipherSuites: fc.shuffledSubarray([...defaultCipherSuites], { minLength: 1 }),
      groups: fc.shuffledSubarray([...defaultGroups], { minLength: 1 }),
      signatureSchemes: fc.shuffledSubarray([...defaultSignatureSchemes], { minLength: 1, maxLength: 4 }),
    });
    const owned = fc.shuffledSubarray([...kinds], { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(offers, owned, async (offer, own) => {
        const fits = own.some((kind) => fitting(kind, offer).length > 0);
        const ours = own.flatMap(({ index }) => certificates[index] ?? []);
        const { index, info, sent, heard } = await outcome(ours, offer);
        if (!fits) {
          expect(sent).toMatchObject({ reason: missing(own, offer), alert: 'handshake_failure' });
          expect(heard).toMatchObject({ alert: 'handshake_failure', origin: 'received' });
          return;
        }
        const shown = own[index ?? -1];
        const agreed = { suite: info?.cipherSuite, scheme: info?.signatureScheme };
        expect(shown && fitting(shown, offer)).toContainEqual(agreed);
      }),
      { numRuns: 60 },
    );
  });

  interface Offer {
    readonly cipherSuites: readonly CipherSuite[];
    readonly groups: readonly NamedGroup[];
    readonly signatureSchemes: readonly SignatureScheme[];
  }

  /** Each with what it needs (RFC 8422 §5.1, §5.3). */
  const kinds = [
    { index: 0, keyType: 'ecdsa', authentication: 'ecdsa', group: secp256r1 },
    { index: 1, keyType: 'ecdsa', authentication: 'ecdsa', group: secp384r1 },
    { index: 2, keyType: 'ed25519', authentication: 'ecdsa', group: undefined },
    { index: 3, keyType: 'rsa', authentication: 'rsa', group: undefined },
  ] as const;

  /** What such an offer lacks first for any of these certificates: a suite, a curve, a scheme. */
  function missing(own: readonly (typeof kinds)[number][], { cipherSuites, groups }: Offer) {
    const keyed = own.filter((kind) =>
      cipherSuites.some((suite) => suite.authentication === kind.authentication),
    );
    if (keyed.length === 0) return 'no-common-cipher-suite';
    const onCurve = keyed.some(({ group }) => group === undefined || groups.includes(group));
    return onCurve ? 'no-common-signature-scheme' : 'no-common-group';
  }

  /** The suites and schemes under which such a certificate may be shown. */
  function fitting(
    { keyType, authentication, group }: (typeof kinds)[number],
    { cipherSuites, groups, signatureSchemes }: Offer,
  ) {
    if (group !== undefined && !groups.includes(group)) return [];
    return cipherSuites
      .filter((suite) => suite.authentication === authentication)
      .flatMap((suite) =>
        signatureSchemes
          .filter((scheme) => scheme.keyType === keyType)
          .map((scheme) => ({ suite: suite.name, scheme: scheme.name })),
      );
  }
});

describe('by what its key is to sign with', () => {
  const issued = issue({ keyType: 'rsa-2048' });
  const wanted = { ...issued, signatureSchemes: [rsa_pkcs1_sha256, rsa_pss_rsae_sha512] };

  test('the order is the certificate’s own, and other schemes than those it never signs with', async () => {
    const signed = async (client: Partial<ClientConfig>, server: Partial<ServerConfig> = {}) =>
      (await outcome([wanted], client, server)).info?.signatureScheme;
    expect(await signed({})).toBe('rsa_pkcs1_sha256');
    expect(await signed({ signatureSchemes: [rsa_pss_rsae_sha512] })).toBe('rsa_pss_rsae_sha512');
    // What the server takes of its clients is another matter (RFC 5246 §7.4.4).
    expect(await signed({}, { signatureSchemes: [ecdsa_secp256r1_sha256] })).toBe('rsa_pkcs1_sha256');
    const { sent } = await outcome([wanted], { signatureSchemes: [rsa_pss_rsae_sha256] });
    expect(sent).toMatchObject({ reason: 'no-common-signature-scheme' });
  });

  test('a list without a scheme for its key is refused before the first connection', () => {
    const certificates = [{ ...issued, signatureSchemes: [ed25519] }];
    const make = () => new ServerConnection({ certificates }, { send: () => {} });
    expect(make).toThrow(
      new RangeError("signatureSchemes: expected one for the certificate's rsa key, got none"),
    );
  });
});

describe('by what its chain is signed with (RFC 5246 §7.4.2)', () => {
  const byRsa = createAuthority({ keyType: 'rsa-2048', name: 'RSA Root' });
  const byEcdsa = createAuthority({ keyType: 'ecdsa-p256', name: 'ECDSA Root' });
  const onlyEcdsa = { signatureSchemes: [ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384] };

  test('of two that fit, the one is shown whose signatures the client can check, though it stands behind', async () => {
    const certificates = [issue({}, byRsa), issue({}, byEcdsa)];
    expect(await outcome(certificates, onlyEcdsa)).toMatchObject({ index: 1 });
    expect(await outcome(certificates, {})).toMatchObject({ index: 0 });
  });

  test('each certificate of the chain counts, and more than the order of the suites', async () => {
    const mixed = byRsa.issueAuthority({ keyType: 'ecdsa-p256' });
    const certificates = [issue({}, mixed), issue({ keyType: 'rsa-2048' }, byEcdsa)];
    const client = { signatureSchemes: [ecdsa_secp256r1_sha256, rsa_pss_rsae_sha512] };
    expect(await outcome(certificates, client)).toMatchObject({ index: 1 });
  });

  test('where none is signed so, one is shown all the same: the client may know its issuer (RFC 8446 §4.4.2.2)', async () => {
    expect(await outcome([issue({}, byRsa)], onlyEcdsa)).toMatchObject({ index: 0 });
  });
});

describe('by the application’s choice', () => {
  const [ecdsa, rsa, renewed] = [issue({}), issue({ keyType: 'rsa-2048' }), issue({})];

  test('which sees what the client offers, and may take its time', async () => {
    const hellos: ClientHelloInfo[] = [];
    const selectCertificate = async (hello: ClientHelloInfo) => {
      hellos.push(hello);
      await Promise.resolve();
      return [ecdsa, rsa];
    };
    const client = { alpnProtocols: ['h2'], cipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256] };
    expect(await outcome([ecdsa, rsa], client, { selectCertificate })).toMatchObject({ index: 1 });
    expect(hellos).toEqual([
      {
        serverName: 'any.example',
        alpnProtocols: ['h2'],
        cipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.id],
        signatureSchemes: defaultSignatureSchemes.map(({ id }) => id),
        groups: defaultGroups.map(({ id }) => id),
      },
    ]);
  });

  test.each<[what: string, ServerConfig['selectCertificate'], reason: string, alert: string]>([
    ['nothing', async () => undefined, 'unrecognized-name', 'unrecognized_name'],
    ['none of several', async () => [], 'unrecognized-name', 'unrecognized_name'],
    ['one that does not fit', () => rsa, 'no-common-signature-scheme', 'handshake_failure'],
    [
      'no answer but an error',
      () => Promise.reject(new Error('no database')),
      'application',
      'internal_error',
    ],
    [
      'one with another’s key',
      async () => ({ ...ecdsa, privateKey: rsa.privateKey }),
      'application',
      'internal_error',
    ],
  ])('which is %s, ends in %s', async (_, selectCertificate, reason, alert) => {
    const { sent, heard } = await outcome([ecdsa], { signatureSchemes: [ed25519] }, { selectCertificate });
    expect(sent).toMatchObject({ reason, alert, origin: 'sent' });
    expect(heard).toMatchObject({ alert, origin: 'received' });
  });

  test('which may change from day to day, and what was made under another is not resumed (rule S22)', async () => {
    let today = [ecdsa];
    const server = { selectCertificate: async () => today, sessionStore: new MemorySessionStore() };
    const client = { sessionCache: new MemoryClientSessionCache() };
    const visit = () => outcome([ecdsa, renewed], client, server);
    expect(await visit()).toMatchObject({ index: 0, info: { resumed: false } });
    expect(await visit()).toMatchObject({ index: 0, info: { resumed: true } });
    today = [renewed];
    expect(await visit()).toMatchObject({ index: 1, info: { resumption: 'declined-by-server' } });
    expect(await visit()).toMatchObject({ index: 1, info: { resumed: true } });
  });
});
