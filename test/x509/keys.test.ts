import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PrivateKey } from '../../src/crypto/keys.ts';
import { concat, fromHex, hex, utf8 } from '../../src/wire/bytes.ts';
import { TlsError } from '../../src/wire/error.ts';
import * as der from '../../src/x509/der-writer.ts';
import { oids } from '../../src/x509/oids.ts';
import { looksLikePem } from '../../src/x509/pem.ts';
import { parsePrivateKey } from '../../src/x509/private-keys.ts';
import {
  encodeSubjectPublicKeyInfo,
  parseSubjectPublicKeyInfo,
  publicKeyOf,
  samePublicKey,
} from '../../src/x509/public-keys.ts';
import { type KeyType, keyPair, toPem } from '../support/issuer.ts';
import { newEcKeyPair, newRsaKeyPair } from '../support/key-pairs.ts';

const types = ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'ed25519', 'rsa-2048'] as const satisfies KeyType[];
const keys = types.map((type) => [type, keyPair(type, 'keys')] as const);
const curves = { secp256r1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' } as const;

/** The forms that node:crypto writes a key in. */
function forms(key: KeyObject): (string | Uint8Array)[] {
  const own = new Map([
    ['rsa', 'pkcs1'],
    ['ec', 'sec1'],
  ]).get(key.asymmetricKeyType ?? '');
  return ['pkcs8', ...(own ? [own] : [])].flatMap((type) => [
    key.export({ type: type as 'pkcs8', format: 'pem' }).toString(),
    utf8(key.export({ type: type as 'pkcs8', format: 'pem' }).toString()),
    key.export({ type: type as 'pkcs8', format: 'der' }),
  ]);
}

/** The key as node:crypto understands it, field by field. */
function jwk(key: PrivateKey): Record<string, unknown> {
  const number = (value: bigint) => bytesOf(value);
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  switch (key.type) {
    case 'rsa':
      return {
        kty: 'RSA',
        n: text(number(key.modulus)),
        e: text(number(key.publicExponent)),
        d: text(number(key.privateExponent)),
        p: text(number(key.prime1)),
        q: text(number(key.prime2)),
        dp: text(number(key.exponent1)),
        dq: text(number(key.exponent2)),
        qi: text(number(key.coefficient)),
      };
    case 'ecdsa': {
      const { point } = publicKeyOf(key) as { point: Uint8Array };
      const half = (point.length - 1) / 2;
      const [x, y] = [point.subarray(1, 1 + half), point.subarray(1 + half)];
      return { kty: 'EC', crv: curves[key.curve], x: text(x), y: text(y), d: text(key.scalar) };
    }
    case 'ed25519': {
      const { point } = publicKeyOf(key) as { point: Uint8Array };
      return { kty: 'OKP', crv: 'Ed25519', x: text(point), d: text(key.seed) };
    }
  }
}

function bytesOf(value: bigint): Uint8Array {
  const digits = value.toString(16);
  return fromHex(digits.padStart(digits.length + (digits.length % 2), '0'));
}

function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ type: 'spki', format: 'der' }));
}

describe.each(keys)('%s', (type, { privateKey, publicKey }) => {
  const pkcs8 = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }));
  const key = parsePrivateKey(pkcs8);

  test('every form that node:crypto writes gives the key that node:crypto has', () => {
    for (const form of forms(privateKey)) {
      const parsed = parsePrivateKey(form);
      expect(parsed).toEqual(key);
      expect(jwk(parsed)).toEqual(privateKey.export({ format: 'jwk' }));
    }
  });

  test('the public key is the one that node:crypto derives, and its SubjectPublicKeyInfo the same bytes', () => {
    const spki = spkiOf(publicKey);
    expect(spkiOf(createPublicKey(privateKey))).toEqual(spki);
    const own = publicKeyOf(key);
    expect(encodeSubjectPublicKeyInfo(own)).toEqual(spki);
    expect(parseSubjectPublicKeyInfo(spki)).toEqual(own);
    expect(samePublicKey(own, parseSubjectPublicKeyInfo(spki))).toBe(true);
  });

  test('a public key is the same as itself and as no other', () => {
    const others = types.map((other) =>
      parseSubjectPublicKeyInfo(spkiOf(keyPair(other, 'others').publicKey)),
    );
    for (const other of others) {
      expect(samePublicKey(publicKeyOf(key), other)).toBe(false);
      expect(samePublicKey(other, publicKeyOf(key))).toBe(false);
    }
  });

  test('the caller’s bytes are left as they are, and the key does not hang on them', () => {
    const given = Uint8Array.from(pkcs8);
    const parsed = parsePrivateKey(given);
    expect(given).toEqual(pkcs8);
    given.fill(0);
    expect(parsed).toEqual(key);
  });

  test('every truncation of a private key is a RangeError', () => {
    for (const form of forms(privateKey)) {
      if (typeof form === 'string' || looksLikePem(form)) continue;
      for (let end = 0; end < form.length; end += 1 + (form.length >> 6)) {
        expect(() => parsePrivateKey(form.subarray(0, end)), `${type}, ${end} bytes`).toThrow(RangeError);
      }
    }
  });

  test('one changed byte gives a key or a RangeError, and never shows the key', () => {
    fc.assert(
      fc.property(fc.nat(pkcs8.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = pkcs8.map((byte, index) => (index === at ? byte ^ mask : byte));
        try {
          parsePrivateKey(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          expect((error as Error).message.length).toBeLessThan(200);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('one changed byte in SubjectPublicKeyInfo gives a key or a TlsError of a certificate', () => {
    const spki = spkiOf(publicKey);
    fc.assert(
      fc.property(fc.nat(spki.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = spki.map((byte, index) => (index === at ? byte ^ mask : byte));
        expectCertificateError(() => parseSubjectPublicKeyInfo(changed));
        expectCertificateError(() => parseSubjectPublicKeyInfo(spki.subarray(0, at)));
      }),
      { numRuns: 500 },
    );
  });
});

function expectCertificateError(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(TlsError);
    expect(['bad_certificate', 'unsupported_certificate']).toContain((error as TlsError).alert);
  }
}

function alertOf(spki: Uint8Array): string | undefined {
  try {
    parseSubjectPublicKeyInfo(spki);
    return undefined;
  } catch (error) {
    return (error as TlsError).alert;
  }
}

function spki(algorithm: readonly Uint8Array[], key: Uint8Array): Uint8Array {
  return der.sequence(der.sequence(...algorithm), der.bitString(key));
}

describe('parseSubjectPublicKeyInfo', () => {
  const rsa = (modulus: bigint, exponent: bigint | number, parameters = [der.nullValue()]) =>
    spki(
      [der.oid(oids.rsaEncryption), ...parameters],
      der.sequence(der.integer(modulus), der.integer(exponent)),
    );
  const odd = (bits: number) => 2n ** BigInt(bits - 1) + 1n;

  test('takes RSA of 2048 to 8192 bits and refuses other sizes as unsupported', () => {
    for (const bits of [2048, 3072, 8191, 8192])
      expect(alertOf(rsa(odd(bits), 65537)), `${bits}`).toBeUndefined();
    for (const bits of [512, 1024, 2047, 8193, 16384]) {
      expect(alertOf(rsa(odd(bits), 65537)), `${bits}`).toBe('unsupported_certificate');
    }
  });

  test('refuses RSA with an even modulus, and an exponent that is even, one or huge', () => {
    expect(alertOf(rsa(odd(2048) + 1n, 65537))).toBe('bad_certificate');
    expect(alertOf(rsa(odd(2048), 4))).toBe('bad_certificate');
    for (const exponent of [0n, 1n, 2n ** 32n + 1n, odd(2048)]) {
      expect(alertOf(rsa(odd(2048), exponent))).toBe('unsupported_certificate');
    }
  });

  test('refuses RSA whose parameters are not NULL (RFC 3279 §2.3.1)', () => {
    expect(alertOf(rsa(odd(2048), 65537, []))).toBe('bad_certificate');
    expect(alertOf(rsa(odd(2048), 65537, [der.sequence()]))).toBe('bad_certificate');
  });

  test('refuses a negative modulus', () => expect(alertOf(rsa(-odd(2048), 65537))).toBe('bad_certificate'));

  const p256 = [der.oid(oids['id-ecPublicKey']), der.oid(oids.secp256r1)];
  const x = new Uint8Array(32).fill(7);

  test('refuses points that are compressed, at infinity, hybrid or of another length (RFC 8422 §5.1.2)', () => {
    expect(alertOf(spki(p256, concat(Uint8Array.of(2), x)))).toBe('unsupported_certificate');
    expect(alertOf(spki(p256, Uint8Array.of(0)))).toBe('bad_certificate');
    expect(alertOf(spki(p256, concat(Uint8Array.of(6), x, x)))).toBe('bad_certificate');
    expect(alertOf(spki(p256, concat(Uint8Array.of(4), x)))).toBe('bad_certificate');
    expect(alertOf(spki(p256, new Uint8Array(0)))).toBe('bad_certificate');
  });

  test('refuses curves without a name and those that TLS 1.2 no longer uses (RFC 8422 §5.1.1)', () => {
    const point = concat(Uint8Array.of(4), x, x);
    const ec = der.oid(oids['id-ecPublicKey']);
    expect(alertOf(spki([ec, der.sequence()], point))).toBe('unsupported_certificate');
    expect(alertOf(spki([ec, der.oid('1.3.132.0.10')], point))).toBe('unsupported_certificate');
    expect(alertOf(spki([ec], point))).toBe('unsupported_certificate');
  });

  test('refuses Ed25519 with parameters or of another length (RFC 8410 §3)', () => {
    const oid = der.oid(oids['id-Ed25519']);
    expect(alertOf(spki([oid], x))).toBeUndefined();
    expect(alertOf(spki([oid, der.nullValue()], x))).toBe('bad_certificate');
    expect(alertOf(spki([oid], x.subarray(1)))).toBe('bad_certificate');
  });

  test('refuses other kinds of key as unsupported', () => {
    for (const type of ['ed448', 'x25519'] as const) {
      const { publicKey } = generateKeyPairSync(type as 'ed448');
      expect(alertOf(spkiOf(publicKey))).toBe('unsupported_certificate');
    }
  });

  test('ends in a key or in a TlsError of a certificate, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expectCertificateError(() => parseSubjectPublicKeyInfo(bytes));
        expectCertificateError(() => parseSubjectPublicKeyInfo(spki(p256, bytes)));
        expectCertificateError(() => parseSubjectPublicKeyInfo(spki([bytes], bytes)));
      }),
    );
  });
});

describe('parsePrivateKey', () => {
  const [, ec] = keys[0] ?? [];
  if (ec === undefined) throw new Error('no key');
  const pem = ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const scalar = Buffer.from(ec.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  const curve = der.oid(oids.secp256r1);
  const ecAlgorithm = der.sequence(der.oid(oids['id-ecPublicKey']), curve);
  const sec1 = (key: Uint8Array, ...rest: Uint8Array[]) =>
    der.sequence(der.integer(1), der.octetString(key), ...rest);
  const pkcs8 = (algorithm: Uint8Array, key: Uint8Array, version = 0, ...rest: Uint8Array[]) =>
    der.sequence(der.integer(version), algorithm, der.octetString(key), ...rest);

  test('passes over EC PARAMETERS and certificates in the same file', () => {
    const file = toPem('EC PARAMETERS', curve) + pem + toPem('CERTIFICATE', der.sequence());
    expect(parsePrivateKey(file)).toEqual(parsePrivateKey(pem));
  });

  test('refuses two keys, none, and a public key', () => {
    expect(() => parsePrivateKey(pem + pem)).toThrow('expected one, got 2');
    expect(() => parsePrivateKey('')).toThrow('got no block');
    const spkiPem = ec.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(() => parsePrivateKey(spkiPem)).toThrow('got PUBLIC KEY');
  });

  test('says of encrypted keys, in either form, that they must be decrypted first', () => {
    const cipher = { cipher: 'aes-128-cbc', passphrase: 'secret', format: 'pem' } as const;
    for (const type of ['pkcs8', 'sec1'] as const) {
      const encrypted = ec.privateKey.export({ ...cipher, type }).toString();
      expect(() => parsePrivateKey(encrypted)).toThrow('decrypt it first');
    }
  });

  test('is a TypeError on what is neither text nor bytes', () => {
    for (const input of [undefined, null, 7, {}, [1]]) {
      expect(() => parsePrivateKey(input as never)).toThrow(TypeError);
    }
  });

  test('refuses a scalar of zero, of the group’s order, and of another length', () => {
    const order = fromHex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
    for (const bad of [new Uint8Array(32), order, scalar.subarray(1), concat(Uint8Array.of(0), scalar)]) {
      expect(() => parsePrivateKey(sec1(bad, der.explicit(0, curve)))).toThrow(RangeError);
    }
    expect(parsePrivateKey(sec1(scalar, der.explicit(0, curve)))).toEqual(parsePrivateKey(pem));
  });

  test('takes the curve from outside, inside or both, but not two different ones or none', () => {
    const p384 = der.explicit(0, der.oid(oids.secp384r1));
    expect(parsePrivateKey(pkcs8(ecAlgorithm, sec1(scalar)))).toEqual(parsePrivateKey(pem));
    expect(parsePrivateKey(pkcs8(ecAlgorithm, sec1(scalar, der.explicit(0, curve))))).toEqual(
      parsePrivateKey(pem),
    );
    expect(() => parsePrivateKey(pkcs8(ecAlgorithm, sec1(scalar, p384)))).toThrow(
      'expected a key of secp256r1',
    );
    expect(() => parsePrivateKey(sec1(scalar))).toThrow('curve');
  });

  test('refuses a public key beside it that belongs to another (RFC 5915 §3, RFC 5958 §2)', () => {
    const { publicKey } = keyPair('ecdsa-p256', 'other');
    const other = publicKeyOfObject(publicKey);
    const beside = der.explicit(1, der.bitString(other));
    expect(() => parsePrivateKey(sec1(scalar, der.explicit(0, curve), beside))).toThrow('belongs to another');
    const seed = new Uint8Array(32).fill(3);
    const ed25519 = der.sequence(der.oid(oids['id-Ed25519']));
    const own = publicKeyOf({ type: 'ed25519', seed }) as { point: Uint8Array };
    const v2 = (point: Uint8Array) =>
      pkcs8(ed25519, der.octetString(seed), 1, der.implicit(1, concat(Uint8Array.of(0), point)));
    expect(parsePrivateKey(v2(own.point))).toEqual({ type: 'ed25519', seed });
    expect(() => parsePrivateKey(v2(seed))).toThrow('belongs to another');
  });

  test('passes over the attributes of PKCS#8 (RFC 5958 §2)', () => {
    const attributes = der.element(0xa0, der.sequence(der.oid('2.5.29.15'), der.setOf()));
    expect(parsePrivateKey(pkcs8(ecAlgorithm, sec1(scalar), 0, attributes))).toEqual(parsePrivateKey(pem));
  });

  test('refuses keys of other kinds by their name', () => {
    const x25519 = generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'der' });
    expect(() => parsePrivateKey(x25519)).toThrow('got id-X25519');
    const k1 = newEcKeyPair('secp256k1').privateKey;
    expect(() => parsePrivateKey(k1.export({ type: 'pkcs8', format: 'pem' }).toString())).toThrow(
      '1.3.132.0.10',
    );
    const small = newRsaKeyPair(1024).privateKey;
    expect(() => parsePrivateKey(small.export({ type: 'pkcs1', format: 'der' }))).toThrow('got 1024');
  });

  test('refuses RSA of more than two primes, and primes that do not give the modulus', () => {
    const [, rsa] = keys[4] ?? [];
    const key = parsePrivateKey(rsa?.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() ?? '');
    if (key.type !== 'rsa') throw new Error('expected RSA');
    const { modulus, publicExponent, privateExponent, prime1, prime2, exponent1, exponent2, coefficient } =
      key;
    const encode = (version: number, prime: bigint) =>
      der.sequence(
        ...[
          version,
          modulus,
          publicExponent,
          privateExponent,
          prime,
          prime2,
          exponent1,
          exponent2,
          coefficient,
        ].map(der.integer),
      );
    expect(parsePrivateKey(encode(0, prime1))).toEqual(key);
    expect(() => parsePrivateKey(encode(1, prime1))).toThrow('two primes');
    expect(() => parsePrivateKey(encode(0, prime1 + 2n))).toThrow('do not give the modulus');
    expect(() => parsePrivateKey(encode(0, 0n))).toThrow(RangeError);
  });

  test('ends in a key or in a RangeError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        for (const input of [bytes, der.sequence(bytes), sec1(bytes), pkcs8(ecAlgorithm, bytes)]) {
          try {
            parsePrivateKey(input);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        }
      }),
    );
  });

  test('agrees with node:crypto on what is a key of P-256', () => {
    const inputs = [pkcs8(ecAlgorithm, sec1(scalar)), sec1(scalar, der.explicit(0, curve))];
    const [viaPkcs8, viaSec1] = inputs.map((key, index) =>
      createPrivateKey({ key: Buffer.from(key), format: 'der', type: index === 0 ? 'pkcs8' : 'sec1' }),
    );
    expect(hex(scalar)).toBe(hex(Buffer.from(viaPkcs8?.export({ format: 'jwk' }).d ?? '', 'base64url')));
    expect(hex(scalar)).toBe(hex(Buffer.from(viaSec1?.export({ format: 'jwk' }).d ?? '', 'base64url')));
  });
});

function publicKeyOfObject(key: KeyObject): Uint8Array {
  const parsed = parseSubjectPublicKeyInfo(spkiOf(key));
  if (parsed.type !== 'ecdsa') throw new Error('expected ECDSA');
  return parsed.point;
}
