/** `observe`: what becomes of sessions, told as it happens to who counts it. */

import { createResumptionCounters, MemorySessionStore, type ResumptionEvent } from 'reprise-tls';
import { expect, test } from 'vitest';
import { meet, serverConfig, stage } from '../support/resumption.ts';

test('each handshake is counted on its own side, under the rule that decided it', async () => {
  const ours = createResumptionCounters();
  const theirs = createResumptionCounters();
  const { server, client } = stage({
    server: { sessionStore: new MemorySessionStore(), observe: ours.observe },
    client: { observe: theirs.observe },
  });
  for (let visit = 0; visit < 3; visit++) await meet(client, server);
  await meet(client, serverConfig({ ...server, sessionContext: 'another', observe: ours.observe }));
  expect(ours.counters).toMatchObject({
    offered: 3,
    resumed: 2,
    refused: { 'not-offered': 1, 'context-changed': 1 },
    stored: 2,
    store: { get: { answered: 3, failed: 0 }, set: { answered: 2 } },
  });
  expect(theirs.counters).toMatchObject({
    offered: 4,
    resumed: 2,
    refused: { 'not-found': 1, 'declined-by-server': 1 },
  });
});

test('a store that fails is counted as failing, and then as suspended, and costs no connection', async () => {
  const events: ResumptionEvent[] = [];
  const reports: string[] = [];
  const failing = {
    get: () => Promise.reject(new Error('down')),
    set: () => Promise.reject(new Error('down')),
    delete: () => Promise.reject(new Error('down')),
  };
  const { client } = stage();
  const server = serverConfig({
    sessionStore: failing,
    sessionStoreBreaker: { failures: 2, pause: 60_000 },
    observe: (event) => events.push(event),
    report: ({ kind }) => reports.push(kind),
  });
  for (let visit = 0; visit < 4; visit++) {
    const { serverEnd } = await meet(client, server);
    expect(serverEnd.info?.resumed).toBe(false);
  }
  const outcomes = events.flatMap((event) => (event.kind === 'store-asked' ? [event.outcome] : []));
  expect(outcomes.slice(0, 2)).toEqual(['failed', 'failed']);
  expect(new Set(outcomes.slice(2))).toEqual(new Set(['suspended']));
  expect(reports).toEqual(['store-failed', 'store-failed', 'store-suspended']);
});

test('an observer that throws is its own matter', async () => {
  const observe = () => {
    throw new Error('no disk left');
  };
  const { server, client } = stage({ server: { observe }, client: { observe } });
  for (const resumed of [false, true]) {
    const { clientEnd, serverEnd } = await meet(client, server);
    expect([clientEnd.info?.resumed, serverEnd.info?.resumed]).toEqual([resumed, resumed]);
  }
});
