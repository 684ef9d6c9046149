/**
 * The groups of ECDHE by OpenSSL. The same random bytes give the same key as the default's, so that handshakes replay.
 * A group that the platform's `node:crypto` lacks stays the default's.
 */

import { createECDH, createPublicKey, diffieHellman } from 'node:crypto';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { badPublicKey, demandUncompressed, keyShare, nistSecret } from '../crypto/groups.ts';
import type { NamedGroup } from '../crypto/provider.ts';
import { fault } from '../wire/error.ts';
import { x25519Key } from './keys.ts';

export function nodeGroup(group: NamedGroup): NamedGroup {
  return group.name === 'x25519' || knownCurves.has(group.name) ? groups[group.name] : group;
}

/** OpenSSL's own name for P-256; the others' are their IANA names. */
const opensslNames = { secp256r1: 'prime256v1', secp384r1: 'secp384r1', secp521r1: 'secp521r1' } as const;
type NistName = keyof typeof opensslNames;

/** Found by asking for each: Deno lists P-521 among its curves, and then knows none. */
export const knownCurves: ReadonlySet<NistName> = new Set(
  (Object.keys(opensslNames) as NistName[]).filter((name) => {
    try {
      createECDH(opensslNames[name]);
      return true;
    } catch {
      return false;
    }
  }),
);

const x25519: NamedGroup = {
  name: 'x25519',
  id: 29,
  generate(randomBytes) {
    const secret = randomBytes(32);
    const privateKey = x25519Key('d', secret);
    const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
    return keyShare(new Uint8Array(Buffer.from(x, 'base64url')), secret, (_, peerPublicKey) => {
      if (peerPublicKey.length !== 32)
        throw badPublicKey('x25519', 'a public key of 32 bytes', peerPublicKey);
      try {
        return new Uint8Array(diffieHellman({ privateKey, publicKey: x25519Key('x', peerPublicKey) }));
      } catch (error) {
        // A point of small order: it would give the all-zero secret to everyone (RFC 7748 §6.1).
        const sentence = 'x25519: expected a public key that gives a secret, got one of small order';
        throw fault('key-exchange', sentence, error);
      }
    });
  },
};

const groups: Readonly<Record<NamedGroup['name'], NamedGroup>> = {
  x25519,
  secp256r1: nistGroup('secp256r1', 23, p256),
  secp384r1: nistGroup('secp384r1', 24, p384),
  secp521r1: nistGroup('secp521r1', 25, p521),
};

function nistGroup(name: NistName, id: number, curve: typeof p256): NamedGroup {
  return {
    name,
    id,
    generate(randomBytes) {
      const secret = nistSecret(curve, randomBytes);
      const exchange = createECDH(opensslNames[name]);
      exchange.setPrivateKey(secret);
      return keyShare(new Uint8Array(exchange.getPublicKey()), secret, (_, peerPublicKey) => {
        demandUncompressed(name, curve, peerPublicKey);
        try {
          return new Uint8Array(exchange.computeSecret(peerPublicKey));
        } catch (error) {
          throw fault(
            'key-exchange',
            `${name}: expected a point of the curve, got coordinates off it`,
            error,
          );
        }
      });
    },
  };
}
