/**
 * Rules C1 to C3, C8, C9, C11 and C13: what a client offers again, and what it keeps to itself. What it makes of the
 * server's answer is in `client-answer.test.ts`.
 */

import fc from 'fast-check';
import {
  type CertificateVerdict,
  type CipherSuite,
  type ClientConfig,
  defaultCipherSuites,
  noble,
  type PeerCertificates,
  type ServerConfig,
  secp256r1,
} from 'reprise-tls';
import { expect, test } from 'vitest';
import { hex } from '../../src/wire/bytes.ts';
import {
  alice,
  clientConfig,
  meet,
  OpenStore,
  otherSite,
  rewrite,
  serverConfig,
  sessionIn,
  siteName,
} from '../support/resumption.ts';
import { playServer, type ScriptedServer } from '../support/scripted.ts';

/** A cache with the session of a full handshake in it. */
async function cached(changes: Partial<ClientConfig> = {}, server: Partial<ServerConfig> = {}) {
  const cache = new OpenStore();
  const store = new OpenStore();
  const { clientEnd } = await meet(
    clientConfig({ sessionCache: cache, ...changes }),
    serverConfig({ sessionStore: store, ...server }),
  );
  const sessionId = clientEnd.info?.sessionId ?? new Uint8Array(0);
  expect(sessionId.length).toBe(32);
  return { cache, store, sessionId };
}

/** The ClientHello of a client of this configuration. */
async function helloOf(cache: OpenStore | undefined, changes: Partial<ClientConfig> = {}) {
  const config = clientConfig({ ...(cache && { sessionCache: cache }), ...changes });
  const { result } = await playServer(config, async (server: ScriptedServer) => {
    await server.hear('ClientHello');
    if (server.clientHello === undefined) throw new TypeError('there is no ClientHello');
    return { ...server.clientHello, extensions: server.clientExtensions };
  });
  return result;
}

async function offersNothing(cache: OpenStore | undefined, changes: Partial<ClientConfig> = {}) {
  return (await helloOf(cache?.clone(), changes)).sessionId.length === 0;
}

test('C1: who offers an ID offers its suite and null compression too (RFC 5246 §7.4.1.2)', async () => {
  const suites = fc.shuffledSubarray([...defaultCipherSuites], { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(suites, async (cipherSuites) => {
      fc.pre(cipherSuites.some(({ authentication }) => authentication === 'ecdsa'));
      const { cache, sessionId } = await cached({ cipherSuites });
      const hello = await helloOf(cache, { cipherSuites });
      expect(hello.sessionId).toEqual(sessionId);
      expect(hello.cipherSuites).toContain(sessionIn(cache).cipherSuite);
      expect(hello.compressionMethods).toContain(0);
    }),
    { numRuns: 15 },
  );
});

test('C1: a session whose suite is disabled now is not offered', async () => {
  const { cache } = await cached();
  const others = defaultCipherSuites.filter(({ id }) => id !== sessionIn(cache).cipherSuite);
  expect(await offersNothing(cache, { cipherSuites: others })).toBe(true);

  // Another list of suites is another key in the cache; the rule holds without that too.
  rewrite(cache, { cipherSuite: 0xc0ff });
  expect(await offersNothing(cache)).toBe(true);
});

test('C2: extended_master_secret is in every hello, with a session or without (RFC 7627 §5.2, §5.3)', async () => {
  const { cache } = await cached();
  for (const requireExtendedMasterSecret of [true, false]) {
    for (const sessions of [cache, undefined]) {
      const hello = await helloOf(sessions, { requireExtendedMasterSecret });
      expect(hello.sessionId.length > 0).toBe(sessions !== undefined);
      expect(hello.extensions.extended_master_secret).toEqual({});
    }
  }
});

test('C2: a session without it is not offered, and not even kept (RFC 7627 §5.3)', async () => {
  const { cache } = await cached();
  rewrite(cache, { extendedMasterSecret: false });
  expect(await offersNothing(cache)).toBe(true);
  expect(await offersNothing(cache, { requireExtendedMasterSecret: false })).toBe(true);
});

test('C3: a session is offered under the server name of its full handshake alone (RFC 6066 §3)', async () => {
  const { cache, sessionId } = await cached();
  expect((await helloOf(cache)).sessionId).toEqual(sessionId);
  expect((await helloOf(cache, { serverName: siteName.toUpperCase() })).sessionId).toEqual(sessionId);
  for (const serverName of ['other.test', `www.${siteName}`, '192.0.2.1']) {
    expect(await offersNothing(cache, { serverName })).toBe(true);
  }
  const { serverName: _, ...nameless } = clientConfig({ sessionCache: cache });
  const { result } = await playServer(nameless, async (server) => {
    await server.hear('ClientHello');
    return server.clientHello?.sessionId;
  });
  expect(result).toEqual(new Uint8Array(0));

  // The name is in the cache's key; the rule holds without that too.
  rewrite(cache, { serverName: 'other.test' });
  expect(await offersNothing(cache)).toBe(true);
});

test('C8: before a session is offered, its chain is judged again: as of now, for the name, by the verifier of today', async () => {
  const shown: PeerCertificates[] = [];
  let verdict: CertificateVerdict = true;
  let now = Date.UTC(2030, 0, 1);
  const changes: Partial<ClientConfig> = {
    clock: () => now,
    verifyCertificate: (certificates) => {
      shown.push(certificates);
      return verdict;
    },
  };
  const { cache } = await cached(changes);
  now += 1000;
  expect(await offersNothing(cache, changes)).toBe(false);
  expect(shown.map(({ peer, serverName, time }) => ({ peer, serverName, time }))).toEqual([
    { peer: 'server', serverName: siteName, time: now - 1000 },
    { peer: 'server', serverName: siteName, time: now },
  ]);
  expect(shown[1]?.chain).toEqual(shown[0]?.chain);

  verdict = { alert: 'certificate_expired', message: 'expired since' };
  expect(await offersNothing(cache, changes)).toBe(true);
});

test('C8: a session that says that its chain was never verified is not offered', async () => {
  const { cache } = await cached();
  rewrite(cache, { peerVerified: false });
  expect(await offersNothing(cache)).toBe(true);
});

test('C8: a verifier that answers by a promise is waited for, and one that fails is a refusal', async () => {
  const { cache, sessionId } = await cached();
  const later = { verifyCertificate: () => Promise.resolve(true as const) };
  expect((await helloOf(cache, later)).sessionId).toEqual(sessionId);
  for (const verifyCertificate of [
    () => Promise.reject(new Error('no answer from the responder')),
    () => {
      throw new Error('no answer from the responder');
    },
  ]) {
    expect(await offersNothing(cache, { verifyCertificate })).toBe(true);
  }
});

test('C9: configurations equal in content share a session; a new configuration object changes nothing', async () => {
  const changes = { port: 443, sessionPartition: 'tab 1', certificates: [{ ...alice }] };
  const { cache, sessionId } = await cached(changes);
  const equal = { ...changes, certificates: [{ ...alice }], cipherSuites: [...defaultCipherSuites] };
  expect((await helloOf(cache, equal)).sessionId).toEqual(sessionId);
});

const withoutFirst: readonly CipherSuite[] = defaultCipherSuites.slice(1);

test.each<[string, Partial<ClientConfig>]>([
  ['the cipher suites', { cipherSuites: withoutFirst }],
  ["the client's own certificate", { certificates: [alice] }],
  ['the server name', { serverName: 'other.test' }],
  ['the port', { port: 8443 }],
  ['the partition', { sessionPartition: 'tab 2' }],
])('C9: the cache key binds %s (CVE-2016-5419, CVE-2016-5420)', async (_, change) => {
  const { cache } = await cached({ port: 443, sessionPartition: 'tab 1' });
  const keys = new Set(cache.entries.keys());
  const changed = { port: 443, sessionPartition: 'tab 1', ...change };
  expect(await offersNothing(cache, changed)).toBe(true);
  const certificates = change.serverName === undefined ? {} : { certificates: [otherSite] };
  await meet(
    clientConfig({ sessionCache: cache, ...changed }),
    serverConfig({ sessionStore: new OpenStore(), ...certificates }),
  );
  for (const key of cache.entries.keys()) keys.add(key);
  expect(keys.size).toBe(2);
});

test('C9: a port, a partition or a name that is not given is none, and not an empty one', async () => {
  const { cache } = await cached();
  expect(await offersNothing(cache, { port: 0 })).toBe(true);
  expect(await offersNothing(cache, { sessionPartition: '' })).toBe(true);
});

test('C9: a session that names another context than its key does is not offered', async () => {
  const { cache } = await cached();
  rewrite(cache, { contextDigest: noble.randomBytes(32) });
  expect(await offersNothing(cache)).toBe(true);
});

test('C9: what a session does not bind may change: groups, protocols, limits', async () => {
  const { cache } = await cached();
  for (const change of [{ groups: [secp256r1] }, { alpnProtocols: ['h2'] }, { recordSizeLimit: 99 }]) {
    expect(await offersNothing(cache, change)).toBe(false);
  }
});

test('C9: a session is not kept where `selectCertificate` was asked, for it may choose otherwise next time', async () => {
  const selectCertificate = () => alice;
  for (const [clientAuthentication, kept] of [
    ['none', 1],
    ['request', 0],
    ['require', 0],
  ] as const) {
    const cache = new OpenStore();
    const client = clientConfig({ sessionCache: cache, selectCertificate });
    const server = serverConfig({ sessionStore: new OpenStore(), clientAuthentication });
    const { clientEnd } = await meet(client, server);
    expect(clientEnd.info?.sessionId).toHaveLength(32);
    expect(cache.entries.size).toBe(kept);
    expect((await meet(client, server)).clientEnd.info?.resumed).toBe(kept === 1);
  }
});

const hour = 3_600_000;
const start = Date.UTC(2030, 0, 1);

test('C11: for all times and lifetimes: a session is offered where its age is below both its lifetime and 24 hours (RFC 5246 F.1.4)', async () => {
  const lifetime = fc.integer({ min: 1, max: 86_400 });
  const { cache } = await cached({ clock: () => start, sessionLifetime: 86_400 });
  await fc.assert(
    fc.asyncProperty(lifetime, fc.integer({ min: -hour, max: 40 * hour }), async (sessionLifetime, age) => {
      const offered = !(await offersNothing(cache, { sessionLifetime, clock: () => start + age }));
      expect(offered).toBe(age >= -60_000 && age < Math.min(sessionLifetime * 1000, 24 * hour));
    }),
    { numRuns: 60 },
  );
});

test('C11: one hour by default, and never beyond 24, whatever the session says of itself', async () => {
  const { cache } = await cached({ clock: () => start });
  expect(await offersNothing(cache, { clock: () => start + hour - 1 })).toBe(false);
  expect(await offersNothing(cache, { clock: () => start + hour })).toBe(true);
  rewrite(cache, { expiresAt: start + 100 * 24 * hour });
  const patient = { sessionLifetime: 86_400 };
  expect(await offersNothing(cache, { ...patient, clock: () => start + 24 * hour - 1 })).toBe(false);
  expect(await offersNothing(cache, { ...patient, clock: () => start + 24 * hour })).toBe(true);
});

test('C13: the ID that one server chose is replayed to no other name, port or partition', async () => {
  const places = fc.record({
    serverName: fc.constantFrom(siteName, 'other.test'),
    port: fc.constantFrom(443, 990),
    sessionPartition: fc.constantFrom('alice', 'bob'),
  });
  const cache = new OpenStore();
  const server = serverConfig({ sessionStore: new OpenStore() });
  const seen = new Map<string, string>();
  await fc.assert(
    fc.asyncProperty(places, async (place) => {
      const name = JSON.stringify(Object.entries(place).sort());
      const hello = await helloOf(cache.clone(), place);
      expect(hex(hello.sessionId)).toBe(seen.get(name) ?? '');
      const { clientEnd } = await meet(clientConfig({ sessionCache: cache, ...place }), server);
      seen.set(name, hex(clientEnd.info?.sessionId ?? new Uint8Array(0)));
    }),
    { numRuns: 25 },
  );
  expect(new Set(seen.values()).size).toBe(seen.size);
});

test('C13: without a cache no ID is offered, and nothing is kept', async () => {
  const { clientEnd } = await meet(clientConfig(), serverConfig({ sessionStore: new OpenStore() }));
  expect(clientEnd.info?.sessionId.length).toBe(32);
  expect(await offersNothing(undefined)).toBe(true);
});
