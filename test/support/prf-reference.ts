/**
 * The PRF once more, on OpenSSL's HMAC and as the RFC writes it down, to hold the library's against (RFC 5246 §5).
 */

import { createHmac } from 'node:crypto';
import type { Hash } from '../../src/crypto/provider.ts';

export function referencePrf(
  hash: Hash['name'],
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const algorithm = hash.replace('-', '');
  const hmac = (message: Uint8Array) => createHmac(algorithm, secret).update(message).digest();
  const labelledSeed = Buffer.concat([Buffer.from(label, 'utf8'), seed]);
  const a = (i: number): Uint8Array => (i === 0 ? labelledSeed : hmac(a(i - 1)));
  let output = Buffer.alloc(0);
  for (let i = 1; output.length < length; i++) {
    output = Buffer.concat([output, hmac(Buffer.concat([a(i), labelledSeed]))]);
  }
  return new Uint8Array(output.subarray(0, length));
}
