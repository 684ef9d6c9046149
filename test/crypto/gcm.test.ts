/** AES-GCM with what a key is made into kept, against noble's, which makes it anew, and against node:crypto's. */

import { createCipheriv } from 'node:crypto';
import { gcm } from '@noble/ciphers/aes.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GcmKey } from '../../src/crypto/gcm.ts';
import { concat } from '../../src/wire/bytes.ts';

const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });
const message = fc.record({ nonce: bytes(12), additionalData: bytes(0, 40), plaintext: bytes(0, 70) });
/** On any byte of a buffer, as records lie. */
const shifted = (data: Uint8Array, by: number) => concat(new Uint8Array(by), data).subarray(by);

describe.each([16, 32])('AES-GCM with a key of %i bytes', (keyLength) => {
  test('seals each of many messages as noble does, wherever they lie, and opens them again', () => {
    const messages = fc.array(message, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(bytes(keyLength), messages, fc.nat(3), (key, all, by) => {
        const kept = new GcmKey(key);
        for (const { nonce, additionalData, plaintext } of all) {
          const output = shifted(new Uint8Array(plaintext.length + 16), by);
          kept.seal(shifted(nonce, by), shifted(additionalData, by), shifted(plaintext, by), output);
          expect(output).toEqual(gcm(key, nonce, additionalData).encrypt(plaintext));
          expect(kept.open(nonce, additionalData, output)).toEqual(plaintext);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('seals records of full size as node:crypto does', () => {
    const key = new Uint8Array(keyLength).map((_, i) => 7 * i + 1);
    const nonce = new Uint8Array(12).fill(0xfe);
    const additionalData = new Uint8Array(13).fill(0x80);
    for (const length of [4096, 16_383, 16_384]) {
      const plaintext = new Uint8Array(length).map((_, i) => i * i);
      const cipher = createCipheriv(`aes-${keyLength === 16 ? 128 : 256}-gcm`, key, nonce).setAAD(
        additionalData,
      );
      const expected = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
      const output = new Uint8Array(length + 16);
      new GcmKey(key).seal(nonce, additionalData, plaintext, output);
      expect(Buffer.from(output).equals(expected)).toBe(true);
    }
  });

  test('opens nothing in which a single bit is another, of the data, the tag or what is authenticated beside', () => {
    fc.assert(
      fc.property(bytes(keyLength), message, fc.nat(), (key, { nonce, additionalData, plaintext }, at) => {
        const kept = new GcmKey(key);
        const sealed = new Uint8Array(plaintext.length + 16);
        kept.seal(nonce, additionalData, plaintext, sealed);
        const parts = [nonce, additionalData, sealed].map((part) => part.slice());
        const bits = 8 * (12 + additionalData.length + sealed.length);
        flip(parts, at % bits);
        const [n = nonce, a = additionalData, s = sealed] = parts;
        expect(kept.open(n, a, s)).toBeUndefined();
        expect(kept.open(nonce, additionalData, sealed)).toEqual(plaintext);
      }),
    );
  });
});

function flip(parts: readonly Uint8Array[], bit: number): void {
  let at = bit >> 3;
  for (const part of parts) {
    if (at < part.length) {
      part[at] = (part[at] ?? 0) ^ (1 << (bit & 7));
      return;
    }
    at -= part.length;
  }
}
