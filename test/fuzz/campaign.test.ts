/** A campaign finds what is put there to be found, and says with which input. */

import { expect, test } from 'vitest';
import { inRecords } from '../support/hellos.ts';
import { message, samples } from '../support/scripted/messages.ts';
import { type CampaignOptions, type Finding, fuzz } from './campaign.ts';

const worker = new URL('faulty-worker.ts', import.meta.url);

/** Each ends with its finding; the heap is looked at in the end. */
const faults: [name: string, sentence: string, options: Partial<CampaignOptions>][] = [
  ['throws', 'a hello is not to be found', {}],
  ['throws later', 'who is there to catch it', {}],
  ['never ends', 'expected an end within 5 s', { hang: 5 }],
  ['is slow', 'expected an end within 250 ms', {}],
  ['grows', 'the heap has grown by ', { seconds: 3 }],
];

test.each(faults)('a run that %s is a finding', { timeout: 120_000 }, async (name, sentence, options) => {
  const result = (await fuzz([name], { seconds: 100, seed: 1, worker, ...options })).get(name);
  expect(result).toMatchObject({ kind: 'finding' });
  expect((result as Finding).error).toContain(sentence);
});

test('a finding is cut down to the shortest input of its kind', { timeout: 120_000 }, async () => {
  const result = (await fuzz(['throws'], { seconds: 100, seed: 2, worker })).get('throws') as Finding;
  expect(result.input).toHaveLength(inRecords(message('ClientHello', samples.ClientHello)).length);
});
