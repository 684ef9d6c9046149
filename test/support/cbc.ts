/**
 * Records under AES-128-CBC with HMAC-SHA-1, on OpenSSL: no suite of the library has them, but other people's
 * recordings do, and their PRF is the same (RFC 5246 §6.2.3.2, RFC 7366 §3).
 */

import { createDecipheriv, createHmac } from 'node:crypto';
import { concat, equal } from '../../src/wire/bytes.ts';
import { additionalData, type RecordFacts, type Side } from './tls-reference.ts';

export interface CbcKeys {
  readonly macKey: Uint8Array;
  readonly writeKey: Uint8Array;
}

/** What the key block of such a suite is cut into (RFC 5246 §6.3); its IVs stand in the records. */
export const cbcKeyBlockLength = 72;

export function cbcKeys(keyBlock: Uint8Array): Record<Side, CbcKeys> {
  return {
    client: { macKey: keyBlock.subarray(0, 20), writeKey: keyBlock.subarray(40, 56) },
    server: { macKey: keyBlock.subarray(20, 40), writeKey: keyBlock.subarray(56, 72) },
  };
}

/** The plaintext. @throws Error where padding or MAC do not hold */
export function openCbc(
  keys: CbcKeys,
  record: RecordFacts,
  fragment: Uint8Array,
  order: 'mac-then-encrypt' | 'encrypt-then-mac',
): Uint8Array {
  if (order === 'encrypt-then-mac') {
    const encrypted = fragment.subarray(0, -macLength);
    checkMac(keys, record, encrypted, fragment.subarray(-macLength));
    return decrypt(keys, encrypted);
  }
  const content = decrypt(keys, fragment);
  const plaintext = content.subarray(0, -macLength);
  checkMac(keys, record, plaintext, content.subarray(-macLength));
  return plaintext;
}

const macLength = 20;
const ivLength = 16;

/** The padding's last byte counts those before it, which are all like it (RFC 5246 §6.2.3.2). */
function decrypt({ writeKey }: CbcKeys, encrypted: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-128-cbc', writeKey, encrypted.subarray(0, ivLength));
  decipher.setAutoPadding(false);
  const padded = concat(decipher.update(encrypted.subarray(ivLength)), decipher.final());
  const padding = (padded.at(-1) ?? 0) + 1;
  if (padded.subarray(-padding).some((byte) => byte !== padding - 1)) throw new Error('bad padding');
  return padded.subarray(0, -padding);
}

function checkMac({ macKey }: CbcKeys, record: RecordFacts, content: Uint8Array, mac: Uint8Array): void {
  const hmac = createHmac('sha1', macKey).update(additionalData(record, content.length)).update(content);
  if (!equal(new Uint8Array(hmac.digest()), mac)) throw new Error('bad MAC');
}
