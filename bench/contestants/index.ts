/** Who takes part, by name and in the order of the tables. The first of a run is the one that ratios are of. */

import { createAuthority } from '../../test/support/issuer.ts';
import type { Contestant, Setting, SuiteName } from './contestant.ts';

/** Loaded when they are chosen: nobody pays for the code of those who do not run. */
const contestants = {
  reprise: () => import('./reprise.ts'),
  'reprise+node-crypto': () => import('./reprise-node-crypto.ts'),
  'node:tls': () => import('./node-tls.ts'),
  'node-forge': () => import('./node-forge.ts'),
  'lemon-tls': () => import('./lemon-tls.ts'),
  floor: () => import('./floor.ts'),
} as const;

export type ContestantName = keyof typeof contestants;
export const contestantNames = Object.keys(contestants) as ContestantName[];

/** What a benchmark of contestants is of. */
export interface Field {
  readonly suiteName: SuiteName;
  readonly only: readonly ContestantName[];
}

/** Those chosen that speak the suite. */
export async function enter({ suiteName, only }: Field): Promise<Contestant[]> {
  const setting = createSetting(suiteName);
  const entered: Contestant[] = [];
  for (const name of contestantNames.filter((name) => only.includes(name))) {
    const { createContestant } = await contestants[name]();
    const contestant = createContestant(setting);
    if (contestant !== undefined) entered.push(contestant);
  }
  return entered;
}

export function createSetting(suiteName: SuiteName): Setting {
  const serverName = 'bench.example';
  const { chainPem, privateKeyPem } = createAuthority().issue({
    keyType: 'ecdsa-p256',
    dnsNames: [serverName],
  });
  return { suiteName, serverName, certificatePem: chainPem, privateKeyPem };
}
