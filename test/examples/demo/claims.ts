/**
 * What the demo claims of a full handshake and the abbreviated ones after it. A claim is held against what both ends
 * say of themselves, and against the bytes on the wire as a stranger reads them; it holds where nothing speaks against.
 */

import { flights } from '../../../src/handshake/states.ts';
import { hex } from '../../../src/wire/bytes.ts';
import type { Visit } from './parties.ts';

export interface Claim {
  readonly sentence: string;
  readonly against: readonly string[];
}

/** What may speak against a claim: a sentence where it does. */
type Finding = string | false;

export function claims(full: Visit, abbreviated: readonly Visit[]): readonly Claim[] {
  const all = [full, ...abbreviated];
  const { sessionId = '' } = full.trace.flow;
  const claim = (sentence: string, visits: readonly Visit[], find: (visit: Visit) => readonly Finding[]) => ({
    sentence,
    against: visits.flatMap((visit) =>
      find(visit).flatMap((finding) =>
        finding === false ? [] : [`connection ${all.indexOf(visit) + 1}: ${finding}`],
      ),
    ),
  });

  return [
    claim('Both ends say that the first handshake was full and the others resumed it.', all, (visit) =>
      ends(visit).map(
        ([end, { resumed }]) => resumed !== (visit !== full) && `the ${end} says resumed: ${resumed}`,
      ),
    ),
    claim('Both ends name the session ID that the first ServerHello gave.', all, (visit) => [
      sessionId.length !== 64 && `expected an ID of 32 bytes, got ${sessionId.length / 2}`,
      visit.trace.flow.sessionId !== sessionId && `the ServerHello has ${visit.trace.flow.sessionId}`,
      ...ends(visit).map(
        ([end, word]) => hex(word.sessionId) !== sessionId && `the ${end} says ${hex(word.sessionId)}`,
      ),
    ]),
    claim('Both ends name the cipher suite that the first handshake chose.', all, (visit) =>
      ends(visit).map(
        ([end, { cipherSuite }]) =>
          cipherSuite !== full.client.cipherSuite && `the ${end} says ${cipherSuite}`,
      ),
    ),
    claim('The messages are those of RFC 5246 §7.3, figures 1 and 2, one for one.', all, (visit) => {
      const figure = inWords(visit === full ? flights.full : flights.abbreviated);
      const seen = inWords(visit.trace.flow.steps);
      return [seen !== figure && `expected ${figure}; saw ${seen}`];
    }),
    claim('Each line arrived and came back as it was sent.', all, ({ sent, received, returned }) => [
      received !== sent && `the server received ${JSON.stringify(received)}`,
      returned !== sent && `the client received ${JSON.stringify(returned)}`,
    ]),
    claim('No line can be read on the wire.', all, ({ wire, sent }) =>
      (['client', 'server'] as const).map(
        (from) => Buffer.from(wire[from]).includes(sent.trimEnd()) && `the ${from} sent it in clear`,
      ),
    ),
    claim('Resuming takes one round trip less, and fewer bytes.', abbreviated, ({ trace: { flow } }) => [
      flow.roundTrips !== (full.trace.flow.roundTrips ?? 0) - 1 && `it took ${flow.roundTrips} round trips`,
      flow.handshakeLength >= full.trace.flow.handshakeLength && `it took ${flow.handshakeLength} bytes`,
    ]),
  ];
}

function ends({ client, server }: Visit) {
  return [['client', client] as const, ['server', server] as const];
}

function inWords(steps: readonly (readonly [sender: string, name: string])[]): string {
  return steps.map(([sender, name]) => `${sender} ${name}`).join(', ');
}
