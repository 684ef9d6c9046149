/**
 * Every reason for which a handshake can be full, provoked once at each end where it applies, and seen by the
 * application in `info.resumption`. The last test proves that none was left out.
 */

import {
  type CertificateVerdict,
  type ClientConfig,
  type ConnectionInfo,
  defaultCipherSuites,
  type ResumptionRefusal,
  resumptionRefusals,
  type ServerConfig,
  type SessionStore,
} from 'reprise-tls';
import { afterAll, describe, expect, test } from 'vitest';
import { clockSkew } from '../../src/handshake/resumption.ts';
import type { Session } from '../../src/session/session.ts';
import { wipe } from '../../src/wire/bytes.ts';
import { alice, clientConfig, meet, OpenStore, rewrite, serverConfig } from '../support/resumption.ts';

/** How the second meeting differs from the first, which was full and left a session at both ends. */
interface Difference {
  readonly server?: Partial<ServerConfig>;
  readonly client?: Partial<ClientConfig>;
  /** What both meetings have in common. */
  readonly both?: { readonly server?: Partial<ServerConfig>; readonly client?: Partial<ClientConfig> };
  readonly rewriteStore?: Partial<Session>;
  readonly rewriteCache?: Partial<Session>;
  change?(store: OpenStore, cache: OpenStore): void;
}

type Reasons = Partial<Record<ResumptionRefusal, Difference>>;

const start = Date.UTC(2030, 0, 1);
const clock = () => start;
const otherSuites = defaultCipherSuites.filter(({ name }) => name.includes('AES_256'));
const never = {
  get: () => new Promise<undefined>(() => {}),
  set: () => {},
  delete: () => {},
} satisfies SessionStore;
const refuse: CertificateVerdict = { alert: 'certificate_revoked', message: 'revoked since' };
const withCertificate: Difference['both'] = {
  server: { clientAuthentication: 'request' },
  client: { certificates: [alice] },
};
const garble = (store: OpenStore) => wipe(store.only.state.subarray(40, 60));

const atServer: Reasons = {
  'not-offered': { change: (_, cache) => cache.entries.clear() },
  'not-found': { change: (store) => store.entries.clear() },
  'store-failed': { server: { sessionStore: never, sessionStoreDeadline: 5 } },
  undecodable: { change: garble },
  expired: { server: { clock: () => start + 3_600_000 } },
  'from-the-future': { server: { clock: () => start - clockSkew - 1 } },
  version: { rewriteStore: { protocolVersion: 0x0302 } },
  // A client of ours offers what the session has (C1); so the session in the store must be the one that differs.
  'cipher-suite-not-offered': {
    rewriteStore: { cipherSuite: 0xc02f },
    both: { client: { cipherSuites: otherSuites } },
  },
  'cipher-suite-disabled': { server: { cipherSuites: otherSuites } },
  'extended-master-secret': { rewriteStore: { extendedMasterSecret: false } },
  'server-name': { rewriteStore: { serverName: 'other.test' } },
  'context-changed': { server: { sessionContext: 'another' } },
  'client-certificate-missing': {
    both: { server: { clientAuthentication: 'require' }, client: { certificates: [alice] } },
    rewriteStore: { peerCertificates: [], peerVerified: false },
  },
  'client-certificate-unwanted': { rewriteStore: { peerCertificates: [Uint8Array.of(0x30, 0)] } },
  'client-certificate-no-longer-valid': { both: withCertificate, rewriteStore: { peerVerified: false } },
  vetoed: { server: { acceptSession: () => false } },
};

let judged = 0;

const atClient: Reasons = {
  'not-offered': { client: { sessionCache: undefined } },
  'not-found': { change: (_, cache) => cache.entries.clear() },
  'store-failed': { client: { sessionCache: never, sessionStoreDeadline: 5 } },
  undecodable: { change: (_, cache) => garble(cache) },
  expired: { client: { clock: () => start + 3_600_000 } },
  'from-the-future': { client: { clock: () => start - clockSkew - 1 } },
  version: { rewriteCache: { protocolVersion: 0x0302 } },
  'cipher-suite-disabled': { rewriteCache: { cipherSuite: 0xc0ff } },
  'extended-master-secret': { rewriteCache: { extendedMasterSecret: false } },
  'server-name': { rewriteCache: { serverName: 'other.test' } },
  'context-changed': { rewriteCache: { contextDigest: new Uint8Array(32) } },
  'server-certificate-no-longer-valid': {
    // The session's chain is refused, and that of the full handshake which follows is not.
    client: { verifyCertificate: () => (++judged % 2 === 1 ? refuse : true) },
  },
  'declined-by-server': { change: (store) => store.entries.clear() },
};

const seen = { server: new Set<string>(), client: new Set<string>() };

/** Two meetings, the second with a difference; both ends of the second. */
async function meetAgain({ server, client, both = {}, rewriteStore, rewriteCache, change }: Difference) {
  const store = new OpenStore();
  const cache = new OpenStore();
  const serverBefore = { sessionStore: store, clock, ...both.server };
  const clientBefore = { sessionCache: cache, clock, ...both.client };
  const first = await meet(clientConfig(clientBefore), serverConfig(serverBefore));
  expect([first.clientEnd.info?.resumption, first.serverEnd.info?.resumption]).toEqual([
    'not-found',
    'not-offered',
  ]);
  if (rewriteStore !== undefined) rewrite(store, rewriteStore);
  if (rewriteCache !== undefined) rewrite(cache, rewriteCache);
  change?.(store, cache);
  return meet(clientConfig({ ...clientBefore, ...client }), serverConfig({ ...serverBefore, ...server }));
}

function expectFull(info: ConnectionInfo | undefined, reason: string): void {
  expect(info).toMatchObject({ resumed: false, resumption: reason });
  expect(info?.group).toBeDefined();
}

describe('at the server', () => {
  test.each(Object.entries(atServer))(
    '%s: a good full handshake, and the application sees why',
    async (reason, difference) => {
      const { serverEnd, clientEnd } = await meetAgain(difference);
      expectFull(serverEnd.info, reason);
      expect(clientEnd.info?.resumed).toBe(false);
      seen.server.add(reason);
    },
  );
});

describe('at the client', () => {
  test.each(Object.entries(atClient))(
    '%s: a good full handshake, and the application sees why',
    async (reason, difference) => {
      const { serverEnd, clientEnd } = await meetAgain(difference);
      expectFull(clientEnd.info, reason);
      expect(serverEnd.info?.resumed).toBe(false);
      seen.client.add(reason);
    },
  );
});

test('where nothing differs, both see that the session was accepted', async () => {
  const { serverEnd, clientEnd } = await meetAgain({});
  for (const { info } of [serverEnd, clientEnd]) {
    expect(info).toMatchObject({ resumed: true, resumption: 'accepted', group: undefined });
  }
});

test('no reason is left unprovoked, and each end has its own set', () => {
  const provoked = new Set([...Object.keys(atServer), ...Object.keys(atClient)]);
  expect([...provoked].sort()).toEqual([...resumptionRefusals].sort());
  expect(Object.keys(atServer).sort()).toEqual(
    resumptionRefusals.filter((reason) => !ofTheClient.includes(reason)).sort(),
  );
  expect(Object.keys(atClient).sort()).toEqual(
    resumptionRefusals.filter((reason) => !ofTheServer.includes(reason)).sort(),
  );
});

afterAll(() => {
  expect([...seen.server].sort()).toEqual(Object.keys(atServer).sort());
  expect([...seen.client].sort()).toEqual(Object.keys(atClient).sort());
});

const ofTheClient: readonly ResumptionRefusal[] = [
  'server-certificate-no-longer-valid',
  'declined-by-server',
];
const ofTheServer: readonly ResumptionRefusal[] = [
  'cipher-suite-not-offered',
  'client-certificate-missing',
  'client-certificate-unwanted',
  'client-certificate-no-longer-valid',
  'vetoed',
];
