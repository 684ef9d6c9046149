/**
 * The shapes of cryptography: what a hash, an AEAD, a group and a signature scheme are to the rest of Reprise, and
 * the provider that may do them in its own way.
 *
 * An algorithm is a value that carries its own implementation, so that a bundle holds only those that its user names.
 * A `CryptoProvider` substitutes: given one of those values it returns an equal one that is done otherwise
 * (by the platform, by hardware), or the value itself where it knows no better.
 */

import type { PrivateKey, PublicKey } from './keys.ts';

/** So many bytes in a new array. Who asks may overwrite them, and does so where they were a secret. */
export type RandomBytes = (length: number) => Uint8Array;

/** SHA-2 and the HMAC over it (FIPS 180-4, RFC 2104). Lengths in bytes. */
export interface Hash {
  readonly name: 'SHA-256' | 'SHA-384' | 'SHA-512';
  readonly outputLength: number;
  digest(message: Uint8Array): Uint8Array;
  create(): HashState;
  /** HMAC keyed once, for use any number of times. */
  hmac(key: Uint8Array): Mac;
}

/** A hash in progress. */
export interface HashState {
  update(bytes: Uint8Array): void;
  /** The digest of all bytes so far; the state goes on from where it is. */
  snapshot(): Uint8Array;
}

export interface Mac {
  /** HMAC of the parts one after the other, as a new array. */
  compute(...parts: readonly Uint8Array[]): Uint8Array;
  /** Overwrites the key's state; the Mac must not be used after. */
  destroy(): void;
}

/** Authenticated encryption as TLS 1.2 uses it (RFC 5246 §6.2.3.3). Lengths in bytes. */
export interface Aead {
  readonly name: 'AES_128_GCM' | 'AES_256_GCM' | 'CHACHA20_POLY1305';
  readonly keyLength: number;
  /** The part of the nonce that comes from the key block: 4 for GCM (RFC 5288 §3), 12 for ChaCha20 (RFC 7905 §2). */
  readonly fixedIvLength: number;
  /** The part that each record carries: 8 for GCM, 0 for ChaCha20, whose nonce is the IV XOR the sequence number. */
  readonly recordIvLength: number;
  readonly tagLength: 16;
  /** How many records one key may protect (RFC 8446 §5.5); before the sequence number could wrap in any case. */
  readonly maxRecords: number;
  create(key: Uint8Array): AeadKey;
}

export interface AeadKey {
  /** Ciphertext and tag into `output`, whose length is that of `plaintext` and the tag together. */
  seal(nonce: Uint8Array, additionalData: Uint8Array, plaintext: Uint8Array, output: Uint8Array): void;
  /**
   * The plaintext of ciphertext and tag, in an array of its own that is the caller's from now on; undefined where the tag
   * does not hold. It never writes to its input.
   */
  open(nonce: Uint8Array, additionalData: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined;
  /** Overwrites the key as far as the implementation holds it; it must not be used after. */
  destroy(): void;
}

/** A group for ECDHE under its IANA name (RFC 8422 §5.1.1). */
export interface NamedGroup {
  readonly name: 'x25519' | 'secp256r1' | 'secp384r1' | 'secp521r1';
  readonly id: number;
  /** A new ephemeral key. The same random bytes give the same key, so that handshakes can be replayed. */
  generate(randomBytes: RandomBytes): KeyShare;
}

export interface KeyShare {
  /** The public key as the wire has it: 32 bytes for x25519, an uncompressed point otherwise (RFC 8422 §5.4). */
  readonly publicKey: Uint8Array;
  /**
   * The premaster secret. The key share overwrites its secret; it serves once.
   * @throws TlsError `illegal_parameter` on a point off the curve, a wrong form, an all-zero secret (RFC 8422 §5.11)
   */
  agree(peerPublicKey: Uint8Array): Uint8Array;
  /** Overwrites the secret of a share that was not used. */
  destroy(): void;
}

/** A signature scheme under its IANA name (RFC 5246 §7.4.1.4.1 with the names of RFC 8446 §4.2.3). */
export interface SignatureScheme {
  readonly name:
    | 'ecdsa_secp256r1_sha256'
    | 'ecdsa_secp384r1_sha384'
    | 'ecdsa_secp521r1_sha512'
    | 'ed25519'
    | 'rsa_pss_rsae_sha256'
    | 'rsa_pss_rsae_sha384'
    | 'rsa_pss_rsae_sha512'
    | 'rsa_pkcs1_sha256'
    | 'rsa_pkcs1_sha384'
    | 'rsa_pkcs1_sha512';
  readonly id: number;
  /** The keys that it works with. In TLS 1.2 an ECDSA code point does not bind the curve (RFC 8446 §4.2.3). */
  readonly keyType: PublicKey['type'];
  /** False on any signature that does not hold, and on a key of another type. It never throws. */
  verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean;
  /** @throws RangeError where the key is of another type or too short for the scheme */
  sign(key: PrivateKey, message: Uint8Array, randomBytes: RandomBytes): Uint8Array;
  /** Of RSASSA-PSS: the same with salts that are not as long as the hash, as certificates have them (RFC 4055 §3.1). */
  withSaltLength?(saltLength: number): Pick<SignatureScheme, 'keyType' | 'verify'>;
}

export interface CryptoProvider {
  readonly name: string;
  /** Bytes from a cryptographically secure generator. */
  randomBytes(length: number): Uint8Array;
  hash(hash: Hash): Hash;
  aead(aead: Aead): Aead;
  group(group: NamedGroup): NamedGroup;
  signatureScheme(scheme: SignatureScheme): SignatureScheme;
}
