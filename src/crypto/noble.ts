/**
 * The default provider: the algorithms as their values have them (on the noble libraries), and the platform's
 * generator of random bytes, `globalThis.crypto.getRandomValues`.
 */

import type { CryptoProvider } from './provider.ts';

/** What one call of getRandomValues gives at most (Web Cryptography §10.1.1). */
const quota = 65536;

/** Drawn ahead: a call of the platform's generator costs more than the bytes, and a handshake asks for few at a time. */
const pool = new Uint8Array(1024);
let left = 0;

export const noble: CryptoProvider = {
  name: 'noble',
  randomBytes(length) {
    if (length > pool.length / 4) return drawn(length);
    if (length > left) {
      globalThis.crypto.getRandomValues(pool);
      left = pool.length;
    }
    left -= length;
    const bytes = pool.slice(left, left + length);
    pool.fill(0, left, left + length); // What was given out is nowhere else.
    return bytes;
  },
  hash: (hash) => hash,
  aead: (aead) => aead,
  group: (group) => group,
  signatureScheme: (scheme) => scheme,
};

function drawn(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let offset = 0; offset < length; offset += quota) {
    globalThis.crypto.getRandomValues(bytes.subarray(offset, offset + quota));
  }
  return bytes;
}
