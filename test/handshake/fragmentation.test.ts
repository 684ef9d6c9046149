/**
 * Any fragmentation and coalescing of any flight gives the same result (RFC 5246 §6.2.1): pieces of the transport's,
 * in arrays that it uses again, and records that hold any part of a message or any number of them.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ContentType } from '../../src/record/content.ts';
import { concat, hex } from '../../src/wire/bytes.ts';
import { approach, nameOf, placesOf } from '../support/approach.ts';
import { type Kind, kinds, promised, roles, type Setting, setting } from '../support/kinds.ts';
import { makePair, type Wire } from '../support/pair.ts';
import { cuts, deliver, pieces } from '../support/pieces.ts';
import { message } from '../support/scripted.ts';

const seed = 5246;
const handshake = ContentType.handshake;

/** Everything that either end can tell of a connection on which both speak as soon as they may. */
async function account({ client, server }: Setting, wire: Wire = {}) {
  const pair = makePair(client, server, {
    ...wire,
    client: { secure: () => pair.client.write(new Uint8Array(300).fill(1)) },
    server: { secure: () => pair.server.write(new Uint8Array(300).fill(2)) },
  });
  pair.client.start();
  await pair.settle();
  const { clientEnd, serverEnd } = pair;
  const ends = [
    [pair.client, clientEnd],
    [pair.server, serverEnd],
  ] as const;
  return ends.map(([connection, { sent, received, info, closed }]) => ({
    sent: hex(concat(...sent)),
    received: hex(concat(...received)),
    info,
    closed,
    exported: connection.exportKeyingMaterial('EXPORTER-test', 32),
  }));
}

const expected = new Map<Kind, ReturnType<typeof account>>();

/** The account of an undisturbed connection with the same randomness. */
function undisturbed(kind: Kind) {
  const known = expected.get(kind) ?? account(setting(kind, { seed }));
  expected.set(kind, known);
  return known;
}

/** Cuts, and overwrites each piece as soon as `feed` has returned. */
function* cut(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  for (const piece of pieces(bytes, lengths)) {
    yield piece;
    piece.fill(0xee);
  }
}

/** One direction of a wire that packs the same plaintext handshake messages into records of other lengths. */
function repacking(lengths: readonly number[]): (bytes: Uint8Array) => Uint8Array {
  let inTheClear = true;
  return (bytes) => {
    const records: Uint8Array[] = [];
    let messages: Uint8Array[] = [];
    const pack = () => {
      for (const piece of pieces(concat(...messages), lengths)) {
        records.push(concat(Uint8Array.of(handshake, 3, 3, piece.length >> 8, piece.length & 0xff), piece));
      }
      messages = [];
    };
    for (let offset = 0; offset < bytes.length; ) {
      const [type = 0, , , high = 0, low = 0] = bytes.subarray(offset);
      const end = offset + 5 + ((high << 8) | low);
      if (inTheClear && type === handshake) messages.push(bytes.subarray(offset + 5, end));
      else {
        pack();
        records.push(bytes.subarray(offset, end));
        inTheClear = false;
      }
      offset = end;
    }
    pack();
    return concat(...records);
  };
}

/** Full handshakes cost ten times what abbreviated ones do. */
const runs = (kind: Kind) => ({ numRuns: kind === 'abbreviated' ? 60 : 10 });

describe.each(kinds)('a handshake, %s', (kind) => {
  test('is the same however the transport cuts its bytes, and whatever it does with the pieces after', async () => {
    const property = fc.asyncProperty(cuts, cuts, fc.boolean(), async (up, down, waits) => {
      const given = setting(kind, { seed });
      const wire: Wire = {
        toServer: (bytes) => cut(bytes, up),
        toClient: (bytes) => cut(bytes, down),
      };
      expect(await account(waits ? promised(given) : given, wire)).toEqual(await undisturbed(kind));
    });
    await fc.assert(property, {
      ...runs(kind),
      examples: [
        [[1], [1], false],
        [[1], [1], true],
      ],
    });
  });

  test('is the same however its messages lie in records, in parts or together (RFC 5246 §6.2.1)', async () => {
    const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 2000 })), {
      minLength: 1,
      maxLength: 10,
    });
    const property = fc.asyncProperty(lengths, cuts, fc.boolean(), async (packed, torn, waits) => {
      const given = setting(kind, { seed });
      const [toServer, toClient] = [repacking(packed), repacking(packed)];
      const wire: Wire = {
        toServer: (bytes) => cut(toServer(bytes), torn),
        toClient: (bytes) => cut(toClient(bytes), torn),
      };
      expect(await account(waits ? promised(given) : given, wire)).toEqual(await undisturbed(kind));
    });
    const examples: [number[], number[], boolean][] = [
      [[1], [0x10000], false],
      [[0x4000], [0x10000], false],
    ];
    await fc.assert(property, { ...runs(kind), examples });
  });
});

test.each(
  roles.flatMap((role) =>
    placesOf(role)
      .filter(({ next, kind }) => next === 'Finished' && (kind === 'full' || kind === 'abbreviated'))
      .map((place) => [nameOf(place), place] as const),
  ),
)('%s: Finished may come in parts, each a record under the new keys', async (_, place) => {
  const property = fc.asyncProperty(cuts, async (lengths) => {
    const { end } = await approach(place, async (peer) => {
      const verifyData = peer.verifyData(place.role === 'client' ? 'server' : 'client');
      deliver(message('Finished', { verifyData }), lengths, (piece) => peer.record(handshake, piece));
      await peer.settle();
    });
    expect(end.closed).toBeUndefined();
    expect(end.info).toBeDefined();
  });
  await fc.assert(property, { numRuns: 5, examples: [[[1]], [[15]]] });
});
