/**
 * What is remembered between connections, as the RFCs have it: which sessions a client holds, which the servers' store
 * holds, and so what becomes of the next visit (RFC 5246 §7.4.1.2, §7.4.1.3, Appendix F.1.4). A small model, of which
 * `returning.test.ts` says whether the library is one.
 */

/** A server, and what sets it apart from others that share its store. */
export interface Host {
  readonly context: string;
  /** How far its clock is ahead, milliseconds. */
  readonly ahead: number;
  /** How long it lets a session live, milliseconds: one that it makes, and one that it is offered. */
  readonly lifetime: number;
}

/** A session, as it was made in a full handshake. Resumptions change nothing of it. */
export interface Agreed {
  readonly id: string;
  readonly secret: string;
  readonly client: string;
  readonly context: string;
  /** By the client's clock, and by that of the server that it was made with. */
  readonly made: { readonly client: number; readonly server: number };
  /** How long that server lets it live, milliseconds. */
  readonly lifetime: number;
}

/** How long clients let a session live, milliseconds. */
export const lifetime = 3_600_000;
/** How far two clocks may be apart. */
const skew = 60_000;

/** How a store or a cache answers in one visit, question by question. */
export const behaviours = ['works', 'is slow', 'throws', 'rejects', 'hangs', 'lies', 'loses'] as const;
export type Behaviour = (typeof behaviours)[number];

export interface Behaviours {
  readonly get: Behaviour;
  readonly set: Behaviour;
  readonly delete: Behaviour;
}

/** Entries, and what is done to them: at once, later, or never. */
export class Shelf {
  readonly #entries = new Map<string, Agreed>();
  readonly #late: (() => void)[] = [];

  get(key: string): Agreed | undefined {
    return this.#entries.get(key);
  }

  set(key: string, session: Agreed, behaviour: Behaviour): void {
    this.#do(behaviour, () => this.#entries.set(key, session));
  }

  delete(key: string, behaviour: Behaviour): void {
    this.#do(behaviour, () => this.#entries.delete(key));
  }

  clear(): void {
    this.#entries.clear();
  }

  /** What was late is done. */
  settle(): void {
    for (const change of this.#late.splice(0)) change();
  }

  #do(behaviour: Behaviour, change: () => void): void {
    if (behaviour === 'works' || behaviour === 'is slow') change();
    else if (behaviour === 'hangs') this.#late.push(change);
  }
}

/** What becomes of a visit, if nothing cuts it short. */
export interface Expected {
  readonly resumes: Agreed | undefined;
  /** The reason that each side gives. */
  readonly reasons: { readonly client: string; readonly server: string };
}

export class Memory {
  now = Date.UTC(2030, 0, 1);
  /** What each client holds, by its name. */
  readonly held = new Shelf();
  /** What the servers' store holds, by ID. */
  readonly stored = new Shelf();
  readonly #used = new Set<string>();

  /** An ID or a secret, which is new each time. */
  useOnce(secret: string): void {
    if (this.#used.has(secret)) throw new Error('expected what is new, got what was there before');
    this.#used.add(secret);
  }

  expect(client: string, host: Host, cache: Behaviours, store: Behaviours): Expected {
    const refusal = this.#withheld(client, cache.get);
    const offered = this.held.get(client);
    if (refusal !== undefined || offered === undefined)
      return full({ client: refusal ?? 'not-found', server: 'not-offered' });
    const declined = this.#refused(offered, host, store.get);
    if (declined !== undefined) return full({ client: 'declined-by-server', server: declined });
    return { resumes: offered, reasons: { client: 'accepted', server: 'accepted' } };
  }

  /** Why a client offers nothing. */
  #withheld(client: string, get: Behaviour): string | undefined {
    const session = this.held.get(client);
    const failure = failureOf(get, session !== undefined);
    if (failure !== undefined || session === undefined) return failure ?? 'not-found';
    return ageOf(session.made.client, this.now, lifetime);
  }

  /** Why a server goes on with nothing. */
  #refused({ id, made, context, lifetime }: Agreed, host: Host, get: Behaviour): string | undefined {
    const isThere = this.stored.get(id) !== undefined;
    const failure = failureOf(get, isThere);
    if (failure !== undefined || !isThere) return failure ?? 'not-found';
    const age = ageOf(made.server, this.now + host.ahead, Math.min(lifetime, host.lifetime));
    if (age !== undefined) return age;
    return context === host.context ? undefined : 'context-changed';
  }
}

function full(reasons: Expected['reasons']): Expected {
  return { resumes: undefined, reasons };
}

function ageOf(made: number, now: number, lifetime: number): string | undefined {
  if (made > now + skew) return 'from-the-future';
  return now - made >= lifetime ? 'expired' : undefined;
}

/** What an answer of this kind is taken for, whether there is a session or not; undefined: for what it is. */
function failureOf(get: Behaviour, isThere: boolean): string | undefined {
  if (get === 'works' || get === 'is slow') return undefined;
  if (get === 'loses') return 'not-found';
  if (get === 'lies') return isThere ? 'undecodable' : 'not-found';
  return 'store-failed';
}
