/**
 * A server of ours with certificates of every kind side by side, before clients of `node:tls` that know a part of what
 * there is: each is shown one that it can use (RFC 5246 §7.4.2, RFC 8422 §5.1), or hears that there is none.
 */

import type { ConnectionOptions } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { type Credential, createAuthority, type KeyType } from '../support/issuer.ts';
import { connectNode } from '../support/node-tls.ts';
import { authority, credentials, serverName } from './rows.ts';
import {
  expectAgreement,
  expectRefusal,
  nodeClient,
  type Pair,
  repriseCredential,
  repriseServer,
} from './visits.ts';

const order = ['ecdsa-p256', 'ecdsa-p384', 'ed25519', 'rsa-2048'] as const;
const certificates = order.map((keyType) => repriseCredential(credentials[keyType]));

interface Served {
  readonly what: string;
  readonly client: ConnectionOptions;
  readonly keyType: KeyType;
}

const served: readonly Served[] = [
  { what: 'everything', client: {}, keyType: 'ecdsa-p256' },
  { what: 'RSA suites', client: { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }, keyType: 'rsa-2048' },
  { what: 'ECDSA suites', client: { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' }, keyType: 'ecdsa-p256' },
  { what: 'Ed25519', client: { sigalgs: 'ed25519' }, keyType: 'ed25519' },
  { what: 'PSS', client: { sigalgs: 'rsa_pss_rsae_sha256' }, keyType: 'rsa-2048' },
  { what: 'PKCS #1 with SHA-512', client: { sigalgs: 'RSA+SHA512' }, keyType: 'rsa-2048' },
  { what: 'P-384', client: { ecdhCurve: 'P-384' }, keyType: 'ecdsa-p384' },
  { what: 'X25519', client: { ecdhCurve: 'X25519' }, keyType: 'ed25519' },
  {
    what: 'X25519, and no Ed25519',
    client: { ecdhCurve: 'X25519', sigalgs: 'ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256' },
    keyType: 'rsa-2048',
  },
  {
    what: 'ECDSA with SHA-384 on P-384',
    client: { ecdhCurve: 'P-384', sigalgs: 'ECDSA+SHA384' },
    keyType: 'ecdsa-p384',
  },
];

describe('our server, before a client of node:tls that knows', () => {
  it.each(served)('$what, shows its $keyType certificate, and resumes', async ({ client, keyType }) => {
    const config = repriseServer({ certificates });
    const first = await connectNode(nodeClient(client), config);
    expectAgreement(first, { resumed: false });
    expect(first.node.socket.authorized).toBe(true);
    expectShown(first, credentials[keyType]);
    const session = first.node.socket.getSession();
    expectAgreement(await connectNode(nodeClient({ ...client, session }), config), { resumed: true });
  });

  it.each<[what: string, client: ConnectionOptions]>([
    ['P-521 and ECDSA alone', { ecdhCurve: 'P-521', sigalgs: 'ECDSA+SHA256' }],
    ['PSS keys alone', { sigalgs: 'rsa_pss_pss_sha256' }],
  ])('%s, has nothing to show, and says handshake_failure', async (_what, client) => {
    const pair = await connectNode(nodeClient(client), repriseServer({ certificates }));
    const fault = {
      reason: 'no-common-signature-scheme',
      alert: 'handshake_failure',
      origin: 'sent',
    } as const;
    expectRefusal(pair, fault, 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE');
  });

  it('ECDSA alone, shows the certificate whose chain is signed with that too (RFC 5246 §7.4.2)', async () => {
    const byRsa = createAuthority({ keyType: 'rsa-2048', name: 'RSA Root' });
    const chains = [byRsa.issue({ dnsNames: [serverName] }), credentials['ecdsa-p256']];
    const config = repriseServer({ certificates: chains.map(repriseCredential) });
    const ca = [byRsa.certificatePem, authority.certificatePem];
    for (const [sigalgs, index] of [
      ['ECDSA+SHA256', 1],
      ['ECDSA+SHA256:RSA+SHA256', 0],
    ] as const) {
      const pair = await connectNode(nodeClient({ ca, sigalgs }), config);
      expectAgreement(pair, { resumed: false });
      expectShown(pair, chains[index]);
    }
  });
});

function expectShown({ node }: Pair, credential: Credential | undefined): void {
  const { raw } = node.socket.getPeerX509Certificate() ?? {};
  expect(raw).toEqual(Buffer.from(credential?.chain[0] ?? []));
}
