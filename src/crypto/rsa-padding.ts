/**
 * The encoding methods for RSA signatures: EMSA-PKCS1-v1_5 and EMSA-PSS (RFC 8017 §9).
 *
 * Both verify by building: the encoded message that should have been signed is made anew and compared as a whole.
 * Nothing walks through a padding that an attacker wrote, so there is no length to believe and nothing left over
 * behind the hash, which is what the forgeries of Bleichenbacher (2006) and BERserk (2014) lived on.
 */

import { concat } from '../wire/bytes.ts';
import { bitLength, i2osp, octetLength, os2ip } from './modular.ts';
import type { Hash, RandomBytes } from './provider.ts';

/** How a message becomes the integer that RSA signs, its representative (RFC 8017 §8.1.1, §8.2.1). */
export interface EncodingMethod {
  /** @throws RangeError where the modulus is too short for the hash and the salt */
  encode(hash: Hash, message: Uint8Array, modulus: bigint, randomBytes: RandomBytes): bigint;
  /** Whether `representative`, recovered from a signature, stands for the message. */
  matches(hash: Hash, message: Uint8Array, modulus: bigint, representative: bigint): boolean;
}

/** EMSA-PKCS1-v1_5: deterministic (RFC 8017 §9.2). */
export const emsaPkcs1: EncodingMethod = {
  encode: encodePkcs1,
  matches: (hash, message, modulus, representative) => encodePkcs1(hash, message, modulus) === representative,
};

/** EMSA-PSS as TLS wants it: the salt is as long as the hash (RFC 8446 §4.2.3). */
export const emsaPss: EncodingMethod = /* @__PURE__ */ emsaPssWithSaltLength();

/** EMSA-PSS (RFC 8017 §9.1) with MGF1 over the hash of the message, and the salt length that a certificate names. */
export function emsaPssWithSaltLength(saltLength?: number): EncodingMethod {
  if (saltLength !== undefined && !(Number.isSafeInteger(saltLength) && saltLength >= 0)) {
    throw new RangeError(`expected a salt length of 0 or more, got ${saltLength}`);
  }
  return {
    encode(hash, message, modulus, randomBytes) {
      const salt = randomBytes(saltLength ?? hash.outputLength);
      const representative = encodePss(hash, hash.digest(message), salt, bitLength(modulus) - 1);
      if (representative === undefined) {
        throw new RangeError(`the RSA key is too short for ${hash.name} and a salt of ${salt.length} bytes`);
      }
      return representative;
    },
    matches(hash, message, modulus, representative) {
      const emBits = bitLength(modulus) - 1;
      const salt = recoverSalt(hash, representative, saltLength ?? hash.outputLength, emBits);
      return salt !== undefined && encodePss(hash, hash.digest(message), salt, emBits) === representative;
    },
  };
}

/** The last arc of id-sha256, id-sha384 and id-sha512, which share all before it (RFC 8017 Appendix B.1). */
const hashArc: Readonly<Record<Hash['name'], number>> = { 'SHA-256': 1, 'SHA-384': 2, 'SHA-512': 3 };

/**
 * EM = 00 01 FF … FF 00 and the DigestInfo (RFC 8017 §9.2). It has room in every modulus that rsa.ts lets through.
 *
 * The parameters in it are NULL, always. RFC 5246 §4.7 would have verifiers take a DigestInfo without them as well; RFC
 * 8017 §8.2.2, which is newer and which RFC 8446 §4.2.3 points to, compares with this encoding alone. OpenSSL,
 * BoringSSL and Go do so too, hence no signer can count on more; and one encoding is easier to get right than two.
 */
function encodePkcs1(hash: Hash, message: Uint8Array, modulus: bigint): bigint {
  const digest = hash.digest(message);
  const digestInfo = Uint8Array.of(
    ...[0x30, 17 + digest.length, 0x30, 13], // DigestInfo, AlgorithmIdentifier
    ...[0x06, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, hashArc[hash.name]], // OBJECT IDENTIFIER
    ...[0x05, 0], // NULL
    ...[0x04, digest.length], // OCTET STRING
  );
  const padding = new Uint8Array(octetLength(modulus) - digestInfo.length - digest.length).fill(0xff);
  padding.set([0x00, 0x01], 0);
  padding[padding.length - 1] = 0x00;
  return os2ip(concat(padding, digestInfo, digest));
}

/** EM = maskedDB, H, BC (RFC 8017 §9.1.1); undefined where it does not fit into `emBits`. */
function encodePss(hash: Hash, mHash: Uint8Array, salt: Uint8Array, emBits: number): bigint | undefined {
  const padding = Math.ceil(emBits / 8) - hash.outputLength - salt.length - 1;
  if (padding < 1) return undefined;
  const h = hash.digest(concat(new Uint8Array(8), mHash, salt));
  const db = concat(new Uint8Array(padding), salt);
  db[padding - 1] = 0x01;
  const em = concat(xor(db, mgf1(hash, h, db.length)), h, Uint8Array.of(0xbc));
  return BigInt.asUintN(emBits, os2ip(em));
}

/** What stands where EMSA-PSS puts the salt; what stands around it is for the comparison to judge. */
function recoverSalt(hash: Hash, em: bigint, saltLength: number, emBits: number): Uint8Array | undefined {
  const emLength = Math.ceil(emBits / 8);
  const dbLength = emLength - hash.outputLength - 1;
  if (dbLength <= saltLength || bitLength(em) > emBits) return undefined;
  const octets = i2osp(em, emLength);
  const maskedDb = octets.subarray(0, dbLength);
  const h = octets.subarray(dbLength, emLength - 1);
  return xor(maskedDb, mgf1(hash, h, dbLength)).subarray(dbLength - saltLength);
}

/** The mask generation function (RFC 8017 Appendix B.2.1). */
function mgf1(hash: Hash, seed: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let counter = 0; counter * hash.outputLength < length; counter++) {
    blocks.push(hash.digest(concat(seed, i2osp(BigInt(counter), 4))));
  }
  return concat(...blocks).subarray(0, length);
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((octet, i) => octet ^ (b[i] as number));
}
