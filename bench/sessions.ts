/**
 * What sessions cost where they are kept: memory and time in a MemorySessionStore that is full, of a thousand sessions
 * to a million; how long its longest operation stops the process; and what it takes to seal one and to open it again,
 * beside the resumed handshake that opens it.
 *
 * States are those of a session as a handshake stores it. Keys are made before the clock runs, a few at a time: with a
 * million strings in a list, the list would be what is measured.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { SessionStore } from '../src/index.ts';
import { createAuthority } from '../test/support/issuer.ts';
import { handshake, reprise } from './contestants/reprise.ts';
import { type MeasureOptions, measure, median, type Result, ratios } from './measure.ts';
import { printTable, range, round } from './table.ts';

const sizes = [1000, 10_000, 100_000, 1_000_000] as const;

export interface SessionsReport {
  /** By the number of sessions: bytes of each, microseconds of `get` and `set`, milliseconds of the longest `set`. */
  readonly memory: Record<number, Record<'bytes' | 'get' | 'set' | 'longest', number>>;
  /** Microseconds. */
  readonly sealed: Record<string, number>;
}

export async function sessionsBenchmark(
  options: MeasureOptions & { readonly largest: number },
): Promise<SessionsReport> {
  const session = await returningClient();
  return { memory: await memory(session.state, options), sealed: await sealed(session, options) };
}

/** A full store, and the number of the key that it is given next. */
interface Full {
  readonly size: number;
  readonly store: SessionStore;
  readonly bytes: number;
  readonly times: Record<'get' | 'set', number[]>;
  next: number;
}

async function memory(
  state: Uint8Array,
  { rounds, slice, warmUp, largest }: MeasureOptions & { readonly largest: number },
): Promise<SessionsReport['memory']> {
  takeTurn(await fill(sizes[0], state), state, warmUp);
  const stores: Full[] = [];
  for (const size of sizes.filter((size) => size <= largest)) stores.push(await fill(size, state));
  for (let round = 0; round < rounds; round++) {
    for (const index of stores.keys()) {
      const full = stores[(round + index) % stores.length];
      if (full !== undefined) takeTurn(full, state, slice);
    }
  }
  const [least] = stores;
  const longest = stores.map((full) => longestSet(full, state));
  printTable(`a MemorySessionStore that is full, with states of ${state.length} bytes`, [
    ['sessions', 'bytes each', 'get µs', '÷ least', 'set µs', '÷ least', 'longest set ms'],
    ...stores.map(({ size, bytes, times }, index) => [
      ...[size, bytes].map(String),
      ...(['get', 'set'] as const).flatMap((verb) => [
        median(times[verb]).toFixed(2),
        median(times[verb].map((time, round) => time / (least?.times[verb][round] ?? Number.NaN))).toFixed(2),
      ]),
      (longest[index] ?? Number.NaN).toFixed(2),
    ]),
  ]);
  return Object.fromEntries(
    stores.map(({ size, bytes, times }, index) => [
      size,
      { bytes, get: median(times.get), set: median(times.set), longest: longest[index] ?? Number.NaN },
    ]),
  );
}

/**
 * What is in the heap and beside it, before and after, says what one session takes: of as many stores as it needs to be
 * more than what comes and goes in a process anyway.
 */
async function fill(size: number, state: Uint8Array): Promise<Full> {
  const before = await memoryInUse();
  const stores = Array.from({ length: Math.max(1, 100_000 / size) }, () => {
    const store = new reprise.MemorySessionStore({ capacity: size });
    for (let n = 0; n < size; n++) store.set(keyOf(n), state, 3600);
    return store;
  });
  const bytes = Math.round(((await memoryInUse()) - before) / (size * stores.length));
  const [store = new reprise.MemorySessionStore()] = stores;
  return { size, store, bytes, times: { get: [], set: [] }, next: size };
}

const batch = 500;

/**
 * Sets and gets by turns for so many milliseconds. Each set drops the session used least recently; each get finds one of
 * the last third that were set, which are there yet, since as many were used by gets.
 */
function takeTurn(full: Full, state: Uint8Array, duration: number): void {
  const { size, store, times } = full;
  const totals = { get: 0, set: 0 };
  let batches = 0;
  for (const end = performance.now() + duration; performance.now() < end; batches++) {
    const fresh = Array.from({ length: batch }, () => keyOf(full.next++));
    totals.set += timeOf(() => {
      for (const key of fresh) store.set(key, state, 3600);
    });
    const known = fresh.map(() => keyOf(full.next - 1 - Math.floor((Math.random() * size) / 3)));
    totals.get += timeOf(() => {
      for (const key of known) {
        if (store.get(key) === undefined)
          throw new Error('expected a session that is in the store, got none');
      }
    });
  }
  for (const verb of ['get', 'set'] as const) times[verb].push((1000 * totals[verb]) / (batches * batch));
}

/**
 * How long the longest `set` took, in milliseconds of the processor's time (what else the machine does is nobody's
 * stall), of as many as are needed to change all that is in the store. The least of three times: what the engine does
 * beside, as compiling, does not come at the same place each time, and what the store does comes always.
 */
function longestSet(full: Full, state: Uint8Array): number {
  const passes = [1, 2, 3].map(() => {
    let longest = 0;
    for (let done = 0; done < Math.max(full.size, 100_000); done++) {
      const key = keyOf(full.next++);
      const began = process.cpuUsage();
      full.store.set(key, state, 3600);
      const { user, system } = process.cpuUsage(began);
      longest = Math.max(longest, (user + system) / 1000);
    }
    return longest;
  });
  return Math.min(...passes);
}

function timeOf(run: () => void): number {
  const began = performance.now();
  run();
  return performance.now() - began;
}

const words = new Uint32Array(8);

/** 64 hexadecimal digits, in one piece. */
function keyOf(n: number): string {
  for (let i = 0; i < words.length; i++) {
    const x = Math.imul(words.length * n + i + 1, 0x9e3779b1);
    words[i] = Math.imul(x ^ (x >>> 15), 0x85ebca77) ^ x;
  }
  return Buffer.from(words.buffer).toString('hex');
}

const collect = collector();

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  return typeof collect === 'function' ? () => collect() : () => {};
}

/** After what is not needed any more has gone, which it does in steps and partly in other threads. */
async function memoryInUse(): Promise<number> {
  for (let step = 0; step < 4; step++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** A client that has been here: its handshake, and what the server has stored of it. */
async function returningClient() {
  const serverName = 'bench.example';
  const { chainPem, privateKeyPem } = createAuthority().issue({
    keyType: 'ecdsa-p256',
    dnsNames: [serverName],
  });
  const states: Uint8Array[] = [];
  const memory = new reprise.MemorySessionStore();
  const sessionStore: SessionStore = {
    get: (key) => memory.get(key),
    delete: (key) => memory.delete(key),
    set: (key, state, lifetime) => {
      states.push(state.slice());
      memory.set(key, state, lifetime);
    },
  };
  const server = { certificates: [{ chain: chainPem, privateKey: privateKeyPem }], sessionStore };
  const sessionCache = new reprise.MemoryClientSessionCache();
  const client = { serverName, verifyCertificate: () => true as const, sessionCache };
  await handshake('reprise', client, server, 'full');
  const [state = new Uint8Array()] = states;
  return {
    state,
    resume: async () => {
      await handshake('reprise', client, server, 'resumed');
    },
  };
}

async function sealed(
  { state, resume }: Awaited<ReturnType<typeof returningClient>>,
  options: MeasureOptions,
): Promise<SessionsReport['sealed']> {
  let stored: Uint8Array | undefined;
  const one: SessionStore = {
    get: () => stored,
    set: (_, state) => {
      stored = state;
    },
    delete: () => {},
  };
  const keys = [{ id: 'bench', secret: crypto.getRandomValues(new Uint8Array(32)) }];
  const store = new reprise.SealedSessionStore(one, { keys });
  const key = keyOf(0);
  const results = await measure(
    [
      { name: 'resumed handshake', run: resume },
      { name: 'seal', run: () => void store.set(key, state, 3600) },
      { name: 'open', run: () => void store.get(key) },
    ],
    options,
  );
  const [whole] = results;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const cost = ({ rates }: Result) => round(1e6 / median(rates));
  printTable(`a SealedSessionStore, with states of ${state.length} bytes that become ${stored?.length}`, [
    ['', 'microseconds', 'of a resumed handshake', 'in each round'],
    ...results.map((result) => {
      const shares = whole === undefined ? [] : ratios(whole, result);
      return [result.name, `${cost(result)}`, percent(median(shares)), range(shares, percent)];
    }),
  ]);
  return Object.fromEntries(results.map((result) => [result.name, cost(result)]));
}
