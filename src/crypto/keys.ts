/**
 * Public and private keys as values. How they are written down (SPKI, PKCS#8, SEC 1, PKCS#1, PEM) is the matter of
 * `x509/`; here they are numbers and points, under the names of RFC 8017 and RFC 8422.
 */

export type EcdsaCurve = 'secp256r1' | 'secp384r1' | 'secp521r1';

export interface RsaPublicKey {
  readonly type: 'rsa';
  readonly modulus: bigint;
  readonly publicExponent: bigint;
}

export interface EcdsaPublicKey {
  readonly type: 'ecdsa';
  readonly curve: EcdsaCurve;
  /** An uncompressed point (SEC 1 §2.3.3). */
  readonly point: Uint8Array;
}

export interface Ed25519PublicKey {
  readonly type: 'ed25519';
  /** 32 bytes (RFC 8032 §5.1.5). */
  readonly point: Uint8Array;
}

export type PublicKey = RsaPublicKey | EcdsaPublicKey | Ed25519PublicKey;

/** RSAPrivateKey of two primes (RFC 8017 Appendix A.1.2). */
export interface RsaPrivateKey {
  readonly type: 'rsa';
  readonly modulus: bigint;
  readonly publicExponent: bigint;
  readonly privateExponent: bigint;
  readonly prime1: bigint;
  readonly prime2: bigint;
  readonly exponent1: bigint;
  readonly exponent2: bigint;
  readonly coefficient: bigint;
}

export interface EcdsaPrivateKey {
  readonly type: 'ecdsa';
  readonly curve: EcdsaCurve;
  /** Big-endian, as long as the curve's order. */
  readonly scalar: Uint8Array;
}

export interface Ed25519PrivateKey {
  readonly type: 'ed25519';
  /** 32 bytes (RFC 8032 §5.1.5). */
  readonly seed: Uint8Array;
}

export type PrivateKey = RsaPrivateKey | EcdsaPrivateKey | Ed25519PrivateKey;
