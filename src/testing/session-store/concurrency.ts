/**
 * Operations at once. Several callers ask the same store about the same keys, each one thing after the other, and none
 * waits for the rest; when all is done, each answer is held to what it may have been.
 *
 * An answer is right if the operations can be thought of as done one by one, each at some moment between its question
 * and its answer: a state is wrong if nothing had set it yet, or if something else was set, or it was forgotten, between
 * the answer to that `set` and the question.
 */

import fc from 'fast-check';
import type { SessionStore } from '../../session/store.ts';
import { equal } from '../../wire/bytes.ts';
import { bytesOf, type Check, hold, newKey, type Stage, spoken } from './stage.ts';

const verbs = ['get', 'get', 'set', 'set', 'delete', 'take'] as const;
type Verb = (typeof verbs)[number];

interface Question {
  readonly verb: Verb;
  /** Which of the keys. */
  readonly which: number;
  /** How many turns of the queue of promises the caller waits before it asks. */
  readonly turns: number;
}

/** What was asked and answered, and when: moments are numbered in their order. */
interface Event {
  readonly verb: Verb;
  readonly key: string;
  /** What was set, or given. */
  readonly state: unknown;
  readonly asked: number;
  readonly answered: number;
}

const questions: fc.Arbitrary<Question[]> = fc.array(
  fc.record({ verb: fc.constantFrom(...verbs), which: fc.nat(1), turns: fc.nat(6) }),
  { minLength: 1, maxLength: 8 },
);

export const concurrencyChecks: readonly Check[] = [
  {
    name: 'gives a state that was there at some moment meanwhile, however many ask at once',
    run: (stage) =>
      fc.assert(
        fc.asyncProperty(fc.array(questions, { minLength: 2, maxLength: 5 }), (callers) =>
          stage.withStore(async ({ store }) => {
            const events = await history(store, callers);
            for (const event of events) judge(event, events, stage.terms);
          }),
        ),
        { numRuns: stage.terms.numRuns },
      ),
  },
  {
    name: 'gives a state once where several take it at once, if it has take',
    run: ({ withStore, terms }) =>
      withStore(async ({ store }) => {
        if (store.take === undefined || !terms.atomicTake) return;
        for (let round = 0; round < 20; round++) {
          const key = newKey();
          await store.set(key, bytesOf(300, round), 3600);
          const given = await Promise.all(Array.from({ length: 5 }, async () => store.take?.(key)));
          const got = given.filter((state) => state !== undefined).length;
          hold(got <= 1, `take: expected one of 5 to get the state, got ${got} of them`);
          hold(got === 1 || !terms.lossless, 'take: expected one of 5 to get the state, got none');
        }
      }),
  },
];

async function history(store: SessionStore, callers: readonly (readonly Question[])[]): Promise<Event[]> {
  const keys = [newKey(), newKey()];
  const events: Event[] = [];
  let moment = 0;
  const ask = async ({ verb, which, turns }: Question) => {
    for (let turn = 0; turn < turns; turn++) await undefined;
    const key = keys[which] ?? '';
    const asked = moment++;
    const set = bytesOf(40, asked);
    const state = verb === 'set' ? set : undefined;
    const given = verb === 'set' ? await store.set(key, set.slice(), 3600) : await store[verb]?.(key);
    events.push({ verb, key, state: state ?? given, asked, answered: moment++ });
  };
  await Promise.all(
    callers.map(async (questions) => {
      for (const question of questions)
        if (question.verb !== 'take' || store.take !== undefined) await ask(question);
    }),
  );
  return events;
}

function judge(event: Event, events: readonly Event[], { lossless }: Stage['terms']): void {
  const { verb, key, state } = event;
  if (verb !== 'get' && verb !== 'take') return;
  const others = events.filter((other) => other !== event && other.key === key);
  const sets = others.filter((other) => other.verb === 'set' && other.asked < event.answered);
  const forgets = others.filter((other) => other.verb === 'delete' || other.verb === 'take');
  if (state === undefined) {
    const owed = sets.find(
      (set) =>
        set.answered < event.asked &&
        !forgets.some((forget) => forget.answered > set.asked && forget.asked < event.answered),
    );
    hold(!lossless || owed === undefined, `${verb}: expected a state that nobody had forgotten, got none`);
    return;
  }
  const isSuperseded = (set: Event) =>
    others.some(
      (other) =>
        other !== set && other.verb !== 'get' && set.answered < other.asked && other.answered < event.asked,
    );
  const right = sets.some(
    (set) =>
      set.state instanceof Uint8Array &&
      state instanceof Uint8Array &&
      equal(set.state, state) &&
      !isSuperseded(set),
  );
  hold(
    right,
    `${verb}: expected a state that was set and stood there meanwhile, got another (${spoken(state)})`,
  );
}
