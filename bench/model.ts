/**
 * What a fleet comes to, on paper: cores and a store for so many handshakes a second, of which so many are of clients
 * that return, out of what was measured. Only sums, products and quotients; the letters are those of README.md.
 */

/** What is measured. Microseconds of a processor, and bytes. */
export interface Inputs {
  /** F, R: of the server's end. */
  readonly full: number;
  readonly resumed: number;
  /** g, s: of the server, to ask the store and to tell it. */
  readonly get: number;
  readonly set: number;
  /** G, S: of the store. */
  readonly storeGet: number;
  readonly storeSet: number;
  /** b: of an entry, in the store's memory. */
  readonly entry: number;
  /** v: of a state, on the way. */
  readonly state: number;
}

/** What is assumed. */
export interface Load {
  /** H: handshakes a second. */
  readonly handshakes: number;
  /** r: the part of them whose client returns. */
  readonly returning: number;
  /** u: how busy a core may be, of servers and of stores. */
  readonly busy: number;
  /** L: how long a session is kept, seconds. */
  readonly lifetime: number;
  /** M: how many bytes a shard may hold. */
  readonly shard: number;
}

export interface Fleet {
  /** C₀ = H·F / u: where nobody resumes. */
  readonly coresWithout: number;
  /** C = H·((1 − r)·(F + s) + r·(R + g)) / u. */
  readonly cores: number;
  /** H: a get for each that returns, a set for each that does not. */
  readonly requests: number;
  /** N = (1 − r)·H·L. */
  readonly sessions: number;
  /** N·b. */
  readonly memory: number;
  /** H·v. */
  readonly traffic: number;
  /** The larger of H·(r·G + (1 − r)·S) / u, for a shard is one core, and N·b / M. */
  readonly shards: number;
}

const microseconds = 1e6;

export function fleetFor(inputs: Inputs, load: Load): Fleet {
  const { handshakes, returning, busy, lifetime, shard } = load;
  const first = 1 - returning;
  const perHandshake = first * (inputs.full + inputs.set) + returning * (inputs.resumed + inputs.get);
  const atStore = returning * inputs.storeGet + first * inputs.storeSet;
  const sessions = first * handshakes * lifetime;
  const memory = sessions * inputs.entry;
  return {
    coresWithout: Math.ceil((handshakes * inputs.full) / microseconds / busy),
    cores: Math.ceil((handshakes * perHandshake) / microseconds / busy),
    requests: handshakes,
    sessions,
    memory,
    traffic: handshakes * inputs.state,
    shards: Math.ceil(Math.max((handshakes * atStore) / microseconds / busy, memory / shard)),
  };
}
