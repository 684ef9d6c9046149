/** Reprise with the cryptography of `node:crypto`, and all else as in reprise.ts. */

import { built } from '../built.ts';
import type { Contestant, Setting } from './contestant.ts';
import { contestantWith } from './reprise.ts';

export const { nodeCrypto }: typeof import('../../src/node-crypto/index.ts') = await import(
  built('node-crypto/index.js')
);

export function createContestant(setting: Setting): Contestant {
  return contestantWith('reprise+node-crypto', setting, nodeCrypto);
}
