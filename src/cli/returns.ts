/**
 * Returns: a client that comes back with a session, and counts how often it was resumed and how long it took.
 */

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { ConnectionInfo } from '../connection/info.ts';
import type { Tracer } from '../trace/index.ts';
import { dial, hangUp, type Target } from './dial.ts';

/** One connection that offered a session, where there was one to offer. */
export type Return =
  | {
      readonly resumed: boolean;
      readonly resumption: ConnectionInfo['resumption'];
      /** Of the handshake, milliseconds. */
      readonly handshake: number;
      readonly address: string;
    }
  | { readonly error: Error };

export interface ReturnSummary {
  readonly connections: number;
  readonly resumed: number;
  readonly failed: number;
  /** Medians of the handshakes, milliseconds; undefined where there was none of the kind. */
  readonly medianFull: number | undefined;
  readonly medianAbbreviated: number | undefined;
}

/** One after the other, each with the session of the last: what a client with a cache does. */
export async function* comeBack(
  target: Target,
  times: number,
  tracerOf: (index: number) => Tracer | undefined,
): AsyncGenerator<Return> {
  for (let i = 0; i < times; i++) yield await once(target, { tracer: tracerOf(i) });
}

/** A session, and the family of the address that it was made at. */
export interface Session {
  readonly session: Uint8Array | undefined;
  readonly family: number;
}

/** So many connections are open at once. */
const parallel = 4;

/**
 * All with the one session of `from`, spread over the addresses of its family that the name has: the share that resumes
 * is the share of the servers behind it that know the session.
 */
export async function comeBackEverywhere(
  target: Target,
  { times, from }: { readonly times: number; readonly from: Session },
): Promise<readonly Return[]> {
  const { host } = target.place;
  const { session, family } = from;
  const addresses = isIP(host) !== 0 ? [host] : (await lookup(host, { all: true, family })).map(addressOf);
  const returns: Return[] = [];
  let next = 0;
  const line = async () => {
    while (next < times) {
      const address = addresses[next++ % addresses.length];
      returns.push(await once(target, { address, session }));
    }
  };
  await Promise.all(Array.from({ length: parallel }, line));
  return returns;
}

/** Of the returns; `first`, the handshake of the connection that the session came from, counts among the full ones. */
export function summarise(returns: readonly Return[], first: number): ReturnSummary {
  const done = returns.flatMap((each) => ('error' in each ? [] : [each]));
  const times = (resumed: boolean) =>
    done.filter((each) => each.resumed === resumed).map(({ handshake }) => handshake);
  return {
    connections: returns.length,
    resumed: done.filter(({ resumed }) => resumed).length,
    failed: returns.length - done.length,
    medianFull: median([first, ...times(false)]),
    medianAbbreviated: median(times(true)),
  };
}

/** How many of the returns resumed at each address, where there is more than one. */
export function byAddress(returns: readonly Return[]): ReadonlyMap<string, { resumed: number; of: number }> {
  const counts = new Map<string, { resumed: number; of: number }>();
  for (const each of returns) {
    if ('error' in each) continue;
    const count = counts.get(each.address) ?? { resumed: 0, of: 0 };
    count.of++;
    if (each.resumed) count.resumed++;
    counts.set(each.address, count);
  }
  return counts;
}

async function once(target: Target, options: Parameters<typeof dial>[1]): Promise<Return> {
  try {
    const call = await dial(target, options);
    await hangUp(call);
    const { resumed, resumption } = call.info;
    return { resumed, resumption, handshake: call.timings.handshake, address: call.address };
  } catch (error) {
    if (error instanceof Error) return { error };
    throw error;
  }
}

function addressOf({ address }: { readonly address: string }): string {
  return address;
}

function median(times: readonly number[]): number | undefined {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
