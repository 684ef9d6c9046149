/**
 * The whole machine, walked: the flights of RFC 5246 §7.3 lead through every state of the tables, and whatever a state
 * does not list is refused there, before it is looked at (the SMACK attacks). Since every refusal is an end, this is all
 * sequences of messages there are: each is a legal one up to its first wrong step.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HandshakeName, handshakeMessages } from '../../src/handshake/messages.ts';
import { type Awaited, clientStates, type StateTable, serverStates } from '../../src/handshake/states.ts';
import { ContentType } from '../../src/record/content.ts';
import { utf8 } from '../../src/wire/bytes.ts';
import { type AnyScripted, approach, nameOf, type Place, placesOf } from '../support/approach.ts';
import { promised, roles, type Setting, setting } from '../support/kinds.ts';

const tables: { readonly client: StateTable; readonly server: StateTable } = {
  client: clientStates,
  server: serverStates,
};

const names = Object.keys(handshakeMessages) as readonly HandshakeName[];

/** Of other versions and extensions: HelloVerifyRequest, NewSessionTicket, CertificateURL, KeyUpdate … */
const otherHandshakeTypes = [3, 4, 5, 6, 8, 21, 23, 24, 67, 254, 255];
/** Around those that there are, heartbeat (RFC 6520), and the first byte of an HTTP request. */
const otherContentTypes = [0, 19, 24, 25, 0x47, 255];

/** What may be sent at any place, and the reason with which a place that does not want it refuses it. */
interface Offer {
  readonly name: string;
  readonly reason: 'unexpected-message' | 'record-type';
  send(peer: AnyScripted): void;
}

const offers: readonly Offer[] = [
  ...[...names, 'ChangeCipherSpec' as const].map(
    (name): Offer => ({ name, reason: 'unexpected-message', send: (peer) => peer.speak(name) }),
  ),
  ...otherHandshakeTypes.map(
    (type): Offer => ({
      name: `HandshakeType ${type}`,
      reason: 'unexpected-message',
      send: (peer) => peer.record(ContentType.handshake, Uint8Array.of(type, 0, 0, 0)),
    }),
  ),
  { name: 'application data', reason: 'unexpected-message', send: (peer) => peer.sendData(utf8('data')) },
  ...otherContentTypes.map(
    (type): Offer => ({
      name: `content type ${type}`,
      reason: 'record-type',
      send: (peer) => peer.raw(Uint8Array.of(type, 3, 3, 0, 1, 0)),
    }),
  ),
];

/** What a place takes beside what its state lists. */
function tolerated({ role, next }: Place): readonly string[] {
  // A client that negotiates ignores a HelloRequest (RFC 5246 §7.4.1.1); after, both sides may be asked to renegotiate.
  const renegotiation = role === 'client' ? 'HelloRequest' : 'ClientHello';
  if (next === undefined) return ['application data', renegotiation];
  return role === 'client' ? [renegotiation] : [];
}

/** Brings a connection to a place, sends what is offered, and sees that it is taken or refused as it must be. */
async function judge(place: Place, { name, reason, send }: Offer, arranged?: Setting): Promise<void> {
  const script = async (peer: AnyScripted) => {
    const { connection } = peer;
    const { state, info } = connection;
    const listed = tables[place.role][state]?.some((accepted) => accepted === name) ?? false;
    send(peer);
    if (listed || tolerated(place).includes(name)) {
      await peer.settle();
      return { taken: connection.state !== 'closed' };
    }
    const alert = await peer.alert();
    return { state, alert, silent: await peer.silent(), told: connection.info !== info };
  };
  const { connection, end, result } = await approach(place, script, arranged);
  if (result.taken !== undefined) {
    expect(result.taken, name).toBe(true);
    return;
  }
  expect(result, name).toMatchObject({ alert: 'unexpected_message', silent: true, told: false });
  const { state } = result;
  expect(end.closed?.error).toMatchObject({ reason, alert: 'unexpected_message', origin: 'sent', state });
  expect(end.received).toEqual([]);
  expect(connection.state).toBe('closed');
}

describe.each(roles)('the states of a %s', (role) => {
  const places = placesOf(role);

  test('the flights lead through all, and each lists what they go on with and no more (RFC 5246 §7.3)', async () => {
    const found = new Map<string, Set<Awaited>>();
    for (const place of places) {
      const { connection } = await approach(place, async () => {});
      const { state } = connection;
      if (place.next === undefined) expect(state).toBe('established');
      else found.set(state, (found.get(state) ?? new Set()).add(place.next));
    }
    // Who has acknowledged status_request may yet staple nothing (RFC 6066 §8): a right that our server does not use.
    found.get('awaiting CertificateStatus or ServerKeyExchange')?.add('ServerKeyExchange');
    const listed = Object.entries(tables[role]).map(([state, accepts]) => [state, new Set(accepts)] as const);
    expect(found).toEqual(new Map(listed));
  });

  test.each(places.map((place) => [nameOf(place), place] as const))(
    '%s: what the state lists is taken, all else is refused with unexpected_message',
    async (_, place) => {
      for (const offer of offers) await judge(place, offer);
    },
  );

  test('it is the same where what this side is asked for comes by promises', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...places),
      fc.constantFrom(...offers),
      (place, offer) => judge(place, offer, promised(setting(place.kind))),
    );
    await fc.assert(property, { numRuns: 50 });
  });
});
