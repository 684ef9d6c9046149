/**
 * RSA signatures: RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 8017 §8), which keys are fit for them, and the primitives
 * RSASP1 and RSAVP1 (§5.2). How a message is encoded before is in rsa-padding.ts.
 *
 * `bigint` does not compute in constant time, so nothing secret is computed with twice in the same form. For each
 * signature the base is blinded by a fresh random factor and both exponents by fresh multiples of their group's
 * order: what a listener could average over many signatures differs in every one. SECURITY.md says what remains.
 * Fresh means drawn each time, not derived from the last use: a signature takes equally many random bytes whatever the
 * key did before, so that a handshake with recorded randomness replays.
 */

import { fault } from '../wire/error.ts';
import type { RsaPrivateKey, RsaPublicKey } from './keys.ts';
import { bitLength, i2osp, invert, octetLength, os2ip, powerPublic, powerSecret } from './modular.ts';
import type { Hash, RandomBytes } from './provider.ts';
import type { EncodingMethod } from './rsa-padding.ts';

/**
 * A signature as long as the modulus (RFC 8017 §8.1.1, §8.2.1).
 * @throws RangeError on a key that is not fit to sign; TlsError `internal` where the result does not verify
 */
export function rsaSign(
  method: EncodingMethod,
  hash: Hash,
  key: RsaPrivateKey,
  message: Uint8Array,
  randomBytes: RandomBytes,
): Uint8Array {
  refuse(publicKeyFlaw(key));
  const representative = method.encode(hash, message, key.modulus, randomBytes);
  return i2osp(rsasp1(key, representative, randomBytes), octetLength(key.modulus));
}

/** Whether the signature holds (RFC 8017 §8.1.2, §8.2.2). False, never an error, on a key that is not fit. */
export function rsaVerify(
  method: EncodingMethod,
  hash: Hash,
  key: RsaPublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { modulus, publicExponent } = key;
  if (publicKeyFlaw(key) !== undefined) return false;
  if (signature.length !== octetLength(modulus)) return false;
  const s = os2ip(signature);
  if (s >= modulus) return false;
  return method.matches(hash, message, modulus, powerPublic(s, publicExponent, modulus));
}

/** @throws RangeError on a public key that `rsaVerify` would refuse whatever it is shown */
export function checkRsaPublicKey(key: RsaPublicKey): void {
  refuse(publicKeyFlaw(key));
}

/**
 * That the parts of a private key belong together (RFC 8017 §3.2), for the moment when it is imported. The primes are
 * not tested for being prime: with others the results do not verify, and `rsaSign` lets none of those out.
 * @throws RangeError with the first relation that does not hold
 */
export function checkRsaPrivateKey(key: RsaPrivateKey): void {
  refuse(publicKeyFlaw(key) ?? relations.find(([, holds]) => !holds(key))?.[0]);
}

/** 2048 bits are the least that RFC 9325 §4.5 allows; 8192 bound the work that a stranger's certificate can make. */
export const rsaModulusBits = { min: 2048, max: 8192 } as const;
const smallestModulus = 1n << BigInt(rsaModulusBits.min - 1);
const modulusBound = 1n << BigInt(rsaModulusBits.max);

/**
 * Certificates carry 65537, rarely 3 or 17. RFC 8017 sets no bound, yet each bit is a squaring for whoever verifies,
 * and an exponent as long as the modulus would let a stranger's certificate cost a hundred verifications.
 */
export const rsaExponentBound: bigint = 1n << 32n;

function publicKeyFlaw({ modulus, publicExponent }: RsaPublicKey | RsaPrivateKey): string | undefined {
  if (modulus < smallestModulus || modulus >= modulusBound) {
    return `a modulus of 2048 to 8192 bits, got ${bitLength(modulus)}`;
  }
  if (modulus % 2n === 0n) return 'an odd modulus';
  if (publicExponent >= rsaExponentBound) {
    return `a publicExponent of at most 32 bits, got ${bitLength(publicExponent)}`;
  }
  if (publicExponent < 3n || publicExponent % 2n === 0n) {
    return `an odd publicExponent of at least 3, got ${publicExponent}`;
  }
  return undefined;
}

/** What holds between the parts of a private key, in an order in which each may rely on those before it. */
const relations: readonly (readonly [string, (key: RsaPrivateKey) => boolean])[] = [
  ['two different primes', (k) => k.prime1 > 2n && k.prime2 > 2n && k.prime1 !== k.prime2],
  ['modulus = prime1 · prime2', (k) => k.modulus === k.prime1 * k.prime2],
  ['0 < privateExponent < modulus', (k) => inRange(k.privateExponent, k.modulus)],
  ['0 < exponent1 < prime1', (k) => inRange(k.exponent1, k.prime1)],
  ['0 < exponent2 < prime2', (k) => inRange(k.exponent2, k.prime2)],
  ['0 < coefficient < prime1', (k) => inRange(k.coefficient, k.prime1)],
  ['privateExponent to invert publicExponent mod prime1 − 1', (k) => inverts(k, k.privateExponent, k.prime1)],
  ['privateExponent to invert publicExponent mod prime2 − 1', (k) => inverts(k, k.privateExponent, k.prime2)],
  ['exponent1 to invert publicExponent mod prime1 − 1', (k) => inverts(k, k.exponent1, k.prime1)],
  ['exponent2 to invert publicExponent mod prime2 − 1', (k) => inverts(k, k.exponent2, k.prime2)],
  ['coefficient to invert prime2 mod prime1', (k) => (k.coefficient * k.prime2) % k.prime1 === 1n],
];

function inRange(integer: bigint, bound: bigint): boolean {
  return integer > 0n && integer < bound;
}

function inverts({ publicExponent }: RsaPrivateKey, exponent: bigint, prime: bigint): boolean {
  return (publicExponent * exponent) % (prime - 1n) === 1n;
}

/** Of a private key the sentence names the relation that fails, never a value. */
function refuse(expectation: string | undefined): void {
  if (expectation !== undefined) throw new RangeError(`unfit RSA key: expected ${expectation}`);
}

/**
 * RSASP1 (RFC 8017 §5.2.1), blinded, and verified before it is let out: one signature from a computation that
 * went wrong modulo one prime alone gives the other prime away to anyone who can compute a gcd (Lenstra 1996).
 */
function rsasp1(key: RsaPrivateKey, m: bigint, randomBytes: RandomBytes): bigint {
  const { modulus, publicExponent } = key;
  const r = drawBlinding(modulus, randomBytes);
  const blinded = (m * powerPublic(r, publicExponent, modulus)) % modulus;
  const s = (powerByCrt(key, blinded, randomBytes) * invert(r, modulus)) % modulus;
  if (powerPublic(s, publicExponent, modulus) !== m) {
    throw fault('internal', 'expected an RSA signature that verifies: the key or the computation is damaged');
  }
  return s;
}

/** `base` to the private exponent, by the Chinese remainder theorem (RFC 8017 §5.2.1, step 2b). */
function powerByCrt(key: RsaPrivateKey, base: bigint, randomBytes: RandomBytes): bigint {
  const { prime1, prime2, exponent1, exponent2, coefficient } = key;
  const s1 = powerSecret(base, blindExponent(exponent1, prime1, randomBytes), prime1);
  const s2 = powerSecret(base, blindExponent(exponent2, prime2, randomBytes), prime2);
  const h = ((((s1 - s2) % prime1) + prime1) * coefficient) % prime1;
  return s2 + prime2 * h;
}

/** A number from 1 to modulus − 1. The eight bytes beyond its length make it uniform to within 2^-64. */
function drawBlinding(modulus: bigint, randomBytes: RandomBytes): bigint {
  return 1n + (drawInteger(octetLength(modulus) + 8, randomBytes) % (modulus - 1n));
}

/** The exponent plus a random multiple, of 64 bits, of the order that powers modulo `prime` repeat by. */
function blindExponent(exponent: bigint, prime: bigint, randomBytes: RandomBytes): bigint {
  return exponent + drawInteger(8, randomBytes) * (prime - 1n);
}

function drawInteger(length: number, randomBytes: RandomBytes): bigint {
  return os2ip(randomBytes(length));
}
