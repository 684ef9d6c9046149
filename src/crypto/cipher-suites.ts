/**
 * The cipher suites under their IANA names: ECDHE with AEADs alone, as RFC 9325 §4.2 recommends.
 * Sources: RFC 5289 §3.2 (AES-GCM), RFC 7905 §2 (ChaCha20-Poly1305).
 */

import { AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305 } from './aead.ts';
import { sha256, sha384 } from './hash.ts';
import type { Aead, Hash } from './provider.ts';

/** What a suite of TLS 1.2 fixes: how the server proves itself, how records are protected, the hash of the PRF. */
export interface CipherSuite {
  readonly name: `TLS_ECDHE_${'ECDSA' | 'RSA'}_WITH_${Aead['name']}_${'SHA256' | 'SHA384'}`;
  readonly id: number;
  /** The kind of key in the server's certificate. `ecdsa` serves Ed25519 keys too (RFC 8422 §2.1). */
  readonly authentication: 'ecdsa' | 'rsa';
  readonly aead: Aead;
  readonly hash: Hash;
}

export const TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: CipherSuite = {
  name: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  id: 0xc02b,
  authentication: 'ecdsa',
  aead: AES_128_GCM,
  hash: sha256,
};

export const TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: CipherSuite = {
  name: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  id: 0xc02c,
  authentication: 'ecdsa',
  aead: AES_256_GCM,
  hash: sha384,
};

export const TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: CipherSuite = {
  name: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  id: 0xc02f,
  authentication: 'rsa',
  aead: AES_128_GCM,
  hash: sha256,
};

export const TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: CipherSuite = {
  name: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  id: 0xc030,
  authentication: 'rsa',
  aead: AES_256_GCM,
  hash: sha384,
};

export const TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: CipherSuite = {
  name: 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  id: 0xcca8,
  authentication: 'rsa',
  aead: CHACHA20_POLY1305,
  hash: sha256,
};

export const TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: CipherSuite = {
  name: 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  id: 0xcca9,
  authentication: 'ecdsa',
  aead: CHACHA20_POLY1305,
  hash: sha256,
};
