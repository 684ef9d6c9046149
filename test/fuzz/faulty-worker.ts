/** A thread like that of a campaign, whose targets do what no target may. */

import { workerData } from 'node:worker_threads';
import fc from 'fast-check';
import { ClientHelloPeeker } from 'reprise-tls/persistence';
import { inRecords } from '../support/hellos.ts';
import { message, samples } from '../support/scripted/messages.ts';
import type { Assignment } from './campaign.ts';
import { Fuzzer, tell } from './fuzzer.ts';

const kept: Uint8Array[] = [];

const runs: Readonly<Record<string, (input: Uint8Array) => void>> = {
  throws(input) {
    const peeked = new ClientHelloPeeker().push(input);
    if (peeked.status === 'hello') throw new TypeError('a hello is not to be found');
  },
  'throws later'(input) {
    if (input.length < 3) return;
    queueMicrotask(() => {
      throw new TypeError('who is there to catch it');
    });
  },
  'never ends'(input) {
    while (input.length > 2);
  },
  'is slow'(input) {
    const begin = process.cpuUsage();
    while (input.length > 2 && process.cpuUsage(begin).user < 300_000);
  },
  grows() {
    if (kept.length < 0x100) kept.push(new Uint8Array(0x40000));
  },
};

const assignment: Assignment = workerData;
const run = runs[assignment.name] as (input: Uint8Array) => void;
// One byte short: chance has to put it there.
const seed = inRecords(message('ClientHello', samples.ClientHello)).slice(0, -1);
const inputs = fc.uint8Array({ maxLength: 8 });
tell(await new Fuzzer({ seeds: [seed], inputs, maxLength: 0x100, run }, assignment).run());
