/**
 * PersistenceTable: which backend gave out which session ID. It learns from the ServerHellos that pass and steers the
 * ClientHellos of those who return.
 *
 * It stands on MemorySessionStore, so it is bounded in number and in time as that is, and when it is full it forgets
 * the ID that was used least recently. Each backend is kept once, under a number, and an ID costs no object.
 *
 * What it holds is worth nothing to a thief: session IDs cross the network in the clear (RFC 5246 §7.4.1.2), and who
 * replays one reaches the backend that gave it out and learns there that it is not enough. Who opens many connections
 * fills the table with IDs of his own, and then those of clients who stayed away longest go: each costs its client one
 * full handshake. An ID that its backend declined stays until its time is over, or a stranger who saw it on the
 * network could have it forgotten.
 */

import { MemorySessionStore } from '../session/memory.ts';
import { fromLatin1 } from '../wire/bytes.ts';
import type { PeekedClientHello } from './client-hello.ts';
import { namesSession, type PeekedServerHello } from './server-hello.ts';

export interface PersistenceTableOptions {
  /** How many session IDs it holds at most. Default: 100000. */
  readonly capacity?: number | undefined;
  /** How long an ID is known after the last ServerHello that had it, seconds. Default: 3600, as servers keep sessions. */
  readonly lifetime?: number | undefined;
  /** Milliseconds, from any origin. */
  readonly clock?: (() => number) | undefined;
}

/** What a table has done since it was made. */
export interface PersistenceCounters {
  /** ClientHellos with an ID that is known, with one that is not, and with none. */
  readonly steered: number;
  readonly unknown: number;
  readonly withoutId: number;
  /** ServerHellos with an ID that was not known to be this backend's, and with one that was. */
  readonly learnt: number;
  readonly confirmed: number;
  /** IDs dropped for want of room, because their time was over, and because someone asked. */
  readonly evictions: number;
  readonly expiries: number;
  readonly forgotten: number;
}

/** As many as two bytes can tell apart. */
const maxBackends = 0x10000;

export class PersistenceTable<Backend> {
  readonly #ids: MemorySessionStore;
  readonly #lifetime: number;
  readonly #numbers = new Map<Backend, number>();
  /** By number. A number that is free again is given to the next. */
  readonly #backends: (Backend | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #counters = { steered: 0, unknown: 0, withoutId: 0, learnt: 0, confirmed: 0 };

  /** @throws RangeError on a capacity or a lifetime that is none */
  constructor({ capacity = 100_000, lifetime = 3600, clock }: PersistenceTableOptions = {}) {
    if (!(lifetime > 0)) throw new RangeError(`expected a lifetime in seconds, got ${lifetime}`);
    this.#ids = new MemorySessionStore({ capacity, clock });
    this.#lifetime = lifetime;
  }

  /** How many session IDs it holds, those included whose time is over and that were not met since. */
  get size(): number {
    return this.#ids.size;
  }

  /** The counters as they stand now. */
  get counters(): PersistenceCounters {
    const { evictions, expiries, deletes } = this.#ids.counters;
    return Object.freeze({ ...this.#counters, evictions, expiries, forgotten: deletes });
  }

  /** The backend that gave out the client's session ID, where that is known. */
  steer({ sessionId }: Pick<PeekedClientHello, 'sessionId'>): Backend | undefined {
    if (sessionId.length === 0) {
      this.#counters.withoutId++;
      return undefined;
    }
    const number = this.#ids.get(keyOf(sessionId));
    this.#counters[number === undefined ? 'unknown' : 'steered']++;
    return number && this.#backends[read(number)];
  }

  /**
   * The backend answered with this hello: a fresh ID is learnt, and an echo confirmed, or learnt where it had been
   * forgotten. An empty ID names no session, and nor does one of TLS 1.3.
   * @throws RangeError on more than 65536 different backends
   */
  learn(hello: PeekedServerHello, backend: Backend): void {
    if (!namesSession(hello)) return;
    const key = keyOf(hello.sessionId);
    const number = this.#numbers.get(backend) ?? this.#enter(backend);
    const known = this.#ids.get(key);
    this.#ids.set(key, write(number), this.#lifetime);
    this.#counters[known !== undefined && read(known) === number ? 'confirmed' : 'learnt']++;
  }

  /** Forgets all IDs of the backends of which `predicate` says so, as of one that is gone; returns how many. */
  forgetWhere(predicate: (backend: Backend) => boolean): number {
    const chosen = new Set<number>();
    for (const [backend, number] of [...this.#numbers]) {
      if (!predicate(backend)) continue;
      chosen.add(number);
      this.#numbers.delete(backend);
      this.#backends[number] = undefined;
    }
    const forgotten = this.#ids.forgetWhere((_, number) => chosen.has(read(number)));
    this.#free.push(...chosen);
    return forgotten;
  }

  #enter(backend: Backend): number {
    const number = this.#free.pop() ?? this.#backends.length;
    if (number >= maxBackends)
      throw new RangeError(`expected at most ${maxBackends} different backends, got more`);
    this.#backends[number] = backend;
    this.#numbers.set(backend, number);
    return number;
  }
}

/** A character a byte: other IDs are other text, whatever is in them. */
function keyOf(sessionId: Uint8Array): string {
  if (sessionId.length <= 32) return fromLatin1(sessionId);
  throw new RangeError(`expected a session ID of at most 32 bytes, got ${sessionId.length}`);
}

function write(number: number): Uint8Array {
  return Uint8Array.of(number >> 8, number & 0xff);
}

function read([high = 0, low = 0]: Uint8Array): number {
  return (high << 8) | low;
}
