/**
 * Handlers and callbacks are the application's own code, and it does what it likes in them: it throws, it ends the
 * connection, it writes, it feeds what has just come. Whatever it does and wherever, there is one end with one reason,
 * nothing happens after it, and no key outlives it.
 */

import { afterEach, describe, expect, test, vi } from 'vitest';
import { concat, utf8 } from '../../src/wire/bytes.ts';
import { type At, doAt, type Stage, sites } from '../support/callbacks.ts';
import { type Role, setting } from '../support/kinds.ts';
import { makePair, type Pair } from '../support/pair.ts';

/** What holds for every end: once, last, and with it all keys. The other side is told that the transport has gone. */
function expectOneEnd({ pair, log, keys }: Stage): void {
  pair.client.feedEnd();
  pair.server.feedEnd();
  for (const calls of Object.values(log)) {
    expect(calls.filter((handler) => handler === 'close')).toHaveLength(1);
    expect(calls.at(-1)).toBe('close');
  }
  expect(keys.destroyed).toBe(keys.made);
}

const endOf = (pair: Pair, role: Role) => pair[`${role}End`];
const established = (site: At['site']) => site === 'secure' || site === 'data';

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the application throws', () => {
  const failure = new Error('the application is at fault');
  /** The faults of a store cost a resumption and no more, as do those of a veto and of a client's second look. */
  const costsResumption = ({ kind, site }: At) =>
    ['get', 'set', 'acceptSession'].includes(site) ||
    (site === 'verifyCertificate' && kind === 'abbreviated');
  const fatal = sites.filter(([, at]) => at.site !== 'close' && !costsResumption(at));

  test.each(fatal)('in %s: internal_error, with what it threw as the cause', async (_, at) => {
    const stage = await doAt(at, () => {
      throw failure;
    });
    const { error } = endOf(stage.pair, at.role).closed ?? {};
    expect(error).toMatchObject({
      // Randomness is the platform's matter more than the application's.
      reason: at.site === 'randomBytes' ? 'internal' : 'application',
      alert: 'internal_error',
      origin: 'sent',
      cause: failure,
    });
    expectOneEnd(stage);
  });

  test.each(sites.filter(([, at]) => costsResumption(at)))(
    'in %s: no more than a resumption is lost',
    async (_, at) => {
      const stage = await doAt(at, () => {
        throw failure;
      });
      expect(stage.pair.clientEnd.info?.resumed).toBe(false);
      expect(stage.pair.clientEnd.received).toEqual([utf8('from the server')]);
      expectOneEnd(stage);
    },
  );

  test.each(sites.filter(([, { site }]) => site === 'close'))(
    'in %s: the host hears of it',
    async (_, at) => {
      const uncaught: unknown[] = [];
      vi.stubGlobal('queueMicrotask', (callback: () => void) => {
        try {
          callback();
        } catch (error) {
          uncaught.push(error);
        }
      });
      const stage = await doAt(at, () => {
        throw failure;
      });
      expect(uncaught).toEqual([failure]);
      expectOneEnd(stage);
    },
  );
});

test('a `report` that throws is not heard of: what it was told of did not end the connection either', async () => {
  const { client, server } = setting('abbreviated', {
    both: {
      report: () => {
        throw new Error('the log is full');
      },
    },
  });
  const pair = makePair(client, server);
  pair.server.feed(Uint8Array.of(21, 3, 3, 0, 2, 1, 90)); // the warning user_canceled
  pair.client.start();
  await pair.settle();
  expect(pair.serverEnd.info).toBeDefined();
  expect(pair.clientEnd.closed).toBeUndefined();
});

describe('the application ends the connection', () => {
  const living = sites.filter(([, { site }]) => site !== 'close');

  test.each(living)('by `abort` in %s', async (_, at) => {
    const stage = await doAt(at, (pair) => pair[at.role].abort());
    expect(endOf(stage.pair, at.role).closed?.error).toMatchObject({ reason: 'aborted', alert: undefined });
    expectOneEnd(stage);
  });

  test.each(living)('by `abandon` in %s, and hears no more of it', async (_, at) => {
    const stage = await doAt(at, (pair) => pair[at.role].abandon());
    const { pair, log, keys } = stage;
    const calls = log[at.role];
    const before = calls.length;
    pair.client.feedEnd();
    pair.server.feedEnd();
    expect(calls).toHaveLength(before);
    expect(calls).not.toContain('close');
    expect(pair[at.role].state).toBe('closed');
    expect(keys.destroyed).toBe(keys.made);
  });

  test.each(living)('by `close` in %s', async (_, at) => {
    const stage = await doAt(at, (pair) => pair[at.role].close());
    expect(endOf(stage.pair, at.role).closed).toEqual({ error: undefined });
    const { info, closed } = endOf(stage.pair, at.role === 'client' ? 'server' : 'client');
    if (info !== undefined) expect(closed).toEqual({ error: undefined });
    else expect(closed?.error).toMatchObject({ alert: 'close_notify', origin: 'received' });
    expectOneEnd(stage);
  });

  test.each(living)('as its transport does, in %s', async (_, at) => {
    const stage = await doAt(at, (pair) => pair[at.role].feedEnd());
    expect(endOf(stage.pair, at.role).closed?.error?.reason).toBe('truncated');
    expectOneEnd(stage);
  });

  test.each(sites.filter(([, { site }]) => site === 'close'))('again, in %s: in vain', async (_, at) => {
    const stage = await doAt(at, (pair) => {
      const connection = pair[at.role];
      connection.abort();
      connection.close();
      connection.feedEnd();
      connection.feed(Uint8Array.of(21, 3, 3, 0, 2, 2, 0));
      expect(() => connection.write(utf8('late'))).toThrow(TypeError);
    });
    expect(endOf(stage.pair, at.role).closed).toEqual({ error: undefined });
    expectOneEnd(stage);
  });
});

describe('the application goes on', () => {
  test.each(sites)('writing in %s: before the handshake is done that is a TypeError', async (_, at) => {
    const stage = await doAt(at, (pair) => {
      const write = () => pair[at.role].write(utf8('!'));
      if (established(at.site)) write();
      else expect(write).toThrow(TypeError);
    });
    const heard = (role: Role) => concat(...endOf(stage.pair, role).received);
    const other = at.role === 'client' ? 'server' : 'client';
    const more = established(at.site) ? utf8('!') : utf8('');
    const said = [utf8(`from the ${at.role}`), more];
    expect(heard(at.role)).toEqual(utf8(`from the ${other}`));
    expect(heard(other)).toEqual(concat(...said));
    expectOneEnd(stage);
  });

  test.each(sites.filter(([, { site }]) => site !== 'close'))(
    'feeding in %s: it is read when its turn comes',
    async (_, at) => {
      const stage = await doAt(at, (pair) => {
        pair[at.role].feed(utf8('HTTP/1.1 400 Bad Request'));
      });
      expect(endOf(stage.pair, at.role).closed?.error?.reason).toBe('record-type');
      expectOneEnd(stage);
    },
  );
});
