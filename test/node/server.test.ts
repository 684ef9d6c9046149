/**
 * TlsServer: certificates by name, clients that prove who they are, and renewals while it runs.
 */

import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import {
  type ConnectOptions,
  connect,
  createSecureContext,
  createServer,
  type TlsSocket,
} from 'reprise-tls/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAuthority } from '../support/issuer.ts';
import { sessionIds } from '../support/node-tls.ts';
import { authority, cert, type Listening, listening, proving, site, trusting } from '../support/sockets.ts';
import { streams } from '../support/streams.ts';

const names = ['one.example', 'two.example', 'a.wild.example'] as const;

function credentialFor(...dnsNames: readonly string[]) {
  const { chainPem, privateKeyPem } = authority.issue({ dnsNames });
  return { cert: chainPem, key: privateKeyPem };
}

/** The name in the certificate that the server shows to who asks for this one. */
async function shown(
  { port }: Listening,
  servername: string,
  options: ConnectOptions = {},
): Promise<string | undefined> {
  const socket = connect({ ...trusting, servername, port, checkServerIdentity: () => undefined, ...options });
  await once(socket, 'secureConnect');
  const { subjectaltname } = socket.getPeerCertificate();
  socket.destroy();
  return subjectaltname?.replace('DNS:', '').split(',')[0];
}

describe('certificates by name', () => {
  it('come from SNICallback, and without a context from the server itself', async () => {
    const contexts = new Map(names.map((name) => [name as string, createSecureContext(credentialFor(name))]));
    const asked: string[] = [];
    await using server = await listening({
      SNICallback: (name, done) => {
        asked.push(name);
        setImmediate(done, null, contexts.get(name));
      },
    });
    for (const name of names) expect(await shown(server, name)).toBe(name);
    expect(await shown(server, 'elsewhere.example')).toBe(site);
    expect(await shown(server, '127.0.0.1')).toBe(site);
    expect(asked).toEqual([...names, 'elsewhere.example']);
  });

  it('come from addContext, the last that fits, wildcards among them', async () => {
    await using server = await listening();
    server.server.addContext('one.example', credentialFor('one.example'));
    server.server.addContext('*.wild.example', createSecureContext(credentialFor('wild one')));
    expect(await shown(server, 'ONE.example')).toBe('one.example');
    expect(await shown(server, 'a.wild.example')).toBe('wild one');
    expect(await shown(server, 'a.b.wild.example')).toBe(site);
    expect(await shown(server, 'onexexample')).toBe(site);
    server.server.addContext('a.wild.example', credentialFor('a.wild.example'));
    expect(await shown(server, 'a.wild.example')).toBe('a.wild.example');
  });

  it('are one choice only: what would be passed over is refused', async () => {
    const { ca } = trusting;
    await using server = await listening({
      SNICallback: (_, done) => done(null, createSecureContext({ ...proving, ca })),
    });
    const failed = once(server.server, 'tlsClientError');
    const client = connect({ ...trusting, port: server.port });
    expect((await once(client, 'error'))[0]).toMatchObject({ alert: 'internal_error' });
    expect((await failed)[0].message).toMatch(/cert and key alone for one name, got one with ca/);
    expect(() => server.server.addContext('one.example', proving)).toThrow(/one choice by name/);
    await using other = await listening();
    expect(() => other.server.addContext('one.example', { ...proving, ca })).toThrow(TypeError);
    expect(await shown(other, 'one.example')).toBe(site);
  });

  it('whose choice fails end the connection as the application’s fault', async () => {
    const failure = new Error('no such name today');
    await using server = await listening({ SNICallback: (_, done) => done(failure) });
    const failed = once(server.server, 'tlsClientError');
    await once(connect({ ...trusting, port: server.port }), 'error');
    expect((await failed)[0]).toMatchObject({ code: 'ERR_TLS_APPLICATION', cause: failure });
  });

  it('are renewed while the server runs: sessions of the old one are not resumed (rule S22)', async () => {
    await using server = await listening();
    const visit = async (session?: Buffer) => {
      const socket = connect({ ...trusting, port: server.port, session });
      await once(socket, 'secureConnect');
      const facts = { resumed: socket.isSessionReused(), session: socket.getSession() };
      socket.destroy();
      return facts;
    };
    const { session } = await visit();
    server.server.setSecureContext(proving);
    expect((await visit(session)).resumed).toBe(true);
    server.server.setSecureContext(credentialFor(site));
    expect((await visit(session)).resumed).toBe(false);
    expect(() => server.server.setSecureContext({ cert })).toThrow(TypeError);
    expect((await visit(session)).resumed).toBe(false);
  });
});

describe('clients with certificates', () => {
  const own = credentialFor('client.example');
  const foreign = createAuthority({ name: 'A stranger' }).issue({ dnsNames: ['client.example'] });
  const stranger = { cert: foreign.chainPem, key: foreign.privateKeyPem };
  const asking = { requestCert: true, ca: authority.certificatePem };

  async function accepted(server: Listening, options: ConnectOptions): Promise<TlsSocket> {
    const arrival = once(server.server, 'secureConnection');
    const client = connect({ ...trusting, port: server.port, ...options });
    const [[socket]] = await Promise.all([arrival, once(client, 'secureConnect')]);
    onTestFinished(() => {
      client.destroy();
    });
    client.on('error', () => {}); // The server may go first.
    return socket;
  }

  it('of the authority are let in, in a resumption too', async () => {
    await using server = await listening(asking);
    const client = connect({ ...trusting, ...own, port: server.port });
    await once(client, 'secureConnect');
    const session = client.getSession();
    client.destroy();
    const socket = await accepted(server, { ...own, session });
    expect(socket.isSessionReused()).toBe(true);
    expect(socket).toMatchObject({ authorized: true, authorizationError: null });
    expect(socket.getPeerCertificate().subjectaltname).toBe('DNS:client.example');
  });

  it('that have none are kept out', async () => {
    await using server = await listening(asking);
    const client = connect({ ...trusting, port: server.port });
    const expected = { alert: 'handshake_failure', code: 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE' };
    expect((await once(client, 'error'))[0]).toMatchObject({ ...expected, origin: 'received' });
    expect(server.errors[0]).toMatchObject({ alert: 'handshake_failure', origin: 'sent' });
  });

  it('of a stranger are kept out', async () => {
    await using server = await listening(asking);
    // Ours would withhold a certificate of which the server has said that it will not do.
    const client = tls.connect({ ...sessionIds, ...trusting, ...stranger, port: server.port });
    expect((await once(client, 'error'))[0]).toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA' });
    expect(server.errors[0]).toMatchObject({ alert: 'unknown_ca', origin: 'sent' });
  });

  it('are told of where nobody is kept out', async () => {
    await using server = await listening({ ...asking, rejectUnauthorized: false });
    expect(await accepted(server, own)).toMatchObject({ authorized: true, authorizationError: null });
    expect(await accepted(server, stranger)).toMatchObject({
      authorized: false,
      authorizationError: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
    const anonymous = await accepted(server, {});
    expect(anonymous).toMatchObject({ authorized: false, authorizationError: 'UNABLE_TO_GET_ISSUER_CERT' });
    expect(anonymous.getPeerCertificate()).toEqual({});
  });

  it.each([
    ['one of the authority', own, null],
    ['one of a stranger', stranger, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ])('that resume with %s are judged again', async (_, credential, authorizationError) => {
    await using server = await listening({ ...asking, rejectUnauthorized: false });
    const client = connect({ ...trusting, ...credential, port: server.port });
    await once(client, 'secureConnect');
    const session = client.getSession();
    client.destroy();
    const socket = await accepted(server, { ...credential, session });
    expect(socket.isSessionReused()).toBe(true);
    expect(socket).toMatchObject({ authorized: authorizationError === null, authorizationError });
  });

  it('choose by what the server asks for, with `selectCertificate`', async () => {
    await using server = await listening(asking);
    const names: number[] = [];
    const socket = await accepted(server, {
      selectCertificate: ({ certificateAuthorities }) => {
        names.push(certificateAuthorities.length);
        return { chain: own.cert, privateKey: own.key };
      },
    });
    expect(socket.authorized).toBe(true);
    expect(names).toEqual([1]);
  });

  it('are not asked without requestCert, and then not authorized', async () => {
    await using server = await listening();
    expect(await accepted(server, own)).toMatchObject({ authorized: false, authorizationError: null });
  });

  it('hear whom the server believes', async () => {
    await using server = await listening(asking);
    // OpenSSL sends a certificate for the authorities that are listed, and none for others.
    const socket = tls.connect({ ...sessionIds, ...trusting, ...own, port: server.port });
    await once(socket, 'secureConnect');
    expect(server.accepted[0]?.authorized).toBe(true);
    socket.destroy();
  });
});

describe('a server', () => {
  it('takes streams of any kind by its event `connection`', async () => {
    const below = streams();
    const server = createServer(proving, (socket) => socket.end('welcome'));
    server.emit('connection', below.server);
    const client = connect({ ...trusting, socket: below.client });
    const [data] = await once(client, 'data');
    expect(data.toString()).toBe('welcome');
    client.destroy();
  });

  it('says what it listens to, counts its connections, and closes when they are gone', async () => {
    await using server = await listening();
    expect(server.server).toBeInstanceOf(net.Server);
    const client = connect({ ...trusting, port: server.port });
    await once(client, 'secureConnect');
    expect(await new Promise((resolve) => server.server.getConnections((_, count) => resolve(count)))).toBe(
      1,
    );
    client.destroy();
  });
});

describe('connect', () => {
  it.each([
    ['port and options', (port: number) => connect(port, trusting)],
    ['port, host and options', (port: number) => connect(port, '127.0.0.1', trusting)],
    ['port and host', (port: number) => connect(port, 'localhost', { ca: trusting.ca })],
    ['options', (port: number) => connect({ ...trusting, port })],
    ['options without a name', (port: number) => connect({ ca: trusting.ca, port })],
    ['a port as text', (port: number) => connect({ ...trusting, port: String(port) })],
  ])('takes %s, as that of node does', async (_, open) => {
    await using server = await listening();
    const socket = open(server.port);
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    socket.destroy();
  });

  it('calls the listener at secureConnect, and sets the idle timeout', async () => {
    await using server = await listening();
    const socket = await new Promise<TlsSocket>((resolve) => {
      const made = connect(server.port, { ...trusting, timeout: 20 }, () => resolve(made));
    });
    expect(socket.timeout).toBe(20);
    await once(socket, 'timeout');
    socket.destroy();
  });
});
