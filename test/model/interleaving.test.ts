/**
 * Answers of stores and signers come when they come, and so do bytes: in whatever order, pieces of the
 * peer's flight while a side still waits for its own, the outcome is that of a connection where all is there at once. And
 * where the transport ends at any moment of it, nothing false comes of that.
 */

import fc from 'fast-check';
import type { CertificateConfig, SessionStore } from 'reprise-tls';
import { expect, test } from 'vitest';
import { signedWith } from '../support/kinds.ts';
import { OpenStore } from '../support/resumption.ts';
import { runs, timeout } from '../support/runs.ts';
import type { Ground } from './ground.ts';
import { type Side, sides } from './machine.ts';
import { type Carrier, converse, type Delivery, type Middle, other } from './scene.ts';
import { grounds } from './siege.ts';
import { expectWhole, judge } from './views.ts';

/** Delivers each side's bytes in their order, and among all else in that of the scheduler. */
function scheduled(scheduler: fc.Scheduler): Carrier {
  const underWay: Record<Side, (() => unknown)[]> = { client: [], server: [] };
  return {
    carry: ({ to }, deliver) => {
      underWay[to].push(deliver);
      scheduler.schedule(Promise.resolve(), `to the ${to}`).then(() => underWay[to].shift()?.());
    },
    rest: () => scheduler.waitIdle(),
  };
}

/** Each flight in pieces of this length; behind so many of them, the end of the transport for one side. */
function cutting(length: number, end: { readonly whom: Side; readonly after: number } | undefined): Middle {
  let passed = 0;
  return {
    *pass(from: Side, bytes: Uint8Array): Generator<Delivery> {
      for (let offset = 0; offset < bytes.length; offset += length) {
        if (passed++ === end?.after) yield { to: end.whom, end: true };
        yield { to: other(from), bytes: bytes.slice(offset, offset + length) };
      }
    },
  };
}

/** Whatever it is asked for comes when the scheduler says. */
function delayed(scheduler: fc.Scheduler, what: string, store: OpenStore): SessionStore {
  const then = <T>(answer: () => T): Promise<T> =>
    scheduler.schedule(Promise.resolve(), what).then(() => answer());
  return {
    get: (key) => then(() => store.get(key)),
    set: (key, state, lifetime) => then(() => store.set(key, state, lifetime)),
    delete: (key) => then(() => store.delete(key)),
  };
}

const circumstances = fc.record({
  ground: fc.nat(grounds.length - 1),
  resumes: fc.boolean(),
  halfClose: fc.boolean(),
  length: fc.constantFrom(7, 100, 1000, 0x10000),
  end: fc.option(fc.record({ whom: fc.constantFrom(...sides), after: fc.nat(40) }), { nil: undefined }),
});

function property(carrierOf: (scheduler: fc.Scheduler) => Carrier) {
  return fc.asyncProperty(fc.scheduler(), circumstances, async (scheduler, given) => {
    const ground = grounds[given.ground] as Ground;
    const cache = given.resumes ? ground.cache.clone() : new OpenStore();
    const store = ground.store.clone();
    const sign = (certificate: CertificateConfig) =>
      signedWith(certificate, (signature) => scheduler.schedule(Promise.resolve(signature()), 'signature'));
    const { certificates: own = [], ...client } = ground.client(cache);
    const { certificates = [], ...server } = ground.server(store);
    const views = await converse({
      client: {
        ...client,
        ...patient,
        certificates: own.map(sign),
        sessionCache: delayed(scheduler, 'cache', cache),
      },
      server: {
        ...server,
        ...patient,
        certificates: certificates.map(sign),
        sessionStore: delayed(scheduler, 'store', store),
      },
      middle: cutting(given.length, given.end),
      carrier: carrierOf(scheduler),
      halfClose: given.halfClose,
    });
    judge(views, ground.undisturbed[given.resumes ? 'resumed' : 'full'], ground.shown);
    if (given.end === undefined) expectWhole(views);
  });
}

/** No timer has a say in the order. */
const patient = { sessionStoreDeadline: 0x7fffffff };

test('the outcome does not depend on when answers and bytes come', { timeout }, async () => {
  await fc.assert(property(scheduled), runs(80));
});

test('it would be found if it did: if bytes could overtake each other', { timeout }, async () => {
  const overtaking = (scheduler: fc.Scheduler): Carrier => ({
    ...scheduled(scheduler),
    carry: (_, deliver) => {
      scheduler.schedule(Promise.resolve(), 'somewhere').then(deliver);
    },
  });
  const { errorInstance } = await fc.check(property(overtaking), { numRuns: 1000, endOnFailure: true });
  expect(String(errorInstance)).toMatch(/^AssertionError/);
});
