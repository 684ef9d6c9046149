/**
 * The record layer of one side before it has keys, and the messages in its records (RFC 5246 §6.2, §7.4): whatever the
 * pieces in which the bytes come, it reads the same and ends the same; and what it holds back is bounded.
 *
 * An input is four lengths of pieces, whether the version is negotiated, and the stream.
 */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MessageJoiner } from '../../../src/handshake/joiner.ts';
import { ContentType, headerLength, maxCiphertext } from '../../../src/record/content.ts';
import { RecordLayer } from '../../../src/record/layer.ts';
import { RecordReader } from '../../../src/record/reader.ts';
import { concat, concatAll, hex } from '../../../src/wire/bytes.ts';
import { TlsError } from '../../../src/wire/error.ts';
import { inRecords, recordOf } from '../../support/hellos.ts';
import { deliver } from '../../support/pieces.ts';
import { message, samples } from '../../support/scripted/messages.ts';
import type { Target } from '../target.ts';

const prefixLength = 5;

const streams = fc
  .array(
    fc
      .tuple(
        fc.constantFrom(...Object.values(ContentType)),
        fc.oneof(
          fc.uint8Array({ maxLength: 40 }),
          fc.constantFrom(message('ServerHelloDone', {}), message('ClientHello', samples.ClientHello)),
        ),
      )
      .map(([type, fragment]) => recordOf(type, fragment)),
    { maxLength: 8 },
  )
  .map(concatAll);

export const records: Target = {
  seeds: [inRecords(message('ClientHello', samples.ClientHello), [9])].map((stream) =>
    concat(Uint8Array.of(0, 1, 7, 30, 1), stream),
  ),
  inputs: fc
    .tuple(fc.uint8Array({ minLength: prefixLength, maxLength: prefixLength }), streams)
    .map(([prefix, stream]) => concat(prefix, stream)),
  maxLength: 0x9000,
  run(input) {
    const lengths = Array.from(input.subarray(0, prefixLength - 1), (length) => length + 1);
    const versionNegotiated = ((input[prefixLength - 1] ?? 0) & 1) === 1;
    const stream = input.subarray(prefixLength);
    for (const read of [readRecords, readMessages]) {
      assert.deepEqual(
        read(stream, lengths, versionNegotiated),
        read(stream, [maxLength], versionNegotiated),
      );
    }
  },
};

const maxLength = 0x10000;

/** The records, how it ended, and what is left. */
function readRecords(stream: Uint8Array, lengths: readonly number[], versionNegotiated: boolean) {
  const reader = new RecordReader();
  reader.versionNegotiated = versionNegotiated;
  const read = () => {
    const record = reader.next();
    return record && `${record.type} ${hex(record.fragment)}`;
  };
  const outcome = readAll(stream, lengths, reader, read);
  // Nobody waits for a record that is too long.
  const { buffered = 0 } = outcome;
  const [, , , high = 0, low = 0] = stream.subarray(stream.length - buffered);
  if (buffered >= headerLength) assert.ok(((high << 8) | low) <= maxCiphertext);
  return outcome;
}

/** As a connection reads them: records without protection, and messages out of those of the handshake. */
function readMessages(stream: Uint8Array, lengths: readonly number[], versionNegotiated: boolean) {
  const layer = new RecordLayer();
  const joiner = new MessageJoiner();
  if (versionNegotiated) layer.versionNegotiated();
  const read = () => {
    const whole = joiner.next();
    if (whole !== undefined) return `${whole.name} ${hex(whole.raw)}`;
    const record = layer.next();
    if (record?.type === ContentType.handshake) joiner.push(record.fragment);
    return record && `${record.type} of ${record.fragment.length} bytes`;
  };
  const settled = {
    push: (bytes: Uint8Array) => layer.push(bytes),
    settle: () => {
      joiner.settle();
      layer.settle();
    },
    get buffered() {
      return layer.buffered;
    },
  };
  return readAll(stream, lengths, settled, read);
}

function readAll(
  stream: Uint8Array,
  lengths: readonly number[],
  reader: Pick<RecordReader, 'push' | 'settle' | 'buffered'>,
  read: () => string | undefined,
) {
  const came: string[] = [];
  let fault: TlsError | undefined;
  deliver(stream, lengths, (piece) => {
    if (fault !== undefined) return;
    reader.push(piece);
    try {
      for (let next = read(); next !== undefined; next = read()) came.push(next);
      assert.ok(reader.buffered < headerLength + maxCiphertext);
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      fault = error;
    }
    reader.settle();
  });
  return { came, fault: fault?.message, buffered: fault === undefined ? reader.buffered : undefined };
}
