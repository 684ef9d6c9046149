/**
 * The places where a connection calls the application, handlers and callbacks, and a stage on which something is done
 * at any of them: what else was called is written down, and keys are counted.
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
import { utf8 } from '../../src/wire/bytes.ts';
import { holding, type Kind, now, own, type Role, type Setting, setting, signedWith } from './kinds.ts';
import { makePair, type Pair } from './pair.ts';

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
export const sites = (['full with client certificate', 'abbreviated'] as const).flatMap((kind) =>
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

export interface Stage {
  readonly pair: Pair;
  /** What each end's handlers were called for, in order. */
  readonly log: Readonly<Record<Role, string[]>>;
  readonly keys: { made: number; destroyed: number };
}

export interface At {
  readonly kind: Kind;
  readonly role: Role;
  readonly site: Site;
}

/** A connection on which both ends speak as soon as they may, and `deed` is done at the site's first call. */
export async function doAt({ kind, role, site }: At, deed: (pair: Pair) => void): Promise<Stage> {
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
  if (!done) throw new Error(`expected ${site} of the ${role} to be called`);
  return { pair, log, keys };
}

/** The setting, with `act` in the way of one callback. */
function hooked({ client, server }: Setting, role: Role, site: Site, act: () => void): Setting {
  const { session, ...rest } = client;
  const cache: SessionStore = rest.sessionCache ?? holding(session);
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
