/**
 * The key that a session is stored under: made of the session ID, and not the ID itself.
 *
 * The ID goes over the network in the clear and may be sealed content or any bytes at all. Hashed, no database,
 * log or metric can be searched for an ID that was seen on the wire, and every key is text of one length.
 */

import type { Hash } from '../crypto/provider.ts';
import { hex, utf8, wipe } from '../wire/bytes.ts';
import { encode, opaqueVector, struct } from '../wire/codec.ts';

/** The label keeps these hashes apart from every other use of the same hash; the lengths keep its end fixed. */
const KeyInput = struct({
  label: opaqueVector(1, 0xff),
  sessionId: opaqueVector(1, 32),
});

const label = utf8('reprise session id');

/**
 * Hex of SHA-256 over `KeyInput`: 64 characters, the same on every server and in every release.
 * @throws RangeError on another hash (the servers that share a store must agree), or an ID not of 1 to 32 bytes
 */
export function storeKey(hash: Hash, sessionId: Uint8Array): string {
  if (hash.name !== 'SHA-256') throw new RangeError(`expected SHA-256 for store keys, got ${hash.name}`);
  const input = encode(KeyInput, { label, sessionId });
  const key = hex(hash.digest(input));
  wipe(input);
  return key;
}
