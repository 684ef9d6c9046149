/** The signature schemes against OpenSSL's, and against keys and signatures that are none of theirs. */

import {
  type KeyObject,
  sign as opensslSign,
  verify as opensslVerify,
  type SignKeyObjectInput,
} from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type {
  EcdsaCurve,
  EcdsaPrivateKey,
  EcdsaPublicKey,
  PrivateKey,
  PublicKey,
} from '../../src/crypto/keys.ts';
import type { SignatureScheme } from '../../src/crypto/provider.ts';
import * as schemes from '../../src/crypto/signature-schemes.ts';
import { concat, fromHex } from '../../src/wire/bytes.ts';
import { newEcKeyPair, newEd25519KeyPair, newRsaKeyPair } from '../support/key-pairs.ts';
import { randomness } from '../support/randomness.ts';

/** A key in both forms: as the library has it and as OpenSSL has it. */
interface Pair<Private extends PrivateKey = PrivateKey, Public extends PublicKey = PublicKey> {
  readonly name: string;
  readonly privateKey: Private;
  readonly publicKey: Public;
  readonly openssl: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
}

const ecdsaPairs = [
  ecdsaPair('secp256r1', 'prime256v1', 32),
  ecdsaPair('secp384r1', 'secp384r1', 48),
  ecdsaPair('secp521r1', 'secp521r1', 66),
];
const ed25519Pair = newEd25519Pair();
const rsaPair = newRsaPair();

const ecdsaSchemes = [
  { scheme: schemes.ecdsa_secp256r1_sha256, hash: 'sha256' },
  { scheme: schemes.ecdsa_secp384r1_sha384, hash: 'sha384' },
  { scheme: schemes.ecdsa_secp521r1_sha512, hash: 'sha512' },
];
const rsaSchemes = [
  schemes.rsa_pss_rsae_sha256,
  schemes.rsa_pss_rsae_sha384,
  schemes.rsa_pss_rsae_sha512,
  schemes.rsa_pkcs1_sha256,
  schemes.rsa_pkcs1_sha384,
  schemes.rsa_pkcs1_sha512,
];

/** Each scheme with a key that fits it; ECDSA with each curve. */
const uses: readonly { name: string; scheme: SignatureScheme; pair: Pair }[] = [
  ...ecdsaSchemes.flatMap(({ scheme }) => ecdsaPairs.map((pair) => ({ scheme, pair }))),
  { scheme: schemes.ed25519, pair: ed25519Pair },
  ...rsaSchemes.map((scheme) => ({ scheme, pair: rsaPair })),
].map((use) => ({ ...use, name: `${use.scheme.name} with a key of ${use.pair.name}` }));

const anyMessage = fc.uint8Array({ maxLength: 200 });
const anySeed = fc.nat();
const message = fromHex('0102030405');
/** A signature costs milliseconds. */
const few = { numRuns: 6 };

test('the identifiers are those of IANA (RFC 8446 §4.2.3)', () => {
  const ids = Object.values(schemes).map(({ name, id }) => [name, id]);
  expect(Object.fromEntries(ids)).toEqual({
    rsa_pkcs1_sha256: 0x0401,
    rsa_pkcs1_sha384: 0x0501,
    rsa_pkcs1_sha512: 0x0601,
    ecdsa_secp256r1_sha256: 0x0403,
    ecdsa_secp384r1_sha384: 0x0503,
    ecdsa_secp521r1_sha512: 0x0603,
    rsa_pss_rsae_sha256: 0x0804,
    rsa_pss_rsae_sha384: 0x0805,
    rsa_pss_rsae_sha512: 0x0806,
    ed25519: 0x0807,
  });
});

describe.each(uses)('$name', ({ scheme, pair }) => {
  test('what is signed verifies, over that message alone', () => {
    fc.assert(
      fc.property(anyMessage, anySeed, (message, seed) => {
        const signature = scheme.sign(pair.privateKey, message, randomness(seed));
        expect(scheme.verify(pair.publicKey, message, signature)).toBe(true);
        expect(scheme.verify(pair.publicKey, concat(message, Uint8Array.of(0)), signature)).toBe(false);
      }),
      few,
    );
  });

  test('the same random bytes give the same signature', () => {
    const sign = () => scheme.sign(pair.privateKey, message, randomness(1));
    expect(sign()).toEqual(sign());
  });

  test('no flipped bit leaves a signature standing', () => {
    const signature = scheme.sign(pair.privateKey, message, randomness(1));
    fc.assert(
      fc.property(fc.nat(signature.length - 1), fc.nat(7), (at, bit) => {
        const touched = signature.slice();
        touched[at] = (touched[at] as number) ^ (1 << bit);
        expect(scheme.verify(pair.publicKey, message, touched)).toBe(false);
      }),
      few,
    );
  });

  test('bytes that are no signature are false, never an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (signature) => {
        expect(scheme.verify(pair.publicKey, message, signature)).toBe(false);
      }),
    );
  });

  test('a key of another type verifies nothing and signs nothing', () => {
    const signature = scheme.sign(pair.privateKey, message, randomness(1));
    for (const other of [...ecdsaPairs, ed25519Pair, rsaPair]) {
      if (other.publicKey.type === scheme.keyType) continue;
      expect(scheme.verify(other.publicKey, message, signature)).toBe(false);
      expect(() => scheme.sign(other.privateKey, message, randomness(1))).toThrow(RangeError);
    }
  });
});

describe.each(ecdsaSchemes)('$scheme.name', ({ scheme, hash }) => {
  test('the curve is the key’s, the hash the scheme’s, the signature in DER (RFC 8422 §5.4, RFC 8446 §4.2.3)', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ecdsaPairs), anyMessage, anySeed, (pair, message, seed) => {
        const ours = scheme.sign(pair.privateKey, message, randomness(seed));
        expect(opensslVerify(hash, message, pair.openssl.publicKey, ours)).toBe(true);
        const theirs = new Uint8Array(opensslSign(hash, message, pair.openssl.privateKey));
        expect(scheme.verify(pair.publicKey, message, theirs)).toBe(true);
      }),
      few,
    );
  });
});

describe('ecdsa', () => {
  const scheme = schemes.ecdsa_secp256r1_sha256;
  const pair = ecdsaPair('secp256r1', 'prime256v1', 32);

  test('a high s is as good as a low one: X9.62 knows no rule about it', () => {
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const sValues = Array.from({ length: 32 }, (_, seed) => {
      const signature = scheme.sign(pair.privateKey, message, randomness(seed));
      expect(scheme.verify(pair.publicKey, message, signature)).toBe(true);
      return BigInt(`0x${Buffer.from(signature.subarray(-32)).toString('hex')}`);
    });
    expect(sValues.some((s) => s > order / 2n)).toBe(true);
  });

  test('other random bytes give another nonce, and the signature is never without them (RFC 6979 §3.6)', () => {
    const signatures = [1, 2, 3].map((seed) => scheme.sign(pair.privateKey, message, randomness(seed)));
    expect(new Set(signatures.map(String)).size).toBe(3);
  });

  test('a generator that always gives the same still gives each message its own nonce', () => {
    const stuck = (length: number) => new Uint8Array(length);
    const rOf = (signature: Uint8Array) => String(signature.subarray(4, 36));
    const one = scheme.sign(pair.privateKey, fromHex('01'), stuck);
    const other = scheme.sign(pair.privateKey, fromHex('02'), stuck);
    expect(rOf(one)).not.toEqual(rOf(other));
  });

  test('a scalar that is none of the curve’s signs nothing', () => {
    for (const scalar of [new Uint8Array(32), new Uint8Array(32).fill(0xff), new Uint8Array(31).fill(1)]) {
      const key = { type: 'ecdsa', curve: 'secp256r1', scalar } as const;
      expect(() => scheme.sign(key, message, randomness(1))).toThrow(RangeError);
    }
  });

  test('a public key off its curve, or of another, verifies nothing and is no error', () => {
    const signature = scheme.sign(pair.privateKey, message, randomness(1));
    const off = pair.publicKey.point.slice();
    off[64] = (off[64] as number) ^ 1;
    const keys: EcdsaPublicKey[] = [
      { ...pair.publicKey, point: off },
      { ...pair.publicKey, point: new Uint8Array(0) },
      { ...pair.publicKey, curve: 'secp384r1' },
    ];
    for (const key of keys) expect(scheme.verify(key, message, signature)).toBe(false);
  });
});

describe('ed25519', () => {
  test('the signature is the one that OpenSSL makes (RFC 8032 §5.1.6)', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const theirs = new Uint8Array(opensslSign(null, message, ed25519Pair.openssl.privateKey));
        expect(schemes.ed25519.sign(ed25519Pair.privateKey, message, randomness(1))).toEqual(theirs);
      }),
      few,
    );
  });

  test('a key of small order verifies nothing', () => {
    const identity = concat(Uint8Array.of(1), new Uint8Array(31));
    const signature = concat(identity, new Uint8Array(32));
    expect(schemes.ed25519.verify({ type: 'ed25519', point: identity }, message, signature)).toBe(false);
  });

  test('a seed or a public key of another length is refused', () => {
    const seed = new Uint8Array(31);
    expect(() => schemes.ed25519.sign({ type: 'ed25519', seed }, message, randomness(1))).toThrow(RangeError);
    expect(schemes.ed25519.verify({ type: 'ed25519', point: seed }, message, new Uint8Array(64))).toBe(false);
  });
});

test.each(rsaSchemes)('$name is the scheme that OpenSSL knows by that name (RFC 8446 §4.2.3)', (scheme) => {
  const [, padding, hash] = /^rsa_(pss_rsae|pkcs1)_(sha\d+)$/.exec(scheme.name) ?? [];
  if (hash === undefined) throw new Error('expected a name of the pattern');
  // RSA_PKCS1_PADDING is 1, RSA_PKCS1_PSS_PADDING 6, and a salt as long as the digest RSA_PSS_SALTLEN_DIGEST, -1.
  const options = padding === 'pkcs1' ? { padding: 1 } : { padding: 6, saltLength: -1 };
  const key: SignKeyObjectInput = { key: rsaPair.openssl.privateKey, ...options };
  expect(scheme.verify(rsaPair.publicKey, message, new Uint8Array(opensslSign(hash, message, key)))).toBe(
    true,
  );
  const ours = scheme.sign(rsaPair.privateKey, message, randomness(1));
  expect(opensslVerify(hash, message, { key: rsaPair.openssl.publicKey, ...options }, ours)).toBe(true);
});

function ecdsaPair(
  curve: EcdsaCurve,
  namedCurve: string,
  length: number,
): Pair<EcdsaPrivateKey, EcdsaPublicKey> {
  const openssl = newEcKeyPair(namedCurve);
  const jwk = openssl.privateKey.export({ format: 'jwk' });
  const [x, y, scalar] = [field(jwk.x), field(jwk.y), field(jwk.d)];
  expect(scalar).toHaveLength(length);
  return {
    name: curve,
    privateKey: { type: 'ecdsa', curve, scalar },
    publicKey: { type: 'ecdsa', curve, point: concat(Uint8Array.of(4), x, y) },
    openssl,
  };
}

function newEd25519Pair(): Pair {
  const openssl = newEd25519KeyPair();
  const jwk = openssl.privateKey.export({ format: 'jwk' });
  return {
    name: 'ed25519',
    privateKey: { type: 'ed25519', seed: field(jwk.d) },
    publicKey: { type: 'ed25519', point: field(jwk.x) },
    openssl,
  };
}

function newRsaPair(): Pair {
  const openssl = newRsaKeyPair(2048);
  const { n, e, d, p, q, dp, dq, qi } = openssl.privateKey.export({ format: 'jwk' });
  const publicKey = { type: 'rsa', modulus: integer(n), publicExponent: integer(e) } as const;
  return {
    name: 'rsa',
    publicKey,
    privateKey: {
      ...publicKey,
      privateExponent: integer(d),
      prime1: integer(p),
      prime2: integer(q),
      exponent1: integer(dp),
      exponent2: integer(dq),
      coefficient: integer(qi),
    },
    openssl,
  };
}

/** A member of a JSON Web Key (RFC 7518 §6). */
function field(base64url: string | undefined): Uint8Array {
  if (base64url === undefined) throw new Error('expected a member of a JSON Web Key');
  return new Uint8Array(Buffer.from(base64url, 'base64url'));
}

function integer(base64url: string | undefined): bigint {
  return BigInt(`0x${Buffer.from(field(base64url)).toString('hex')}`);
}
