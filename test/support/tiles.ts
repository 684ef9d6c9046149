/**
 * What holds of every trace: each byte of each record lies in exactly one field, in order, and the records of a side are
 * all that it sent.
 */

import assert from 'node:assert/strict';
import type { Segment, Trace, TracedField, TracedRecord } from 'reprise-tls/trace';
import { concatAll, hex } from '../../src/wire/bytes.ts';

/** Where fields do not tile these bytes, or have another value than lies there. */
function gaps(fields: readonly TracedField[], bytes: string): readonly string[] {
  let offset = 0;
  const found: string[] = [];
  for (const { path, start, end, value } of fields) {
    const digits = typeof value === 'number' ? value.toString(16).padStart(2 * (end - start), '0') : value;
    if (start !== offset || digits !== bytes.slice(2 * start, 2 * end)) found.push(`${path} at ${start}`);
    offset = end;
  }
  return offset === bytes.length / 2 ? found : [...found, `the end at ${offset}`];
}

/** Each byte of a record lies in exactly one field, and each byte of what it protects. */
export function expectWhole({ bytes, length, header, plaintext, messages }: TracedRecord): void {
  const contents = messages.flatMap(({ fields }) => fields);
  const onWire = gaps(plaintext === undefined ? [...header, ...contents] : header, bytes);
  const within = plaintext === undefined ? [] : gaps(contents, plaintext);
  assert.deepEqual([bytes.length, onWire, within], [2 * length, [], []]);
}

/** The records of each side are, one after the other, what it sent. */
export function expectComplete({ records }: Trace, segments: readonly Segment[]): void {
  for (const side of ['client', 'server'] as const) {
    const own = records.filter(({ from }) => from === side);
    const sent = concatAll(segments.filter(({ from }) => from === side).map(({ bytes }) => bytes));
    assert.equal(own.map(({ bytes }) => bytes).join(''), hex(sent));
    let offset = 0;
    const starts = own.map(({ length }) => {
      offset += length;
      return offset - length;
    });
    assert.deepEqual(
      own.map((record) => record.offset),
      starts,
    );
  }
  for (const record of records) expectWhole(record);
}
