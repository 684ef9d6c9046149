/** A campaign finds what is put there to be found, and says with which input. */

import { expect, test } from 'vitest';
import { inRecords } from '../support/hellos.ts';
import { message, samples } from '../support/scripted/messages.ts';
import { type CampaignOptions, type Finding, fuzz } from './campaign.ts';

const worker = new URL('faulty-worker.ts', import.meta.url);

/** Each ends with its finding; the heap is looked at in the end. */
const faults: [name: string, sentence: string, options: Partial<CampaignOptions>][] = [
  ['throws later', 'who is there to catch it', {}],
  ['never ends', 'expected an end within 2 s', { hang: 2 }],
  ['is slow', 'expected an end within 250 ms', {}],
  ['grows', 'the heap has grown by ', { seconds: 3 }],
];

async function findingOf(name: string, options: Partial<CampaignOptions>): Promise<Finding> {
  const result = (await fuzz([name], { seconds: 200, seed: 1, worker, ...options })).get(name);
  expect(result).toMatchObject({ kind: 'finding' });
  return result as Finding;
}

test.each(faults)('a run that %s is a finding', { timeout: 300_000 }, async (name, sentence, options) => {
  expect((await findingOf(name, options)).error).toContain(sentence);
});

test('a run that throws is a finding, cut down to the shortest of its kind', {
  timeout: 300_000,
}, async () => {
  const { error, input } = await findingOf('throws', {});
  expect(error).toContain('a hello is not to be found');
  expect(input).toHaveLength(inRecords(message('ClientHello', samples.ClientHello)).length);
});
