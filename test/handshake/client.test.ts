/**
 * What a client keeps of a handshake for the next one, and what it drops; and how a server takes a client that shows no
 * certificate.
 */

import { type ClientSessionCache, MemorySessionStore } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { withoutCertificate } from '../../src/handshake/establish.ts';
import { clientConfig, meet, serverConfig, site } from '../support/resumption.ts';
import { playServer } from '../support/scripted.ts';

/** A cache that can be looked into. */
class OpenCache implements ClientSessionCache {
  readonly entries = new Map<string, Uint8Array>();

  get(key: string): Uint8Array | undefined {
    return this.entries.get(key);
  }

  set(key: string, state: Uint8Array): void {
    this.entries.set(key, state);
  }

  delete(key: string): void {
    this.entries.delete(key);
  }
}

describe('a client with a cache', () => {
  test('keeps the session of a server that gave it an ID', async () => {
    const sessionCache = new OpenCache();
    const server = serverConfig({ sessionStore: new MemorySessionStore() });
    const { clientEnd } = await meet(clientConfig({ sessionCache }), server);
    expect(clientEnd.info?.sessionId).toHaveLength(32);
    expect(sessionCache.entries.size).toBe(1);
  });

  test('keeps nothing of a server that gave it none (RFC 5246 §7.4.1.3)', async () => {
    const sessionCache = new OpenCache();
    const { clientEnd, serverEnd } = await meet(clientConfig({ sessionCache }), serverConfig());
    expect([clientEnd.closed, serverEnd.closed]).toEqual([undefined, undefined]);
    expect(clientEnd.info).toMatchObject({ resumed: false, extendedMasterSecret: true });
    expect(sessionCache.entries.size).toBe(0);
  });

  test('drops a session that the server knows no more, though it gets none in its place (rule C4)', async () => {
    const sessionCache = new OpenCache();
    const client = clientConfig({ sessionCache });
    await meet(client, serverConfig({ sessionStore: new MemorySessionStore() }));
    expect(sessionCache.entries.size).toBe(1);
    const { clientEnd } = await meet(client, serverConfig());
    expect(clientEnd.info).toMatchObject({ resumed: false, resumption: 'declined-by-server' });
    expect(sessionCache.entries.size).toBe(0);
    expect((await meet(client, serverConfig())).clientEnd.info?.resumption).toBe('not-found');
  });

  test('has another session in its place, where the server gives it one', async () => {
    const sessionCache = new OpenCache();
    const client = clientConfig({ sessionCache });
    for (const resumption of ['not-found', 'declined-by-server']) {
      const server = serverConfig({ sessionStore: new MemorySessionStore() });
      expect((await meet(client, server)).clientEnd.info).toMatchObject({ resumed: false, resumption });
      expect(sessionCache.entries.size).toBe(1);
      expect((await meet(client, server)).clientEnd.info?.resumed).toBe(true);
    }
  });

  test('keeps nothing of a handshake without extended master secret, and says that it has none (RFC 7627 §5.4)', async () => {
    const sessionCache = new OpenCache();
    const config = clientConfig({ sessionCache, requireExtendedMasterSecret: false });
    const { connection, end } = await playServer(
      config,
      (server) => server.full({ extensions: { extended_master_secret: undefined } }),
      { certificate: site },
    );
    expect(end.info).toMatchObject({ resumed: false, extendedMasterSecret: false });
    expect(end.info?.sessionId).toHaveLength(32);
    expect(() => connection.channelBinding('tls-unique')).toThrow(TypeError);
    expect(sessionCache.entries.size).toBe(0);
  });
});

describe('a client without a certificate (RFC 5246 §7.4.6)', () => {
  test('is let in where none is asked for, or it is not insisted on', async () => {
    for (const clientAuthentication of ['none', 'request'] as const) {
      expect(() => withoutCertificate(clientAuthentication)).not.toThrow();
      const server = serverConfig({ clientAuthentication, verifyCertificate: () => true });
      const { serverEnd } = await meet(clientConfig(), server);
      expect(serverEnd.info?.peerCertificates).toEqual([]);
    }
  });

  test('is refused with handshake_failure where the server insists', async () => {
    const server = serverConfig({ clientAuthentication: 'require', verifyCertificate: () => true });
    const { clientEnd, serverEnd } = await meet(clientConfig(), server);
    expect(serverEnd.closed?.error).toMatchObject({
      reason: 'client-certificate-required',
      alert: 'handshake_failure',
      origin: 'sent',
    });
    expect(clientEnd.closed?.error).toMatchObject({ alert: 'handshake_failure', origin: 'received' });
    expect([clientEnd.info, serverEnd.info]).toEqual([undefined, undefined]);
  });
});
