/** Reprise with the cryptography of `node:crypto`, and all else as in reprise.ts. */

import type { Contestant, Setting } from './contestant.ts';
import { contestantWith } from './reprise.ts';

const build: string = new URL('../../dist/node-crypto/index.js', import.meta.url).href;
export const { nodeCrypto }: typeof import('../../src/node-crypto/index.ts') = await import(build);

export function createContestant(setting: Setting): Contestant {
  return contestantWith('reprise+node-crypto', setting, nodeCrypto);
}
