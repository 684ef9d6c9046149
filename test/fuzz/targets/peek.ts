/**
 * Both hellos in passing: what a balancer reads of a stream is what an end of the connection reads of it, refused where
 * that refuses it; and the same in whatever pieces it comes.
 *
 * An input says which of the two, and three lengths of pieces; the rest is the stream.
 */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  ClientHelloPeeker,
  peekClientHello,
  peekServerHello,
  ServerHelloPeeker,
} from 'reprise-tls/persistence';
import { MessageJoiner } from '../../../src/handshake/joiner.ts';
import { ContentType } from '../../../src/record/content.ts';
import { RecordLayer } from '../../../src/record/layer.ts';
import { concat } from '../../../src/wire/bytes.ts';
import { TlsError } from '../../../src/wire/error.ts';
import { damage, damages } from '../../support/damage.ts';
import { clientHellos, inRecords, messageOf, recordOf, serverHellos } from '../../support/hellos.ts';
import { pieces } from '../../support/pieces.ts';
import { clientHelloIn, serverHelloIn } from '../../support/read-hellos.ts';
import { unlessRefused } from '../../support/refused.ts';
import { message, samples } from '../../support/scripted/messages.ts';
import type { Target } from '../target.ts';

const prefixLength = 4;
const { maxLength } = new ClientHelloPeeker();
const ways = [
  {
    name: 'ClientHello',
    peek: peekClientHello,
    newPeeker: () => new ClientHelloPeeker(),
    whole: clientHelloIn,
  },
  {
    name: 'ServerHello',
    peek: peekServerHello,
    newPeeker: () => new ServerHelloPeeker(),
    whole: serverHelloIn,
  },
] as const;

const streams = fc
  .tuple(
    fc.oneof(
      clientHellos.map((body) => ({ way: 0, whole: messageOf('ClientHello', body) })),
      serverHellos.map((body) => ({ way: 1, whole: messageOf('ServerHello', body) })),
    ),
    fc.integer({ min: 1, max: 300 }),
    fc.option(damages, { nil: undefined }),
  )
  .map(([{ way, whole }, length, how]) => {
    const stream = inRecords(whole, [length]);
    return concat(Uint8Array.of(way, 0, 9, 200), how === undefined ? stream : damage(stream, how));
  });

export const peek: Target = {
  seeds: ways.map(({ name }, way) =>
    concat(
      Uint8Array.of(way, 2, 70, 5),
      recordOf(ContentType.alert, Uint8Array.of(1, 112)),
      inRecords(message(name, samples[name])),
    ),
  ),
  inputs: streams,
  maxLength: 0x5000,
  run(input) {
    const [which = 0, ...lengths] = input.subarray(0, prefixLength);
    const { name, peek, newPeeker, whole } = ways[which & 1] as (typeof ways)[number];
    const stream = input.subarray(prefixLength);
    const seen = peek(stream);
    const peeker = newPeeker();
    let last = peeker.push(new Uint8Array(0));
    for (const piece of pieces(
      stream,
      lengths.map((length) => length + 1),
    )) {
      last = peeker.push(piece);
      piece.fill(0xee);
    }
    assert.deepEqual(last, seen);
    const body = bodyOf(name, stream);
    if (body === 'refused') assert.equal(seen.status, 'no-hello');
    if (!(body instanceof Uint8Array)) return;
    const read = unlessRefused(() => whole(body));
    if (read === undefined) assert.equal(seen.status, 'no-hello');
    else assert.deepEqual(seen, read);
  },
};

/**
 * The body of the stream's first message as a connection comes by it; undefined where it does not, or where there is more
 * before it, or more of it, than a balancer looks at.
 */
function bodyOf(name: string, stream: Uint8Array): Uint8Array | 'refused' | undefined {
  const layer = new RecordLayer();
  const joiner = new MessageJoiner();
  layer.push(stream.subarray(0, maxLength));
  try {
    for (let record = layer.next(); record !== undefined; record = layer.next()) {
      if (record.type === ContentType.alert) return undefined;
      if (record.type !== ContentType.handshake) return 'refused';
      joiner.push(record.fragment);
      const first = joiner.next();
      if (first !== undefined) return first.name === name ? first.body : 'refused';
    }
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    return error.reason === 'message-too-long' ? undefined : 'refused';
  }
  return undefined;
}
