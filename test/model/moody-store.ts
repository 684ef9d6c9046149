/** A store that behaves as it is told, question by question: it works, is slow, throws, rejects, hangs, lies or loses. */

import type { MaybePromise, SessionStore } from 'reprise-tls';
import type { Behaviour, Behaviours } from './memory.ts';

const working: Behaviours = { get: 'works', set: 'works', delete: 'works' };

export class MoodyStore implements SessionStore {
  readonly entries = new Map<string, Uint8Array>();
  behaves: Behaviours = working;
  readonly #late: (() => void)[] = [];

  get(key: string): MaybePromise<Uint8Array | undefined> {
    const { get } = this.behaves;
    if (get === 'loses') return undefined;
    const state = this.entries.get(key)?.slice();
    return get === 'lies' && state !== undefined ? this.#lie(key, state) : this.#answer(get, () => state);
  }

  set(key: string, state: Uint8Array): MaybePromise<void> {
    return this.#answer(this.behaves.set, () => {
      this.entries.set(key, state.slice());
    });
  }

  delete(key: string): MaybePromise<void> {
    return this.#answer(this.behaves.delete, () => {
      this.entries.delete(key);
    });
  }

  /** What hung is answered after all, and from now on it works. */
  settle(): void {
    this.behaves = working;
    for (const answer of this.#late.splice(0)) answer();
  }

  /** What stands under another key, or where there is none, what has rotted. */
  #lie(key: string, state: Uint8Array): Uint8Array {
    const [another] = [...this.entries].filter(([each]) => each !== key);
    if (another !== undefined) return another[1].slice();
    state[40] = (state[40] ?? 0) ^ 1;
    return state;
  }

  #answer<T>(behaviour: Behaviour, answer: () => T): MaybePromise<T> {
    switch (behaviour) {
      case 'works':
        return answer();
      case 'is slow':
        return turns(5).then(answer);
      case 'throws':
        throw new Error('the store is down');
      case 'rejects':
        return Promise.reject(new Error('the store is down'));
      case 'hangs':
        return new Promise((resolve) => this.#late.push(() => resolve(answer())));
      case 'lies':
      case 'loses':
        return undefined as T;
      default: {
        const unknown: never = behaviour;
        throw new TypeError(`there is no such behaviour: ${unknown}`);
      }
    }
  }
}

/** So many turns of the queue of promises: no timer can come between. */
async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await undefined;
}
