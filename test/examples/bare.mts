// A client that knows its server by the certificate, and of TLS what it needs for that. Both ends in memory.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  ecdsa_secp256r1_sha256,
  noble,
  ServerConnection,
  secp256r1,
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
} from 'reprise-tls';
import { ClientConnection, pinnedCertificate } from 'reprise-tls/bare';

const chain = readFileSync('certificate.pem');
const serverConfig = { certificates: [{ chain, privateKey: readFileSync('key.pem') }] };

for (const pin of [new X509Certificate(chain).fingerprint256, '00'.repeat(32)]) {
  const server = new ServerConnection(serverConfig, { send: (bytes) => client.feed(bytes) });
  const client = new ClientConnection(
    {
      cipherSuites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256],
      groups: [secp256r1],
      signatureSchemes: [ecdsa_secp256r1_sha256],
      crypto: noble,
      trust: pinnedCertificate(pin),
    },
    {
      send: (bytes) => server.feed(bytes),
      secure: (info) => console.log(info.cipherSuite, info.group, info.signatureScheme),
      close: (error) => console.log(error?.alert),
    },
  );
  client.start();
}
