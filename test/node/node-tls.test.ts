/**
 * Against `node:tls` in either role, over TCP: both sockets say the same of their connection, full and resumed, and what
 * one writes the other reads.
 */

import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import type { TlsSocket } from 'reprise-tls/node';
import { describe, expect, it } from 'vitest';
import { payload } from '../interop/rows.ts';
import {
  authority,
  cert,
  drained,
  type Facing,
  facing,
  joined,
  key,
  type Role,
  resuming,
  roles,
  site,
} from '../support/sockets.ts';

/** Two connections, of which the second resumes the first one's session. */
async function inTurn(
  role: Role,
  own: Parameters<typeof facing>[1],
  node: Parameters<typeof facing>[2],
  look: (facing: Facing, resumed: boolean) => Promise<void> | void,
): Promise<void> {
  const session = await visit();
  await visit(session);

  async function visit(session?: Buffer): Promise<Buffer | undefined> {
    const offered = session === undefined ? {} : { session };
    const server = { ...resuming, ...own };
    const made = await (role === 'client'
      ? facing(role, { ...own, ...offered }, node)
      : facing(role, server, { ...node, ...offered }));
    await using _ = made;
    await look(made, session !== undefined);
    return made.session;
  }
}

describe.each(roles)('a %s, with node:tls at the other end,', (role) => {
  it('says of the connection what node says', async () => {
    const protocols = { ALPNProtocols: ['h2', 'http/1.1'] };
    await inTurn(role, protocols, protocols, ({ own, node }, resumed) => {
      expect(own.isSessionReused()).toBe(resumed);
      expect(factsOf(own)).toEqual(factsOf(node));
      expect(own).toMatchObject({ servername: site, alpnProtocol: 'h2', encrypted: true });
      const [client, other] = role === 'client' ? [own, node] : [node, own];
      expect(other.getEphemeralKeyInfo()).toBeNull();
      if (!resumed) expect(client.getEphemeralKeyInfo()).toEqual({ type: 'ECDH', name: 'X25519', size: 253 });
    });
  });

  it('knows where it is connected to', async () => {
    await using made = await facing(role);
    const { own, node } = made;
    const { remoteAddress, remotePort, remoteFamily, localAddress, localPort, localFamily } = node;
    expect(own).toMatchObject({
      remoteAddress: localAddress,
      remotePort: localPort,
      remoteFamily: localFamily,
    });
    expect(own).toMatchObject({
      localAddress: remoteAddress,
      localPort: remotePort,
      localFamily: remoteFamily,
    });
    expect(own.address()).toEqual({ address: remoteAddress, port: remotePort, family: remoteFamily });
    expect(own.readyState).toBe('open');
  });

  it('exchanges data both ways at once, full and resumed', async () => {
    const data = Buffer.from(payload(300_000));
    await inTurn(role, {}, {}, async ({ own, node }) => {
      own.end(data);
      node.end(data);
      const [here, there] = await Promise.all([drained(own), drained(node)]);
      expect(here.equals(data)).toBe(true);
      expect(there.equals(data)).toBe(true);
    });
  });

  it('gives the peer’s certificate in the shape that node gives', async () => {
    const server = { ...resuming, requestCert: true, ca: authority.certificatePem };
    const client = { cert, key };
    const [own, node] = role === 'client' ? [client, server] : [server, client];
    await inTurn(role, own, node, (made, resumed) => {
      // OpenSSL keeps no chain with a session, and node shows none then.
      if (!resumed) expect(certificatesOf(made.own)).toEqual(certificatesOf(made.node));
      expect(made.own.getPeerX509Certificate()?.subject).toBe(`CN=${site}`);
      expect(made.own.getPeerCertificate(true)).toMatchObject(made.own.getPeerCertificate());
      expect(made.own.authorized).toBe(true);
      expect(made.own.authorizationError).toBeNull();
    });
  });

  it('exports the keying material that node exports', async () => {
    await inTurn(role, {}, {}, ({ own, node }) => {
      const context = Buffer.from('context');
      const label = 'EXPORTER-of-a-test';
      expect(own.exportKeyingMaterial(48, label, context)).toEqual(
        node.exportKeyingMaterial(48, label, context),
      );
      expect(own.channelBinding('tls-server-end-point')).toHaveLength(32);
    });
  });
});

it('a client brings the session that getSession gave by the event as well', async () => {
  await using made = await facing('client');
  expect(made.own.getSession()?.length).toBeGreaterThan(100);
  made.own.destroy();
  expect(made.own.getSession()).toBeUndefined();
});

it('before the handshake nothing is said of it', async () => {
  const { client, server } = joined();
  for (const socket of [client, server]) {
    expect(socket).toMatchObject({
      alpnProtocol: null,
      servername: null,
      authorized: false,
      secureConnecting: true,
    });
    expect(socket.getCipher()).toBeUndefined();
    expect(socket.getProtocol()).toBeNull();
    expect(socket.getPeerCertificate()).toEqual({});
    expect(socket.getPeerX509Certificate()).toBeUndefined();
    expect(() => socket.exportKeyingMaterial(32, 'EXPORTER-of-a-test')).toThrow(TypeError);
  }
  await once(client, 'secureConnect');
  expect(client.secureConnecting).toBe(false);
  for (const socket of [client, server]) socket.destroy();
});

type AnySocket = TlsSocket | TLSSocket;

function factsOf(socket: AnySocket) {
  return {
    protocol: socket.getProtocol(),
    cipher: socket.getCipher(),
    alpnProtocol: socket.alpnProtocol,
    reused: socket.isSessionReused(),
  };
}

/** Without the issuers: node has those that it found in its store besides. */
function certificatesOf(socket: AnySocket) {
  const { issuerCertificate: _, ...certificate } = socket.getPeerCertificate(true);
  return { certificate, x509: socket.getPeerX509Certificate()?.fingerprint256 };
}
