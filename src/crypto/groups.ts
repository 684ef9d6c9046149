/**
 * The groups of ECDHE (RFC 8422 §5.1.1) on noble-curves: X25519 (RFC 7748) and the three curves of NIST.
 *
 * The peer's public key is the one input here that an attacker chooses. It is checked before the secret meets it
 * (invalid curve attacks, CVE-2015-7940), and a secret meets one peer only.
 */

import { x25519 as nobleX25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { wipe } from '../wire/bytes.ts';
import { fault, type TlsError } from '../wire/error.ts';
import type { KeyShare, NamedGroup, RandomBytes } from './provider.ts';

export const x25519: NamedGroup = /* @__PURE__ */ x25519Group(nobleX25519);

export const secp256r1: NamedGroup = /* @__PURE__ */ nistGroup('secp256r1', 23, p256);
export const secp384r1: NamedGroup = /* @__PURE__ */ nistGroup('secp384r1', 24, p384);
export const secp521r1: NamedGroup = /* @__PURE__ */ nistGroup('secp521r1', 25, p521);

type MontgomeryCurve = Pick<typeof nobleX25519, 'getPublicKey' | 'getSharedSecret'>;
type NistCurve = typeof p256;

/** The group over an implementation of X25519. */
export function x25519Group(curve: MontgomeryCurve): NamedGroup {
  return {
    name: 'x25519',
    id: 29,
    generate(randomBytes) {
      const secret = randomBytes(32);
      return keyShare(curve.getPublicKey(secret), secret, (own, peer) => agreeX25519(curve, own, peer));
    },
  };
}

function nistGroup(name: NamedGroup['name'], id: number, curve: NistCurve): NamedGroup {
  return {
    name,
    id,
    generate(randomBytes) {
      const secret = nistSecret(curve, randomBytes);
      const publicKey = curve.getPublicKey(secret, false);
      return keyShare(publicKey, secret, (own, peer) => agreeOnCurve(name, curve, own, peer));
    },
  };
}

/** Half as many bytes again as the order has, reduced: uniform but for 2^-128 (FIPS 186-5 §A.2.1). */
export function nistSecret(curve: NistCurve, randomBytes: RandomBytes): Uint8Array {
  const orderLength = curve.Point.Fn.BYTES;
  const seed = randomBytes(orderLength + Math.ceil(orderLength / 2));
  const secret = curve.utils.randomSecretKey(seed);
  wipe(seed);
  return secret;
}

type Agree = (secret: Uint8Array, peerPublicKey: Uint8Array) => Uint8Array;

/** A share that serves one agreement, and overwrites its secret with that. */
export function keyShare(publicKey: Uint8Array, secret: Uint8Array, agree: Agree): KeyShare {
  let spent = false;
  return {
    publicKey,
    agree(peerPublicKey) {
      if (spent) throw new TypeError('expected a fresh key share, got one that has served already');
      spent = true;
      try {
        return agree(secret, peerPublicKey);
      } finally {
        wipe(secret);
      }
    },
    destroy() {
      spent = true;
      wipe(secret);
    },
  };
}

/** The premaster secret is the function's output as it is, unless that is all zero (RFC 8422 §5.10, §5.11). */
function agreeX25519(curve: MontgomeryCurve, secret: Uint8Array, peerPublicKey: Uint8Array): Uint8Array {
  if (peerPublicKey.length !== 32) throw badPublicKey('x25519', 'a public key of 32 bytes', peerPublicKey);
  try {
    return curve.getSharedSecret(secret, peerPublicKey);
  } catch (error) {
    // A point of small order: it would give the all-zero secret to everyone (RFC 7748 §6.1).
    throw fault(
      'key-exchange',
      'x25519: expected a public key that gives a secret, got one of small order',
      error,
    );
  }
}

/** The premaster secret is the x coordinate, as long as the field, leading zeros kept (RFC 8422 §5.10). */
function agreeOnCurve(
  name: NamedGroup['name'],
  curve: NistCurve,
  secret: Uint8Array,
  peerPublicKey: Uint8Array,
): Uint8Array {
  demandUncompressed(name, curve, peerPublicKey);
  try {
    curve.Point.fromBytes(peerPublicKey);
  } catch (error) {
    throw fault('key-exchange', `${name}: expected a point of the curve, got coordinates off it`, error);
  }
  const sharedPoint = curve.getSharedSecret(secret, peerPublicKey);
  return sharedPoint.subarray(1);
}

/** Only the uncompressed form is left (RFC 8422 §5.1.2), marked by a 4 (SEC 1 §2.3.3); infinity is one byte alone. */
export function demandUncompressed(name: string, curve: NistCurve, peerPublicKey: Uint8Array): void {
  const pointLength = 1 + 2 * curve.Point.Fp.BYTES;
  if (peerPublicKey.length === pointLength && peerPublicKey[0] === 4) return;
  throw badPublicKey(name, `an uncompressed point of ${pointLength} bytes`, peerPublicKey);
}

/** What is wrong with the form of a peer's public key. */
export function badPublicKey(name: string, expected: string, peerPublicKey: Uint8Array): TlsError {
  const [form] = peerPublicKey;
  const got = `${peerPublicKey.length} bytes${form === undefined ? '' : `, the first ${form}`}`;
  return fault('key-exchange', `${name}: expected ${expected}, got ${got}`);
}
