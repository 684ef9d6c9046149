/**
 * Key pairs whose KeyObjects share nothing with the job that made them.
 *
 * In Node 20 a KeyObject from `generateKeyPairSync` shares its mutex with the job that generated it. An export holds
 * the mutex and allocates; if the garbage collector then destroys that job, it waits for the mutex that its own thread
 * holds, and the thread never moves again. So the pair is generated as bytes, which are imported.
 */

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyPairKeyObjectResult,
  type KeyPairSyncResult,
} from 'node:crypto';

const publicKeyEncoding = { type: 'spki', format: 'der' } as const;
const privateKeyEncoding = { type: 'pkcs8', format: 'der' } as const;

export function newEcKeyPair(namedCurve: string): KeyPairKeyObjectResult {
  return imported(generateKeyPairSync('ec', { namedCurve, publicKeyEncoding, privateKeyEncoding }));
}

export function newEd25519KeyPair(): KeyPairKeyObjectResult {
  return imported(generateKeyPairSync('ed25519', { publicKeyEncoding, privateKeyEncoding }));
}

/** `modulusLength` in bits. */
export function newRsaKeyPair(modulusLength: number, publicExponent = 0x10001): KeyPairKeyObjectResult {
  const options = { modulusLength, publicExponent };
  return imported(generateKeyPairSync('rsa', { ...options, publicKeyEncoding, privateKeyEncoding }));
}

function imported(pair: KeyPairSyncResult<Buffer, Buffer>): KeyPairKeyObjectResult {
  return {
    publicKey: createPublicKey({ key: pair.publicKey, ...publicKeyEncoding }),
    privateKey: createPrivateKey({ key: pair.privateKey, ...privateKeyEncoding }),
  };
}
