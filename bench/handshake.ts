/**
 * Handshakes a second, full and resumed: Reprise beside what a user would pick instead, and beside what its
 * cryptography alone costs. Client and server are both in this process; what is counted is the work of both ends.
 */

import { createAuthority } from '../test/support/issuer.ts';
import type { Contestant, Setting, SuiteName } from './contestants/contestant.ts';
import { type MeasureOptions, measure, median } from './measure.ts';
import { printRates, round } from './table.ts';

/** Loaded when they are chosen, in the order of the tables. The first of a run is the one that ratios are of. */
const contestants = {
  reprise: () => import('./contestants/reprise.ts'),
  'reprise+node-crypto': () => import('./contestants/reprise-node-crypto.ts'),
  'node:tls': () => import('./contestants/node-tls.ts'),
  'node-forge': () => import('./contestants/node-forge.ts'),
  floor: () => import('./contestants/floor.ts'),
} as const;

export type ContestantName = keyof typeof contestants;
export const contestantNames = Object.keys(contestants) as ContestantName[];

export interface HandshakeOptions extends MeasureOptions {
  readonly suiteName: SuiteName;
  readonly only: readonly ContestantName[];
}

/** Medians, in handshakes a second. */
export type HandshakeReport = Record<'full' | 'resumed', Record<string, number>>;

/** Measures, prints a table for each kind of handshake, and returns the medians. */
export async function handshakeBenchmark(options: HandshakeOptions): Promise<HandshakeReport> {
  const chosen = await enter(options);
  const report: HandshakeReport = { full: {}, resumed: {} };
  for (const kind of ['full', 'resumed'] as const) {
    const tasks = chosen.map((contestant) => ({ name: contestant.name, run: () => contestant[kind]() }));
    const results = await measure(tasks, options);
    printRates(`${kind} handshakes a second, ${options.suiteName}`, results);
    for (const { name, rates } of results) report[kind][name] = round(median(rates));
  }
  return report;
}

async function enter({ suiteName, only }: HandshakeOptions): Promise<Contestant[]> {
  const setting = createSetting(suiteName);
  const entered: Contestant[] = [];
  for (const name of contestantNames.filter((name) => only.includes(name))) {
    const { createContestant } = await contestants[name]();
    entered.push(createContestant(setting));
  }
  return entered;
}

function createSetting(suiteName: SuiteName): Setting {
  const serverName = 'bench.example';
  const { chainPem, privateKeyPem } = createAuthority().issue({
    keyType: 'ecdsa-p256',
    dnsNames: [serverName],
  });
  return { suiteName, serverName, certificatePem: chainPem, privateKeyPem };
}
