/**
 * The program `npm run fuzz`:
 *
 *     npm run fuzz -- [--seconds N] [--seed N] [--save] [target…]     all targets, or those named
 *     npm run fuzz -- --replay HEX target                              one input
 *
 * Without `--seconds` each target has as many as REPRISE_FUZZ_SECONDS says, or 10. With `--save` the corpus becomes what
 * the campaign found, minimised. A finding is printed with its input, and fails the run.
 */

import { parseArgs } from 'node:util';
import { fromHex, hex } from '../../src/wire/bytes.ts';
import { type Done, type Finding, fuzz, type Statistics, writeCorpus } from './campaign.ts';
import { type TargetName, targetNames, targets } from './target.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: process.env['REPRISE_FUZZ_SECONDS'] ?? '10' },
    seed: { type: 'string', default: `${Date.now()}` },
    save: { type: 'boolean', default: false },
    replay: { type: 'string' },
  },
});
const names = positionals.length === 0 ? targetNames : positionals.map(targetNamed);
const seconds = number(values.seconds);
const seed = number(values.seed);

if (values.replay !== undefined) {
  const input = fromHex(values.replay);
  for (const name of names) await (await targets[name]()).run(input);
  console.log('nothing is wrong with this input');
} else {
  const onProgress = (name: string, statistics: Statistics) => console.log(count(name, statistics));
  const results = await fuzz(names, { seconds, seed, minimise: values.save, onProgress });
  for (const [name, result] of results) {
    console.log(describe(name, result));
    if (result.kind === 'finding') process.exitCode = 1;
    else if (values.save) writeCorpus(name, result.corpus);
  }
  const { user, system } = process.cpuUsage();
  console.log(`seed ${seed}; ${((user + system) / 1e6).toFixed()} s of processor time in all`);
}

function targetNamed(text: string): TargetName {
  const name = targetNames.find((each) => each === text);
  if (name === undefined) throw new RangeError(`expected one of ${targetNames.join(', ')}, got ${text}`);
  return name;
}

function number(text: string): number {
  if (!/^\d+$/.test(text)) throw new RangeError(`expected a number, got ${text}`);
  return Number(text);
}

function describe(name: string, result: Done | Finding): string {
  if (result.kind === 'done') {
    return `${count(name, result)}, heap ${result.growth < 0 ? '' : '+'}${(result.growth / 1024).toFixed()} KiB`;
  }
  const digits = hex(result.input);
  return `${name}: ${result.error}\nReplay it with: npm run fuzz -- ${name} --replay ${digits}`;
}

function count(name: string, { executions, seconds, inputs, reached, blocks }: Statistics): string {
  return `${name}: ${executions} executions in ${seconds.toFixed()} s, ${reached} of ${blocks} blocks, ${inputs} inputs`;
}
