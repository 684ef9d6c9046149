/** Records as the wire has them (RFC 5246 §6.2), whatever is in them. */

import { type ContentType, headerLength } from '../../src/record/content.ts';
import { concat } from '../../src/wire/bytes.ts';

export function recordOf(type: ContentType, content: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(type, 3, 3, content.length >> 8, content.length & 0xff), content);
}

/** The whole records at the beginning of a stream. */
export function recordsIn(stream: Uint8Array): readonly Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let offset = 0; ; ) {
    const [, , , high = 0, low = 0] = stream.subarray(offset);
    const end = offset + headerLength + ((high << 8) | low);
    if (stream.length < offset + headerLength || end > stream.length) return records;
    records.push(stream.slice(offset, end));
    offset = end;
  }
}

export function split(record: Uint8Array, at: number): readonly Uint8Array[] {
  const [type = 0] = record;
  const content = record.subarray(headerLength);
  if (content.length < 2) return [record];
  const border = 1 + (at % (content.length - 1));
  return [content.subarray(0, border), content.subarray(border)].map((part) =>
    recordOf(type as ContentType, part),
  );
}
