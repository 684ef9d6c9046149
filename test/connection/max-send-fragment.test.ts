/** `setMaxSendFragment`: how long the records are that a side makes, in the handshake and behind it. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat } from '../../src/wire/bytes.ts';
import { kinds, roles, setting } from '../support/kinds.ts';
import { type End, makePair } from '../support/pair.ts';

const handshake = 22;
const applicationData = 23;
/** What ChaCha20-Poly1305 adds to a record (RFC 7905 §2), and AES-GCM (RFC 5288 §3). */
const expansion = { full: 16, abbreviated: 24 } as const;

/** The lengths of the records of a type that an end has sent, in the clear or protected. */
function recordLengths({ sent }: End, type: number): number[] {
  const bytes = concat(...sent);
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0);
    if (bytes[at] === type) lengths.push(length);
    at += 5 + length;
  }
  return lengths;
}

describe.each(roles)('a %s with a limit of its own', (role) => {
  test('makes no longer record, of the handshake or of data, and its peer gets all of it', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom('full' as const, 'abbreviated' as const),
      fc.integer({ min: 64, max: 1200 }),
      fc.nat({ max: 5000 }),
      async (kind, limit, length) => {
        const { client, server } = setting(kind);
        const pair = makePair(client, server);
        pair[role].setMaxSendFragment(limit);
        pair.client.start();
        await pair.settle();
        const data = new Uint8Array(length).map((_, i) => i);
        pair[role].write(data);
        await pair.settle();
        const other = role === 'client' ? pair.serverEnd : pair.clientEnd;
        const own = pair[`${role}End`];
        expect(concat(...other.received)).toEqual(data);
        const lengths = recordLengths(own, applicationData).map((each) => each - expansion[kind]);
        expect(lengths).toEqual([
          ...new Array(Math.floor(length / limit)).fill(limit),
          ...(length % limit === 0 ? [] : [length % limit]),
        ]);
        // The Finished, which is protected, is the last and fits in any case.
        const inTheClear = recordLengths(own, handshake).slice(0, -1);
        expect(Math.max(...inTheClear, 0)).toBeLessThanOrEqual(limit);
      },
    );
    await fc.assert(property, { numRuns: 30 });
  });

  test('may set it at any time, for what is written from then on', async () => {
    const { client, server } = setting('abbreviated');
    const pair = makePair(client, server);
    pair.client.start();
    await pair.settle();
    for (const limit of [100, 1000, 16_384]) {
      pair[role].setMaxSendFragment(limit);
      pair[role].write(new Uint8Array(1500));
    }
    const lengths = recordLengths(pair[`${role}End`], applicationData).map((each) => each - 24);
    expect(lengths).toEqual([...new Array(15).fill(100), 1000, 500, 1500]);
  });

  test('holds to the limit of its peer where that is lower (RFC 8449 §4)', async () => {
    const { client, server } = setting('abbreviated', { both: { recordSizeLimit: 200 } });
    const pair = makePair(client, server);
    pair[role].setMaxSendFragment(300);
    pair.client.start();
    await pair.settle();
    pair[role].write(new Uint8Array(250));
    pair[role].setMaxSendFragment(100);
    pair[role].write(new Uint8Array(250));
    const lengths = recordLengths(pair[`${role}End`], applicationData).map((each) => each - 24);
    expect(lengths).toEqual([200, 50, 100, 100, 50]);
  });
});

test.each([63, 16_385, 100.5, Number.NaN])('a limit of %s is refused', (length) => {
  const { client, server } = setting('full');
  const pair = makePair(client, server);
  expect(() => pair.client.setMaxSendFragment(length)).toThrow(RangeError);
});

test.each(kinds)('the shortest is enough for a handshake that is %s', async (kind) => {
  const { client, server } = setting(kind);
  const pair = makePair(client, server);
  for (const end of [pair.client, pair.server]) end.setMaxSendFragment(64);
  pair.client.start();
  await pair.settle();
  expect([pair.clientEnd.info?.resumed, pair.serverEnd.info?.resumed]).toEqual(
    new Array(2).fill(kind === 'abbreviated'),
  );
});
