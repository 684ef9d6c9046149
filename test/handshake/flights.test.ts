/**
 * Real handshakes against the table of legal ones (RFC 5246 §7.3), and how they leave: a flight is one `send`, whether
 * this side's own answers (of stores, verifiers, signers) are there at once or come as promises.
 */

import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/wire/bytes.ts';
import { type Kind, kinds, promised, type Role, type Setting, setting, stepsOf } from '../support/kinds.ts';
import { connect, makePair } from '../support/pair.ts';
import { type Sent, Tap } from '../support/tap.ts';

const ways = [
  ['at once', (given: Setting) => given],
  ['by promises', promised],
] as const;

/** The steps, those of one sender in a row taken together. */
function flightsOf(kind: Kind): Sent[] {
  const found: [Role, Sent[1][number][]][] = [];
  for (const [sender, name] of stepsOf(kind)) {
    const last = found.at(-1);
    if (last?.[0] === sender) last[1].push(name);
    else found.push([sender, [name]]);
  }
  return found;
}

describe.each(ways)('with answers %s', (_, arrange) => {
  test.each(kinds)(
    'a handshake, %s, is what the table says, each flight one send (RFC 5246 §7.3)',
    async (kind) => {
      const tap = new Tap();
      const { client, server } = arrange(setting(kind, { both: { keyLog: tap.keyLog } }));
      const pair = await connect(client, server, tap.wire);
      expect(tap.sent).toEqual(flightsOf(kind));
      expect(pair.clientEnd.info?.resumed).toBe(kind === 'abbreviated');
      expect(pair.serverEnd.info?.resumed).toBe(kind === 'abbreviated');
    },
  );

  test.each(kinds)(
    '%s: what is written in `secure` leaves with the last Finished, in the same send',
    async (kind) => {
      const tap = new Tap();
      const { client, server } = arrange(setting(kind, { both: { keyLog: tap.keyLog } }));
      const pair = makePair(client, server, {
        ...tap.wire,
        client: { secure: () => pair.client.write(utf8('from the client')) },
        server: { secure: () => pair.server.write(utf8('from the server')) },
      });
      pair.client.start();
      await pair.settle();
      const flights = flightsOf(kind);
      const [sender, names] = flights.pop() ?? ['client', []];
      const other = sender === 'client' ? 'server' : 'client';
      expect(tap.sent).toEqual([
        ...flights,
        [sender, [...names, 'application data']],
        [other, ['application data']],
      ]);
      expect(pair.clientEnd.received).toEqual([utf8('from the server')]);
      expect(pair.serverEnd.received).toEqual([utf8('from the client')]);
    },
  );
});
