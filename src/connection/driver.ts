/**
 * Driver: runs one handshake's coroutine and holds it to its table of states. A message that the current state does
 * not list never reaches the coroutine.
 */

import type { Handshake, Need, Received } from '../handshake/peer.ts';
import { fault } from '../wire/error.ts';

export class Driver<T> {
  readonly #coroutine: Handshake<T>;
  #need: Need | undefined;
  #state = 'before the first message';
  #result: T | undefined;
  #running = false;
  #stopped = false;

  constructor(coroutine: Handshake<T>) {
    this.#coroutine = coroutine;
  }

  /** The state that the handshake waits in, or was last in. */
  get state(): string {
    return this.#state;
  }

  /** The promise that the coroutine waits for, where it waits for one. */
  get pending(): PromiseLike<unknown> | undefined {
    return this.#need?.for === 'answer' ? this.#need.promise : undefined;
  }

  /** What the coroutine returned, once it has. */
  get result(): T | undefined {
    return this.#result;
  }

  /** Runs to the first need. */
  start(): void {
    this.#step(() => this.#coroutine.next());
  }

  /** @throws TlsError `unexpected_message` where the state does not accept it, and whatever the handshake throws */
  deliver(name: Received['name'], read: () => Received): void {
    const need = this.#need;
    if (need?.for !== 'message') throw fault('unexpected-message', `expected no message yet, got ${name}`);
    if (!need.accepts.includes(name)) {
      throw fault('unexpected-message', `expected ${need.accepts.join(' or ')}, got ${name}`);
    }
    const message = read();
    this.#step(() => this.#coroutine.next(message));
  }

  /** The promise brought a value. */
  fulfil(value: unknown): void {
    this.#step(() => this.#coroutine.next(value));
  }

  /** The promise was rejected. */
  reject(error: unknown): void {
    this.#step(() => this.#coroutine.throw(error));
  }

  /** Ends the coroutine where it stands, so that it overwrites what it holds. */
  stop(): void {
    this.#need = undefined;
    this.#stopped = true;
    // From within one of its own callbacks it cannot be ended yet: it is when it comes to its next need.
    if (!this.#running) this.#coroutine.return(undefined as T);
  }

  #step(run: () => IteratorResult<Need, T>): void {
    this.#running = true;
    let result: IteratorResult<Need, T>;
    try {
      result = run();
    } finally {
      this.#running = false;
    }
    if (this.#stopped) {
      if (!result.done && result.value.for === 'answer') result.value.promise.then(undefined, () => {});
      this.#coroutine.return(undefined as T);
      return;
    }
    this.#need = result.done ? undefined : result.value;
    if (result.done) this.#result = result.value;
    else if (result.value.for === 'message') this.#state = result.value.state;
  }
}
