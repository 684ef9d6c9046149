/**
 * A worker of workers.ts: a process that makes handshakes of one kind, client and server, when it is told to, for as
 * long as it is told. Its sessions are in its own memory, or in the store of the process that started it.
 */

import { storeOfParent } from '../test/examples/shared-store.ts';
import type { SuiteName } from './contestants/contestant.ts';
import { createSetting } from './contestants/index.ts';
import { configsFor, handshake, reprise } from './contestants/reprise.ts';

export interface Job {
  readonly suiteName: SuiteName;
  readonly kind: 'full' | 'resumed';
  readonly store: 'own' | 'shared';
}

/** Work for so many milliseconds. */
export interface Order {
  readonly duration: number;
}

/** Handshakes a second, over the time that was ordered. */
export interface Done {
  readonly rate: number;
}

const job = JSON.parse(process.argv[2] ?? '') as Job;
const { server, forgetful, returning } = configsFor(createSetting(job.suiteName), reprise.noble);
const shared = { sessionStore: storeOfParent(), sessionStoreDeadline: 1000 };
const own = job.store === 'own' ? server : { ...server, ...shared };
const client = job.kind === 'full' ? forgetful : returning;
if (job.kind === 'resumed') await handshake('reprise', client, own, 'full');

process.on('message', async (message: unknown) => {
  if (!isOrder(message)) return;
  const began = performance.now();
  let handshakes = 0;
  do {
    await handshake('reprise', client, own, job.kind);
    handshakes++;
  } while (performance.now() - began < message.duration);
  const done: Done = { rate: (1000 * handshakes) / (performance.now() - began) };
  process.send?.(done);
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

function isOrder(message: unknown): message is Order {
  return typeof message === 'object' && message !== null && 'duration' in message;
}
