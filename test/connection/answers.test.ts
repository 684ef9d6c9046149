/**
 * Answers that take their time: of stores, verifiers, signers and choosers. They may come in any order between two ends,
 * after the end, or as a failure; what the peer sends meanwhile waits, up to a bound. (That no rejection goes unhandled
 * is seen by the test runner, which fails a run for one.)
 */

import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import {
  type CertificateConfig,
  ClientConnection,
  type ConnectionHandlers,
  type MaybePromise,
  ServerConnection,
  type SessionStore,
} from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import {
  holding,
  type Kind,
  kinds,
  own,
  type Role,
  roles,
  type Setting,
  setting,
  signedWith,
} from '../support/kinds.ts';
import { type End, newEnd } from '../support/pair.ts';

/** A question of the handshake that is not answered yet. */
interface Question {
  readonly role: Role;
  readonly name:
    | 'verifyCertificate'
    | 'sign'
    | 'selectCertificate'
    | 'acceptSession'
    | 'get'
    | 'set'
    | 'delete';
  answer(): void;
  fail(error: Error): void;
}

/** Two ends whose every question waits for the test to answer it. */
class Table {
  readonly questions: Question[] = [];
  readonly ends: Readonly<Record<Role, End & { readonly log: string[] }>> = {
    client: { ...newEnd(), log: [] },
    server: { ...newEnd(), log: [] },
  };
  readonly connections: { readonly client: ClientConnection; readonly server: ServerConnection };
  readonly #onTheWay: [Role, Uint8Array][] = [];

  constructor(kind: Kind) {
    const { client, server } = this.#asking(setting(kind));
    this.connections = {
      client: new ClientConnection(client, this.#handlers('client')),
      server: new ServerConnection(server, this.#handlers('server')),
    };
    this.connections.client.start();
  }

  /** Carries bytes until nothing moves but for an answer. */
  async rest(): Promise<void> {
    do {
      for (const [to, bytes] of this.#onTheWay.splice(0)) this.connections[to].feed(bytes);
      await setImmediate();
    } while (this.#onTheWay.length > 0);
  }

  /** Takes out the question that stands at this place, counted round. */
  take(place: number): Question | undefined {
    return this.questions.splice(place % this.questions.length, 1)[0];
  }

  #handlers(role: Role): ConnectionHandlers {
    const end = this.ends[role];
    const other = role === 'client' ? 'server' : 'client';
    return {
      send: (bytes) => {
        end.log.push('send');
        this.#onTheWay.push([other, bytes]);
      },
      data: () => end.log.push('data'),
      secure: (info) => {
        end.log.push('secure');
        end.info = info;
      },
      close: (error) => {
        end.log.push('close');
        end.closed = { error };
      },
    };
  }

  #asking({ client, server }: Setting): Setting {
    const ask = <T>(role: Role, name: Question['name'], value: () => MaybePromise<T>) =>
      new Promise<T>((resolve, reject) => {
        this.questions.push({ role, name, answer: () => resolve(value()), fail: reject });
      });
    const store = (role: Role, inner: SessionStore): SessionStore => ({
      get: (key) => ask(role, 'get', () => inner.get(key)),
      set: () => ask(role, 'set', () => {}),
      delete: () => ask(role, 'delete', () => {}),
    });
    const shown = (role: Role): CertificateConfig =>
      signedWith(own[role], (signature) => ask(role, 'sign', signature));
    const ours = shown('server');
    const { session, ...rest } = client;
    const deadline = { sessionStoreDeadline: 0x7fffffff };
    return {
      client: {
        ...rest,
        ...deadline,
        sessionCache: store('client', holding(session)),
        ...(client.certificates === undefined ? {} : { certificates: [shown('client')] }),
        verifyCertificate: () => ask('client', 'verifyCertificate', () => true as const),
      },
      server: {
        ...server,
        ...deadline,
        sessionStore: store('server', server.sessionStore ?? holding()),
        selectCertificate: () => ask('server', 'selectCertificate', () => ours),
        acceptSession: () => ask('server', 'acceptSession', () => true),
        verifyCertificate: () => ask('server', 'verifyCertificate', () => true as const),
      },
    };
  }
}

const anyKind = fc.constantFrom(...kinds);
/** No handshake asks more questions than this. */
const questions = { minLength: 24, maxLength: 24 };

describe('answers that come late', () => {
  test.each(kinds)('and in any order lead to the same handshake, %s', async (kind) => {
    const property = fc.asyncProperty(fc.array(fc.nat(9), questions), async (order) => {
      const table = new Table(kind);
      await table.rest();
      for (const place of order) {
        const question = table.take(place);
        if (question === undefined) break;
        question.answer();
        await table.rest();
      }
      for (const role of roles) {
        expect(table.ends[role].closed).toBeUndefined();
        expect(table.ends[role].info?.resumed).toBe(kind === 'abbreviated');
      }
    });
    await fc.assert(property, { numRuns: 6 });
  });

  test('after the end are dropped, whether they are answers or failures', async () => {
    const ways = fc.constantFrom('abort', 'close', 'feedEnd', 'alert' as const);
    const property = fc.asyncProperty(
      anyKind,
      fc.constantFrom(...roles),
      ways,
      fc.nat(12),
      fc.array(fc.boolean(), questions),
      async (kind, role, way, answered, outcomes) => {
        const table = new Table(kind);
        const connection = table.connections[role];
        await table.rest();
        for (let i = 0; i < answered && table.questions.length > 0; i++) {
          table.take(i)?.answer();
          await table.rest();
        }
        if (way === 'alert') connection.feed(Uint8Array.of(21, 3, 3, 0, 2, 2, 80));
        else connection[way]();
        const before = [...table.ends[role].log];
        const ended = table.ends[role].closed !== undefined;
        for (const good of outcomes) {
          const question = table.take(0);
          if (question === undefined) break;
          if (good) question.answer();
          else question.fail(new Error('too late'));
          await table.rest();
        }
        const { log } = table.ends[role];
        if (ended) expect(log).toEqual(before);
        expect(log.filter((handler) => handler === 'close').length).toBeLessThanOrEqual(1);
        if (log.includes('close')) expect(log.at(-1)).toBe('close');
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  test('as a failure end the handshake as the fault of the application; a store and a veto alone cannot', async () => {
    const property = fc.asyncProperty(anyKind, fc.nat(12), async (kind, answered) => {
      const table = new Table(kind);
      await table.rest();
      for (let i = 0; i < answered && table.questions.length > 0; i++) {
        table.take(i)?.answer();
        await table.rest();
      }
      const failure = new Error('the answer is a failure');
      const failed = table.take(0);
      failed?.fail(failure);
      await table.rest();
      while (table.questions.length > 0) {
        table.take(0)?.answer();
        await table.rest();
      }
      if (failed === undefined) return;
      const harmless =
        ['get', 'set', 'delete', 'acceptSession'].includes(failed.name) ||
        (failed.name === 'verifyCertificate' && kind === 'abbreviated');
      const { closed } = table.ends[failed.role];
      if (harmless) expect(closed).toBeUndefined();
      else
        expect(closed?.error).toMatchObject({
          reason: 'application',
          alert: 'internal_error',
          cause: failure,
        });
    });
    await fc.assert(property, { numRuns: 60 });
  });
});

describe('while an answer is due', () => {
  /** A server that has read a ClientHello and asks which certificate to show. */
  async function waiting() {
    const table = new Table('full');
    await table.rest();
    table.take(0)?.answer();
    await table.rest();
    expect(table.questions.map(({ name }) => name)).toEqual(['selectCertificate']);
    return { table, server: table.connections.server, end: table.ends.server };
  }

  const bound = 0x40000;

  test('`feed` returns a promise, which settles with the answer', async () => {
    const { table, server } = await waiting();
    let settled = false;
    const promise = server.feed(new Uint8Array(0))?.then(() => {
      settled = true;
    });
    expect(promise).toBeInstanceOf(Promise);
    await table.rest();
    expect(settled).toBe(false);
    table.take(0)?.answer();
    await table.rest();
    expect(table.questions.map(({ name }) => name)).toEqual(['sign']);
    table.take(0)?.answer();
    await promise;
    expect(server.feed(new Uint8Array(0))).toBeUndefined();
  });

  test('and with the end, though the answer never comes', async () => {
    const { server } = await waiting();
    const promise = server.feed(new Uint8Array(0));
    server.abort();
    await promise;
  });

  test('256 KiB may wait, in any pieces, and are judged when it has come', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: bound }), { maxLength: 8 }),
      async (cuts) => {
        const { table, server, end } = await waiting();
        const offsets = [0, ...cuts.sort((a, b) => a - b), bound];
        for (const [i, offset] of offsets.entries())
          server.feed(new Uint8Array((offsets[i + 1] ?? offset) - offset));
        expect(end.closed).toBeUndefined();
        while (table.questions.length > 0 && end.closed === undefined) {
          table.take(0)?.answer();
          await setImmediate();
        }
        expect(end.closed?.error?.reason).toBe('record-type');
      },
    );
    await fc.assert(property, { numRuns: 10 });
  });

  test('a byte more ends the connection', async () => {
    const { server, end } = await waiting();
    server.feed(new Uint8Array(bound));
    expect(end.closed).toBeUndefined();
    server.feed(new Uint8Array(1));
    expect(end.closed?.error).toMatchObject({
      reason: 'input-overflow',
      alert: 'internal_error',
      origin: 'sent',
    });
  });
});
