/**
 * The context digest: what a session was made under, in 32 bytes (rules S19, S22, C9 of `README.md`).
 *
 * A session resumed under another configuration than its own is the fault behind virtual host confusion and most
 * resumption advisories since. The digest is SHA-256 over a labelled, length-prefixed list, so that no two lists have
 * the same bytes.
 */

import type { Hash } from '../crypto/provider.ts';
import { utf8 } from '../wire/bytes.ts';
import { Writer } from '../wire/writer.ts';

/** One labelled entry; its values are told apart by their lengths. */
export type ContextEntry = readonly [label: string, ...values: readonly Uint8Array[]];

export function contextDigest(sha256: Hash, purpose: string, entries: readonly ContextEntry[]): Uint8Array {
  const writer = new Writer();
  const put = (bytes: Uint8Array) => {
    writer.uint(bytes.length, 4);
    writer.bytes(bytes);
  };
  put(utf8(purpose));
  for (const [label, ...values] of entries) {
    put(utf8(label));
    writer.uint(values.length, 4);
    for (const value of values) put(value);
  }
  return sha256.digest(writer.finish());
}
