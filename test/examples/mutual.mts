// Both ends show a certificate; here, for want of a second, the same one.
import { readFileSync } from 'node:fs';
import {
  type ClientConfig,
  ClientConnection,
  parseCertificate,
  type ServerConfig,
  ServerConnection,
} from 'reprise-tls';

const chain = readFileSync('certificate.pem');
const certificates = [{ chain, privateKey: readFileSync('key.pem') }];
const trustAnchors = chain;

const serverConfig: ServerConfig = { certificates, trustAnchors, clientAuthentication: 'require' };
const clientConfig: ClientConfig = { serverName: 'localhost', certificates, trustAnchors };

for (const config of [clientConfig, { serverName: 'localhost', trustAnchors }]) {
  const server = new ServerConnection(serverConfig, {
    send: (bytes) => client.feed(bytes),
    secure: (info) => console.log(info.peerCertificates.map((der) => `${parseCertificate(der).subject}`)),
    close: (error) => console.log(error?.message),
  });
  const client = new ClientConnection(config, { send: (bytes) => server.feed(bytes) });
  client.start();
}
