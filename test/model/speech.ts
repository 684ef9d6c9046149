/** Events of the model, said and heard by a scripted peer. */

import { expect } from 'vitest';
import { empty, equal } from '../../src/wire/bytes.ts';
import type { AnyScripted } from '../support/approach.ts';
import { heldSession, site } from '../support/kinds.ts';
import { ScriptedServer } from '../support/scripted/server.ts';
import { serverName, statusRequest } from '../support/scripted.ts';
import type { Event } from './machine.ts';

/** Says this, well-formed and under the keys that it has to be under. */
export function say(
  peer: AnyScripted,
  { message, says = {} }: Event,
  hello: { readonly extendedMasterSecret: boolean },
): void {
  const classic = hello.extendedMasterSecret ? {} : { extended_master_secret: undefined };
  if (message === 'ClientHello' && !(peer instanceof ScriptedServer)) {
    peer.offered = says.offered ? heldSession : undefined;
    peer.changes = { extensions: { ...serverName(site), ...statusRequest, ...classic } };
  }
  if (message === 'ServerHello' && peer instanceof ScriptedServer) {
    peer.resumed = says.resumed ? heldSession : undefined;
    peer.changes = { extensions: { ...(says.promised ? { status_request: {} } : {}), ...classic } };
  }
  if (message === 'Certificate' && says.shown === false) peer.send('Certificate', { certificateList: [] });
  else peer.speak(message);
}

/** Hears this, and that it says what it must. */
export async function hear(peer: AnyScripted, { from, message, says = {} }: Event): Promise<void> {
  if (message === 'Certificate' && from === 'client') {
    const { certificateList } = await peer.receive('Certificate');
    expect(certificateList.length > 0).toBe(says.shown);
    return;
  }
  await peer.hear(message);
  if (message === 'ClientHello' && peer instanceof ScriptedServer) {
    expect(peer.clientHello?.sessionId).toEqual(says.offered ? heldSession.sessionId : empty);
  }
  if (message === 'ServerHello' && !(peer instanceof ScriptedServer)) {
    expect(equal(peer.sessionId, heldSession.sessionId)).toBe(says.resumed);
    expect(peer.serverExtensions.status_request !== undefined).toBe(says.promised);
  }
}
