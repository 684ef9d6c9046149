/** ECDHE against OpenSSL's, and against every public key that a peer must not get away with (RFC 8422 §5.11). */

import { createECDH, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { secp256r1, secp384r1, secp521r1, x25519 } from '../../src/crypto/groups.ts';
import { x25519 as x25519Ladder } from '../../src/crypto/x25519-ladder.ts';
import { concat, fromHex } from '../../src/wire/bytes.ts';
import { randomness } from '../support/randomness.ts';

const nistGroups = [
  { group: secp256r1, id: 23, fieldLength: 32, opensslName: 'prime256v1' },
  { group: secp384r1, id: 24, fieldLength: 48, opensslName: 'secp384r1' },
  { group: secp521r1, id: 25, fieldLength: 66, opensslName: 'secp521r1' },
];
const groups = [
  { name: 'x25519', group: x25519, id: 29, publicKeyLength: 32, secretLength: 32 },
  { name: 'x25519 by the ladder', group: x25519Ladder, id: 29, publicKeyLength: 32, secretLength: 32 },
  ...nistGroups.map(({ group, id, fieldLength }) => ({
    name: group.name,
    group,
    id,
    publicKeyLength: 1 + 2 * fieldLength,
    secretLength: fieldLength,
  })),
];
const anySeed = fc.nat();
/** A key exchange costs milliseconds. */
const few = { numRuns: 8 };

describe.each(groups)('$name', ({ group, id, publicKeyLength, secretLength }) => {
  const peer = group.generate(randomness(0)).publicKey;

  test('its identifier is that of IANA, and a public key has the length that the RFC gives it (RFC 8422 §5.4)', () => {
    expect(group.id).toBe(id);
    expect(peer).toHaveLength(publicKeyLength);
  });

  test('both sides agree on one secret, of a length that depends on the group alone (RFC 8422 §5.10)', () => {
    fc.assert(
      fc.property(anySeed, anySeed, (one, other) => {
        const [client, server] = [group.generate(randomness(one)), group.generate(randomness(other))];
        const secret = client.agree(server.publicKey);
        expect(secret).toEqual(server.agree(client.publicKey));
        expect(secret).toHaveLength(secretLength);
      }),
      few,
    );
  });

  test('the same random bytes give the same key share, others another', () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const { publicKey } = group.generate(randomness(seed));
        expect(group.generate(randomness(seed)).publicKey).toEqual(publicKey);
        expect(group.generate(randomness(seed + 1)).publicKey).not.toEqual(publicKey);
      }),
      few,
    );
  });

  test('a key share serves once, even where the peer’s key was refused', () => {
    const agreed = group.generate(randomness(1));
    agreed.agree(peer);
    expect(() => agreed.agree(peer)).toThrow(TypeError);
    const refused = group.generate(randomness(1));
    expectRefusal(() => refused.agree(new Uint8Array(0)));
    expect(() => refused.agree(peer)).toThrow(TypeError);
  });

  test('the secret is overwritten when it has served', () => {
    const handedOut: Uint8Array[] = [];
    const share = group.generate((length) => {
      const bytes = randomness(1)(length);
      handedOut.push(bytes);
      return bytes;
    });
    share.agree(peer);
    expect(handedOut.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
  });

  test('a public key of any other length is illegal_parameter (RFC 8422 §5.11)', () => {
    for (const length of [0, 1, publicKeyLength - 1, publicKeyLength + 1]) {
      expectRefusal(() => group.generate(randomness(1)).agree(new Uint8Array(length).fill(4)));
    }
  });
});

describe.each(nistGroups)('$group.name', ({ group, fieldLength, opensslName }) => {
  const agree = (publicKey: Uint8Array) => group.generate(randomness(1)).agree(publicKey);
  const peer = group.generate(randomness(2)).publicKey;

  test('the secret is the one that OpenSSL computes', () => {
    const openssl = createECDH(opensslName);
    const opensslKey = new Uint8Array(openssl.generateKeys());
    const share = group.generate(randomness(1));
    const expected = new Uint8Array(openssl.computeSecret(share.publicKey));
    expect(share.agree(opensslKey)).toEqual(expected);
  });

  test('a point off the curve is illegal_parameter: invalid curve attack (RFC 8422 §5.11)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 * fieldLength }), fc.nat(7), (at, bit) => {
        const forged = peer.slice();
        forged[at] = (forged[at] as number) ^ (1 << bit);
        expectRefusal(() => agree(forged));
      }),
      { numRuns: 20 },
    );
  });

  test('a coordinate that is no element of the field is illegal_parameter', () => {
    expectRefusal(() => agree(concat(Uint8Array.of(4), new Uint8Array(2 * fieldLength).fill(0xff))));
  });

  test('a point in compressed or hybrid form, or that at infinity, is illegal_parameter (RFC 8422 §5.1.2)', () => {
    const parity = (peer[2 * fieldLength] as number) & 1;
    expectRefusal(() => agree(concat(Uint8Array.of(2 + parity), peer.subarray(1, 1 + fieldLength))));
    expectRefusal(() => agree(concat(Uint8Array.of(6 + parity), peer.subarray(1))));
    expectRefusal(() => agree(Uint8Array.of(0)));
    expectRefusal(() => agree(new Uint8Array(1 + 2 * fieldLength)));
  });
});

test('a secp256r1 secret keeps its leading zeros (RFC 8422 §5.10)', () => {
  // With the secret 1 the premaster secret is the x coordinate of the peer's own key.
  const one = (length: number) => new Uint8Array(length);
  let peer = p256.Point.BASE;
  while (peer.toBytes()[1] !== 0) peer = peer.add(p256.Point.BASE);
  const publicKey = peer.toBytes(false);
  expect(secp256r1.generate(one).agree(publicKey)).toEqual(publicKey.subarray(1, 33));
});

test('x25519 by the ladder makes the keys and the secrets that x25519 makes (RFC 7748 §5)', () => {
  expect({ ...x25519Ladder, generate: undefined }).toEqual({ ...x25519, generate: undefined });
  fc.assert(
    fc.property(anySeed, anySeed, (one, other) => {
      const { publicKey } = x25519.generate(randomness(other));
      const [ours, theirs] = [x25519Ladder.generate(randomness(one)), x25519.generate(randomness(one))];
      expect(ours.publicKey).toEqual(theirs.publicKey);
      expect(ours.agree(publicKey)).toEqual(theirs.agree(publicKey));
    }),
    few,
  );
});

describe('x25519', () => {
  test('the secret is the one that OpenSSL computes', () => {
    const { publicKey, privateKey } = generateKeyPairSync('x25519');
    const spkiHeader = fromHex('302a300506032b656e032100');
    const share = x25519.generate(randomness(1));
    const spki = Buffer.from(concat(spkiHeader, share.publicKey));
    const ours = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    const theirs = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })).subarray(
      spkiHeader.length,
    );
    expect(share.agree(theirs)).toEqual(new Uint8Array(diffieHellman({ privateKey, publicKey: ours })));
  });

  test('a public key that gives the all-zero secret is illegal_parameter (RFC 8422 §5.11, RFC 7748 §6.1)', () => {
    const smallOrder = [
      '0000000000000000000000000000000000000000000000000000000000000000',
      '0100000000000000000000000000000000000000000000000000000000000000',
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    ];
    for (const point of smallOrder) expectRefusal(() => x25519.generate(randomness(1)).agree(fromHex(point)));
  });

  test('the most significant bit of a public key is ignored (RFC 7748 §5)', () => {
    const peer = x25519.generate(randomness(2)).publicKey;
    const masked = peer.slice();
    masked[31] = (masked[31] as number) ^ 0x80;
    const agree = (publicKey: Uint8Array) => x25519.generate(randomness(1)).agree(publicKey);
    expect(agree(masked)).toEqual(agree(peer));
  });
});

function expectRefusal(agree: () => unknown): void {
  expect(agree).toThrow(
    expect.objectContaining({ name: 'TlsError', reason: 'key-exchange', alert: 'illegal_parameter' }),
  );
}
