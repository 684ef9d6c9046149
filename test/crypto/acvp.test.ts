/**
 * NIST's known answers for the key derivation of TLS 1.2 (ACVP, SP 800-135 §4.2): master secret, classic and
 * extended, and key block.
 */

import { expect, test } from 'vitest';
import { sha256, sha384, sha512 } from '../../src/crypto/hash.ts';
import { extendedMasterSecret, masterSecret } from '../../src/crypto/key-schedule.ts';
import { Prf } from '../../src/crypto/prf.ts';
import type { Hash } from '../../src/crypto/provider.ts';
import { fromHex, hex } from '../../src/wire/bytes.ts';
import { describeVectors } from '../support/wycheproof.ts';

interface Question {
  readonly tcId: number;
  readonly preMasterSecret: string;
  /** Of the key block, in both files. */
  readonly clientRandom: string;
  readonly serverRandom: string;
}

interface ExtendedQuestion extends Question {
  readonly sessionHash: string;
}

interface ClassicQuestion extends Question {
  readonly clientHelloRandom: string;
  readonly serverHelloRandom: string;
}

interface Answer {
  readonly tcId: number;
  readonly masterSecret: string;
  readonly keyBlock: string;
}

/** A file is a session's header and then its vectors. Lengths in bits. */
type File<Test> = readonly [
  unknown,
  {
    readonly testGroups: readonly {
      readonly hashAlg: string;
      readonly keyBlockLength: number;
      readonly tests: readonly Test[];
    }[];
  },
];

const hashes = new Map<string, Hash>([
  ['SHA2-256', sha256],
  ['SHA2-384', sha384],
  ['SHA2-512', sha512],
]);

describeVectors<[File<ExtendedQuestion>, File<Answer>]>(
  'TLS 1.2 with extended master secret by ACVP',
  ['acvp-tls12-kdf/TLS12.vectors.json', 'acvp-tls12-kdf/TLS12.expected.json'],
  (vectors, expected) => {
    test('the master secret is that of the session hash (RFC 7627 §4), the key block that of RFC 5246 §6.3', () => {
      const answered = answer(vectors, (hash, { preMasterSecret, sessionHash }) =>
        extendedMasterSecret(hash, fromHex(preMasterSecret), fromHex(sessionHash)),
      );
      expect(answered.answers).toEqual(answersOf(expected, answered.answers));
      expect(answered.answers).toHaveLength(14);
      expect(answered.leftOut).toEqual([]);
    });
  },
);

describeVectors<[File<ClassicQuestion>, File<Answer>]>(
  'TLS 1.2 by ACVP',
  ['acvp-tls12-kdf/kdf-components.vectors.json', 'acvp-tls12-kdf/kdf-components.expected.json'],
  (vectors, expected) => {
    test('the master secret is that of both randoms (RFC 5246 §8.1), the key block that of §6.3', () => {
      const answered = answer(vectors, (hash, { preMasterSecret, clientHelloRandom, serverHelloRandom }) =>
        masterSecret(hash, fromHex(preMasterSecret), fromHex(clientHelloRandom), fromHex(serverHelloRandom)),
      );
      expect(answered.answers).toEqual(answersOf(expected, answered.answers));
      expect(answered.answers).toHaveLength(3);
      // The PRF of TLS 1.0 and 1.1, which is another construction.
      expect(answered.leftOut).toEqual(['SHA-1']);
    });
  },
);

function answer<Q extends Question>(
  [, { testGroups }]: File<Q>,
  masterSecretOf: (hash: Hash, question: Q) => Uint8Array,
): { answers: Answer[]; leftOut: string[] } {
  const answers: Answer[] = [];
  const leftOut: string[] = [];
  for (const { hashAlg, keyBlockLength, tests } of testGroups) {
    const hash = hashes.get(hashAlg);
    if (hash === undefined) {
      leftOut.push(hashAlg);
      continue;
    }
    for (const question of tests) {
      const secret = masterSecretOf(hash, question);
      const randoms = [fromHex(question.serverRandom), fromHex(question.clientRandom)];
      const keyBlock = new Prf(hash, secret).derive('key expansion', keyBlockLength / 8, ...randoms);
      answers.push({ tcId: question.tcId, masterSecret: hex(secret), keyBlock: hex(keyBlock) });
    }
  }
  return { answers, leftOut };
}

/** The expected answers to the questions that were answered, in their order. */
function answersOf([, { testGroups }]: File<Answer>, answered: readonly Answer[]): (Answer | undefined)[] {
  const expected = testGroups.flatMap(({ tests }) => tests);
  return answered.map(({ tcId }) => expected.find((each) => each.tcId === tcId));
}
