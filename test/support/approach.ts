/**
 * Places on the way of a handshake: a connection in either role, brought by a scripted peer to the moment before any
 * step that is the peer's to take.
 */

import type { ClientConnection, ServerConnection } from 'reprise-tls';
import type { Awaited, Step } from '../../src/handshake/states.ts';
import {
  heldSession,
  type Kind,
  kinds,
  type Role,
  type Setting,
  scripted,
  setting,
  site,
  stepsOf,
} from './kinds.ts';
import {
  type Played,
  playClient,
  playServer,
  type ScriptedClient,
  type ScriptedServer,
  serverName,
  statusRequest,
} from './scripted.ts';

/** The role is that of the connection under test. */
export interface Place {
  readonly role: Role;
  readonly kind: Kind;
  /** How many steps were taken. */
  readonly taken: number;
  /** What an honest peer would send now; undefined where the handshake is done. */
  readonly next: Step[1] | undefined;
}

export type AnyConnection = ClientConnection | ServerConnection;
export type AnyScripted = ScriptedClient | ScriptedServer;

/** Every moment at which it is the peer's turn, and the one when the handshake is done. */
export function placesOf(role: Role): readonly Place[] {
  return kinds.flatMap((kind) => {
    const steps = stepsOf(kind);
    const turns = steps.flatMap(([sender, next], taken) =>
      sender === role ? [] : [{ role, kind, taken, next }],
    );
    return [...turns, { role, kind, taken: steps.length, next: undefined }];
  });
}

/** The place in this kind of handshake where the peer of `role` would send `next`; undefined: where it is done. */
export function placeBefore(role: Role, kind: Kind, next: Awaited | undefined): Place {
  const place = placesOf(role).find((each) => each.kind === kind && each.next === next);
  if (place === undefined) throw new RangeError(`expected ${next} in a ${kind} handshake`);
  return place;
}

/** As it stands in the name of a test. */
export function nameOf({ role, kind, taken, next }: Place): string {
  return `${role}, ${kind} handshake, after ${taken} messages, before ${next ?? 'application data'}`;
}

/** Plays against a connection that has come to this place. */
export function approach<T>(
  { role, kind, taken }: Place,
  script: (peer: AnyScripted) => Promise<T>,
  arranged: Setting = setting(kind),
): Promise<Played<AnyConnection, T>> {
  return play(
    role,
    kind,
    async (peer) => {
      await peer.walk(stepsOf(kind).slice(0, taken));
      return script(peer);
    },
    arranged,
  );
}

/** Plays with a peer that is ready for this kind of handshake, from the start. */
export function play<T>(
  role: Role,
  kind: Kind,
  script: (peer: AnyScripted) => Promise<T>,
  { client, server }: Setting = setting(kind),
): Promise<Played<AnyConnection, T>> {
  const session = kind === 'abbreviated' ? heldSession : undefined;
  if (role === 'client') {
    return playServer(
      client,
      (peer) => {
        peer.resumed = session;
        return script(peer);
      },
      scripted(kind, 'server'),
    );
  }
  return playClient(
    server,
    (peer) => {
      peer.offered = session;
      const asks = kind === 'full with certificate status' ? statusRequest : {};
      peer.changes = { extensions: { ...serverName(site), ...asks } };
      return script(peer);
    },
    scripted(kind, 'client'),
  );
}
