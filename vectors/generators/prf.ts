/** prf.json: the pseudorandom function (RFC 5246 §5). */

import { referencePrf } from '../../test/support/prf-reference.ts';
import { bytes, fromHex, hex } from './bytes.ts';
import { publicPrf } from './cited.ts';
import { computed, type File } from './file.ts';

/** Secrets shorter and longer than a block of the hash, an empty seed, outputs that end within and at a block. */
const shapes = [
  { label: 'test label', secret: 16, seed: 16, lengths: [1, 12, 31, 32, 33, 48, 64, 100] },
  { label: 'master secret', secret: 48, seed: 64, lengths: [48] },
  { label: 'key expansion', secret: 48, seed: 64, lengths: [40, 72, 88, 104] },
  { label: 'client finished', secret: 48, seed: 32, lengths: [12] },
  { label: '', secret: 32, seed: 32, lengths: [48] },
  { label: 'no seed', secret: 32, seed: 0, lengths: [48] },
  { label: 'no secret', secret: 0, seed: 32, lengths: [48] },
  { label: 'a secret longer than a block', secret: 200, seed: 32, lengths: [257] },
  { label: 'étiquette', secret: 32, seed: 32, lengths: [48] },
];

export const prf: File = {
  path: 'prf.json',
  schema: 'prf',
  source: `${computed} The vectors with a source of their own are cited.`,
  content: () => ({
    vectors: [
      ...publicPrf,
      ...(['SHA-256', 'SHA-384'] as const).flatMap((hash) =>
        shapes.flatMap(({ label, secret, seed, lengths }, i) =>
          lengths.map((length) => {
            const [secretBytes, seedBytes] = [bytes(`prf secret ${i}`, secret), bytes(`prf seed ${i}`, seed)];
            const output = hex(referencePrf(hash, secretBytes, label, seedBytes, length));
            return { hash, label, secret: hex(secretBytes), seed: hex(seedBytes), output };
          }),
        ),
      ),
    ],
  }),
};

/** The public ones are cited as they are, and hold all the same. */
for (const { hash, secret, label, seed, output } of publicPrf) {
  const expected = referencePrf(hash, fromHex(secret), label, fromHex(seed), output.length / 2);
  if (hex(expected) !== output) throw new RangeError(`the cited PRF with ${hash} does not hold`);
}
