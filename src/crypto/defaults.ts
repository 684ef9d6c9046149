/**
 * What a connection offers and accepts where its configuration names nothing, most wanted first.
 * RFC 9325 §4.2 recommends these suites; nothing weaker is implemented.
 */

import {
  type CipherSuite,
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
} from './cipher-suites.ts';
import { secp256r1, secp384r1, secp521r1, x25519 } from './groups.ts';
import type { NamedGroup, SignatureScheme } from './provider.ts';
import {
  ecdsa_secp256r1_sha256,
  ecdsa_secp384r1_sha384,
  ecdsa_secp521r1_sha512,
  ed25519,
  rsa_pkcs1_sha256,
  rsa_pkcs1_sha384,
  rsa_pkcs1_sha512,
  rsa_pss_rsae_sha256,
  rsa_pss_rsae_sha384,
  rsa_pss_rsae_sha512,
} from './signature-schemes.ts';

/**
 * ChaCha20 before AES: with no AES instruction within reach of JavaScript, it is by far the faster of the two here,
 * and it has no tables whose use a cache could tell. Whoever has the instructions on the other end and cares can order
 * otherwise, since a server goes by its own list. ECDSA before RSA: the server signs with less work.
 */
export const defaultCipherSuites: readonly CipherSuite[] = [
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
];

/** X25519 first: the fastest, and it asks the least of its implementation (RFC 7748 §1). */
export const defaultGroups: readonly NamedGroup[] = [x25519, secp256r1, secp384r1, secp521r1];

/** By the strength of the hash, since 128 bits of security are enough for a handshake; within it the cheapest first. */
export const defaultSignatureSchemes: readonly SignatureScheme[] = [
  ecdsa_secp256r1_sha256,
  ed25519,
  rsa_pss_rsae_sha256,
  rsa_pkcs1_sha256,
  ecdsa_secp384r1_sha384,
  rsa_pss_rsae_sha384,
  rsa_pkcs1_sha384,
  ecdsa_secp521r1_sha512,
  rsa_pss_rsae_sha512,
  rsa_pkcs1_sha512,
];
