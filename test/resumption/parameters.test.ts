/**
 * Rules S9 to S15: version, suite, compression and extended master secret of a session, against those of the hello
 * that offers it. The server goes back to a full handshake, or aborts where an RFC demands it.
 */

import fc from 'fast-check';
import {
  type CipherSuite,
  defaultCipherSuites,
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
} from 'reprise-tls';
import { expect, test } from 'vitest';
import {
  accepted,
  established,
  OpenStore,
  offer,
  offerRewritten,
  refusedWith,
  rewrite,
  serverConfig,
} from '../support/resumption.ts';
import { playClient } from '../support/scripted.ts';

const runs = { numRuns: 20 };

test('S9: a session of another protocol version: full handshake (RFC 5246 §7.4.1.3)', async () => {
  const known = await established();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 0xffff }), async (protocolVersion) => {
      fc.pre(protocolVersion !== 0x0303);
      const info = await offerRewritten(known, { protocolVersion });
      expect(info).toMatchObject({ resumed: false, resumption: 'version' });
    }),
    runs,
  );
  expect(await offerRewritten(known, { protocolVersion: 0x0303 })).toMatchObject(accepted);
});

test("S10: the session's suite is not offered now: full handshake (RFC 5246 §7.4.1.2)", async () => {
  const known = await established();
  const others = defaultCipherSuites.filter(({ name }) => name !== known.session.suite.name);
  const hello = { fields: { cipherSuites: others.map(({ id }) => id) } };
  expect(await offer(known, {}, hello)).toMatchObject({ resumption: 'cipher-suite-not-offered' });
});

test("S10: the session's suite is no longer enabled: full handshake", async () => {
  const known = await established();
  const cipherSuites = defaultCipherSuites.filter(({ name }) => name !== known.session.suite.name);
  expect(await offer(known, { cipherSuites })).toMatchObject({ resumption: 'cipher-suite-disabled' });
});

test("S10: the session's suite goes on, whatever order either side prefers today (RFC 5246 §7.4.1.3)", async () => {
  const suites: readonly CipherSuite[] = [
    TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
  ];
  for (const suite of suites) {
    const known = await established({ cipherSuites: [suite] });
    const order = fc.shuffledSubarray([...defaultCipherSuites], { minLength: defaultCipherSuites.length });
    await fc.assert(
      fc.asyncProperty(order, order, async (ours, theirs) => {
        const hello = { fields: { cipherSuites: theirs.map(({ id }) => id) } };
        const info = await offer(known, { cipherSuites: ours }, hello);
        expect(info).toMatchObject({ ...accepted, cipherSuite: suite.name });
      }),
      runs,
    );
  }
});

test('S11: null compression is offered and used, with a session too (RFC 5246 §7.4.1.2)', async () => {
  const known = await established();
  for (const compressionMethods of [[1], [64, 1]]) {
    expect(await refusedWith(known, { fields: { compressionMethods } })).toBe('illegal_parameter');
  }
  const { result } = await playClient(serverConfig({ sessionStore: known.store }), (client) =>
    client.greet(known.session, { fields: { compressionMethods: [64, 1, 0] } }),
  );
  expect(result).toMatchObject({ resumed: true, serverHello: { compressionMethod: 0 } });
});

test('S12: a session with extended master secret and a hello without it: abort with handshake_failure (RFC 7627 §5.3)', async () => {
  const known = await established();
  const hello = { extensions: { extended_master_secret: undefined } };
  for (const requireExtendedMasterSecret of [true, false]) {
    expect(await refusedWith(known, hello, { requireExtendedMasterSecret })).toBe('handshake_failure');
  }
});

test('S13: a session without extended master secret and a hello with it: full handshake (RFC 7627 §5.3)', async () => {
  const known = await established();
  for (const requireExtendedMasterSecret of [true, false]) {
    const info = await offerRewritten(
      known,
      { extendedMasterSecret: false },
      { requireExtendedMasterSecret },
    );
    expect(info).toMatchObject({
      resumed: false,
      resumption: 'extended-master-secret',
      extendedMasterSecret: true,
    });
  }
});

test('S13: neither the session nor the hello has extended master secret: never abbreviated (RFC 7627 §5.3, §5.4)', async () => {
  const known = await established();
  const store = known.store.clone();
  rewrite(store, { extendedMasterSecret: false });
  const hello = { extensions: { extended_master_secret: undefined } };
  expect(await refusedWith({ ...known, store }, hello)).toBe('handshake_failure');
  const info = await offer({ ...known, store }, { requireExtendedMasterSecret: false }, hello);
  expect(info).toMatchObject({ resumed: false, resumption: 'extended-master-secret' });
});

test('S14: extended master secret is required by default (RFC 7627 §5.2)', async () => {
  const known = await established();
  const hello = { extensions: { extended_master_secret: undefined } };
  const without = { ...known, store: new OpenStore() };
  expect(await refusedWith(without, hello)).toBe('handshake_failure');
});

test('S14: with the opt-out, a session without it is not stored, and exporters and tls-unique are refused (RFC 7627 §5.4)', async () => {
  const store = new OpenStore();
  const config = serverConfig({ sessionStore: store, requireExtendedMasterSecret: false });
  const { connection, end } = await playClient(config, (client) =>
    client.full({ extensions: { extended_master_secret: undefined } }),
  );
  expect(end.info).toMatchObject({ extendedMasterSecret: false });
  expect(end.info?.sessionId.length).toBe(0);
  expect(store.asked).toEqual([]);
  expect(() => connection.exportKeyingMaterial('EXPORTER-test', 32)).toThrow(TypeError);
  expect(() => connection.channelBinding('tls-unique')).toThrow(TypeError);
  expect(connection.channelBinding('tls-server-end-point').length).toBe(32);
});

test('S15: extended master secret is acknowledged in the abbreviated ServerHello (RFC 7627 §5.3)', async () => {
  const { store, session } = await established();
  const { result } = await playClient(serverConfig({ sessionStore: store }), (client) =>
    client.greet(session),
  );
  expect(result.resumed).toBe(true);
  expect(result.extensions.extended_master_secret).toEqual({});
});
