/**
 * credentials.json: the certificates and keys of the recorded handshakes. They are issued once and kept, since no two
 * issuings give the same bytes; they are public, and prove nothing to anybody.
 */

import { readFileSync } from 'node:fs';
import { createAuthority, type KeyType } from '../../test/support/issuer.ts';
import type { RecordedCertificate } from '../../test/support/replay.ts';
import { hex } from './bytes.ts';
import type { File } from './file.ts';

const keyTypes: readonly KeyType[] = ['ecdsa-p256', 'ecdsa-p384', 'ed25519', 'rsa-2048'];

type Credentials = Readonly<Record<'server' | 'client', Readonly<Record<string, RecordedCertificate>>>>;

/** What is kept. @throws Error where there is none yet: then `issueCredentials` is to be written first */
export function readCredentials(): Credentials {
  return JSON.parse(readFileSync(new URL('../credentials.json', import.meta.url), 'utf8'));
}

/** New ones, and with them new handshakes. */
export const issueCredentials: File = {
  path: 'credentials.json',
  schema: 'credentials',
  source:
    'TEST KEYS, public and worthless. Issued once by test/support/issuer.ts, under an authority whose key is lost.',
  content: () => {
    const authority = createAuthority({ name: 'Reprise Test Vectors', ...validity });
    const issue = (
      keyType: KeyType,
      options: { readonly dnsNames?: string[]; readonly commonName: string },
    ) => {
      const { chain, privateKeyDer } = authority.issue({ keyType, ...options, ...validity });
      return { chain: chain.map(hex), private_key: hex(privateKeyDer) };
    };
    const dnsNames = ['example.test'];
    const server = { dnsNames, commonName: 'example.test' };
    return {
      server: Object.fromEntries(keyTypes.map((keyType) => [keyType, issue(keyType, server)])),
      client: { 'ecdsa-p256': issue('ecdsa-p256', { commonName: 'a client' }) },
    };
  },
};

const validity = { notBefore: Date.UTC(2023, 0), notAfter: Date.UTC(2049, 0) };
