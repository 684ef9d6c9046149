/**
 * SHA-2 (FIPS 180-4) and HMAC over it (RFC 2104), on noble-hashes.
 *
 * The PRF of TLS computes many short HMACs under one key. The two blocks that only the key decides are hashed once,
 * and each `compute` starts from the states after them: half the work of an HMAC keyed anew.
 *
 * To make a state takes longer than to hash a block. So all that is hashed at once, here, is hashed in one of them, which
 * starts as a copy of another; the digest wipes it, so it holds nothing in between.
 */

import { type _HMAC, hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256, sha384 as nobleSha384, sha512 as nobleSha512 } from '@noble/hashes/sha2.js';
import type { CHash, Hash as NobleHash } from '@noble/hashes/utils.js';
import { wipe } from '../wire/bytes.ts';
import type { Hash, HashState, Mac } from './provider.ts';

export const sha256: Hash = /* @__PURE__ */ sha2('SHA-256', nobleSha256);
export const sha384: Hash = /* @__PURE__ */ sha2('SHA-384', nobleSha384);
export const sha512: Hash = /* @__PURE__ */ sha2('SHA-512', nobleSha512);

/** The digest of what a state has hashed and of the parts behind it; the state stays where it is. */
type DigestFrom<State> = (state: State, ...parts: readonly Uint8Array[]) => Uint8Array;

function sha2<State extends NobleHash<State>>(name: Hash['name'], algorithm: CHash<State>): Hash {
  const initial = algorithm.create();
  let running: State | undefined;
  const digestFrom: DigestFrom<State> = (state, ...parts) => {
    running = state._cloneInto(running);
    for (const part of parts) running.update(part);
    return running.digest();
  };
  return {
    name,
    outputLength: algorithm.outputLen,
    digest: (message) => digestFrom(initial, message),
    create: () => hashState(algorithm.create(), digestFrom),
    hmac: (key) => keyedMac(hmac.create(algorithm, key), digestFrom),
  };
}

function hashState<State extends NobleHash<State>>(state: State, digestFrom: DigestFrom<State>): HashState {
  return {
    update(bytes) {
      state.update(bytes);
    },
    snapshot: () => digestFrom(state),
  };
}

/** RFC 2104 §2: the outer hash of the inner one, each behind a block that is made of the key. */
function keyedMac<State extends NobleHash<State>>(keyed: _HMAC<State>, digestFrom: DigestFrom<State>): Mac {
  const { iHash: inner, oHash: outer } = keyed;
  return {
    compute(...parts) {
      const digest = digestFrom(inner, ...parts);
      const mac = digestFrom(outer, digest);
      wipe(digest);
      return mac;
    },
    destroy: () => keyed.destroy(),
  };
}
