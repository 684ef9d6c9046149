/** SHA-2 and HMAC against OpenSSL's, and against what the handshake asks of a hash in progress. */

import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256, sha384, sha512 } from '../../src/crypto/hash.ts';
import type { Hash } from '../../src/crypto/provider.ts';
import { concat, fromHex } from '../../src/wire/bytes.ts';

const anyMessage = fc.uint8Array({ maxLength: 400 });
const anyParts = fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 6 });
/** Shorter than a block, a block, longer: RFC 2104 §2 treats the last otherwise. */
const anyKey = fc.uint8Array({ maxLength: 300 });

describe.each([sha256, sha384, sha512])('$name', (hash) => {
  test('the digest is that of FIPS 180-4', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(hash.digest(message)).toEqual(opensslDigest(hash, message));
      }),
    );
  });

  test('the digest has the stated length', () => {
    expect(hash.digest(new Uint8Array(0))).toHaveLength(hash.outputLength);
  });

  test('a hash in progress gives the digest of all bytes so far, however they came (RFC 5246 §7.4.9)', () => {
    fc.assert(
      fc.property(anyParts, (parts) => {
        const state = hash.create();
        parts.forEach((part, i) => {
          state.update(part);
          expect(state.snapshot()).toEqual(opensslDigest(hash, concat(...parts.slice(0, i + 1))));
        });
      }),
    );
  });

  test('two hashes in progress know nothing of each other', () => {
    const [one, other] = [hash.create(), hash.create()];
    one.update(fromHex('01'));
    expect(other.snapshot()).toEqual(hash.digest(new Uint8Array(0)));
  });

  test('HMAC is that of RFC 2104 §2, whatever the key and however many parts the message comes in', () => {
    fc.assert(
      fc.property(anyKey, anyParts, (key, parts) => {
        expect(hash.hmac(key).compute(...parts)).toEqual(opensslHmac(hash, key, concat(...parts)));
      }),
    );
  });

  test('an HMAC keyed once gives for each message what one keyed anew gives', () => {
    fc.assert(
      fc.property(anyKey, fc.array(anyMessage, { maxLength: 5 }), (key, messages) => {
        const mac = hash.hmac(key);
        for (const message of messages) expect(mac.compute(message)).toEqual(opensslHmac(hash, key, message));
      }),
    );
  });

  test('an HMAC keeps no hold of its key', () => {
    const key = fromHex('0102');
    const mac = hash.hmac(key);
    key.fill(0);
    expect(mac.compute()).toEqual(opensslHmac(hash, fromHex('0102'), new Uint8Array(0)));
  });

  test('an HMAC gives nothing after it was destroyed, used before or not', () => {
    const [fresh, used] = [hash.hmac(fromHex('01')), hash.hmac(fromHex('01'))];
    used.compute(fromHex('02'));
    for (const mac of [fresh, used]) {
      mac.destroy();
      expect(() => mac.compute(fromHex('02'))).toThrow();
    }
  });
});

function opensslDigest({ name }: Hash, message: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(name.replace('-', '')).update(message).digest());
}

function opensslHmac({ name }: Hash, key: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac(name.replace('-', ''), key).update(message).digest());
}
