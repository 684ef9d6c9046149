/**
 * Any file that `reprise trace` is given: a capture, text with hexadecimal digits, bytes; and any key log beside it. It
 * is refused with a RangeError, or has a trace with each byte in its place, which can be shown in every form.
 *
 * An input is how the key log is long, in two bytes; the key log; and the file.
 */

import fc from 'fast-check';
import {
  KeyLog,
  readInput,
  renderHtml,
  renderText,
  type Segment,
  type TraceInput,
  traceConnection,
} from 'reprise-tls/trace';
import { concat, concatAll, fromLatin1, hex, utf8 } from '../../../src/wire/bytes.ts';
import { links, packetOf, pcapngOf, pcapOf } from '../../support/captures.ts';
import { damage, damages } from '../../support/damage.ts';
import { kinds } from '../../support/kinds.ts';
import { type Overheard, overhear } from '../../support/overheard.ts';
import { unlessRefused } from '../../support/refused.ts';
import { expectComplete, expectWhole } from '../../support/tiles.ts';
import type { Target } from '../target.ts';

const overheard = await Promise.all(kinds.map((kind) => overhear(kind)));
/** Overheard connections in every form in which a file has them. */
const files = overheard.flatMap((each) => [
  streamOf(each),
  utf8(hexTextOf(each)),
  ...Object.keys(links).map((link) => captureOf(each, Number(link))),
]);
const keyLogs = ['', ...overheard.map(({ keyLog }) => keyLog)].map(utf8);

export const trace: Target = {
  seeds: files.map((file, i) => inputOf(keyLogs[i % keyLogs.length] ?? new Uint8Array(0), file)),
  inputs: fc
    .tuple(fc.constantFrom(...keyLogs), fc.constantFrom(...files), damages)
    .map(([keyLog, file, how]) => inputOf(keyLog, damage(file, how))),
  maxLength: 0x3000,
  run(input) {
    const length = ((input[0] ?? 0) << 8) | (input[1] ?? 0);
    const keyLog = new KeyLog(fromLatin1(input.subarray(2, 2 + length)));
    const file = input.subarray(2 + length);
    const read = unlessRefused(() => readInput(file), RangeError);
    for (const { input: connection } of read?.connections ?? []) show(connection, keyLog);
  },
};

function show(input: TraceInput, keyLog: KeyLog): void {
  const traced = traceConnection(input, { keyLog });
  if (input instanceof Uint8Array) for (const record of traced.records) expectWhole(record);
  else expectComplete(traced, input as readonly Segment[]);
  renderText(traced, { bytes: 16 });
  // Much work for little news: a few are enough.
  if (traced.records.length < 4) renderHtml([traced]);
}

function inputOf(keyLog: Uint8Array, file: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(keyLog.length >> 8, keyLog.length & 0xff), keyLog, file);
}

function streamOf({ segments }: Overheard): Uint8Array {
  return concatAll(segments.map(({ bytes }) => bytes));
}

function hexTextOf({ segments }: Overheard): string {
  return segments.map(({ from, bytes }) => `${from}: ${hex(bytes)}\n`).join('');
}

/** Of that link; in the one format or the other, and the one byte order or the other. */
function captureOf({ segments, keyLog }: Overheard, linkType: number): Uint8Array {
  const next = { client: 1, server: 1 };
  const frames = segments.map(({ from, bytes }, time) => {
    const packet = packetOf({ from, sequenceNumber: next[from], payload: bytes }, linkType % 2 === 0 ? 4 : 6);
    next[from] += bytes.length;
    return { bytes: (links[linkType] ?? ((it) => it))(packet, linkType % 2 === 0 ? 4 : 6), time };
  });
  const form = { linkType, littleEndian: linkType % 3 === 0, nanoseconds: linkType % 5 === 0 };
  return linkType % 4 === 1 ? pcapOf(frames, form) : pcapngOf(frames, form, keyLog);
}
