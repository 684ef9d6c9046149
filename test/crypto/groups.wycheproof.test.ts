/** Known answers of Wycheproof for ECDHE, and its points that are none of the curve's. */

import { p256, p384, p521 } from '@noble/curves/nist.js';
import { expect, test } from 'vitest';
import { secp256r1, secp384r1, secp521r1, x25519 } from '../../src/crypto/groups.ts';
import { i2osp, os2ip } from '../../src/crypto/modular.ts';
import { noble } from '../../src/crypto/noble.ts';
import type { NamedGroup } from '../../src/crypto/provider.ts';
import { x25519 as x25519Ladder } from '../../src/crypto/x25519-ladder.ts';
import { nodeCrypto } from '../../src/node-crypto/index.ts';
import { equal, fromHex } from '../../src/wire/bytes.ts';
import { TlsError } from '../../src/wire/error.ts';
import {
  type Case,
  describeVectors,
  integerBytes,
  misbehaving,
  type Wycheproof,
} from '../support/wycheproof.ts';

interface AgreementCase extends Case {
  readonly public: string;
  readonly private: string;
  readonly shared: string;
}

interface Group {
  readonly tests: readonly AgreementCase[];
}

const providers = [noble, nodeCrypto];
const nistRows = providers.flatMap(({ name: provider, group }) => [
  { provider, group: group(secp256r1), curve: p256 },
  { provider, group: group(secp384r1), curve: p384 },
  { provider, group: group(secp521r1), curve: p521 },
]);

for (const { provider, group, curve } of nistRows) {
  describeVectors<[Wycheproof<Group>]>(
    `${group.name} of ${provider} by Wycheproof`,
    [`wycheproof/ecdh_${group.name}_ecpoint_test.json`],
    ({ numberOfTests, testGroups }) => {
      const cases = testGroups.flatMap(({ tests }) => tests);
      const tried = cases.filter(isTried);
      const scalarLength = curve.Point.Fn.BYTES;

      /** A scalar is made from random bytes as their remainder by n − 1, plus one (FIPS 186-5 §A.2.1). */
      const agree = (each: AgreementCase) => {
        const scalar = os2ip(integerBytes(each.private, scalarLength));
        return agreement(group, (length) => i2osp(scalar - 1n, length), fromHex(each.public));
      };

      test('a valid public key gives the shared secret; of the others, none gives any', () => {
        const failures = misbehaving(tried, (each) => {
          const secret = agree(each);
          // Acceptable are points in compressed form, which RFC 8422 §5.1.2 takes away.
          if (each.result !== 'valid') return secret === undefined;
          return secret !== undefined && equal(secret, fromHex(each.shared));
        });
        expect(failures).toEqual([]);
        expect(cases).toHaveLength(numberOfTests);
      });
    },
  );
}

describeVectors<[Wycheproof<Group>]>(
  'x25519 by Wycheproof',
  ['wycheproof/x25519_test.json'],
  ({ numberOfTests, testGroups }) => {
    const implementations = [
      ...providers.map(({ name, group }) => ({ name, group: group(x25519) })),
      { name: 'the ladder', group: x25519Ladder },
    ];
    test.each(implementations)(
      'of $name: every public key gives the shared secret, but for those whose secret is all zero (RFC 8422 §5.11)',
      ({ group }) => {
        const cases = testGroups.flatMap(({ tests }) => tests);
        const failures = misbehaving(cases, (each) => {
          const secret = agreement(group, () => fromHex(each.private), fromHex(each.public));
          if (each.flags.includes('ZeroSharedSecret')) return secret === undefined;
          return secret !== undefined && equal(secret, fromHex(each.shared));
        });
        expect(failures).toEqual([]);
        expect(cases).toHaveLength(numberOfTests);
      },
    );
  },
);

/**
 * Most cases vary one thing, the doublings on the way to the product, and each costs milliseconds: CI tries them all,
 * a run at the desk every tenth.
 */
function isTried({ tcId, flags }: AgreementCase): boolean {
  return process.env['CI'] !== undefined || !flags.includes('EdgeCaseDoubling') || tcId % 10 === 0;
}

/** The secret, or undefined where the peer's key is refused with illegal_parameter. */
function agreement(
  group: NamedGroup,
  randomBytes: (length: number) => Uint8Array,
  peerPublicKey: Uint8Array,
): Uint8Array | undefined {
  const share = group.generate(randomBytes);
  try {
    return share.agree(peerPublicKey);
  } catch (error) {
    if (error instanceof TlsError && error.alert === 'illegal_parameter') return undefined;
    throw error;
  }
}
