/**
 * What the tests against other TLS stacks go through: every cipher suite with every group and every kind of
 * certificate that fits it, and the certificates for that, all from one authority.
 */

import {
  type CipherSuite,
  defaultCipherSuites,
  defaultGroups,
  defaultSignatureSchemes,
  type NamedGroup,
  type SignatureScheme,
} from 'reprise-tls';
import { type Credential, createAuthority, type KeyType } from '../support/issuer.ts';
import { opensslGroups } from '../support/node-tls.ts';

export { opensslSuite } from '../../src/node/openssl-names.ts';

export const serverName = 'server.example';
export const authority = createAuthority();

export const keyTypes = ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'ed25519', 'rsa-2048'] as const;

/** A server's certificate for each kind of key; it is good for a client, too. */
export const credentials: Readonly<Record<KeyType, Credential>> = {
  'ecdsa-p256': authority.issue({ keyType: 'ecdsa-p256', dnsNames: [serverName] }),
  'ecdsa-p384': authority.issue({ keyType: 'ecdsa-p384', dnsNames: [serverName] }),
  'ecdsa-p521': authority.issue({ keyType: 'ecdsa-p521', dnsNames: [serverName] }),
  ed25519: authority.issue({ keyType: 'ed25519', dnsNames: [serverName] }),
  'rsa-2048': authority.issue({ keyType: 'rsa-2048', dnsNames: [serverName] }),
};

export interface Row {
  readonly suite: CipherSuite;
  readonly group: NamedGroup;
  readonly keyType: KeyType;
  /** The length of the pieces that the transport is cut into. */
  readonly pieces: number;
  readonly name: string;
}

/** Around a record's header, and on either side of whole flights. */
const pieceLengths = [1, 2, 5, 7, 64, 1460, 0x10000];

/** The rows of one suite. The pieces change from row to row, so that each length meets each kind of handshake. */
export function rowsOf(suite: CipherSuite): Row[] {
  const fitting = keyTypes.filter((keyType) => serves(keyType, suite));
  const pairs = defaultGroups.flatMap((group) => fitting.map((keyType) => ({ group, keyType })));
  const shift = defaultCipherSuites.indexOf(suite);
  return pairs.map(({ group, keyType }, i) => {
    const pieces = pieceLengths[(i + shift) % pieceLengths.length] ?? 1;
    const name = `${suite.name}, ${group.name}, ${keyType}, pieces of ${pieces}`;
    return { suite, group, keyType, pieces, name };
  });
}

/** The schemes that a kind of key can make: an ECDSA key all hashes, in TLS 1.2. */
export function schemesOf(keyType: KeyType): readonly SignatureScheme[] {
  return defaultSignatureSchemes.filter((scheme) => keyType.split('-')[0] === scheme.keyType);
}

/** The list of groups for OpenSSL: the one to be used, and the one that the certificate's key needs (RFC 8422 §5.1). */
export function opensslCurves({ group, keyType }: Pick<Row, 'group' | 'keyType'>): string {
  const own = { 'ecdsa-p256': 'secp256r1', 'ecdsa-p384': 'secp384r1', 'ecdsa-p521': 'secp521r1' } as const;
  const ofKey = keyType in own ? [opensslGroups[own[keyType as keyof typeof own]]] : [];
  return [...new Set([opensslGroups[group.name], ...ofKey])].join(':');
}

/** A credential under so many intermediates, each of 20 kB. */
export function longChain(intermediates: number): Credential {
  const padding = { oid: '1.3.6.1.4.1.55555.1', critical: false, value: new Uint8Array(20_000) };
  let issuer = authority;
  for (let i = 0; i < intermediates; i++) {
    issuer = issuer.issueAuthority({ name: `Intermediate ${i}`, extensions: [padding] });
  }
  return issuer.issue({ dnsNames: [serverName] });
}

/** Bytes that tell their place. */
export function payload(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
}

function serves(keyType: KeyType, { authentication }: CipherSuite): boolean {
  return (keyType === 'rsa-2048') === (authentication === 'rsa');
}
