/**
 * False Start (RFC 7918) before OpenSSL, which reads what came behind the client's Finished when it has sent its own; over
 * sockets, so that the early data is on its way before that.
 */

import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import tls from 'node:tls';
import { ClientConnection, defaultCipherSuites, MemoryClientSessionCache } from 'reprise-tls';
import { expect, test } from 'vitest';
import { createAuthority } from '../support/issuer.ts';
import { remembering, sessionIds } from '../support/node-tls.ts';

const serverName = 'server.example';
const authority = createAuthority();
const credentials = (['ecdsa-p256', 'rsa-2048'] as const).map((keyType) => {
  const { chainPem: cert, privateKeyPem: key } = authority.issue({ keyType, dnsNames: [serverName] });
  return { cert, key };
});

test.each(defaultCipherSuites)('with $name, and no more of it when the session is resumed', async (suite) => {
  const [ecdsa, rsa] = credentials;
  const server = remembering(
    tls.createServer({ ...sessionIds, ...(suite.authentication === 'rsa' ? rsa : ecdsa) }),
    new Map(),
  );
  server.on('secureConnection', (socket) => socket.pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sessionCache = new MemoryClientSessionCache();

  /** What the client's handlers were called for, and the echo of its word. */
  const visit = async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const calls: string[] = [];
    const client = new ClientConnection(
      {
        serverName,
        trustAnchors: authority.certificateDer,
        cipherSuites: [suite],
        sessionCache,
        falseStart: true,
      },
      {
        send: (bytes) => socket.write(bytes),
        falseStart: () => {
          calls.push('falseStart');
          client.write(Buffer.from('a word'));
        },
        secure: ({ resumed }) => {
          calls.push(resumed ? 'resumed' : 'secure');
          if (resumed) client.write(Buffer.from('a word'));
        },
        data: (bytes) => {
          calls.push(`${Buffer.from(bytes)}`);
          client.close();
        },
        close: (error) => {
          calls.push(error?.message ?? 'closed');
          socket.end();
        },
      },
    );
    socket.on('data', (bytes) => client.feed(bytes));
    socket.on('end', () => client.feedEnd());
    client.start();
    await once(socket, 'close');
    return calls;
  };

  try {
    expect(await visit()).toEqual(['falseStart', 'secure', 'a word', 'closed']);
    expect(await visit()).toEqual(['resumed', 'a word', 'closed']);
  } finally {
    server.close();
  }
});
