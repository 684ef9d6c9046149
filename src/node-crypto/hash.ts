/** SHA-2 by OpenSSL. HMAC stays as it is: keyed once, it is as fast, and its key can be overwritten. */

import { createHash, hash as digestOf } from 'node:crypto';
import type { Hash } from '../crypto/provider.ts';

const names = { 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' } as const satisfies Record<
  Hash['name'],
  string
>;

export function nodeHash(hash: Hash): Hash {
  const name = names[hash.name];
  return {
    name: hash.name,
    outputLength: hash.outputLength,
    digest: (message) => new Uint8Array(digestOf(name, message, 'buffer')),
    create: () => {
      const state = createHash(name);
      return {
        update(bytes) {
          state.update(bytes);
        },
        snapshot: () => new Uint8Array(state.copy().digest()),
      };
    },
    hmac: (key) => hash.hmac(key),
  };
}
