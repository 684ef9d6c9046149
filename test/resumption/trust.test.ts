/**
 * Rules S19, S21, S22, C8, C9 and C12 where trust anchors say whom to believe: a session is held against the anchors, the
 * revocation lists and the clock of today, on both sides, and so is the status that was stapled.
 */

import fc from 'fast-check';
import {
  type CertificateConfig,
  type ClientConfig,
  createCertificateVerifier,
  type ServerConfig,
  type VerifierOptions,
} from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { flights } from '../../src/handshake/states.ts';
import { utf8 } from '../../src/wire/bytes.ts';
import * as der from '../../src/x509/der-writer.ts';
import { createCrl } from '../support/crl.ts';
import {
  type Authority,
  type CertificateOptions,
  createAuthority,
  extension,
  toPem,
} from '../support/issuer.ts';
import { type OcspOptions, ocspResponse } from '../support/ocsp.ts';
import {
  accepted,
  clientConfig,
  type Established,
  established,
  meet,
  OpenStore,
  serverConfig,
  siteName,
} from '../support/resumption.ts';
import { playClient, playServer } from '../support/scripted.ts';

const minute = 60_000;
const hour = 60 * minute;
/** A whole second, as certificates have them. */
const start = Math.floor(Date.now() / 1000) * 1000;

const root = createAuthority({ name: 'Root' });
const stranger = createAuthority({ name: 'Another Root' });
const mustStaple = extension('id-pe-tlsfeature', der.sequence(der.integer(5)));

const site = issue();
const alice = issue({ dnsNames: ['alice.test'], serialNumber: 7n });

function issue(
  options: CertificateOptions = {},
  issuer: Authority = root,
): CertificateConfig & { readonly chain: Uint8Array[] } {
  const { chain, privateKeyPem } = issuer.issue({ dnsNames: [siteName], ...options });
  return { chain, privateKey: privateKeyPem };
}

/** A server that asks for certificates, and a client that has one: both believe the root. */
const asking = (changes: Partial<ServerConfig> = {}) =>
  serverConfig({
    certificates: [site],
    clientAuthentication: 'request',
    trustAnchors: root.certificateDer,
    clock: () => start,
    ...changes,
  });
const showing = (changes: Partial<ClientConfig> = {}) =>
  clientConfig({
    certificates: [alice],
    trustAnchors: root.certificateDer,
    clock: () => start,
    ...changes,
  });

/** A client of that certificate has made a session. */
function acquainted(certificate: CertificateConfig, changes: Partial<ServerConfig> = {}) {
  return established(asking(changes), {}, { flight: flights['full with client certificate'], certificate });
}

/** It comes again with that session and nothing else; what the server says of it. */
async function returning({ store, session }: Established, changes: Partial<ServerConfig> = {}) {
  const { end } = await playClient(asking({ sessionStore: store.clone(), ...changes }), async (client) => {
    const { resumed } = await client.greet(session);
    await client.walk(flights[resumed ? 'abbreviated' : 'full with empty client certificate'].slice(2));
  });
  return end.info;
}

const nobodyRevoked = createCrl(root);
const aliceRevoked = createCrl(root, { serialNumbers: [7n] });
const strangersList = createCrl(stranger);

describe('a server', () => {
  test.each<[string, Partial<ServerConfig>]>([
    ['one more anchor', { trustAnchors: [root.certificateDer, stranger.certificateDer] }],
    ['another anchor in the place of the one', { trustAnchors: stranger.certificateDer }],
    ['a revocation list', { crls: nobodyRevoked }],
    ['a revocation list with the client on it', { crls: aliceRevoked }],
    ['a revocation list that is no concern of the client', { crls: strangersList }],
    ['the same anchor under another profile', verifier({ profile: 'rfc5280' })],
    ['a function that is no more than that', { trustAnchors: undefined, verifyCertificate: () => true }],
  ])('S19: with %s resumes nothing that was made without', async (_, change) => {
    const known = await acquainted(alice);
    expect(await returning(known)).toMatchObject({ ...accepted, peerCertificates: alice.chain });
    expect(await returning(known, change)).toMatchObject({ resumption: 'context-changed' });
  });

  test('S19: trusts as another does with the same anchors and lists, in whatever form and order', async () => {
    const trustAnchors = [root.certificateDer, stranger.certificateDer];
    const known = await acquainted(alice, { trustAnchors, crls: [nobodyRevoked, strangersList] });
    const same: readonly Partial<ServerConfig>[] = [
      { trustAnchors: [...trustAnchors].reverse(), crls: [strangersList, nobodyRevoked] },
      {
        trustAnchors: `${stranger.certificatePem}${root.certificatePem}`,
        crls: `${toPem('X509 CRL', nobodyRevoked)}${toPem('X509 CRL', strangersList)}`,
      },
      verifier({ trustAnchors, crls: [nobodyRevoked, strangersList] }),
    ];
    for (const changes of same) expect(await returning(known, changes)).toMatchObject(accepted);
  });

  test('S19: that has lost the anchor of a client, or learnt of its revocation, knows it no more', async () => {
    const { store, client } = await met({});
    const bereft = await meet(client, asking({ sessionStore: store, trustAnchors: stranger.certificateDer }));
    expect(bereft.serverEnd.info).toMatchObject({ resumption: 'context-changed', peerCertificates: [] });
    const warned = await meet(client, asking({ sessionStore: store, crls: aliceRevoked }));
    expect(warned.serverEnd.closed?.error).toMatchObject({ alert: 'certificate_revoked', origin: 'sent' });
  });

  test.each([
    ['request', 'require'],
    ['require', 'request'],
    ['request', 'none'],
    ['none', 'require'],
  ] as const)('S19: from clientAuthentication %s to %s resumes nothing', async (then, now) => {
    const { store, client } = await met({ clientAuthentication: then });
    const { clientEnd, serverEnd } = await meet(
      client,
      asking({ sessionStore: store, clientAuthentication: now }),
    );
    expect(serverEnd.info).toMatchObject({
      resumption: 'context-changed',
      peerCertificates: now === 'none' ? [] : alice.chain,
    });
    expect(clientEnd.info?.resumption).toBe('declined-by-server');
  });

  test('S21: for all times, resumes a client for as long as its certificate is valid, and no second longer', async () => {
    const validity = 30 * minute;
    const certificate = issue({ notAfter: start + validity });
    const known = await acquainted(certificate);
    const lapse = fc.integer({ min: 0, max: hour - 1 });
    await fc.assert(
      fc.asyncProperty(lapse, async (since) => {
        const info = await returning(known, { clock: () => start + since });
        const valid = since < validity + 1000; // until its last second is over
        expect(info?.resumption).toBe(valid ? 'accepted' : 'client-certificate-no-longer-valid');
        expect(info?.peerCertificates).toEqual(valid ? certificate.chain : []);
      }),
      { numRuns: 12, examples: [[validity + 999], [validity + 1000]] },
    );
  });

  test.each<[string, CertificateConfig, Partial<ServerConfig>]>([
    [
      'an issuer of its certificate has expired',
      issue({}, root.issueAuthority({ notAfter: start + 30 * minute })),
      {},
    ],
    [
      'the revocation list that it is held against has run out',
      alice,
      { crls: createCrl(root, { nextUpdate: start + 30 * minute }) },
    ],
  ])('S21: resumes no client once %s', async (_, certificate, config) => {
    const known = await acquainted(certificate, config);
    const later = (lapse: number) => returning(known, { ...config, clock: () => start + lapse });
    expect(await later(29 * minute)).toMatchObject(accepted);
    expect(await later(31 * minute)).toMatchObject({
      resumption: 'client-certificate-no-longer-valid',
      peerCertificates: [],
    });
  });

  test('S22: that has renewed its certificate starts afresh, and its client knows the new one', async () => {
    const renewed = issue();
    const { store, client } = await met({});
    const { clientEnd, serverEnd } = await meet(
      client,
      asking({ sessionStore: store, certificates: [renewed] }),
    );
    expect(serverEnd.info?.resumption).toBe('context-changed');
    expect(clientEnd.info).toMatchObject({
      resumption: 'declined-by-server',
      peerCertificates: renewed.chain,
    });
  });

  /** A client of the library's own has made a session with alice's certificate. */
  async function met(changes: Partial<ServerConfig>) {
    const store = new OpenStore();
    const client = showing({ sessionCache: new OpenStore() });
    const { serverEnd } = await meet(client, asking({ sessionStore: store, ...changes }));
    expect(serverEnd.info?.sessionId.length).toBe(32);
    return { store, client };
  }
});

describe('a client', () => {
  test.each<[string, Partial<ClientConfig>]>([
    ['one more anchor', { trustAnchors: [root.certificateDer, stranger.certificateDer] }],
    ['another anchor in the place of the one', { trustAnchors: stranger.certificateDer }],
    ['a revocation list', { crls: nobodyRevoked }],
    ['the same anchor under another profile', verifier({ profile: 'rfc5280' })],
    ['a function that is no more than that', { trustAnchors: undefined, verifyCertificate: () => true }],
  ])('C9: with %s does not offer from the same cache what was kept without', async (_, change) => {
    const known = await cached();
    expect(await offers(known)).toBe(true);
    expect(await offers(known, change)).toBe(false);
  });

  test('C9: finds what another kept with the same anchors and lists, in whatever form and order', async () => {
    const trustAnchors = [root.certificateDer, stranger.certificateDer];
    const known = await cached({ trustAnchors, crls: [nobodyRevoked, strangersList] });
    const same: readonly Partial<ClientConfig>[] = [
      { trustAnchors: [...trustAnchors].reverse(), crls: [strangersList, nobodyRevoked] },
      { trustAnchors: [root.certificatePem, stranger.certificatePem], crls: [nobodyRevoked, strangersList] },
      verifier({ trustAnchors, crls: [nobodyRevoked, strangersList] }),
    ];
    for (const changes of same) {
      expect((await again(known, changes)).client).toMatchObject({
        ...accepted,
        peerCertificates: site.chain,
      });
    }
  });

  test('C8: for all times, offers a session for as long as the certificate is valid, and no second longer', async () => {
    const validity = 30 * minute;
    const known = await cached({}, { certificates: [issue({ notAfter: start + validity })] });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: hour - 1 }), async (since) => {
        expect(await offers(known, { clock: () => start + since })).toBe(since < validity + 1000);
      }),
      { numRuns: 12, examples: [[validity + 999], [validity + 1000]] },
    );
  });

  const demanding = issue({ extensions: [mustStaple] });
  const below = root.issueAuthority({ name: 'Below', notAfter: start + 30 * minute });

  test.each<[string, then: CertificateConfig, now: CertificateConfig]>([
    ['the certificate has expired', issue({ notAfter: start + 30 * minute }), issue()],
    ['its issuer has expired', issue({}, below), issue()],
    [
      'the staple that it demands has run out',
      stapled(demanding, { nextUpdate: start + 30 * minute }),
      stapled(demanding, { nextUpdate: start + hour }),
    ],
    [
      'the staple that it does not even demand has run out',
      stapled(site, { nextUpdate: start + 30 * minute }),
      stapled(site, { nextUpdate: start + hour }),
    ],
  ])(
    'C8: where %s since, starts afresh, and goes on with what the server shows now',
    async (_, then, now) => {
      const known = await cached({}, { certificates: [then] });
      const before = { clock: () => start + 29 * minute };
      expect((await again(known, before, { certificates: [then] })).client).toMatchObject(accepted);
      const after = { clock: () => start + 31 * minute };
      const { client, server } = await again(known, after, { certificates: [now] });
      expect(client).toMatchObject({
        resumption: 'server-certificate-no-longer-valid',
        peerCertificates: now.chain,
      });
      expect(server?.resumption).toBe('not-offered');
      expect((await again(known, after, { certificates: [now] })).client).toMatchObject(accepted);
    },
  );

  test('C8: offers nothing once its revocation list has run out', async () => {
    const crls = createCrl(root, { nextUpdate: start + 30 * minute });
    const known = await cached({ crls });
    expect(await offers(known, { crls, clock: () => start + 30 * minute })).toBe(true);
    expect(await offers(known, { crls, clock: () => start + 31 * minute })).toBe(false);
  });

  test.each<[string, string, CertificateConfig]>([
    [
      'says that the certificate was revoked',
      'certificate_revoked',
      stapled(site, { status: { revokedAt: start - hour } }),
    ],
    ['has run out', 'bad_certificate_status_response', stapled(site, { nextUpdate: start - minute })],
    ['is garbage', 'bad_certificate_status_response', { ...site, ocspResponse: utf8('good') }],
    ['is demanded and does not come', 'bad_certificate_status_response', demanding],
  ])('C12: keeps nothing of a handshake whose staple %s: %s', async (_, alert, certificate) => {
    const [cache, store] = [new OpenStore(), new OpenStore()];
    const { clientEnd, serverEnd } = await meet(
      showing({ sessionCache: cache }),
      asking({ sessionStore: store, certificates: [certificate] }),
    );
    expect(clientEnd.closed?.error).toMatchObject({ alert, origin: 'sent' });
    expect(serverEnd.closed?.error).toMatchObject({ alert, origin: 'received' });
    expect([...cache.asked, ...store.asked]).not.toContain('set');
  });

  interface Cached {
    readonly cache: OpenStore;
    readonly store: OpenStore;
  }

  /** Both ends have made a session. */
  async function cached(
    client: Partial<ClientConfig> = {},
    server: Partial<ServerConfig> = {},
  ): Promise<Cached> {
    const known = { cache: new OpenStore(), store: new OpenStore() };
    expect((await again(known, client, server)).client?.sessionId.length).toBe(32);
    return known;
  }

  /** What both say of one connection more. */
  async function again(
    { cache, store }: Cached,
    client: Partial<ClientConfig> = {},
    server: Partial<ServerConfig> = {},
  ) {
    const { clientEnd, serverEnd } = await meet(
      showing({ sessionCache: cache, ...client }),
      asking({ sessionStore: store, ...server }),
    );
    return { client: clientEnd.info, server: serverEnd.info };
  }

  /** Whether its hello would have an ID in it. */
  async function offers({ cache }: Cached, changes: Partial<ClientConfig> = {}): Promise<boolean> {
    const config = showing({ sessionCache: cache.clone(), ...changes });
    const { result } = await playServer(config, async (server) => {
      await server.hear('ClientHello');
      return server.clientHello?.sessionId;
    });
    return result !== undefined && result.length > 0;
  }
});

/** The certificate with a response of its issuer. */
function stapled<C extends ReturnType<typeof issue>>(certificate: C, options: OcspOptions): C {
  const [leaf = new Uint8Array(0)] = certificate.chain;
  return {
    ...certificate,
    ocspResponse: ocspResponse(root, leaf, { thisUpdate: start - 2 * hour, ...options }),
  };
}

function verifier(options: Partial<VerifierOptions>): Partial<ClientConfig & ServerConfig> {
  const verifyCertificate = createCertificateVerifier({ trustAnchors: root.certificateDer, ...options });
  return { trustAnchors: undefined, verifyCertificate };
}
