/** The AEADs against OpenSSL's, and against every way in which a protected record may have been touched. */

import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305 } from '../../src/crypto/aead.ts';
import type { Aead } from '../../src/crypto/provider.ts';

const opensslNames = {
  AES_128_GCM: 'aes-128-gcm',
  AES_256_GCM: 'aes-256-gcm',
  CHACHA20_POLY1305: 'chacha20-poly1305',
} as const;

const anyNonce = bytes(12);
const anyAdditionalData = fc.uint8Array({ maxLength: 40 });
const anyPlaintext = fc.uint8Array({ maxLength: 300 });

describe.each([AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305])('$name', (aead) => {
  const anyInput = fc.tuple(bytes(aead.keyLength), anyNonce, anyAdditionalData, anyPlaintext);

  test('the record carries ciphertext and tag as OpenSSL makes them (RFC 5246 §6.2.3.3)', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        expect(seal(aead, ...input)).toEqual(opensslSeal(aead, ...input));
      }),
    );
  });

  test('what was sealed opens to the same plaintext, and the input is as it was', () => {
    fc.assert(
      fc.property(anyInput, ([key, nonce, additionalData, plaintext]) => {
        const sealed = seal(aead, key, nonce, additionalData, plaintext);
        const before = sealed.slice();
        expect(aead.create(key).open(nonce, additionalData, sealed)).toEqual(plaintext);
        expect(sealed).toEqual(before);
      }),
    );
  });

  test('inputs and outputs may lie anywhere in their buffers', () => {
    fc.assert(
      fc.property(anyInput, fc.nat(9), ([key, nonce, additionalData, plaintext], offset) => {
        const buffer = new Uint8Array(offset + plaintext.length + 16 + offset);
        const output = buffer.subarray(offset, buffer.length - offset);
        aead.create(key).seal(nonce, additionalData, plaintext, output);
        expect(output).toEqual(opensslSeal(aead, key, nonce, additionalData, plaintext));
        expect(aead.create(key).open(nonce, additionalData, output)).toEqual(plaintext);
      }),
    );
  });

  test('one flipped bit anywhere, in record, nonce or additional data, is an undefined plaintext', () => {
    fc.assert(
      fc.property(anyInput, fc.nat(), fc.nat(7), ([key, nonce, additionalData, plaintext], at, bit) => {
        const parts = [nonce, additionalData, seal(aead, key, nonce, additionalData, plaintext)] as const;
        let place = at % (parts[0].length + parts[1].length + parts[2].length);
        for (const part of parts) {
          if (place >= 0 && place < part.length) part[place] = (part[place] as number) ^ (1 << bit);
          place -= part.length;
        }
        expect(aead.create(key).open(...parts)).toBeUndefined();
      }),
    );
  });

  test('a record cut short by any number of bytes is an undefined plaintext', () => {
    const [key, nonce, data] = [new Uint8Array(aead.keyLength), new Uint8Array(12), new Uint8Array(13)];
    const sealed = seal(aead, key, nonce, data, new Uint8Array(20));
    for (let length = 0; length < sealed.length; length++) {
      expect(aead.create(key).open(nonce, data, sealed.subarray(0, length))).toBeUndefined();
    }
  });

  test('one key serves any number of records, and keeps no hold of the array that it came in', () => {
    const key = Uint8Array.from({ length: aead.keyLength }, (_, i) => i);
    const expected = (nonce: Uint8Array) => opensslSeal(aead, key, nonce, nonce, nonce);
    const own = key.slice();
    const aeadKey = aead.create(own);
    own.fill(0);
    for (let i = 0; i < 5; i++) {
      const nonce = new Uint8Array(12).fill(i);
      const output = new Uint8Array(28);
      aeadKey.seal(nonce, nonce, nonce, output);
      expect(output).toEqual(expected(nonce));
    }
  });

  test('a wrong length of key, nonce or output is the caller’s mistake', () => {
    const { keyLength } = aead;
    const key = aead.create(new Uint8Array(keyLength));
    const [short, nonce, empty] = [new Uint8Array(11), new Uint8Array(12), new Uint8Array(0)];
    for (const length of [0, keyLength - 1, keyLength + 1, 24]) {
      expect(() => aead.create(new Uint8Array(length))).toThrow(RangeError);
    }
    expect(() => key.seal(short, empty, empty, new Uint8Array(16))).toThrow(RangeError);
    expect(() => key.open(short, empty, new Uint8Array(16))).toThrow(RangeError);
    for (const length of [0, 15, 17]) {
      expect(() => key.seal(nonce, empty, empty, new Uint8Array(length))).toThrow(RangeError);
    }
  });

  test('a destroyed key protects nothing', () => {
    const key = aead.create(new Uint8Array(aead.keyLength));
    key.destroy();
    const [nonce, empty, record] = [new Uint8Array(12), new Uint8Array(0), new Uint8Array(16)];
    expect(() => key.seal(nonce, empty, empty, record)).toThrow(TypeError);
    expect(() => key.open(nonce, empty, record)).toThrow(TypeError);
  });

  test('the parts of the nonce make twelve bytes, or the fixed part does alone (RFC 5288 §3, RFC 7905 §2)', () => {
    expect(aead.fixedIvLength + aead.recordIvLength).toBe(12);
  });
});

test('a GCM key protects at most 2^24.5 records (RFC 8446 §5.5), a ChaCha20 key as many as can be counted', () => {
  expect(AES_128_GCM.maxRecords).toBe(Math.floor(2 ** 24.5));
  expect(AES_256_GCM.maxRecords).toBe(Math.floor(2 ** 24.5));
  expect(CHACHA20_POLY1305.maxRecords).toBe(Number.MAX_SAFE_INTEGER);
});

function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

function seal(
  aead: Aead,
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const output = new Uint8Array(plaintext.length + aead.tagLength);
  aead.create(key).seal(nonce, additionalData, plaintext, output);
  return output;
}

function opensslSeal(
  aead: Aead,
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  // Node types the two families of names apart; both take the same calls.
  const name = opensslNames[aead.name] as 'chacha20-poly1305';
  const cipher = createCipheriv(name, key, nonce, { authTagLength: aead.tagLength });
  cipher.setAAD(additionalData, { plaintextLength: plaintext.length });
  return new Uint8Array(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
}
