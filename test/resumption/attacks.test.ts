/**
 * The attacks behind the rules, each played out: virtual host confusion, and what somebody can do who knows an ID, or
 * holds a store. The list of all known attacks is in `test/model/known-attacks.test.ts`.
 */

import type { ServerConfig } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { latin1 } from '../../src/wire/bytes.ts';
import {
  alice,
  certificateFor,
  clientConfig,
  established,
  meet,
  OpenStore,
  offer,
  otherSite,
  serverConfig,
  sessionIn,
  site,
  siteName,
} from '../support/resumption.ts';
import { type ClientHelloChanges, playClient, serverName } from '../support/scripted.ts';

describe('virtual host confusion (2014; CVE-2025-23419, CVE-2025-23048, CVE-2026-11703)', () => {
  const tenant = (name: string) => ({ extensions: serverName(name) });
  const both = certificateFor(['public.test', 'admin.test']);

  test('a session of one name is not resumed under another, although one certificate serves both', async () => {
    const hosts = { certificates: [both] };
    const known = await established(hosts, tenant('public.test'));
    expect(await offer(known, hosts, tenant('public.test'))).toMatchObject({ resumed: true });
    expect(await offer(known, hosts, tenant('admin.test'))).toMatchObject({ resumption: 'server-name' });
    expect(await offer(known, hosts)).toMatchObject({ resumption: 'server-name' });
  });

  test('a session under one certificate is not resumed under another, although the name is the same', async () => {
    const known = await established({ certificates: [both] }, tenant('public.test'));
    const other = { certificates: [certificateFor(['public.test'])] };
    expect(await offer(known, other, tenant('public.test'))).toMatchObject({ resumption: 'context-changed' });
  });

  test('a session of a host without client certificates opens none that asks for them', async () => {
    const store = new OpenStore();
    const open = await established({ certificates: [site] }, tenant(siteName));
    for (const clientAuthentication of ['request', 'require'] as const) {
      const guarded = serverConfig({ sessionStore: open.store, clientAuthentication });
      const { result } = await playClient(guarded, (client) => client.greet(open.session, tenant(siteName)));
      expect(result.resumed).toBe(false);
    }
    expect(store.entries.size).toBe(0);
  });

  test('a session with a client certificate that one tenant trusts opens no other tenant', async () => {
    const store = new OpenStore();
    const cache = new OpenStore();
    const client = () => clientConfig({ sessionCache: cache, certificates: [alice] });
    const tenantOf = (sessionContext: string, trusts: boolean) =>
      serverConfig({
        sessionStore: store,
        sessionContext,
        clientAuthentication: 'require',
        verifyCertificate: () => trusts || { alert: 'unknown_ca', message: 'not a client of ours' },
      });
    const first = await meet(client(), tenantOf('one', true));
    expect(first.serverEnd.info?.peerCertificates.length).toBe(1);
    const second = await meet(client(), tenantOf('two', false));
    expect(second.serverEnd.info).toBeUndefined();
    expect(second.serverEnd.closed?.error?.alert).toBe('unknown_ca');
  });

  test('not even where both have the same context: each verifies the chain by its own lights', async () => {
    const store = new OpenStore();
    const cache = new OpenStore();
    const client = () => clientConfig({ sessionCache: cache, certificates: [alice] });
    const tenantThat = (trusts: boolean) =>
      serverConfig({
        sessionStore: store,
        clientAuthentication: 'request',
        verifyCertificate: () => trusts || { alert: 'unknown_ca', message: 'not a client of ours' },
      });
    await meet(client(), tenantThat(true));
    const { serverEnd } = await meet(client(), tenantThat(false));
    expect(serverEnd.closed?.error?.alert).toBe('unknown_ca');
  });

  test('a session of one application is not resumed by another on the same name, certificate and store', async () => {
    const known = await established({ sessionContext: 'shop' }, tenant(siteName));
    for (const sessionContext of ['bank', 'shop ', '']) {
      expect(await offer(known, { sessionContext }, tenant(siteName))).toMatchObject({
        resumption: 'context-changed',
      });
    }
  });

  test('a session of one protocol brings nothing of it into another: it is agreed afresh, and a veto may ask for more', async () => {
    const speak = (...names: string[]): ClientHelloChanges => ({
      extensions: {
        ...serverName(siteName),
        application_layer_protocol_negotiation: names.map(latin1),
      },
    });
    const server: Partial<ServerConfig> = { alpnProtocols: ['h2', 'imap'] };
    const known = await established(server, speak('imap'));
    expect(await offer(known, server, speak('h2'))).toMatchObject({ resumed: true, alpnProtocol: 'h2' });

    const strict: Partial<ServerConfig> = {
      ...server,
      acceptSession: ({ alpnProtocol }, hello) =>
        alpnProtocol !== undefined && hello.alpnProtocols.includes(alpnProtocol),
    };
    expect(await offer(known, strict, speak('h2'))).toMatchObject({
      resumption: 'vetoed',
      alpnProtocol: 'h2',
    });
    expect(await offer(known, strict, speak('imap'))).toMatchObject({ resumed: true, alpnProtocol: 'imap' });
  });

  test('a client takes its session for one name to no other, whatever address both have', async () => {
    const cache = new OpenStore();
    const server = serverConfig({ certificates: [site, otherSite], sessionStore: new OpenStore() });
    await meet(clientConfig({ sessionCache: cache }), server);
    const { clientEnd, serverEnd } = await meet(
      clientConfig({ sessionCache: cache, serverName: 'other.test' }),
      server,
    );
    expect(clientEnd.info?.resumption).toBe('not-found');
    expect(serverEnd.info).toMatchObject({ resumption: 'not-offered', serverName: 'other.test' });
  });
});

describe('a stranger who saw the ID', () => {
  test('cannot resume the session, nor end it', async () => {
    const known = await established();
    const config = serverConfig({ sessionStore: known.store });
    for (const masterSecret of [new Uint8Array(48).fill(1), new Uint8Array(48).fill(0xff)]) {
      const { end } = await playClient(config, async (stranger) => {
        await stranger.greet(known.session);
        stranger.deriveKeys(masterSecret);
        stranger.speak('ChangeCipherSpec');
        stranger.speak('Finished');
      });
      expect(end.closed?.error?.alert).toBe('bad_record_mac');
    }
    expect(await offer(known)).toMatchObject({ resumed: true });
  });

  test('cannot play a recorded resumption again: the server answers with another random', async () => {
    const known = await established();
    const config = serverConfig({ sessionStore: known.store });
    const recorded: Uint8Array[] = [];
    await playClient(config, async (client) => {
      const feed = client.connection.feed.bind(client.connection);
      client.connection.feed = (bytes: Uint8Array) => {
        recorded.push(bytes.slice());
        return feed(bytes);
      };
      await client.resume(known.session);
      client.sendData(new TextEncoder().encode('pay 100'));
    });
    const { end } = await playClient(config, (stranger) => {
      for (const bytes of recorded) stranger.raw(bytes);
      return Promise.resolve();
    });
    expect(end.closed?.error?.alert).toBe('bad_record_mac');
    expect(end.received).toEqual([]);
  });
});

describe('whoever moves entries about in a store', () => {
  test('gives nobody the session of somebody else', async () => {
    const one = await established();
    const other = await established();
    const mixed = new OpenStore();
    mixed.entries.set(one.store.only.key, other.store.only.state);
    mixed.entries.set(other.store.only.key, one.store.only.state);
    for (const { session } of [one, other]) {
      expect(await offer({ store: mixed, session })).toMatchObject({ resumption: 'undecodable' });
    }
  });

  test('finds no ID in it: the key is a hash', async () => {
    const { store, session } = await established();
    const { key } = store.only;
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(key).not.toBe(Buffer.from(session.sessionId).toString('hex'));
    expect(sessionIn(store).sessionId).toEqual(session.sessionId);
  });
});
