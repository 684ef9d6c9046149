/** What past campaigns have found worth keeping holds still; and for a while, what chance makes of it. */

import { describe, expect, test } from 'vitest';
import { fuzz, readCorpus } from './campaign.ts';
import { targetNames, targets } from './target.ts';

const seconds = Number(process.env['REPRISE_FUZZ_SECONDS'] ?? 2);
if (!(seconds > 0)) throw new RangeError(`REPRISE_FUZZ_SECONDS: expected a number above 0, got ${seconds}`);

describe.each(targetNames)('the saved inputs of %s', (name) => {
  test('hold still', async () => {
    const saved = readCorpus(name);
    expect(saved.length).toBeGreaterThan(0);
    const { run } = await targets[name]();
    for (const input of saved) await run(input);
  });
});

test(`every target withstands ${seconds} s of changed inputs`, {
  timeout: 1000 * (60 + targetNames.length * seconds),
}, async () => {
  const results = await fuzz(targetNames, { seconds });
  for (const [name, result] of results) {
    expect(result, name).toMatchObject({ kind: 'done' });
  }
  expect([...results.keys()].sort()).toEqual([...targetNames].sort());
});
