/**
 * Whether a resumed handshake costs more where more sessions are kept: a MemorySessionStore with a hundred of them, and
 * with ten times as many again and again up to a million, each a session of its own that a client may come back with.
 * In each round one client after the other comes to each store, picked out of all that are in it. What is counted is
 * the processor's time, in which a busy machine shows less.
 *
 * It takes no million of handshakes to make them: one was made, and the others are it under other session IDs.
 */

import type { ClientSessionCache, ServerConfig } from '../src/index.ts';
import type { Session } from '../src/session/session.ts';
import { built } from './built.ts';
import { suiteNames } from './contestants/contestant.ts';
import { createSetting } from './contestants/index.ts';
import { configsFor, handshake, reprise } from './contestants/reprise.ts';
import { collectYoung, type MeasureOptions, median } from './measure.ts';
import { type Figures, printTable, range, round } from './table.ts';

const { withChecksum, withoutChecksum }: typeof import('../src/session/keeper.ts') = await import(
  built('session/keeper.js')
);
const { decodeSession, encodeSession }: typeof import('../src/session/session.ts') = await import(
  built('session/session.js')
);
const { storeKey }: typeof import('../src/session/key.ts') = await import(built('session/key.js'));
const { sha256 }: typeof import('../src/crypto/hash.ts') = await import(built('crypto/hash.js'));

const sizes = [100, 1000, 10_000, 100_000, 1_000_000] as const;

/** Clients that are made ready before the clock runs. */
const batch = 20;

interface Crowd {
  readonly size: number;
  readonly server: ServerConfig;
  /** Microseconds of the processor's for a resumed handshake, one number for each round. */
  readonly times: number[];
}

export async function crowdBenchmark({
  rounds,
  slice,
  warmUp,
  largest,
}: MeasureOptions & { readonly largest: number }): Promise<Figures<'crowd'>> {
  const one = await firstClient();
  const crowds = sizes.filter((size) => size <= largest).map((size) => one.gather(size));
  const [least] = crowds;
  if (least === undefined) throw new RangeError(`expected at least ${sizes[0]} sessions, got ${largest}`);
  await takeTurn({ ...least, times: [] }, one.visit, warmUp);
  for (let turn = 0; turn < rounds * crowds.length; turn++) {
    const index = (Math.floor(turn / crowds.length) + turn) % crowds.length;
    const crowd = crowds[index];
    if (crowd !== undefined) await takeTurn(crowd, one.visit, slice);
  }
  const beside = ({ times }: Crowd) => times.map((time, turn) => time / (least.times[turn] ?? Number.NaN));
  const fixed = (value: number) => value.toFixed(2);
  printTable('a resumed handshake by the number of sessions that the store holds', [
    ['sessions', 'microseconds', '÷ least', 'in each round'],
    ...crowds.map((crowd) => [
      `${crowd.size}`,
      `${round(median(crowd.times))}`,
      fixed(median(beside(crowd))),
      range(beside(crowd), fixed),
    ]),
  ]);
  return { crowd: Object.fromEntries(crowds.map(({ size, times }) => [size, round(median(times))])) };
}

/** A client comes back, the n-th of those whom the server knows. */
type Visit = (n: number, server: ServerConfig) => () => Promise<void>;

async function takeTurn({ size, server, times }: Crowd, visit: Visit, duration: number): Promise<void> {
  collectYoung();
  let spent = 0;
  let handshakes = 0;
  do {
    const visits = Array.from({ length: batch }, () => visit(Math.floor(Math.random() * size), server));
    const began = process.cpuUsage();
    for (const come of visits) await come();
    const { user, system } = process.cpuUsage(began);
    spent += (user + system) / 1000;
    handshakes += batch;
  } while (spent < duration);
  times.push((1000 * spent) / handshakes);
}

/** One full handshake, and what was stored of it on both sides. */
async function firstClient() {
  const { server, forgetful } = configsFor(createSetting(suiteNames[0]), reprise.noble);
  const atServer = recorder();
  const atClient = recorder();
  const client = { ...forgetful, sessionCache: atClient.store };
  await handshake('reprise', client, { ...server, sessionStore: atServer.store }, 'full');
  const [{ session }, { key, session: own }] = [atServer.stored(), atClient.stored()];

  function gather(size: number): Crowd {
    const sessionStore = new reprise.MemorySessionStore({ capacity: size });
    for (let n = 0; n < size; n++) {
      const sessionId = idOf(n);
      const place = storeKey(sha256, sessionId);
      sessionStore.set(place, withChecksum(sha256, place, encodeSession({ ...session, sessionId })), 3600);
    }
    return { size, server: { ...server, sessionStore }, times: [] };
  }

  // One client for all of them: what it takes to read a configuration is not to be part of it.
  let offered: Uint8Array | undefined;
  const sessionCache: ClientSessionCache = { get: () => offered, set: () => {}, delete: () => {} };
  const returning = { ...forgetful, sessionCache };
  const visit: Visit = (n, crowd) => {
    const state = withChecksum(sha256, key, encodeSession({ ...own, sessionId: idOf(n) }));
    return async () => {
      offered = state;
      await handshake('reprise', returning, crowd, 'resumed');
    };
  };
  return { gather, visit };
}

/** A store that shows what came into it, once. */
function recorder() {
  let kept: { readonly key: string; readonly session: Session } | undefined;
  const store: ClientSessionCache = {
    get: () => undefined,
    set: (key, stored) => {
      const session = decodeSession(withoutChecksum(sha256, key, stored) ?? stored);
      kept = session && { key, session };
    },
    delete: () => {},
  };
  const stored = () => {
    if (kept === undefined) throw new Error('expected a session to be stored, there was none');
    return kept;
  };
  return { store, stored };
}

/** Session IDs of 32 bytes, in no order. */
function idOf(n: number): Uint8Array {
  const id = new Uint8Array(32).fill(0x52);
  new DataView(id.buffer).setUint32(0, Math.imul(n + 1, 0x9e3779b1));
  return id;
}
