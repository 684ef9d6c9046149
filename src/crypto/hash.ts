/**
 * SHA-2 (FIPS 180-4) and HMAC over it (RFC 2104), on noble-hashes.
 *
 * The PRF of TLS computes many short HMACs under one key. The two blocks that only the key decides are hashed once,
 * and each `compute` starts from a copy of the state after them: half the work of an HMAC keyed anew.
 */

import { type _HMAC, hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256, sha384 as nobleSha384, sha512 as nobleSha512 } from '@noble/hashes/sha2.js';
import type { CHash, Hash as NobleHash } from '@noble/hashes/utils.js';
import type { Hash, HashState, Mac } from './provider.ts';

export const sha256: Hash = /* @__PURE__ */ sha2('SHA-256', nobleSha256);
export const sha384: Hash = /* @__PURE__ */ sha2('SHA-384', nobleSha384);
export const sha512: Hash = /* @__PURE__ */ sha2('SHA-512', nobleSha512);

function sha2(name: Hash['name'], algorithm: CHash): Hash {
  return {
    name,
    outputLength: algorithm.outputLen,
    digest: (message) => algorithm(message),
    create: () => hashState(algorithm),
    hmac: (key) => keyedMac(algorithm, key),
  };
}

function hashState(algorithm: CHash): HashState {
  const state = algorithm.create();
  return {
    update(bytes) {
      state.update(bytes);
    },
    snapshot: () => state.clone().digest(),
  };
}

function keyedMac<State extends NobleHash<State>>(algorithm: CHash<State>, key: Uint8Array): Mac {
  const keyed: _HMAC<State> = hmac.create(algorithm, key);
  /** One copy, made at the first use and overwritten at each: the digest wipes it, so it holds nothing in between. */
  let running: _HMAC<State> | undefined;
  return {
    compute(...parts) {
      running = keyed._cloneInto(running);
      for (const part of parts) running.update(part);
      return running.digest();
    },
    destroy() {
      keyed.destroy();
      running?.destroy();
    },
  };
}
