/**
 * The default provider: the algorithms as their values have them (on the noble libraries), and the platform's
 * generator of random bytes, `globalThis.crypto.getRandomValues`.
 */

import type { CryptoProvider } from './provider.ts';

/** What one call of getRandomValues gives at most (Web Cryptography §10.1.1). */
const quota = 65536;

export const noble: CryptoProvider = {
  name: 'noble',
  randomBytes(length) {
    if (!Number.isSafeInteger(length) || length < 0) throw new RangeError(`expected a length, got ${length}`);
    const bytes = new Uint8Array(length);
    for (let offset = 0; offset < length; offset += quota) {
      globalThis.crypto.getRandomValues(bytes.subarray(offset, offset + quota));
    }
    return bytes;
  },
  hash: (hash) => hash,
  aead: (aead) => aead,
  group: (group) => group,
  signatureScheme: (scheme) => scheme,
};
