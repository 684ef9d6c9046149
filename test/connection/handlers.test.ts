/**
 * Handlers and callbacks are the application's own code, and it does what it likes in them: it throws, it ends the
 * connection, it writes, it feeds what has just come. Whatever it does and wherever, there is one end with one reason,
 * nothing happens after it, and no key outlives it.
 */

import {
  type Aead,
  type ClientConfig,
  type ConnectionHandlers,
  type CryptoProvider,
  noble,
  type ServerConfig,
  type SessionStore,
} from 'reprise-tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { concat, utf8 } from '../../src/wire/bytes.ts';
import { type Kind, now, own, type Role, type Setting, setting, signedWith } from '../support/kinds.ts';
import { makePair, type Pair } from '../support/pair.ts';

const handlers = ['send', 'data', 'secure', 'close'] as const;
const callbacks = {
  client: ['verifyCertificate', 'keyLog', 'sign', 'get', 'set', 'clock', 'randomBytes'],
  server: [
    'verifyCertificate',
    'keyLog',
    'sign',
    'get',
    'set',
    'clock',
    'randomBytes',
    'selectCertificate',
    'acceptSession',
  ],
} as const;

type Site = (typeof handlers)[number] | (typeof callbacks)['server'][number];

/** Where each side calls the application, in handshakes of both sorts. */
const sites = (['full with client certificate', 'abbreviated'] as const).flatMap((kind) =>
  (['client', 'server'] as const).flatMap((role) =>
    [...handlers, ...callbacks[role]]
      .filter((site) => reached(kind, role, site))
      .map((site) => [`${site} of a ${role}, ${kind}`, { kind, role, site }] as const),
  ),
);

/** Full handshakes do not look at a session; abbreviated ones make none and sign nothing. */
function reached(kind: Kind, role: Role, site: Site): boolean {
  if (kind !== 'abbreviated') return site !== 'acceptSession' && !(site === 'get' && role === 'server');
  return !['sign', 'set'].includes(site) && !(site === 'verifyCertificate' && role === 'server');
}

interface Stage {
  readonly pair: Pair;
  /** What each end's handlers were called for, in order. */
  readonly log: Readonly<Record<Role, string[]>>;
  readonly keys: { made: number; destroyed: number };
}

interface At {
  readonly kind: Kind;
  readonly role: Role;
  readonly site: Site;
}

/** A connection on which both ends speak as soon as they may, and `deed` is done at the site's first call. */
async function play({ kind, role, site }: At, deed: (pair: Pair) => void): Promise<Stage> {
  const keys = { made: 0, destroyed: 0 };
  let pair: Pair | undefined;
  let done = false;
  const act = () => {
    // Configurations are resolved before there is a connection.
    if (pair === undefined || done) return;
    done = true;
    deed(pair);
  };
  const crypto: CryptoProvider = { ...noble, aead: (aead) => counting(aead, keys) };
  const given = hooked(setting(kind, { both: { crypto } }), role, site, act);
  const log: Stage['log'] = { client: [], server: [] };
  const observed = (side: Role): ConnectionHandlers => ({
    send: () => called(side, 'send'),
    data: () => called(side, 'data'),
    secure: () => {
      pair?.[side].write(utf8(`from the ${side}`));
      called(side, 'secure');
    },
    close: () => called(side, 'close'),
  });
  const called = (side: Role, handler: Site) => {
    log[side].push(handler);
    if (side === role && handler === site) act();
  };
  pair = makePair(given.client, given.server, { client: observed('client'), server: observed('server') });
  pair.client.start();
  await pair.settle();
  if (site === 'close') pair[role].close();
  await pair.settle();
  expect(done).toBe(true);
  return { pair, log, keys };
}

/** The setting, with `act` in the way of one callback. */
function hooked({ client, server }: Setting, role: Role, site: Site, act: () => void): Setting {
  const { session, ...rest } = client;
  const cache: SessionStore = rest.sessionCache ?? { get: () => session, set: () => {}, delete: () => {} };
  const common = {
    ...(site === 'keyLog' ? { keyLog: act } : {}),
    ...(site === 'verifyCertificate' ? { verifyCertificate: () => after(act, true as const) } : {}),
    ...(site === 'clock' ? { clock: () => after(act, now) } : {}),
  };
  const store = (inner: SessionStore): SessionStore => ({
    get: (key) => (site === 'get' ? after(act, inner.get(key)) : inner.get(key)),
    set: (key, state, lifetime) => (site === 'set' ? act() : inner.set(key, state, lifetime)),
    delete: (key) => inner.delete(key),
  });
  const crypto = (given: CryptoProvider | undefined): CryptoProvider => ({
    ...(given ?? noble),
    ...(site === 'randomBytes' ? { randomBytes: (length) => after(act, noble.randomBytes(length)) } : {}),
  });
  const signing = site === 'sign' ? signedWith(own[role], (signature) => after(act, signature())) : own[role];
  if (role === 'client') {
    const config: ClientConfig = {
      ...rest,
      ...common,
      crypto: crypto(client.crypto),
      sessionCache: store(cache),
      ...(client.certificates === undefined ? {} : { certificates: [signing] }),
    };
    return { client: config, server };
  }
  const config: ServerConfig = {
    ...server,
    ...common,
    crypto: crypto(server.crypto),
    sessionStore: store(server.sessionStore ?? cache),
    certificates: [signing],
    ...(site === 'selectCertificate' ? { selectCertificate: () => after(act, signing) } : {}),
    ...(site === 'acceptSession' ? { acceptSession: () => after(act, true) } : {}),
  };
  return { client, server: config };
}

function after<T>(act: () => void, value: T): T {
  act();
  return value;
}

function counting(aead: Aead, keys: Stage['keys']): Aead {
  return {
    ...aead,
    create: (bytes) => {
      const key = aead.create(bytes);
      keys.made++;
      let live = true;
      return {
        seal: (...args) => key.seal(...args),
        open: (...args) => key.open(...args),
        destroy: () => {
          if (live) keys.destroyed++;
          live = false;
          key.destroy();
        },
      };
    },
  };
}

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
const established = (site: Site) => site === 'secure' || site === 'data';

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the application throws', () => {
  const failure = new Error('the application is at fault');
  /** A store's faults cost a resumption and no more, as does a client's doubt about a session's certificate. */
  const costsResumption = ({ kind, site }: At) =>
    site === 'get' || site === 'set' || (site === 'verifyCertificate' && kind === 'abbreviated');
  const fatal = sites.filter(([, at]) => at.site !== 'close' && !costsResumption(at));

  test.each(fatal)('in %s: internal_error, with what it threw as the cause', async (_, at) => {
    const stage = await play(at, () => {
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
      const stage = await play(at, () => {
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
      const stage = await play(at, () => {
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
    const stage = await play(at, (pair) => pair[at.role].abort());
    expect(endOf(stage.pair, at.role).closed?.error).toMatchObject({ reason: 'aborted', alert: undefined });
    expectOneEnd(stage);
  });

  test.each(living)('by `close` in %s', async (_, at) => {
    const stage = await play(at, (pair) => pair[at.role].close());
    expect(endOf(stage.pair, at.role).closed).toEqual({ error: undefined });
    const { info, closed } = endOf(stage.pair, at.role === 'client' ? 'server' : 'client');
    if (info !== undefined) expect(closed).toEqual({ error: undefined });
    else expect(closed?.error).toMatchObject({ alert: 'close_notify', origin: 'received' });
    expectOneEnd(stage);
  });

  test.each(living)('as its transport does, in %s', async (_, at) => {
    const stage = await play(at, (pair) => pair[at.role].feedEnd());
    expect(endOf(stage.pair, at.role).closed?.error?.reason).toBe('truncated');
    expectOneEnd(stage);
  });

  test.each(sites.filter(([, { site }]) => site === 'close'))('again, in %s: in vain', async (_, at) => {
    const stage = await play(at, (pair) => {
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
    const stage = await play(at, (pair) => {
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
      const stage = await play(at, (pair) => {
        pair[at.role].feed(utf8('HTTP/1.1 400 Bad Request'));
      });
      expect(endOf(stage.pair, at.role).closed?.error?.reason).toBe('record-type');
      expectOneEnd(stage);
    },
  );
});
