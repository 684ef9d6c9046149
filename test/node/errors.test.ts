/**
 * Errors have the codes that users of `node:tls` look for, beside the alert and the reason: the same situation is shown
 * to node's client and to ours, and the codes are compared.
 */

import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { AlertDescription } from 'reprise-tls';
import { type ConnectOptions, connect, TlsSocket } from 'reprise-tls/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAuthority } from '../support/issuer.ts';
import { sessionIds } from '../support/node-tls.ts';
import { authority, ending, joined, listen, listening, site, trusting } from '../support/sockets.ts';

type Failure = Error & { code?: string; alert?: string; origin?: string; reason?: string; cause?: unknown };

/** A server that takes everyone's first bytes for a ClientHello, and answers with these. */
function answering(bytes: Uint8Array): Promise<number> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.write(bytes));
  });
  onTestFinished(() => {
    server.close();
  });
  return listen(server);
}

/** The error that a connection ends with. */
async function errorOf(socket: net.Socket | TlsSocket): Promise<Failure> {
  const [error] = await once(socket, 'error').catch((thrown: unknown) => [thrown]);
  socket.destroy();
  return error;
}

const alerts = Object.keys(AlertDescription).filter(
  (name): name is keyof typeof AlertDescription =>
    !['close_notify', 'no_renegotiation', 'user_canceled'].includes(name),
);

describe('an alert of the peer', () => {
  it.each(alerts)('%s has the code that node gives it', async (alert) => {
    const port = await answering(Uint8Array.of(21, 3, 3, 0, 2, 2, AlertDescription[alert]));
    const own = await errorOf(connect({ ...trusting, port }));
    const theirs = await errorOf(tls.connect({ ...trusting, ...sessionIds, port, host: 'localhost' }));
    // OpenSSL 3.5 has another name for those alerts that SSL 3.0 had already.
    const code = theirs.code?.replace('SSL/TLS_ALERT', 'SSLV3_ALERT');
    expect(own).toMatchObject({ code, alert, origin: 'received', reason: 'alert-received' });
  });
});

/** A CA with what it issued, one thing of which is not as it should be. */
interface Mistake {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  readonly servername?: string;
  readonly crl?: string;
}

const now = Date.now();
const day = 86_400_000;

const mistakes: Record<string, () => Mistake> = {
  'has expired': () =>
    shown(authority.issue({ dnsNames: [site], notBefore: now - 9 * day, notAfter: now - day })),
  'is not valid yet': () => shown(authority.issue({ dnsNames: [site], notBefore: now + day })),
  'is for another name': () => shown(authority.issue({ dnsNames: ['elsewhere.example'] })),
  'is of an unknown issuer': () => shown(createAuthority({ name: 'A stranger' }).issue({ dnsNames: [site] })),
  'is signed by itself': () => {
    const own = createAuthority({ name: site, keyUsage: ['digitalSignature', 'keyCertSign'] });
    const key = own.keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return { cert: own.certificatePem, key, ca: authority.certificatePem };
  },
  'comes with an unknown root': () => {
    const stranger = createAuthority({ name: 'A stranger' });
    const { cert, ...rest } = shown(stranger.issue({ dnsNames: [site] }));
    return { cert: cert + stranger.certificatePem, ...rest };
  },
  'is of an unknown issuer through another': () => {
    const between = createAuthority({ name: 'A stranger' }).issueAuthority();
    return shown(between.issue({ dnsNames: [site] }));
  },
  'is for clients': () =>
    shown(authority.issue({ dnsNames: [site], extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'] })),
  'is of an issuer that is none': () => {
    const notBefore = now - day;
    const leafAsIssuer = authority.issueAuthority({ name: 'No CA', notBefore, pathLenConstraint: 0 });
    return shown(leafAsIssuer.issueAuthority({ name: 'One too many' }).issue({ dnsNames: [site] }));
  },
};

function shown({ chainPem, privateKeyPem }: ReturnType<typeof authority.issue>): Mistake {
  return { cert: chainPem, key: privateKeyPem, ca: authority.certificatePem };
}

describe('a certificate that', () => {
  it.each(Object.keys(mistakes))('%s is refused with the code that node gives', async (what) => {
    const { cert, key, ca, servername = site } = mistakes[what]?.() ?? { cert: '', key: '', ca: '' };
    await using listener = await listening({ cert, key });
    const options = { port: listener.port, host: 'localhost', servername, ca };
    const own = connect(options);
    const failure = await errorOf(own);
    const theirs = await errorOf(tls.connect({ ...sessionIds, ...options }));
    expect(failure.code).toBe(theirs.code);
    expect(failure).toMatchObject({ origin: 'sent', cause: { code: theirs.code } });
    expect(own.authorized).toBe(false);
    // The server hears of it by the alert.
    expect(listener.errors[0]).toMatchObject({ alert: failure.alert, origin: 'received' });
  });

  it.each(Object.keys(mistakes))(
    '%s is told of where it is not refused, in a resumption too',
    async (what) => {
      const { cert, key, ca, servername = site } = mistakes[what]?.() ?? { cert: '', key: '', ca: '' };
      await using listener = await listening({ cert, key });
      const options = { port: listener.port, host: 'localhost', servername, ca, rejectUnauthorized: false };
      const theirs = tls.connect({ ...sessionIds, ...options });
      await once(theirs, 'secureConnect');
      let session: Buffer | undefined;
      for (const resumed of [false, true]) {
        const own: TlsSocket = connect({ ...options, session });
        await once(own, 'secureConnect');
        expect(own.isSessionReused()).toBe(resumed);
        expect(own).toMatchObject({ authorized: false, authorizationError: theirs.authorizationError });
        session = own.getSession();
        own.destroy();
      }
      theirs.destroy();
    },
  );

  it('has its name in the commonName alone is for nobody, unlike to node (RFC 9525 §2)', async () => {
    const { cert, key, ca } = shown(authority.issue({ commonName: site }));
    await using listener = await listening({ cert, key });
    expect(await errorOf(connect({ port: listener.port, servername: site, ca }))).toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  it('is trusted is told of as such where none would be refused', async () => {
    await using listener = await listening();
    const own = connect({ ...trusting, port: listener.port, rejectUnauthorized: false });
    await once(own, 'secureConnect');
    expect(own).toMatchObject({ authorized: true, authorizationError: null });
    own.destroy();
  });

  it('is not trusted by a lenient client makes no session that a strict one would resume', async () => {
    const { cert, key, ca } = shown(createAuthority({ name: 'A stranger' }).issue({ dnsNames: [site] }));
    await using listener = await listening({ cert, key });
    const options = { port: listener.port, servername: site, ca };
    const lenient = connect({ ...options, rejectUnauthorized: false });
    await once(lenient, 'secureConnect');
    const session = lenient.getSession();
    lenient.destroy();
    expect(await errorOf(connect({ ...options, session }))).toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
  });
});

describe('the transport', () => {
  it('that refuses a connection says so itself', async () => {
    const port = 1; // A privileged one, which no other test can come to listen on meanwhile.
    const socket = connect({ ...trusting, port, host: '127.0.0.1' });
    const { events, error } = await ending(socket);
    expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', port });
    expect(events).toEqual(['error', 'close']);
  });

  it('whose name is not found says so itself', async () => {
    const lookup = (_name: string, _options: unknown, done: (error: Error) => void) =>
      done(Object.assign(new Error('nowhere'), { code: 'ENOTFOUND' }));
    const socket = connect({
      port: 1,
      host: 'nowhere.example',
      lookup: lookup as NonNullable<ConnectOptions['lookup']>,
    });
    expect(await errorOf(socket)).toMatchObject({ code: 'ENOTFOUND' });
  });

  it('that is reset in the middle of a handshake is ECONNRESET', async () => {
    const server = net.createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const port = await listen(server);
    const { error, events } = await ending(connect({ ...trusting, port }));
    expect(error?.code).toBe('ECONNRESET');
    expect(events).toEqual(['error', 'close']);
    server.close();
  });

  it('of something else than TLS is the peer’s fault, and ours to say', async () => {
    const port = await answering(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const failure = await errorOf(connect({ ...trusting, port }));
    expect(failure).toMatchObject({
      code: 'ERR_TLS_RECORD_TYPE',
      alert: 'unexpected_message',
      origin: 'sent',
    });
  });
});

describe('a server', () => {
  it('tells of a client that fails by `tlsClientError`, with the socket, and goes on', async () => {
    await using listener = await listening();
    const failed = once(listener.server, 'tlsClientError');
    const stranger = net.connect(listener.port);
    stranger.write('GET / HTTP/1.1\r\n\r\n');
    const [error, socket] = await failed;
    expect(error).toMatchObject({ code: 'ERR_TLS_RECORD_TYPE' });
    expect(socket).toBeInstanceOf(TlsSocket);
    expect(socket.destroyed).toBe(true);
    const client = connect({ ...trusting, port: listener.port });
    await once(client, 'secureConnect');
    client.destroy();
    stranger.destroy();
  });

  it('ends with an alert that its peer sees before the stream ends', async () => {
    const { client, server } = joined({ ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }, { ciphers: 'AES256' });
    const failures = await Promise.all([errorOf(client), errorOf(server)]);
    expect(failures[0]).toMatchObject({ code: 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE' });
    expect(failures[1]).toMatchObject({ code: 'ERR_TLS_NO_COMMON_CIPHER_SUITE' });
  });
});
