/**
 * A session store in one process for all that it has started: the children ask over the channel that node:child_process
 * and node:cluster make, with `serialization: 'advanced'`, which carries bytes as they are. What a store promises holds
 * for this one too, and a child whose parent is slow or gone makes full handshakes (rule S32).
 */

import type { ChildProcess } from 'node:child_process';
import type { SessionStore } from 'reprise-tls';

interface Question {
  readonly number: number;
  readonly verb: 'get' | 'set' | 'delete';
  readonly key: string;
  readonly state?: Uint8Array;
  readonly lifetime?: number;
}

type Answer = { readonly number: number } & (
  | { readonly state: Uint8Array | undefined }
  | { readonly fault: string }
);

/** In the parent: answers what a child asks. */
export function shareStore(
  store: SessionStore,
  child: Pick<ChildProcess, 'send' | 'on' | 'connected'>,
): void {
  child.on('message', async (message: unknown) => {
    if (!isQuestion(message)) return;
    const { number } = message;
    const answer = await ask(store, message).then(
      (state): Answer => ({ number, state }),
      (error: unknown): Answer => ({ number, fault: `${error}` }),
    );
    // The child may have gone meanwhile.
    if (child.connected) child.send(answer, () => {});
  });
}

async function ask(store: SessionStore, question: Question): Promise<Uint8Array | undefined> {
  const { verb, key, state = new Uint8Array(), lifetime = 0 } = question;
  if (verb === 'get') return await store.get(key);
  if (verb === 'set') await store.set(key, state, lifetime);
  else await store.delete(key);
  return undefined;
}

/** In a child: the parent's store. */
export function storeOfParent(): SessionStore {
  const waiting = new Map<number, (answer: Answer) => void>();
  let asked = 0;
  process.on('message', (message: unknown) => {
    if (!isAnswer(message)) return;
    waiting.get(message.number)?.(message);
    waiting.delete(message.number);
  });

  function ask(question: Omit<Question, 'number'>): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      const number = asked++;
      waiting.set(number, (answer) => {
        if ('fault' in answer) reject(new Error(answer.fault));
        else resolve(answer.state);
      });
      process.send?.({ ...question, number }, (error: Error | null) => {
        if (error === null || !waiting.delete(number)) return;
        reject(error);
      });
    });
  }

  return {
    get: (key) => ask({ verb: 'get', key }),
    set: async (key, state, lifetime) => {
      await ask({ verb: 'set', key, state, lifetime });
    },
    delete: async (key) => {
      await ask({ verb: 'delete', key });
    },
  };
}

function isQuestion(message: unknown): message is Question {
  return isNumbered(message) && 'verb' in message;
}

function isAnswer(message: unknown): message is Answer {
  return isNumbered(message) && ('state' in message || 'fault' in message);
}

function isNumbered(message: unknown): message is { readonly number: number } {
  return typeof message === 'object' && message !== null && 'number' in message;
}
