/**
 * Cryptography that costs next to nothing and protects nothing, for the parts that take milliseconds: groups and
 * signatures. Their values have the forms of the real ones, both sides agree on secrets, and signatures hold for what was
 * signed and for nothing else, so that a handshake goes the way that it goes with the real ones. All else is the default's.
 */

import { type CryptoProvider, noble, type RandomBytes } from 'reprise-tls';
import { badPublicKey, keyShare } from '../../src/crypto/groups.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { equal } from '../../src/wire/bytes.ts';

const publicKeyLengths = { x25519: 32, secp256r1: 65, secp384r1: 97, secp521r1: 133 } as const;

export function cheapCrypto(randomBytes: RandomBytes): CryptoProvider {
  return {
    ...noble,
    name: 'cheap',
    randomBytes,
    group: (group) => ({
      ...group,
      generate: (randomBytes) => {
        const length = publicKeyLengths[group.name];
        const publicKey = randomBytes(length);
        return keyShare(publicKey, publicKey.slice(), (own, peerPublicKey) => {
          if (peerPublicKey.length !== length)
            throw badPublicKey(group.name, `a public key of ${length} bytes`, peerPublicKey);
          return own.map((byte, i) => byte ^ (peerPublicKey[i] as number));
        });
      },
    }),
    signatureScheme: (scheme) => ({
      ...scheme,
      sign: (_, message) => signature(message),
      verify: (_, message, given) => equal(given, signature(message)),
    }),
  };
}

/** As who has no key signs. */
export function signature(message: Uint8Array): Uint8Array {
  return sha256.digest(message);
}
