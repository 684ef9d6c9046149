/** RSA signatures against the sentences of RFC 8017, against OpenSSL, and against keys and signatures gone wrong. */

import { constants, type KeyObject, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256, sha384, sha512 } from '../../src/crypto/hash.ts';
import type { RsaPrivateKey } from '../../src/crypto/keys.ts';
import { bitLength, i2osp, invert, os2ip, powerPublic, powerSecret } from '../../src/crypto/modular.ts';
import type { Hash, RandomBytes } from '../../src/crypto/provider.ts';
import { checkRsaPrivateKey, checkRsaPublicKey, rsaSign, rsaVerify } from '../../src/crypto/rsa.ts';
import { emsaPkcs1, emsaPss, emsaPssWithSaltLength } from '../../src/crypto/rsa-padding.ts';
import { concat, equal, fromHex } from '../../src/wire/bytes.ts';
import { TlsError } from '../../src/wire/error.ts';
import { newRsaKeyPair } from '../support/key-pairs.ts';

/** A multiple of eight bits, and one bit more, where EM is an octet shorter than the modulus (RFC 8017 §8.1.1). */
const pair = newPair(2048, 0x10001);
const oddPair = newPair(2049, 3);
const key = pair.key;

const hashes = [sha256, sha384, sha512];
const methods = [
  { name: 'RSASSA-PKCS1-v1_5', method: emsaPkcs1, options: { padding: constants.RSA_PKCS1_PADDING } },
  {
    name: 'RSASSA-PSS',
    method: emsaPss,
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  },
];

const anyPair = fc.constantFrom(pair, oddPair);
const anyHash = fc.constantFrom(...hashes);
const anyMethod = fc.constantFrom(...methods);
const anyMessage = fc.uint8Array({ maxLength: 300 });
const anySeed = fc.integer({ min: 1, max: 0x7fffffff });
/** A signature costs milliseconds. */
const few = { numRuns: 40 };

describe.each(methods)('$name', ({ method, options }) => {
  test('what is signed verifies, and as long as the modulus is the signature (RFC 8017 §8)', () => {
    const property = fc.property(anyPair, anyHash, anyMessage, anySeed, ({ key }, hash, message, seed) => {
      const signature = rsaSign(method, hash, key, message, randomness(seed));
      expect(signature.length).toBe(Math.ceil(bitLength(key.modulus) / 8));
      expect(rsaVerify(method, hash, key, message, signature)).toBe(true);
    });
    fc.assert(property, few);
  });

  test('OpenSSL verifies what we sign, and we what OpenSSL signs', () => {
    const property = fc.property(anyPair, anyHash, anyMessage, anySeed, (pair, hash, message, seed) => {
      const ours = rsaSign(method, hash, pair.key, message, randomness(seed));
      expect(verify(nameOf(hash), message, { key: pair.publicKey, ...options }, ours)).toBe(true);
      const theirs = sign(nameOf(hash), message, { key: pair.privateKey, ...options });
      expect(rsaVerify(method, hash, pair.key, message, theirs)).toBe(true);
    });
    fc.assert(property, few);
  });

  test('a signature with any one bit flipped is refused', () => {
    const message = fromHex('00ff');
    const signature = rsaSign(method, sha256, key, message, randomness(1));
    const property = fc.property(fc.nat(8 * signature.length - 1), (bit) => {
      expect(rsaVerify(method, sha256, key, message, flipped(signature, bit))).toBe(false);
    });
    fc.assert(property);
  });

  test('a message with any one bit flipped is refused, and so is another hash', () => {
    const property = fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (message, at) => {
      const signature = rsaSign(method, sha256, key, message, randomness(1));
      const other = flipped(message, at % (8 * message.length));
      expect(rsaVerify(method, sha256, key, other, signature)).toBe(false);
      expect(rsaVerify(method, sha384, key, message, signature)).toBe(false);
    });
    fc.assert(property, few);
  });

  test('a signature under the other scheme is refused', () => {
    const property = fc.property(anyMessage, anyHash, (message, hash) => {
      const other = method === emsaPss ? emsaPkcs1 : emsaPss;
      const signature = rsaSign(other, hash, key, message, randomness(1));
      expect(rsaVerify(method, hash, key, message, signature)).toBe(false);
    });
    fc.assert(property, few);
  });

  test('a signature representative out of range is refused, though congruent to a valid one (RFC 8017 §5.2.2)', () => {
    const { key } = oddPair;
    const signature = rsaSign(method, sha256, key, fromHex('01'), randomness(1));
    const congruent = i2osp(os2ip(signature) + key.modulus, signature.length);
    expect(rsaVerify(method, sha256, key, fromHex('01'), congruent)).toBe(false);
  });

  test('any other number below the modulus is refused', () => {
    const property = fc.property(
      anyPair,
      anyHash,
      fc.bigInt({ min: 0n, max: 1n << 2100n }),
      ({ key }, hash, n) => {
        const signature = i2osp(n % key.modulus, Math.ceil(bitLength(key.modulus) / 8));
        expect(rsaVerify(method, hash, key, fromHex('01'), signature)).toBe(false);
      },
    );
    fc.assert(property);
  });

  test('a signature of any length but k is refused, though equal as an integer (RFC 8017 §8.1.2 step 1)', () => {
    const signature = rsaSign(method, sha256, key, fromHex('01'), randomness(1));
    for (const other of [concat(fromHex('00'), signature), signature.subarray(1), new Uint8Array(0)]) {
      expect(rsaVerify(method, sha256, key, fromHex('01'), other)).toBe(false);
    }
  });
});

describe('RSASSA-PKCS1-v1_5', () => {
  test('each message has one signature, whatever the blinding (RFC 8017 §8.2)', () => {
    const message = fromHex('0123456789');
    const expected = new Uint8Array(sign('sha256', message, pair.privateKey));
    const property = fc.property(anySeed, (seed) => {
      expect(rsaSign(emsaPkcs1, sha256, key, message, randomness(seed))).toEqual(expected);
    });
    fc.assert(property, few);
    expect(rsaSign(emsaPkcs1, sha256, key, message, (length) => new Uint8Array(length))).toEqual(expected);
    expect(rsaSign(emsaPkcs1, sha256, key, message, (length) => new Uint8Array(length).fill(255))).toEqual(
      expected,
    );
  });

  test('a cube with the DigestInfo on the left and garbage on the right is refused (Bleichenbacher 2006)', () => {
    const { modulus } = oddPair.key;
    const digestInfo = fromHex('3031300d060960864801650304020105000420');
    const start = concat(fromHex('0001ff00'), digestInfo, sha256.digest(fromHex('abcd')));
    const forged = cubeRoot(os2ip(concat(start, new Uint8Array(257 - start.length).fill(0xff))));
    expect(equal(i2osp(forged ** 3n, 257).subarray(0, start.length), start)).toBe(true);
    const publicKey = { type: 'rsa', modulus, publicExponent: 3n } as const;
    expect(rsaVerify(emsaPkcs1, sha256, publicKey, fromHex('abcd'), i2osp(forged, 257))).toBe(false);
  });
});

describe('RSASSA-PSS', () => {
  test('the salt is as long as the hash unless another length is named (RFC 8446 §4.2.3)', () => {
    const property = fc.property(anyHash, fc.nat(96), anyMessage, (hash, saltLength, message) => {
      const named = emsaPssWithSaltLength(saltLength);
      const signature = rsaSign(named, hash, key, message, randomness(1));
      expect(rsaVerify(named, hash, key, message, signature)).toBe(true);
      expect(rsaVerify(emsaPss, hash, key, message, signature)).toBe(saltLength === hash.outputLength);
      const options = { key: pair.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
      expect(verify(nameOf(hash), message, options, signature)).toBe(true);
    });
    fc.assert(property, few);
  });

  test('the same random bytes give the same signature, whatever was signed before', () => {
    const property = fc.property(anySeed, anyMessage, fc.nat(3), (seed, message, before) => {
      const first = rsaSign(emsaPss, sha256, key, message, randomness(seed));
      for (let i = 0; i < before; i++) rsaSign(emsaPss, sha256, key, message, randomness(seed + 1));
      expect(rsaSign(emsaPss, sha256, key, message, randomness(seed))).toEqual(first);
    });
    fc.assert(property, { numRuns: 10 });
  });

  test('the longest salt fits, a longer one is refused to the signer and to the signature (RFC 8017 §9.1.1 step 3)', () => {
    const longest = emsaPssWithSaltLength(256 - 32 - 2);
    const signature = rsaSign(longest, sha256, key, fromHex('01'), randomness(1));
    expect(rsaVerify(longest, sha256, key, fromHex('01'), signature)).toBe(true);
    const longer = emsaPssWithSaltLength(256 - 32 - 1);
    expect(() => rsaSign(longer, sha256, key, fromHex('01'), randomness(1))).toThrow(RangeError);
    expect(rsaVerify(longer, sha256, key, fromHex('01'), signature)).toBe(false);
  });

  test('a salt is not taken for a longer one than the encoded message has room for (RFC 8017 §9.1.2 step 3)', () => {
    const property = fc.property(fc.nat(40), (saltLength) => {
      const signature = rsaSign(emsaPssWithSaltLength(saltLength), sha256, key, fromHex('01'), randomness(1));
      const beyond = emsaPssWithSaltLength(256 - 32 - 1 + saltLength);
      expect(rsaVerify(beyond, sha256, key, fromHex('01'), signature)).toBe(false);
    });
    fc.assert(property, few);
  });

  test('a salt length that is none is misuse', () => {
    for (const length of [-1, 0.5, Number.NaN])
      expect(() => emsaPssWithSaltLength(length)).toThrow(RangeError);
  });
});

describe('keys', () => {
  const secretParts = ['exponent1', 'exponent2', 'coefficient', 'prime1', 'prime2'] as const;
  const allParts = [...secretParts, 'privateExponent', 'modulus', 'publicExponent'] as const;
  const anyDamage = fc.bigInt({ min: 1n, max: 1n << 64n });

  test('a computation that goes wrong modulo one prime leaves no signature (Lenstra 1996)', () => {
    const property = fc.property(
      ...[anyMethod, fc.constantFrom(...secretParts), anyDamage],
      ({ method }, part, damage) => {
        const damaged: RsaPrivateKey = { ...key, [part]: key[part] + damage };
        const error = thrownBy(() => rsaSign(method, sha256, damaged, fromHex('01'), randomness(1)));
        expect(error).toBeInstanceOf(TlsError);
        expect(error).toMatchObject({ reason: 'internal' });
        expect(holdsSecret(String(error), damaged)).toBe(false);
      },
    );
    fc.assert(property, few);
  });

  test('a private key whose parts belong together is accepted (RFC 8017 §3.2)', () => {
    for (const { key } of [pair, oddPair]) checkRsaPrivateKey(key);
  });

  test('d may be reduced by λ(n) or by φ(n) (RFC 8017 §3.2)', () => {
    const phi = (key.prime1 - 1n) * (key.prime2 - 1n);
    const lambda = phi / gcd(key.prime1 - 1n, key.prime2 - 1n);
    for (const order of [phi, lambda]) {
      checkRsaPrivateKey({ ...key, privateExponent: invert(key.publicExponent, order) });
    }
  });

  test('exponents are positive and below n, p and q, though longer ones are congruent (RFC 8017 §3.2)', () => {
    const [order1, order2] = [key.prime1 - 1n, key.prime2 - 1n];
    for (const longer of [
      { privateExponent: key.privateExponent + order1 * order2 },
      { exponent1: key.exponent1 + order1 },
      { exponent1: key.exponent1 - order1 },
      { exponent2: key.exponent2 + order2 },
      { coefficient: key.coefficient + key.prime1 },
    ]) {
      expect(() => checkRsaPrivateKey({ ...key, ...longer })).toThrow(RangeError);
    }
  });

  test('a private key with any part changed is refused, and the refusal tells no secret (RFC 8017 §3.2)', () => {
    const property = fc.property(
      fc.constantFrom(...allParts),
      anyDamage,
      fc.boolean(),
      (part, damage, up) => {
        const damaged: RsaPrivateKey = { ...key, [part]: key[part] + (up ? damage : -damage) };
        const error = thrownBy(() => checkRsaPrivateKey(damaged));
        expect(error).toBeInstanceOf(RangeError);
        expect(holdsSecret(String(error), damaged)).toBe(false);
      },
    );
    fc.assert(property);
  });

  test('parts of zero, of one, and equal primes are refused and not divided by', () => {
    for (const part of allParts) {
      for (const value of [0n, 1n, -1n]) {
        expect(() => checkRsaPrivateKey({ ...key, [part]: value })).toThrow(RangeError);
      }
    }
    const square = { ...key, prime2: key.prime1, modulus: key.prime1 * key.prime1 };
    expect(() => checkRsaPrivateKey(square)).toThrow('two different primes');
  });

  test.each([
    ['a modulus of 2047 bits', { modulus: (1n << 2047n) - 1n }],
    ['a modulus of 8193 bits', { modulus: (1n << 8192n) + 1n }],
    ['a modulus below zero', { modulus: -key.modulus }],
    ['an even modulus', { modulus: key.modulus + 1n }],
    ['an exponent of 1, under which every message signs itself', { publicExponent: 1n }],
    ['an even exponent', { publicExponent: 0x10000n }],
    ['an exponent below zero', { publicExponent: -3n }],
    ['an exponent of 33 bits', { publicExponent: (1n << 32n) + 1n }],
  ])('%s neither signs nor verifies', (_, part) => {
    const unfit: RsaPrivateKey = { ...key, ...part };
    expect(() => checkRsaPublicKey(unfit)).toThrow(RangeError);
    for (const { method } of methods) {
      expect(() => rsaSign(method, sha256, unfit, fromHex('01'), randomness(1))).toThrow(RangeError);
      const own = method.encode(sha256, fromHex('01'), key.modulus, randomness(1));
      expect(rsaVerify(method, sha256, unfit, fromHex('01'), i2osp(own, 256))).toBe(false);
    }
  });

  test('verification never throws, whatever the key and the signature', () => {
    const anyInteger = fc.oneof(fc.bigInt(), fc.bigInt({ min: 1n << 2047n, max: 1n << 2060n }));
    const anyExponent = fc.oneof(fc.bigInt(), fc.constantFrom(0n, 3n, 0x10001n));
    const anySignature = fc.oneof(
      fc.uint8Array(),
      fc.uint8Array({ minLength: 255, maxLength: 259, size: 'max' }),
    );
    const property = fc.property(
      ...[anyMethod, anyHash, anyInteger, anyExponent, anyMessage, anySignature],
      ({ method }, hash, modulus, publicExponent, message, signature) => {
        const stranger = { type: 'rsa', modulus, publicExponent } as const;
        expect(rsaVerify(method, hash, stranger, message, signature)).toBe(false);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});

describe('modular arithmetic', () => {
  const anyNatural = fc.bigInt({ min: 0n, max: 1n << 600n });
  const anyOdd = anyNatural.map((n) => 2n * n + 3n);

  test('I2OSP and OS2IP are inverse to each other (RFC 8017 §4)', () => {
    fc.assert(fc.property(fc.uint8Array(), (octets) => equal(i2osp(os2ip(octets), octets.length), octets)));
    fc.assert(fc.property(anyNatural, (n) => os2ip(i2osp(n, 80)) === n));
  });

  test('I2OSP refuses an integer that is too large, or below zero (RFC 8017 §4.1 step 1)', () => {
    const property = fc.property(fc.nat(40), anyNatural, (length, excess) => {
      expect(() => i2osp((1n << BigInt(8 * length)) + excess, length)).toThrow(RangeError);
      expect(() => i2osp(-1n - excess, 100)).toThrow(RangeError);
    });
    fc.assert(property);
  });

  test('both ways to a power agree with the power itself', () => {
    const property = fc.property(
      anyNatural,
      fc.bigInt({ min: 1n, max: 99n }),
      anyOdd,
      (base, exponent, modulus) => {
        expect(powerPublic(base, exponent, modulus)).toBe(base ** exponent % modulus);
        expect(powerSecret(base, exponent, modulus)).toBe(base ** exponent % modulus);
      },
    );
    fc.assert(property);
  });

  test('both ways to a power agree with each other on long exponents', () => {
    const property = fc.property(anyNatural, anyNatural, anyOdd, (base, exponent, modulus) => {
      expect(powerSecret(base, exponent + 1n, modulus)).toBe(powerPublic(base, exponent + 1n, modulus));
    });
    fc.assert(property);
  });

  test('an inverse inverts, and lies between 0 and the modulus', () => {
    const property = fc.property(anyNatural, anyOdd, (integer, modulus) => {
      fc.pre(gcd(integer, modulus) === 1n);
      const inverse = invert(integer, modulus);
      expect(inverse > 0n && inverse < modulus).toBe(true);
      expect((integer * inverse) % modulus).toBe(1n);
    });
    fc.assert(property);
  });

  test('what has a factor in common with the modulus has no inverse', () => {
    const property = fc.property(anyNatural, anyOdd, anyOdd, (integer, modulus, factor) => {
      expect(() => invert(integer * factor, modulus * factor)).toThrow(RangeError);
    });
    fc.assert(property);
  });
});

interface Pair {
  readonly key: RsaPrivateKey;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

function newPair(modulusLength: number, publicExponent: number): Pair {
  const { publicKey, privateKey } = newRsaKeyPair(modulusLength, publicExponent);
  const jwk = privateKey.export({ format: 'jwk' });
  const integer = (text = '') => os2ip(Buffer.from(text, 'base64url'));
  const key: RsaPrivateKey = {
    type: 'rsa',
    modulus: integer(jwk.n),
    publicExponent: integer(jwk.e),
    privateExponent: integer(jwk.d),
    prime1: integer(jwk.p),
    prime2: integer(jwk.q),
    exponent1: integer(jwk.dp),
    exponent2: integer(jwk.dq),
    coefficient: integer(jwk.qi),
  };
  return { key, publicKey, privateKey };
}

/** The name without its hyphen, as which every platform's node:crypto knows it. */
function nameOf(hash: Hash): string {
  return hash.name.toLowerCase().replace('-', '');
}

/** Bytes that look random and are the same for the same seed (xorshift). */
function randomness(seed: number): RandomBytes {
  let state = seed;
  return (length) =>
    new Uint8Array(length).map(() => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state >>> 24;
    });
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Whether a secret part of the key can be read in the text, in either of the usual bases. */
function holdsSecret(text: string, key: RsaPrivateKey): boolean {
  const { modulus, publicExponent, type, ...secrets } = key;
  return Object.values(secrets).some((n) => text.includes(n.toString()) || text.includes(n.toString(16)));
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}

/** The greatest integer whose cube is at most `n`. */
function cubeRoot(n: bigint): bigint {
  let root = 0n;
  for (let bit = 1n << BigInt(Math.ceil(bitLength(n) / 3)); bit > 0n; bit >>= 1n) {
    if ((root + bit) ** 3n <= n) root += bit;
  }
  return root;
}
