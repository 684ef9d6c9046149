/**
 * Connections with `node:tls` that must not come about: each ends in the alert that its RFC names, and both ends say
 * so.
 */

import type tls from 'node:tls';
import {
  type AlertName,
  type CertificateAlert,
  type ClientConfig,
  ecdsa_secp256r1_sha256,
  type Fault,
  type ServerConfig,
  x25519,
} from 'reprise-tls';
import { describe, expect, it } from 'vitest';
import { connectNode, connectReprise, until } from '../support/node-tls.ts';
import { credentials } from './rows.ts';
import {
  expectRefusal,
  nodeClient,
  nodeServer,
  opensslAlerts,
  repriseClient,
  repriseServer,
} from './visits.ts';

/** Versions that OpenSSL still knows, but only where nothing is asked of their security. */
const TLS_1_1 = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
const TLS_1_3 = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' } as const;

interface ByOurServer {
  readonly what: string;
  readonly client?: tls.ConnectionOptions;
  readonly server?: Partial<ServerConfig>;
  readonly credential?: (typeof credentials)['ed25519'];
  readonly reason: Fault;
  readonly alert: AlertName;
  readonly code: string;
}

const versionRefused = {
  reason: 'protocol-version',
  alert: 'protocol_version',
  code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
} as const;
const handshakeRefused = {
  alert: 'handshake_failure',
  code: 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
} as const;

const byOurServer: readonly ByOurServer[] = [
  { what: 'at most TLS 1.1 (RFC 5246 §E.1)', client: TLS_1_1, ...versionRefused },
  { what: 'TLS 1.3 alone (RFC 8446 §4.2.1)', client: TLS_1_3, ...versionRefused },
  {
    what: 'no AEAD suite (RFC 5246 §7.4.1.3)',
    client: { ciphers: 'ECDHE-ECDSA-AES128-SHA256:AES128-GCM-SHA256' },
    reason: 'no-common-cipher-suite',
    ...handshakeRefused,
  },
  {
    what: 'suites for another kind of certificate alone (RFC 5246 §7.4.2)',
    client: { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' },
    reason: 'no-common-cipher-suite',
    ...handshakeRefused,
  },
  {
    what: 'no group of ours (RFC 8422 §4)',
    client: { ecdhCurve: 'P-384' },
    server: { groups: [x25519] },
    credential: credentials.ed25519,
    reason: 'no-common-group',
    ...handshakeRefused,
  },
  {
    what: 'no curve of our certificate’s key (RFC 8422 §5.1)',
    client: { ecdhCurve: 'X25519' },
    reason: 'no-common-group',
    ...handshakeRefused,
  },
  {
    what: 'no signature scheme of ours (RFC 5246 §7.4.1.4.1)',
    client: { sigalgs: 'ecdsa_secp384r1_sha384' },
    server: { signatureSchemes: [ecdsa_secp256r1_sha256] },
    reason: 'no-common-signature-scheme',
    ...handshakeRefused,
  },
  {
    what: 'no application protocol of ours (RFC 7301 §3.2)',
    client: { ALPNProtocols: ['h2'] },
    server: { alpnProtocols: ['http/1.1'] },
    reason: 'no-common-application-protocol',
    alert: 'no_application_protocol',
    code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
  },
];

interface ByTheirServer {
  readonly what: string;
  readonly client?: Partial<ClientConfig>;
  readonly server?: tls.TlsOptions;
  readonly credential?: (typeof credentials)['ed25519'];
  readonly alert: AlertName;
  readonly code: string;
}

const notShared = { alert: 'handshake_failure', code: 'ERR_SSL_NO_SHARED_CIPHER' } as const;

const byTheirServer: readonly ByTheirServer[] = [
  { what: 'our suites need what TLS 1.1 lacks', server: TLS_1_1, ...notShared },
  {
    what: 'it speaks TLS 1.3 alone',
    server: TLS_1_3,
    alert: 'protocol_version',
    code: 'ERR_SSL_UNSUPPORTED_PROTOCOL',
  },
  { what: 'it has no AEAD suite', server: { ciphers: 'ECDHE-ECDSA-AES128-SHA256' }, ...notShared },
  {
    what: 'it has no group of ours',
    client: { groups: [x25519] },
    server: { ecdhCurve: 'P-384' },
    credential: credentials.ed25519,
    ...notShared,
  },
  {
    what: 'it has no signature scheme of ours',
    client: { signatureSchemes: [ecdsa_secp256r1_sha256] },
    server: { sigalgs: 'ecdsa_secp384r1_sha384' },
    alert: 'handshake_failure',
    code: 'ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS',
  },
  {
    what: 'it has no application protocol of ours',
    client: { alpnProtocols: ['http/1.1'] },
    server: { ALPNProtocols: ['h2'] },
    alert: 'no_application_protocol',
    code: 'ERR_SSL_NO_APPLICATION_PROTOCOL',
  },
];

describe('our server refuses a client of node:tls that offers', () => {
  it.each(byOurServer)('$what', async ({ client, server, credential, reason, alert, code }) => {
    const pair = await connectNode(nodeClient(client), repriseServer(server, credential));
    expectRefusal(pair, { reason, alert, origin: 'sent' }, code);
  });
});

describe('a server of node:tls refuses our client, and it knows why:', () => {
  it.each(byTheirServer)('$what', async ({ client, server, credential, alert, code }) => {
    const pair = await connectReprise(repriseClient(client), nodeServer(server, credential));
    expectRefusal(pair, { reason: 'alert-received', alert, origin: 'received' }, code);
  });
});

describe('a certificate of node:tls that our client does not trust', () => {
  it.each(Object.entries(opensslAlerts))('is refused with %s (RFC 5246 §7.2.2)', async (alert, code) => {
    const verdict = { alert: alert as CertificateAlert, message: 'not today' };
    const pair = await connectReprise(repriseClient({ verifyCertificate: () => verdict }), nodeServer());
    expectRefusal(pair, { alert: verdict.alert, origin: 'sent' }, code);
  });
});

describe('a certificate of our server that node:tls does not trust', () => {
  it('makes it leave without a word after its handshake, which is truncation to us', async () => {
    const pair = await connectNode(nodeClient({ servername: 'other.example' }), repriseServer());
    await until(() => pair.end.closed !== undefined, 'the end');
    expect(pair.node.error?.code).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(pair.end.closed?.error).toMatchObject({ reason: 'truncated' });
  });
});
