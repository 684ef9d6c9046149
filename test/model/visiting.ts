/** Visits of clients to servers that share a store, as commands that go against the model and the library at once. */

import type fc from 'fast-check';
import type { ClientConfig, Report, ServerConfig } from 'reprise-tls';
import { nodeCrypto } from 'reprise-tls/node-crypto';
import { expect, vi } from 'vitest';
import { hex, utf8 } from '../../src/wire/bytes.ts';
import { makePair, type Pair } from '../support/pair.ts';
import { pieces } from '../support/pieces.ts';
import { certificateFor } from '../support/resumption.ts';
import { type Side, sides } from './machine.ts';
import type { Agreed, Behaviours, Expected, Host, Memory } from './memory.ts';
import { MoodyStore } from './moody-store.ts';

const certificate = certificateFor(['one.test', 'two.test'], { keyType: 'ed25519' });

/** The servers' store, the clients' cache, and what else a library that is to be found out does otherwise. */
export class World {
  readonly store = new MoodyStore();
  readonly cache = new MoodyStore();
  readonly otherwise: Partial<ServerConfig>;

  constructor(otherwise: Partial<ServerConfig> = {}) {
    this.otherwise = otherwise;
  }
}

export type Command = fc.AsyncCommand<Memory, World, true>;

export interface Visiting {
  /** Its server name. All clients have one cache. */
  readonly client: string;
  readonly host: Host;
  readonly store: Behaviours;
  readonly cache: Behaviours;
  readonly ending: 'in order' | 'fatal at the client' | 'fatal at the server' | 'breaks';
  readonly pieces: readonly number[];
  /** After so many bytes of one side's handshake the transport ends. */
  readonly cut: { readonly from: Side; readonly after: number } | undefined;
}

export class Visit implements Command {
  readonly #visiting: Visiting;
  readonly #keyLog: Readonly<Record<Side, string[]>> = { client: [], server: [] };
  readonly #reports: Report[] = [];

  constructor(visiting: Visiting) {
    this.#visiting = visiting;
  }

  check(): Promise<boolean> {
    return Promise.resolve(true);
  }

  toString(): string {
    return `visit(${JSON.stringify(this.#visiting)})`;
  }

  async run(memory: Memory, world: World): Promise<void> {
    const { client, host, store, cache } = this.#visiting;
    for (const side of sides) this.#keyLog[side].length = 0;
    this.#reports.length = 0;
    world.store.behaves = store;
    world.cache.behaves = cache;
    const expected = memory.expect(client, host, cache, store);
    const { pair, isCut } = await this.#connect(memory, world);
    if (isCut) for (const side of sides) pair[side].feedEnd();
    else for (const side of sides) expect(viewOf(pair, side).info).toBeDefined();

    for (const side of sides) {
      const { info } = viewOf(pair, side);
      if (info === undefined) continue;
      expect(info.resumption).toBe(expected.reasons[side]);
      expect(info.resumed).toBe(expected.resumes !== undefined);
    }
    const agreed = this.#agreement(memory, pair, expected);
    this.#remember(memory, pair, expected, agreed);
    if (!isCut) await this.#end(memory, pair, agreed);

    // What hung comes after all, and changes nothing for those who do not wait for it any more.
    for (const late of [memory.held, memory.stored, world.store, world.cache]) late.settle();
    await breathe();
    if (isWell(store) && isWell(cache)) expect(this.#reports).toEqual([]);
  }

  /** A handshake, as far as it comes. */
  async #connect(memory: Memory, world: World) {
    const { client, host, cut } = this.#visiting;
    const common = (side: Side, ahead: number) => ({
      crypto: nodeCrypto,
      clock: () => memory.now + ahead,
      keyLog: (line: string) => this.#keyLog[side].push(line),
      report: (report: Report) => this.#reports.push(report),
      // A store that is not asked for a while could not be told from one that fails.
      sessionStoreBreaker: { failures: Number.POSITIVE_INFINITY },
    });
    const clientConfig: ClientConfig = {
      ...common('client', 0),
      serverName: client,
      verifyCertificate: () => true,
      sessionCache: world.cache,
    };
    const serverConfig: ServerConfig = {
      ...common('server', host.ahead),
      certificates: [certificate],
      sessionStore: world.store,
      sessionContext: host.context,
      sessionLifetime: host.lifetime / 1000,
      ...world.otherwise,
    };
    const passed = { client: 0, server: 0 };
    let isCut = false;
    let isShaken = false;
    const { pieces: lengths } = this.#visiting;
    const through = (from: Side) =>
      function* (bytes: Uint8Array) {
        for (const piece of pieces(bytes, lengths)) {
          if (isCut) return;
          const left = cut?.from === from && !isShaken ? cut.after - passed[from] : Number.POSITIVE_INFINITY;
          passed[from] += piece.length;
          isCut = left < piece.length;
          yield isCut ? piece.subarray(0, left) : piece;
        }
      };
    const wire = { toServer: through('client'), toClient: through('server') };
    const pair = makePair(clientConfig, serverConfig, wire);
    pair.client.start();
    await rest(pair);
    isShaken = true;
    return { pair, isCut };
  }

  /** What both sides hold now that somebody is connected: the session's own secret, or one that never was before. */
  #agreement(memory: Memory, pair: Pair, { resumes }: Expected): Agreed | undefined {
    const { clientEnd, serverEnd } = pair;
    const info = serverEnd.info ?? clientEnd.info;
    if (info === undefined) return undefined;
    expect(this.#keyLog.client).toEqual(this.#keyLog.server);
    const [line = ''] = this.#keyLog.client;
    const [id, secret = ''] = [hex(info.sessionId), line.split(' ')[2]];
    if (clientEnd.info !== undefined && serverEnd.info !== undefined) {
      expect(clientEnd.info.sessionId).toEqual(serverEnd.info.sessionId);
      const [ours, theirs] = sides.map((side) => secretsOf(pair, side));
      expect(ours).toEqual(theirs);
      // Exported keys are of one connection, though the master secret may be of many.
      memory.useOnce(ours ?? '');
    }
    if (resumes !== undefined) {
      expect([id, secret]).toEqual([resumes.id, resumes.secret]);
      return resumes;
    }
    memory.useOnce(id);
    memory.useOnce(secret);
    const { client, host } = this.#visiting;
    const made = { client: memory.now, server: memory.now + host.ahead };
    return { id, secret, client, context: host.context, made, lifetime: host.lifetime };
  }

  #remember(memory: Memory, pair: Pair, { resumes, reasons }: Expected, agreed: Agreed | undefined): void {
    const { client, store, cache } = this.#visiting;
    const isOffered = reasons.client === 'accepted' || reasons.client === 'declined-by-server';
    const isConnected = pair.clientEnd.info !== undefined;
    if (isOffered && (resumes === undefined || !isConnected)) memory.held.delete(client, cache.delete);
    if (resumes !== undefined || agreed === undefined) return;
    if (pair.serverEnd.info !== undefined) memory.stored.set(agreed.id, agreed, store.set);
    if (isConnected) memory.held.set(client, agreed, cache.set);
  }

  async #end(memory: Memory, pair: Pair, agreed: Agreed | undefined): Promise<void> {
    const { ending, client, store, cache } = this.#visiting;
    if (ending === 'breaks') {
      for (const side of sides) pair[side].feedEnd();
      for (const side of sides) expect(viewOf(pair, side).closed?.error?.reason).toBe('truncated');
      return;
    }
    if (ending === 'in order') {
      pair.client.write(utf8('ping'));
      pair.server.write(utf8('pong'));
      await rest(pair);
      pair.client.close();
      await rest(pair);
      for (const side of sides) expect(viewOf(pair, side).closed).toEqual({ error: undefined });
      expect(hex(pair.serverEnd.received[0] ?? new Uint8Array())).toBe(hex(utf8('ping')));
      expect(hex(pair.clientEnd.received[0] ?? new Uint8Array())).toBe(hex(utf8('pong')));
      return;
    }
    // No record starts so. A fatal alert ends the session for both (RFC 5246 §7.2.2).
    pair[ending === 'fatal at the client' ? 'client' : 'server'].feed(Uint8Array.of(99));
    await rest(pair);
    for (const side of sides) expect(viewOf(pair, side).closed?.error?.alert).toBe('unexpected_message');
    memory.held.delete(client, cache.delete);
    if (agreed !== undefined) memory.stored.delete(agreed.id, store.delete);
  }
}

/** Carries bytes until nothing moves any more; where a side waits for its store in vain, until it waits no longer. */
async function rest(pair: Pair): Promise<void> {
  let isDone = false;
  const settled = pair.settle().then(() => {
    isDone = true;
  });
  for (;;) {
    await breathe();
    if (isDone) return settled;
    await vi.advanceTimersByTimeAsync(100);
  }
}

/** Until all promises that can be are settled. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function viewOf({ clientEnd, serverEnd }: Pair, side: Side) {
  return side === 'client' ? clientEnd : serverEnd;
}

function secretsOf(pair: Pair, side: Side): string {
  const exported = pair[side].exportKeyingMaterial('EXPORTER-model', 32);
  return `${hex(exported)} ${hex(pair[side].channelBinding('tls-unique'))}`;
}

function isWell(behaviours: Behaviours): boolean {
  return Object.values(behaviours).every((each) => ['works', 'is slow', 'loses'].includes(each));
}
