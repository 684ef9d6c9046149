/**
 * records.json: protected records (RFC 5246 §6.2.3.3, RFC 5288 §3, RFC 7905 §2), and those that are to be refused.
 */

import type { AlertName } from 'reprise-tls';
import * as reference from '../../test/support/tls-reference.ts';
import { bytes, hex, number, vector } from './bytes.ts';
import { computed, type File } from './file.ts';

const type = { change_cipher_spec: 20, alert: 21, handshake: 22, application_data: 23 } as const;

interface Shape {
  readonly type: keyof typeof type;
  readonly sequence: number;
  readonly length: number;
  /** Where AES-GCM's explicit nonce is not the sequence number, as it need not be (RFC 5288 §3). */
  readonly nonceExplicit?: string;
}

const shapes: readonly Shape[] = [
  { type: 'handshake', sequence: 0, length: 16 },
  { type: 'alert', sequence: 1, length: 2 },
  { type: 'application_data', sequence: 2, length: 0 },
  { type: 'application_data', sequence: 255, length: 1 },
  { type: 'application_data', sequence: 256, length: 15 },
  { type: 'application_data', sequence: 65_535, length: 17 },
  { type: 'application_data', sequence: 65_536, length: 64 },
  { type: 'application_data', sequence: 2 ** 24, length: 100 },
];
const gcmShapes: readonly Shape[] = [
  { type: 'handshake', sequence: 0, length: 16, nonceExplicit: '61054eae1dabad46' },
  { type: 'application_data', sequence: 7, length: 100, nonceExplicit: 'ffffffffffffffff' },
];
/** AES-GCM wears out before it comes so far. */
const chachaShapes: readonly Shape[] = [
  { type: 'application_data', sequence: 2 ** 32, length: 33 },
  { type: 'application_data', sequence: 2 ** 48 + 0x1_0203, length: 48 },
  { type: 'application_data', sequence: 2 ** 53 - 2, length: 3 },
];
const longest: Shape = { type: 'application_data', sequence: 0, length: 2 ** 14 };

export const records: File = {
  path: 'records.json',
  schema: 'records',
  source: computed,
  content: () => ({ suites: reference.suiteNames.map(suiteRecords) }),
};

function suiteRecords(suite: reference.SuiteName, index: number): object {
  const { keyLength, fixedIvLength } = reference.suiteFacts(suite);
  const keys = {
    writeKey: bytes(`write_key ${suite}`, keyLength),
    fixedIv: bytes(`write_IV ${suite}`, fixedIvLength),
  };
  const own = fixedIvLength === 4 ? gcmShapes : chachaShapes;
  const all = [...shapes, ...own, ...(index === 0 ? [longest] : [])];
  return {
    cipher_suite: suite,
    write_key: hex(keys.writeKey),
    write_IV: hex(keys.fixedIv),
    records: all.map((shape) => recordVector(suite, keys, shape)),
    refused: refusedRecords(suite, keys, index === 0),
  };
}

function recordVector(suite: reference.SuiteName, keys: reference.WriteKeys, shape: Shape): object {
  const facts = { type: type[shape.type], sequenceNumber: shape.sequence };
  const plaintext = bytes('plaintext', shape.length);
  const nonceExplicit = explicitNonce(keys, shape);
  return {
    sequence_number: shape.sequence,
    type: shape.type,
    plaintext: hex(plaintext),
    nonce: hex(reference.nonceOf(keys, facts, nonceExplicit)),
    additional_data: hex(reference.additionalData(facts, shape.length)),
    record: record(facts.type, reference.seal(suite, keys, facts, plaintext, nonceExplicit)),
  };
}

interface Refused {
  readonly name: string;
  /** The receiver's. */
  readonly sequence_number: number;
  readonly record_size_limit?: number;
  readonly record: string;
  readonly alert: AlertName;
}

function refusedRecords(suite: reference.SuiteName, keys: reference.WriteKeys, withLong: boolean): Refused[] {
  const good: Shape = { type: 'application_data', sequence: 3, length: 40 };
  const sealed = (shape: Shape, fields: reference.WriteKeys = keys) => {
    const facts = { type: type[shape.type], sequenceNumber: shape.sequence };
    const plaintext = bytes('plaintext', shape.length);
    return reference.seal(suite, fields, facts, plaintext, explicitNonce(fields, shape));
  };
  const fragment = sealed(good);
  const overhead = fragment.length - good.length;
  const bad = (name: string, refused: Uint8Array, recordType: keyof typeof type = good.type): Refused => ({
    name,
    sequence_number: good.sequence,
    record: record(type[recordType], refused),
    alert: 'bad_record_mac',
  });
  const flipped = (at: number) => fragment.map((byte, i) => (i === at ? byte ^ 1 : byte));
  const otherKeys = { ...keys, writeKey: keys.writeKey.map((byte) => byte ^ 0xff) };
  return [
    bad('a bit of the first byte is flipped', flipped(0)),
    bad('a bit of the ciphertext is flipped', flipped(fragment.length - 20)),
    bad('a bit of the tag is flipped', flipped(fragment.length - 1)),
    bad('the last byte is missing', fragment.subarray(0, -1)),
    bad('there is a byte too many', reference.join(fragment, Uint8Array.of(0))),
    bad('it is the record before', sealed({ ...good, sequence: good.sequence - 1 })),
    bad('it is the record after', sealed({ ...good, sequence: good.sequence + 1 })),
    bad('it was protected as another type', fragment, 'handshake'),
    bad('it was protected with another key', sealed(good, otherKeys)),
    bad('it was never protected', bytes('plaintext', 40)),
    bad('it is a byte shorter than the overhead of the AEAD', fragment.subarray(0, overhead - 1)),
    bad('it is empty', new Uint8Array(0)),
    {
      name: 'its plaintext is a byte longer than record_size_limit (RFC 8449 §4)',
      sequence_number: good.sequence,
      record_size_limit: 64,
      record: record(type.application_data, sealed({ ...good, length: 65 })),
      alert: 'record_overflow',
    },
    {
      name: 'its header announces more than 2^14 + 2048 bytes (RFC 5246 §6.2.3)',
      sequence_number: good.sequence,
      record: `170303${number(2 ** 14 + 2049, 2)}`,
      alert: 'record_overflow',
    },
    ...(withLong
      ? [
          {
            name: 'its plaintext is a byte longer than 2^14 (RFC 5246 §6.2.1)',
            sequence_number: good.sequence,
            record: record(type.application_data, sealed({ ...good, length: 2 ** 14 + 1 })),
            alert: 'record_overflow' as const,
          },
        ]
      : []),
  ];
}

/** What AES-GCM's records begin with: the sequence number where nothing else is said. */
function explicitNonce(keys: reference.WriteKeys, { nonceExplicit, sequence }: Shape): Uint8Array {
  if (keys.fixedIv.length !== 4) return new Uint8Array(0);
  return nonceExplicit === undefined
    ? reference.uint(sequence, 8)
    : new Uint8Array(Buffer.from(nonceExplicit, 'hex'));
}

function record(recordType: number, fragment: Uint8Array): string {
  return `${number(recordType, 1)}0303${vector(2, hex(fragment))}`;
}
