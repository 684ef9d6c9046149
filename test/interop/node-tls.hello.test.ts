/**
 * What the hellos settle between Reprise and `node:tls`: application protocols, names, groups, record sizes, chains
 * of any length, and the versions and habits of peers that can do more than TLS 1.2 with session IDs.
 */

import { createSecureContext } from 'node:tls';
import { createCertificateVerifier, secp256r1 } from 'reprise-tls';
import { describe, expect, it } from 'vitest';
import type { Credential } from '../support/issuer.ts';
import { connectNode, connectReprise, exchange } from '../support/node-tls.ts';
import { authority, longChain, payload } from './rows.ts';
import {
  expectAgreement,
  expectRefusal,
  nodeClient,
  nodeServer,
  repriseClient,
  repriseCredential,
  repriseServer,
  roles,
  visits,
} from './visits.ts';

/** Trusts whom the others trust, and asks for no name. */
const anyName = createCertificateVerifier({
  trustAnchors: authority.certificatePem,
  allowAnyServerName: true,
});

describe.each(roles)('against node:tls, as its %s,', (role) => {
  it('ALPN agrees on the first of the server’s protocols that the client knows, in each handshake (RFC 7301 §3.2)', async () => {
    const [client, server] = [
      ['http/1.1', 'h2'],
      ['h3', 'h2', 'http/1.1'],
    ];
    const connect = visits(role, {
      reprise: { alpnProtocols: role === 'client' ? client : server },
      node: { ALPNProtocols: role === 'client' ? server : client },
    });
    for (const resumed of [false, true]) {
      const pair = await connect();
      expectAgreement(pair, { resumed, alpnProtocol: 'h2' });
      expect(pair.node.socket.alpnProtocol).toBe('h2');
    }
  });

  it.each([
    ['ours', { reprise: { alpnProtocols: ['h2'] } }],
    ['theirs', { node: { ALPNProtocols: ['h2'] } }],
  ])('ALPN on one side alone, %s, agrees on nothing (RFC 7301 §3.1)', async (_whose, setting) => {
    const pair = await visits(role, setting)();
    expectAgreement(pair, { resumed: false, alpnProtocol: undefined });
    expect(pair.node.socket.alpnProtocol).toBe(false);
  });

  it('peers that know secp256r1 alone are served with it (RFC 8422 §5.1.1)', async () => {
    const theirs = visits(role, { node: { ecdhCurve: 'P-256' } });
    const ours = visits(role, { reprise: { groups: [secp256r1] } });
    for (const connect of [theirs, ours]) {
      expectAgreement(await connect(), { resumed: false, group: 'secp256r1' });
      expectAgreement(await connect(), { resumed: true });
    }
  });

  it('a record_size_limit that the peer does not know binds nobody (RFC 8449 §4)', async () => {
    const connect = visits(role, { reprise: { recordSizeLimit: 64 } });
    for (const resumed of [false, true]) {
      const pair = await connect();
      expectAgreement(pair, { resumed });
      await exchange(pair, payload(40_000));
    }
  });

  it('a chain of 80 kB passes in as many records as it needs (RFC 5246 §6.2.1)', async () => {
    const credential = longChain(4);
    const connect = visits(role, { credential });
    const pair = await connect();
    expectAgreement(pair, { resumed: false });
    if (role === 'client') expect(pair.end.info?.peerCertificates).toEqual(credential.chain);
    expectAgreement(await connect(), { resumed: true });
  });

  it.each([
    ['tickets', { secureOptions: 0 }],
    ['TLS 1.3', { maxVersion: 'TLSv1.3' }],
    ['tickets and TLS 1.3', { secureOptions: 0, maxVersion: 'TLSv1.3' }],
  ] as const)('a peer that can do %s too resumes TLS 1.2 by session ID', async (_what, node) => {
    const connect = visits(role, { node });
    const first = await connect();
    expectAgreement(first, { resumed: false });
    for (const _ of [2, 3]) {
      expectAgreement(await connect(), { resumed: true, sessionId: first.node.info.sessionId });
    }
  });

  it('a connection without server_name is resumed without it (RFC 6066 §3)', async () => {
    const connect = visits(role, {
      // Without a name, a partition says which server the cached session is of.
      reprise:
        role === 'client'
          ? { serverName: undefined, verifyCertificate: anyName, sessionPartition: 'one server' }
          : {},
      node: role === 'server' ? { servername: undefined, checkServerIdentity: () => undefined } : {},
    });
    for (const resumed of [false, true]) {
      const pair = await connect();
      expectAgreement(pair, { resumed, serverName: undefined });
      if (role === 'client') expect(pair.node.socket).toMatchObject({ servername: false });
    }
  });
});

const hosts = ['one.example', 'two.example'] as const;
const ofHost = Object.fromEntries(
  hosts.map((host) => [host, authority.issue({ dnsNames: [host] })]),
) as Record<(typeof hosts)[number], Credential>;

describe('virtual hosts, with node:tls at the other end,', () => {
  it('each name gets its certificate from our server, and resumes under that name alone (RFC 6066 §3, rule S16)', async () => {
    const server = repriseServer({ certificates: Object.values(ofHost).map(repriseCredential) });
    const visit = (servername: string, session?: Buffer) =>
      connectNode(nodeClient({ servername, session }), server);
    for (const [i, host] of hosts.entries()) {
      const first = await visit(host);
      expectAgreement(first, { resumed: false, serverName: host });
      expect(first.node.socket.getPeerCertificate().subjectaltname).toBe(`DNS:${host}`);
      const session = first.node.socket.getSession();
      expectAgreement(await visit(host, session), { resumed: true, serverName: host });
      const elsewhere = await visit(hosts[1 - i] ?? '', session);
      expectAgreement(elsewhere, { resumed: false, resumption: 'server-name' });
    }
  });

  it('each name gets its certificate from their server, and our client keeps the sessions apart (rule C3)', async () => {
    const contexts = new Map(
      hosts.map((host) => [host as string, createSecureContext(nodeServer({}, ofHost[host]))]),
    );
    const server = nodeServer({ SNICallback: (name, done) => done(null, contexts.get(name)) });
    const { sessionCache } = repriseClient();
    for (const resumed of [false, true]) {
      for (const host of hosts) {
        const pair = await connectReprise(repriseClient({ serverName: host, sessionCache }), server);
        expectAgreement(pair, { resumed, serverName: host, peerCertificates: ofHost[host].chain });
        // In a resumption node has forgotten the name that it was asked for.
        if (!resumed) expect(pair.node.socket).toMatchObject({ servername: host });
      }
    }
  });

  it('a name that our server does not serve is refused with unrecognized_name (RFC 6066 §3)', async () => {
    const pair = await connectNode(nodeClient(), repriseServer({ selectCertificate: () => undefined }));
    expectRefusal(pair, { alert: 'unrecognized_name', origin: 'sent' }, 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME');
  });

  it('an address is not sent as a name (RFC 6066 §3)', async () => {
    const server = nodeServer({}, authority.issue({ ipAddresses: ['192.0.2.1'] }));
    const pair = await connectReprise(repriseClient({ serverName: '192.0.2.1' }), server);
    expectAgreement(pair, { resumed: false, serverName: '192.0.2.1' });
    expect(pair.node.socket).toMatchObject({ servername: false });
  });
});

describe('chains beyond all measure, with node:tls at the other end,', () => {
  it('one of more than 128 KiB is refused at its header with decode_error', async () => {
    const pair = await connectReprise(repriseClient(), nodeServer({}, longChain(7)));
    expectRefusal(
      pair,
      { reason: 'message-too-long', alert: 'decode_error' },
      'ERR_SSL_TLSV1_ALERT_DECODE_ERROR',
    );
  });
});
