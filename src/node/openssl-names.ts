/**
 * OpenSSL's names, in which the options of `node:tls` are written: cipher suites, groups and signature schemes, each a
 * list with colons in order of preference.
 *
 * A list may name what Reprise does not have. As OpenSSL passes over names that it does not know, so are those passed
 * over: a list can only narrow what is offered. One of which nothing is left is refused.
 */

import type { CipherSuite } from '../crypto/cipher-suites.ts';
import { defaultCipherSuites, defaultGroups, defaultSignatureSchemes } from '../crypto/defaults.ts';
import type { NamedGroup, SignatureScheme } from '../crypto/provider.ts';

/**
 * The suites of a cipher string: names of OpenSSL or IANA, properties joined by `+` (`ECDHE+AESGCM`), and with `!` or
 * `-` in front what is not wanted.
 * @throws TypeError on an instruction that cannot be followed, RangeError where no suite is left
 */
export function cipherSuitesOf(list: string): readonly CipherSuite[] {
  const chosen = new Set<CipherSuite>();
  const banned = new Set<CipherSuite>();
  for (const word of list.split(/(?=@)|[:, ]+/)) {
    if (/^@SECLEVEL=[0-2]$/.test(word)) continue; // All that is on offer has 112 bits of security and more.
    if (/^[@+]/.test(word)) throw new TypeError(`ciphers: expected names of suites, got ${word}`);
    if (word.startsWith('!')) for (const suite of suitesFor(word.slice(1))) banned.add(suite);
    else if (word.startsWith('-')) for (const suite of suitesFor(word.slice(1))) chosen.delete(suite);
    else for (const suite of suitesFor(word)) chosen.add(suite);
  }
  return some(
    'ciphers',
    list,
    [...chosen].filter((suite) => !banned.has(suite)),
    defaultCipherSuites.map(opensslSuite),
  );
}

/** @throws RangeError where no group is left */
export function groupsOf(list: string): readonly NamedGroup[] {
  if (list === 'auto') return defaultGroups;
  const known = list.split(':').map((name) => groupNames[name.toLowerCase()]);
  const groups = defaultGroups.filter(({ name }) => known.includes(name));
  const inOrder = groups.sort((a, b) => known.indexOf(a.name) - known.indexOf(b.name));
  return some('ecdhCurve', list, inOrder, Object.keys(groupNames));
}

/** @throws RangeError where no scheme is left */
export function signatureSchemesOf(list: string): readonly SignatureScheme[] {
  const schemes = list.split(':').flatMap((name) => {
    const wanted = schemeNames[name.toLowerCase()] ?? name.toLowerCase();
    return defaultSignatureSchemes.filter((scheme) => scheme.name === wanted);
  });
  return some(
    'sigalgs',
    list,
    [...new Set(schemes)],
    defaultSignatureSchemes.map(({ name }) => name),
  );
}

/** TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 is ECDHE-ECDSA-AES128-GCM-SHA256; ChaCha20 goes without its hash. */
export function opensslSuite({ name }: { readonly name: string }): string {
  return name
    .replace('TLS_', '')
    .replace('_WITH_', '-')
    .replace(/AES_(\d+)_GCM/, 'AES$1-GCM')
    .replace('CHACHA20_POLY1305_SHA256', 'CHACHA20-POLY1305')
    .replaceAll('_', '-');
}

/** What `getEphemeralKeyInfo` says of a group. */
export const ephemeralKeys: Readonly<Record<string, { readonly name: string; readonly size: number }>> = {
  x25519: { name: 'X25519', size: 253 },
  secp256r1: { name: 'prime256v1', size: 256 },
  secp384r1: { name: 'secp384r1', size: 384 },
  secp521r1: { name: 'secp521r1', size: 521 },
} satisfies Record<NamedGroup['name'], object>;

const groupNames: Readonly<Record<string, NamedGroup['name']>> = {
  x25519: 'x25519',
  prime256v1: 'secp256r1',
  secp256r1: 'secp256r1',
  'p-256': 'secp256r1',
  secp384r1: 'secp384r1',
  'p-384': 'secp384r1',
  secp521r1: 'secp521r1',
  'p-521': 'secp521r1',
};

/** Algorithm and hash, as TLS 1.2 paired them; the names of RFC 8446 stand for themselves. */
const schemeNames: Readonly<Record<string, SignatureScheme['name']>> = {
  'ecdsa+sha256': 'ecdsa_secp256r1_sha256',
  'ecdsa+sha384': 'ecdsa_secp384r1_sha384',
  'ecdsa+sha512': 'ecdsa_secp521r1_sha512',
  'rsa+sha256': 'rsa_pkcs1_sha256',
  'rsa+sha384': 'rsa_pkcs1_sha384',
  'rsa+sha512': 'rsa_pkcs1_sha512',
  'rsa-pss+sha256': 'rsa_pss_rsae_sha256',
  'rsa-pss+sha384': 'rsa_pss_rsae_sha384',
  'rsa-pss+sha512': 'rsa_pss_rsae_sha512',
  'pss+sha256': 'rsa_pss_rsae_sha256',
  'pss+sha384': 'rsa_pss_rsae_sha384',
  'pss+sha512': 'rsa_pss_rsae_sha512',
};

type Property = (suite: CipherSuite) => boolean;

const any: Property = () => true;
const withEcdsa: Property = ({ authentication }) => authentication === 'ecdsa';
const withAes: Property = ({ name }) => name.includes('AES');

/** What OpenSSL calls sets of suites by. */
const properties: Readonly<Record<string, Property>> = {
  ALL: any,
  DEFAULT: any,
  HIGH: any,
  'TLSv1.2': any,
  ECDHE: any,
  EECDH: any,
  kECDHE: any,
  kEECDH: any,
  ECDSA: withEcdsa,
  aECDSA: withEcdsa,
  aRSA: ({ authentication }) => authentication === 'rsa',
  AES: withAes,
  AESGCM: withAes,
  AES128: ({ name }) => name.includes('AES_128'),
  AES256: ({ name }) => name.includes('AES_256'),
  CHACHA20: ({ name }) => name.includes('CHACHA20'),
  SHA256: ({ hash }) => hash.name === 'SHA-256',
  SHA384: ({ hash }) => hash.name === 'SHA-384',
};

function suitesFor(word: string): readonly CipherSuite[] {
  const named = defaultCipherSuites.filter((suite) => word === suite.name || word === opensslSuite(suite));
  if (named.length > 0) return named;
  const demands = word.split('+').map((part) => properties[part]);
  return defaultCipherSuites.filter((suite) => demands.every((demand) => demand?.(suite) ?? false));
}

function some<T>(option: string, list: string, found: readonly T[], known: readonly string[]): readonly T[] {
  if (found.length > 0) return found;
  throw new RangeError(
    `${option}: expected at least one of ${known.join(', ')}, got ${JSON.stringify(list)}`,
  );
}
