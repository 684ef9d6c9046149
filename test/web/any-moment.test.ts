/**
 * A TlsStream may end at any moment, from either side and under it: every promise settles, the transport is let go, and
 * no timer or listener is left.
 */

import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { TlsError } from 'reprise-tls';
import { describe, expect, test, vi } from 'vitest';
import { kinds, type Role, roles } from '../support/kinds.ts';
import { type Ends, pair, rest } from '../support/web-transport.ts';

const reason = new Error('the user left');
const lost = new Error('ECONNRESET');
const data = new Uint8Array(1000).map((_, i) => i % 251);

/** An application at one end: it writes, closes, reads to the end, and does not care how all of that goes. */
class Application {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #settled = new Map<string, PromiseSettledResult<unknown> | undefined>();

  constructor() {
    this.signal = this.#controller.signal;
  }

  start({ readable, writable, secured, closed }: Ends[Role]): void {
    const writer = writable.getWriter();
    const reader = readable.getReader();
    this.#writer = writer;
    this.#reader = reader;
    this.#watch({ secured, closed, reading: reader.closed, writing: writer.closed, ready: writer.ready });
    this.#watch({ write: writer.write(data), again: writer.write(data), close: writer.close() });
    this.#watch({ read: this.#read(reader) });
  }

  readonly deeds = {
    abort: () => this.#watch({ abort: this.#writer?.abort(reason) }),
    cancel: () => this.#watch({ cancel: this.#reader?.cancel(reason) }),
    close: () => this.#watch({ 'second close': this.#writer?.close() }),
    signal: () => this.#controller.abort(reason),
  };

  get unsettled(): string[] {
    return [...this.#settled].filter(([, result]) => result === undefined).map(([name]) => name);
  }

  /** With what a promise was rejected, or undefined. */
  rejection(name: string): unknown {
    const result = this.#settled.get(name);
    return result?.status === 'rejected' ? result.reason : undefined;
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    while (!(await reader.read()).done);
  }

  #watch(promises: Record<string, Promise<unknown> | undefined>): void {
    for (const [name, promise] of Object.entries(promises)) {
      this.#settled.set(name, undefined);
      Promise.allSettled([promise]).then(([result]) => this.#settled.set(name, result));
    }
  }
}

const deeds = ['abort', 'cancel', 'close', 'signal'] as const;
const accidents = ['fail', 'end'] as const;

describe('whatever happens, and whenever', () => {
  test('all settles, the transport is let go, and nothing is left behind', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const property = fc.asyncProperty(
      fc.constantFrom(...kinds),
      fc.constantFrom(...roles),
      fc.constantFrom(...deeds, ...accidents),
      fc.nat({ max: 80 }),
      async (kind, role, what, moment) => {
        const applications = { client: new Application(), server: new Application() };
        const act = (ends: Ends) => {
          if (what === 'fail') ends.line.from[role].fail(lost);
          else if (what === 'end') ends.line.from[role].end();
          else applications[role].deeds[what]();
        };
        const ends: Ends = pair(kind, {
          lengths: [97],
          onPiece: (count) => count === moment && act(ends),
          client: { signal: applications.client.signal },
          server: { signal: applications.server.signal },
        });
        for (const end of roles) applications[end].start(ends[end]);
        if (moment === 0) act(ends);
        await rest();
        for (const end of roles) {
          const { unsettled, signal } = applications[end];
          const { readable, writable } = ends.line[end];
          expect(unsettled, end).toEqual([]);
          expect([readable.locked, writable.locked], end).toEqual([false, false]);
          expect(getEventListeners(signal, 'abort'), end).toEqual([]);
          expect(ends[end].connection.state).toBe('closed');
          for (const promise of ['secured', 'closed']) {
            const error = applications[end].rejection(promise);
            if (error !== undefined) expect(error).toBeInstanceOf(TlsError);
          }
        }
        expect(vi.getTimerCount()).toBe(0);
      },
    );
    try {
      await fc.assert(property, { numRuns: 60 });
    } finally {
      vi.useRealTimers();
    }
  });
});
