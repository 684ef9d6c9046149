/**
 * The sessions of a configuration: its store or cache behind the guard that makes any of them harmless, and the keys
 * that sessions stand under there.
 */

import { contextDigest } from '../handshake/context-digest.ts';
import { settled } from '../handshake/peer.ts';
import { issuedSessionIdLength } from '../handshake/resumption.ts';
import { upon } from '../session/asking.ts';
import { GuardedSessionStore } from '../session/guard.ts';
import { type Lookup, SessionKeeper } from '../session/keeper.ts';
import { storeKey } from '../session/key.ts';
import { createSession } from '../session/session.ts';
import type { ClientSessionCache, MaybePromise, SessionStore } from '../session/store.ts';
import { hex, utf8 } from '../wire/bytes.ts';
import { encode, uint16 } from '../wire/codec.ts';
import { ask } from './ask.ts';
import type { ClientSessionSource, ServerSessionSource, Services } from './bare-config.ts';
import type { ClientSessionOptions, ServerSessionOptions, SessionStoreOptions } from './config.ts';

/** Sessions in a store, for the clients that come back; none where there is no store: then none is resumed. */
export function serverSessions(options: ServerSessionOptions): ServerSessionSource {
  const {
    sessionStore,
    sessionIds = (random) => random(issuedSessionIdLength),
    awaitSessionStore = true,
    singleUseSessions = false,
  } = options;
  return (services) => {
    if (sessionStore === undefined) return undefined;
    const { sha256, randomBytes, report } = services;
    const keeper = makeKeeper(sessionStore, options, services);
    // S33: many times unless the application says once.
    const lookUp = singleUseSessions ? 'take' : 'find';
    const key = (sessionId: Uint8Array) => storeKey(sha256, sessionId);
    return {
      newId: () => ask('sessionIds', () => checkSessionId(sessionIds(randomBytes))),
      find: (sessionId) => reportUndecodable(keeper[lookUp](key(sessionId), sessionId), report),
      keep: (fields) => {
        const kept = keeper.keep(key(fields.sessionId), createSession(fields));
        return awaitSessionStore ? kept : settled(kept);
      },
      forget: (sessionId) => keeper.forget(key(sessionId)),
    };
  };
}

/** An ID that was handed out is looked up again only if it has this length (rule S1). */
function checkSessionId(sessionId: unknown): Uint8Array {
  if (sessionId instanceof Uint8Array && sessionId.length === issuedSessionIdLength) return sessionId;
  const found = sessionId instanceof Uint8Array ? `${sessionId.length}` : typeof sessionId;
  throw new TypeError(`expected a session ID of ${issuedSessionIdLength} bytes, got ${found}`);
}

/** Rules C9, C13: a session is found again by the configuration, name, port and partition that it was made under. */
export function clientSessions(options: ClientSessionOptions): ClientSessionSource {
  const { session, sessionCache = session && cacheOf(session), sessionPartition, port } = options;
  return (services, { contextDigest: context, serverName }) => {
    if (sessionCache === undefined) return undefined;
    // Without a name and without a partition all servers would stand under one key, and be shown each other's IDs.
    if (serverName === undefined && sessionPartition === undefined && session === undefined) return undefined;
    const { sha256, report } = services;
    const keeper = makeKeeper(sessionCache, options, services);
    const key = hex(
      contextDigest(sha256, 'reprise client session', [
        ['context', context],
        ['server name', ...(serverName === undefined ? [] : [utf8(serverName)])],
        ['port', ...(port === undefined ? [] : [encode(uint16, port)])],
        ['partition', ...(sessionPartition === undefined ? [] : [utf8(sessionPartition)])],
      ]),
    );
    return {
      find: () => reportUndecodable(keeper.find(key), report),
      keep: (fields) => keeper.keep(key, createSession(fields)),
      forget: () => keeper.forget(key),
    };
  };
}

/** A cache that holds one session until it is to be forgotten (rule C10), and learns no other. */
function cacheOf(session: Uint8Array): ClientSessionCache {
  let held: Uint8Array | undefined = session;
  const drop = () => {
    held = undefined;
  };
  return { get: () => held, set: () => {}, delete: drop };
}

function makeKeeper(
  store: SessionStore,
  { sessionStoreDeadline: deadline = 100, sessionStoreBreaker: breaker }: SessionStoreOptions,
  { sha256, report, observe }: Services,
): SessionKeeper {
  return new SessionKeeper(new GuardedSessionStore(store, { deadline, breaker, report, observe }), sha256);
}

function reportUndecodable(lookup: MaybePromise<Lookup>, report: Services['report']): MaybePromise<Lookup> {
  return upon(lookup, (found) => {
    if ('reason' in found && found.reason === 'undecodable') report({ kind: 'session-undecodable' });
    return found;
  });
}
