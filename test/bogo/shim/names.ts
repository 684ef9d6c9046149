/** What the runner names by number or by name, as values of Reprise; what is not here, Reprise does not have. */

import * as reprise from 'reprise-tls';
import {
  type CipherSuite,
  defaultCipherSuites,
  defaultGroups,
  defaultSignatureSchemes,
  type NamedGroup,
  type SignatureScheme,
} from 'reprise-tls';
import { Unimplemented } from './flags.ts';

/** The groups of a list of numbers, without those that there are not here. @throws Unimplemented where none is left */
export function groups(ids: readonly number[]): readonly NamedGroup[] {
  return known('groups', ids, defaultGroups);
}

export function signatureSchemes(ids: readonly number[]): readonly SignatureScheme[] {
  return known('signature schemes', ids, defaultSignatureSchemes);
}

/**
 * Of a list in the manner of OpenSSL: IANA names and `DEFAULT`, without those that there are not here. Brackets, which make
 * equals of what is in them, are read past: a client that has ChaCha20 first gets it whatever the server's order.
 * @throws Unimplemented on any other rule in it, and where no suite is left
 */
export function cipherSuites(list: string): readonly CipherSuite[] {
  let suites: CipherSuite[] = [];
  for (const rule of list.split(/[:|]/)) {
    const [, name] = /^\[?(TLS_\w+)\]?$/.exec(rule) ?? [];
    if (rule === 'DEFAULT') suites = [...defaultCipherSuites];
    else if (rule === '!AES') suites = suites.filter(({ aead }) => !aead.name.startsWith('AES'));
    else if (name === undefined) throw new Unimplemented(`the cipher list ${list}`);
    else suites.push(...defaultCipherSuites.filter((suite) => suite.name === name));
  }
  if (suites.length === 0) throw new Unimplemented(`the cipher list ${list}`);
  return suites;
}

export function idOf(
  values: readonly { readonly name: string; readonly id: number }[],
  name: string | undefined,
) {
  return values.find((value) => value.name === name)?.id;
}

/** The names of a ProtocolNameList without its own length (RFC 7301 §3.1). */
export function protocolNames(list: string): string[] {
  const bytes = Buffer.from(list, 'latin1');
  const names: string[] = [];
  for (let at = 0; at < bytes.length; at += 1 + (bytes[at] ?? 0)) {
    names.push(bytes.toString('latin1', at + 1, at + 1 + (bytes[at] ?? 0)));
  }
  return names;
}

/** What a policy lets through, as BoringSSL's `ssl.h` describes it. */
export const policies = {
  /** NIST SP 800-52r2. */
  'fips-202205': {
    cipherSuites: [
      reprise.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
      reprise.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
      reprise.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
      reprise.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    ],
    groups: [reprise.secp256r1, reprise.secp384r1],
    signatureSchemes: [
      reprise.rsa_pkcs1_sha256,
      reprise.rsa_pkcs1_sha384,
      reprise.rsa_pkcs1_sha512,
      reprise.ecdsa_secp256r1_sha256,
      reprise.ecdsa_secp384r1_sha384,
      reprise.rsa_pss_rsae_sha256,
      reprise.rsa_pss_rsae_sha384,
      reprise.rsa_pss_rsae_sha512,
    ],
  },
  /** The 192-bit mode of WPA3. */
  'wpa-202304': {
    cipherSuites: [
      reprise.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
      reprise.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ],
    groups: [reprise.secp384r1],
    signatureSchemes: [
      reprise.rsa_pkcs1_sha384,
      reprise.rsa_pkcs1_sha512,
      reprise.ecdsa_secp384r1_sha384,
      reprise.rsa_pss_rsae_sha384,
      reprise.rsa_pss_rsae_sha512,
    ],
  },
} as const;

function known<T extends { readonly id: number }>(
  what: string,
  ids: readonly number[],
  values: readonly T[],
): T[] {
  const found = ids.flatMap((id) => values.filter((value) => value.id === id));
  if (found.length === 0) throw new Unimplemented(`the ${what} ${ids.join(', ')}`);
  return found;
}
