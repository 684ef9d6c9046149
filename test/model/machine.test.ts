/**
 * The model is what it says it is: the figures of RFC 5246 §7.3. And it is the machine of this library: the tables of
 * states list what the model lets follow, and two honest ends say what it says, in every circumstance.
 */

import { describe, expect, test } from 'vitest';
import { type Awaited, clientStates, serverStates } from '../../src/handshake/states.ts';
import { connect } from '../support/pair.ts';
import { Tap } from '../support/tap.ts';
import {
  bindingOf,
  conversationOf,
  conversations,
  type Event,
  mayFollow,
  rows,
  type Side,
  sides,
  turn,
} from './machine.ts';
import { planOf, settingOf } from './plan.ts';

const all = conversations();

describe('the model', () => {
  /** RFC 5246 §7.3, as they stand there; * is what may be left out, and ServerKeyExchange may not (RFC 8422 §2). */
  const figures = {
    full: `
      ClientHello                  -------->
                                                      ServerHello
                                                      Certificate
                                               CertificateStatus*
                                                ServerKeyExchange
                                              CertificateRequest*
                                   <--------      ServerHelloDone
      Certificate*
      ClientKeyExchange
      CertificateVerify*
      [ChangeCipherSpec]
      Finished                     -------->
                                               [ChangeCipherSpec]
                                   <--------             Finished`,
    abbreviated: `
      ClientHello                   -------->
                                                       ServerHello
                                                [ChangeCipherSpec]
                                    <--------             Finished
      [ChangeCipherSpec]
      Finished                      -------->`,
  };

  /** Who says what in a figure, the right column being the server's. */
  function read(figure: string): { from: Side; message: string; optional: boolean }[] {
    return figure
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => {
        const [, name = '', star] = /\[?([A-Z]\w+)\]?(\*?)/.exec(line) ?? [];
        return {
          from: line.search(/[A-Z[]/) < 10 ? 'client' : 'server',
          message: name,
          optional: star === '*',
        };
      });
  }

  const resumed = all.filter((events) => events.some(({ says }) => says?.resumed));
  const full = all.filter((events) => !resumed.includes(events));

  test('says figure 2 where a session is resumed, and nothing else', () => {
    const figure = read(figures.abbreviated).map(({ from, message }) => `${from}: ${message}`);
    expect(resumed.map(spoken)).toEqual([figure]);
  });

  test('says figure 1 where none is: all of it, and without each part that may be left out', () => {
    const figure = read(figures.full);
    const line = ({ from, message }: { from: Side; message: string }) => `${from}: ${message}`;
    for (const events of full) {
      const said = spoken(events);
      const needed = figure.filter((each) => !each.optional || said.includes(line(each)));
      expect(said).toEqual(needed.map(line));
    }
    const lengths = full.map(({ length }) => length);
    expect(Math.max(...lengths)).toBe(figure.length);
    expect(Math.min(...lengths)).toBe(figure.filter(({ optional }) => !optional).length);
    // Status or not; no certificate, an empty one, or one that is verified.
    expect(new Set(full.map((events) => spoken(events).join())).size).toBe(2 * 3);
  });

  test('verifies a certificate if and only if one was shown (RFC 5246 §7.4.8)', () => {
    for (const events of full) {
      const shown = events.some(({ says }) => says?.shown);
      expect(events.some(({ message }) => message === 'CertificateVerify')).toBe(shown);
    }
  });

  test('has no row that no conversation takes, and no place that two sides may speak at', () => {
    const taken = new Set<string>();
    for (const events of all) {
      for (const { before, event, after } of steps(events)) {
        taken.add(`${before.place}, ${event.message}, ${after.place}`);
        expect(new Set(mayFollow(before).map(({ from }) => from)).size).toBe(1);
      }
    }
    expect(taken).toEqual(new Set(rows.map((row) => `${row.after}, ${row.message}, ${row.then}`)));
  });

  test('lets each side change its keys once, before its Finished', () => {
    for (const events of all) {
      for (const side of sides) {
        const own = events.filter(({ from }) => from === side).map(({ message }) => message);
        expect(own.slice(-2)).toEqual(['ChangeCipherSpec', 'Finished']);
        expect(own.filter((message) => message === 'ChangeCipherSpec').length).toBe(1);
      }
    }
  });

  test('resumes nothing without extended master secret, and aborts where it was lost (RFC 7627 §5.3)', () => {
    for (const required of [true, false]) {
      expect(bindingOf({ resumes: true, extendedMasterSecret: false }, { required })).toBe('abort');
    }
  });
});

describe('the tables of states', () => {
  const tables = { client: clientStates, server: serverStates };

  test.each(sides)('of a %s list what the model lets its peer say, place by place', (side) => {
    const waits = all
      .flatMap(steps)
      .filter(({ before }) => turn(before) !== side)
      .map(({ before }) => setOf(mayFollow(before).map(({ message }) => message)));
    const listed = Object.values(tables[side]).map((accepts: readonly Awaited[]) => setOf(accepts));
    expect(new Set(waits)).toEqual(new Set(listed));
  });
});

describe('two honest ends', () => {
  // Who has promised a status may yet send none (RFC 6066 §8): a right that our server does not use.
  const taken = all.filter((events) => conversationOf(events).said.promised === events.some(isStatus));

  test.each(taken.map((events) => [nameOf(events), events] as const))(
    'say what the model says: %s',
    async (_, events) => {
      const tap = new Tap();
      const { client } = settingOf(planOf('client', events), tap.keyLog);
      const { server } = settingOf(planOf('server', events), () => {});
      const { clientEnd, serverEnd } = await connect(client, server, tap.wire);
      const said = tap.sent.flatMap(([from, messages]) => messages.map((message) => `${from}: ${message}`));
      expect(said).toEqual(spoken(events));
      const { resumed } = conversationOf(events).said;
      for (const { info, closed } of [clientEnd, serverEnd]) {
        expect(closed).toBeUndefined();
        expect(info?.resumed).toBe(resumed);
      }
    },
  );
});

function setOf(names: readonly string[]): string {
  return [...new Set(names)].sort().join(' or ');
}

function isStatus({ message }: Event): boolean {
  return message === 'CertificateStatus';
}

/** What is in this conversation that is not in all. */
function nameOf(events: readonly Event[]): string {
  const { said } = conversationOf(events);
  const facts = Object.entries(said).flatMap(([fact, holds]) => (holds ? [fact] : []));
  return [...facts, ...(events.some(isStatus) ? ['with its status'] : [])].join(', ') || 'nothing';
}

function spoken(events: readonly Event[]): string[] {
  return events.map(({ from, message }) => `${from}: ${message}`);
}

/** Where the conversation was before each event, and after it. */
function steps(events: readonly Event[]) {
  return events.map((event, i) => ({
    before: conversationOf(events.slice(0, i)),
    event,
    after: conversationOf(events.slice(0, i + 1)),
  }));
}
