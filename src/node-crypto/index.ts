/**
 * The face of `reprise-tls/node-crypto`: the same cryptography as the default, done by `node:crypto`, which is OpenSSL.
 *
 *     import { nodeCrypto } from 'reprise-tls/node-crypto';
 *     const config = { crypto: nodeCrypto, … };
 *
 * All of it is synchronous. Where the call into OpenSSL costs more than the work, the default's own code stays: HMAC over
 * the few bytes of the PRF, and AES-GCM of records below a few hundred bytes.
 */

import { randomFillSync } from 'node:crypto';
import type { CryptoProvider } from '../crypto/provider.ts';
import { nodeAead } from './aead.ts';
import { nodeGroup } from './groups.ts';
import { nodeHash } from './hash.ts';
import { nodeScheme } from './signature-schemes.ts';

export { keyObjectSigner } from './signature-schemes.ts';

export const nodeCrypto: CryptoProvider = {
  name: 'node:crypto',
  randomBytes(length) {
    if (!Number.isSafeInteger(length) || length < 0) throw new RangeError(`expected a length, got ${length}`);
    return randomFillSync(new Uint8Array(length));
  },
  hash: nodeHash,
  aead: nodeAead,
  group: nodeGroup,
  signatureScheme: nodeScheme,
};
