/** What one connection of the shim has at hand: its flags, what came before it, and what its callbacks get to see. */

import {
  type CertificateRequestInfo,
  type ClientHelloInfo,
  MemoryClientSessionCache,
  MemorySessionStore,
} from 'reprise-tls';
import type { Flags } from './flags.ts';

export interface Stage {
  readonly flags: Flags;
  readonly memory: Memory;
  readonly sightings: Sightings;
  /** Whether a connection came before, whose session is to be resumed. */
  readonly isResumption: boolean;
  /** Ends the connection. */
  abort(cause: Error): void;
}

/** What outlives a connection. */
export interface Memory {
  readonly store: MemorySessionStore;
  readonly cache: MemoryClientSessionCache;
  /** How far the clock has been moved on, seconds. */
  delay: number;
  /** The chains that were found good, by their bytes. */
  readonly trusted: Set<string>;
}

export function newMemory(): Memory {
  const [store, cache] = [new MemorySessionStore(), new MemoryClientSessionCache()];
  return { store, cache, delay: 0, trusted: new Set() };
}

/** What a `ConnectionInfo` does not tell. */
export interface Sightings {
  /** The number of the credential that signed. A resumption signs nothing. */
  credential?: number;
  hello?: ClientHelloInfo;
  request?: CertificateRequestInfo;
  ocspResponse?: Uint8Array | undefined;
  /** What the verifier made of the peer's chain, whether or not that was acted upon. */
  verdict?: boolean;
}

/** An answer of the shim's own, which with `-async` comes later. */
export function give<T>({ flags }: Stage, value: T): T | Promise<T> {
  return flags.async ? new Promise((resolve) => setImmediate(resolve, value)) : value;
}
