/**
 * The same ClientHello to Reprise and to OpenSSL: both go on, and have chosen the same, or both refuse, with the same
 * alert. Where they differ, it is in a way that `differences.ts` names, with the reason.
 *
 * The hellos are the same in each run. `HELLOS=20000 npm test -- test/differential` asks about so many others.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientHellos, inRecords, messageOf } from '../support/hellos.ts';
import { differences } from './differences.ts';
import { helloIn, helloMessage, plain, recordedHellos } from './hellos.ts';
import { near, sent } from './mutations.ts';
import { askOpenSsl, askReprise } from './servers.ts';
import type { Verdict } from './verdict.ts';

const { HELLOS: others } = process.env;
const hellos = Number(others ?? 3000);
const seed = others === undefined ? { seed: 1 } : {};

/** A hello may differ in several ways, and in one way more than once; but not in more than these. */
const maxDifferences = 12;

interface Comparison {
  readonly reprise: Verdict;
  /** Without the differences. */
  readonly openSsl: Verdict;
  /** The names of those that were taken away. */
  readonly settled: readonly string[];
}

async function compare(bytes: Uint8Array): Promise<Comparison> {
  const reprise = askReprise(bytes);
  const settled: string[] = [];
  let hello = helloIn(bytes);
  let openSsl = await askOpenSsl(bytes);
  while (!alike(reprise, openSsl) && settled.length < maxDifferences) {
    const found = { bytes, hello, reprise, openSsl };
    const [difference] = differences.flatMap(({ name, settle }) => {
      const result = settle(found);
      return result === undefined ? [] : [{ name, result }];
    });
    if (difference === undefined) break;
    const { name, result } = difference;
    settled.push(name);
    if ('ask' in result) hello = result.ask;
    openSsl = 'ask' in result ? await askOpenSsl(inRecords(helloMessage(result.ask))) : result.openSsl;
  }
  return { reprise, openSsl, settled };
}

function alike(one: Verdict, other: Verdict): boolean {
  return JSON.stringify(heard(one)) === JSON.stringify(heard(other));
}

/** What the peer hears of a verdict. */
function heard(verdict: Verdict): Verdict {
  return verdict.answer === 'refused' ? { ...verdict, why: '' } : verdict;
}

async function expectAgreement(bytes: Uint8Array): Promise<void> {
  const { reprise, openSsl, settled } = await compare(bytes);
  if (alike(reprise, openSsl)) return;
  expect(openSsl, `OpenSSL’s verdict, without ${settled.join(', ') || 'any difference'}`).toEqual(reprise);
}

describe('Reprise and OpenSSL agree', () => {
  test('on the hellos of browsers, tools and libraries: they go on', async () => {
    for (const hello of recordedHellos) {
      const bytes = inRecords(helloMessage(hello));
      expect(askReprise(bytes).answer).toBe('chosen');
      await expectAgreement(bytes);
    }
  });

  test('on hellos near to them', { timeout: 600_000 }, async () => {
    const bytes = sent(near([...recordedHellos, plain], 3));
    await fc.assert(fc.asyncProperty(bytes, expectAgreement), { ...seed, numRuns: Math.ceil(hellos * 0.8) });
  });

  test('on all that the declaration of ClientHello allows', { timeout: 600_000 }, async () => {
    const bytes = clientHellos.map((body) => inRecords(messageOf('ClientHello', body)));
    await fc.assert(fc.asyncProperty(bytes, expectAgreement), { ...seed, numRuns: Math.ceil(hellos * 0.2) });
  });
});

describe('but for what is known', () => {
  test.each(differences)('$name', async ({ name, until, example }) => {
    const { reprise, openSsl, settled } = await compare(example);
    expect(settled.includes(name)).toBe(until === undefined || isBefore(until));
    expect(heard(openSsl)).toEqual(heard(reprise));
  });
});

/** Whether the OpenSSL that node has is older than this. */
function isBefore(version: string): boolean {
  const [[major = 0, minor = 0], [ofMajor = 0, ofMinor = 0]] = [process.versions.openssl, version].map(
    (each) => each.split('.').map(Number),
  ) as [number[], number[]];
  return major < ofMajor || (major === ofMajor && minor < ofMinor);
}
