/** vectors/records.json: what a key protects, and what its receiver refuses. */

import { type Aead, type AlertName, defaultCipherSuites } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { align } from '../../src/record/alignment.ts';
import { ContentType, type ContentTypeName, maxPlaintext } from '../../src/record/content.ts';
import { RecordLayer } from '../../src/record/layer.ts';
import { RecordProtection } from '../../src/record/protection.ts';
import { RecordWriter } from '../../src/record/writer.ts';
import { fromHex, hex } from '../../src/wire/bytes.ts';
import { TlsError } from '../../src/wire/error.ts';
import { readVectors, suiteNamed } from '../support/vectors.ts';

interface RecordVector {
  readonly sequence_number: number;
  readonly type: ContentTypeName;
  readonly plaintext: string;
  readonly nonce: string;
  readonly additional_data: string;
  readonly record: string;
}

interface RefusedRecord {
  readonly name: string;
  readonly sequence_number: number;
  readonly record_size_limit?: number;
  readonly record: string;
  readonly alert: AlertName;
}

interface SuiteRecords {
  readonly cipher_suite: string;
  readonly write_key: string;
  readonly write_IV: string;
  readonly records: readonly RecordVector[];
  readonly refused: readonly RefusedRecord[];
}

const file = readVectors<{ readonly suites: readonly SuiteRecords[] }>('records.json');
const headerLength = 5;

/** Sequence numbers start at zero: this is as far as it is worth counting. Beyond, the AEAD is asked by itself. */
const countable = 65_536;

test('there are records of every suite', () => {
  expect(file.suites.map(({ cipher_suite }) => cipher_suite).sort()).toEqual(
    defaultCipherSuites.map(({ name }) => name).sort(),
  );
});

describe.each(file.suites)('$cipher_suite', (vectors) => {
  const { aead } = suiteNamed(vectors.cipher_suite);
  const within = vectors.records.filter(({ sequence_number }) => sequence_number <= countable);

  test.each(within)('opens record $sequence_number, of $type (RFC 5246 §6.2.3.3)', (vector) => {
    const layer = receiver(vectors, vector.sequence_number);
    layer.push(fromHex(vector.record));
    const opened = layer.next();
    expect(opened?.type).toBe(ContentType[vector.type]);
    expect(hex(opened?.fragment ?? fromHex('ff'))).toBe(vector.plaintext);
  });

  test.each(within.filter((vector) => writesSo(aead, vector)))(
    'writes record $sequence_number, of $type (RFC 5246 §6.2.3.3)',
    (vector) => {
      const plaintext = fromHex(vector.plaintext);
      const protection = protectionAt(vectors, vector.sequence_number);
      const fragment = new Uint8Array(plaintext.length + protection.expansion);
      protection.seal(ContentType[vector.type], plaintext, fragment);
      expect(hex(fragment)).toBe(vector.record.slice(2 * headerLength));
      if (plaintext.length === 0) return;
      const writer = new RecordWriter();
      writer.changeProtection(protectionAt(vectors, vector.sequence_number));
      writer.write(ContentType[vector.type], plaintext);
      expect(hex(writer.take() ?? plaintext)).toBe(vector.record);
    },
  );

  test.each(vectors.records)(
    'seals and opens record $sequence_number under its nonce and additional data (RFC 5288 §3, RFC 7905 §2)',
    (vector) => {
      const key = aead.create(fromHex(vectors.write_key));
      const [nonce, additionalData] = [fromHex(vector.nonce), fromHex(vector.additional_data)];
      const plaintext = fromHex(vector.plaintext);
      const sealed = new Uint8Array(plaintext.length + aead.tagLength);
      key.seal(nonce, additionalData, plaintext, sealed);
      expect(hex(sealed)).toBe(vector.record.slice(2 * (headerLength + aead.recordIvLength)));
      expect(hex(key.open(nonce, additionalData, sealed) ?? fromHex('ff'))).toBe(vector.plaintext);
    },
  );

  test.each(vectors.refused)('refuses a record with $alert where $name', (vector) => {
    const layer = receiver(vectors, vector.sequence_number, vector.record_size_limit);
    layer.push(fromHex(vector.record));
    expect(alertOf(() => layer.next())).toBe(vector.alert);
  });
});

function receiver(vectors: SuiteRecords, sequenceNumber: number, limit = maxPlaintext): RecordLayer {
  const layer = new RecordLayer();
  layer.versionNegotiated();
  layer.limitRecords({ send: maxPlaintext, receive: limit });
  layer.changeReadProtection(protectionAt(vectors, sequenceNumber), align(0));
  return layer;
}

/** Protection that has seen so many records. Those cost nothing: the AEAD sleeps through them. */
function protectionAt(vectors: SuiteRecords, sequenceNumber: number): RecordProtection {
  const { aead } = suiteNamed(vectors.cipher_suite);
  let asleep = true;
  const sleeper: Aead = {
    ...aead,
    create: (key) => {
      const awake = aead.create(key);
      return {
        ...awake,
        seal: (...record) => (asleep ? undefined : awake.seal(...record)),
      };
    },
  };
  const keys = { writeKey: fromHex(vectors.write_key), fixedIv: fromHex(vectors.write_IV) };
  const protection = new RecordProtection(sleeper, keys);
  const [nothing, output] = [new Uint8Array(0), new Uint8Array(protection.expansion)];
  for (let i = 0; i < sequenceNumber; i++) protection.seal(ContentType.application_data, nothing, output);
  asleep = false;
  return protection;
}

/** Whether the explicit nonce, where there is one, is the sequence number: ours always is. */
function writesSo({ recordIvLength }: Aead, { nonce, sequence_number }: RecordVector): boolean {
  if (recordIvLength === 0) return true;
  return nonce.endsWith(sequence_number.toString(16).padStart(2 * recordIvLength, '0'));
}

function alertOf(run: () => unknown): AlertName | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof TlsError) return error.alert;
    throw error;
  }
  return undefined;
}
