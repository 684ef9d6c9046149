// A key that signs elsewhere, and certificates chosen by the name that the client asks for.
import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { type CertificateConfig, ClientConnection, type ServerConfig, ServerConnection } from 'reprise-tls';

const chain = readFileSync('certificate.pem');
const key = createPrivateKey(readFileSync('key.pem'));
const signLater = promisify(sign);

const localhost: CertificateConfig = {
  chain,
  privateKey: {
    signatureSchemes: ['ecdsa_secp256r1_sha256'],
    sign: (_scheme, message) => signLater('sha256', message, key),
  },
};
const sites = new Map([['localhost', localhost]]);
const serverConfig: ServerConfig = {
  selectCertificate: ({ serverName }) => (serverName === undefined ? undefined : sites.get(serverName)),
};

for (const serverName of ['localhost', 'elsewhere.example']) {
  await new Promise<void>((resolve) => {
    const server = new ServerConnection(serverConfig, { send: (bytes) => client.feed(bytes) });
    const client = new ClientConnection(
      {
        serverName,
        trustAnchors: chain,
      },
      {
        send: (bytes) => server.feed(bytes),
        secure: (info) => {
          console.log(`${serverName}: signed with ${info.signatureScheme}`);
          resolve();
        },
        close: (error) => {
          console.log(`${serverName}: ${error?.alert}`);
          resolve();
        },
      },
    );
    client.start();
  });
}
