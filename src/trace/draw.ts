/**
 * The flow of a connection drawn in characters, as RFC 5246 §7.3 draws it: the client on the left, the server on the
 * right.
 */

import { costOf } from './about.ts';
import { firstData } from './flow.ts';
import type { Trace, TracedRecord } from './model.ts';

/** Changes how a row looks and not how much room it takes. */
export type Paint = (text: string, record: TracedRecord) => string;

/**
 * The flow as rows of `width` characters; on each arrow how many bytes the record is long. A line where the client first
 * sends data says what it took to come so far.
 */
export function drawFlow(trace: Trace, width: number, paint: Paint = (text) => text): string[] {
  const ends = `client${'server'.padStart(width - 'client'.length)}`;
  const first = firstData(trace.records);
  return [
    ends,
    ...trace.records.flatMap((record, i) => {
      const drawn = paint(row(record, width), record);
      return i === first ? [milestone(costOf(trace), width), drawn] : [drawn];
    }),
  ];
}

/** What is in a record, in the RFC's names; it only goes on with a message where nothing begins in it. */
export function contentsOf({ messages, protection }: TracedRecord): string {
  const names = messages
    .filter(({ continued }) => !continued)
    .map(({ name, summary }) => (name === 'Alert' && summary !== undefined ? `${name} ${summary}` : name));
  const text = names.length > 0 ? names.join(', ') : '(continued)';
  return protection === 'sealed' ? `${text} (encrypted)` : text;
}

/** Columns of rows side by side, each row of a column `width` characters wide; the shorter ones end in blanks. */
export function beside(columns: readonly (readonly string[])[], width: number, between: string): string[] {
  const height = Math.max(...columns.map(({ length }) => length));
  return Array.from({ length: height }, (_, i) =>
    columns
      .map((column) => column[i] ?? ' '.repeat(width))
      .join(between)
      .trimEnd(),
  );
}

/** `text` in at most so many characters. */
export function clip(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, Math.max(0, room - 1))}…`;
}

function milestone(said: string, width: number): string {
  const text = ` ${said} `;
  const left = Math.floor((width - text.length) / 2);
  return `${'┄'.repeat(left)}${text}${'┄'.repeat(width - text.length - left)}`;
}

function row(record: TracedRecord, width: number): string {
  const { from, length } = record;
  const room = width - `  ${length} ─▶`.length;
  const text = clip(contentsOf(record), room - 1);
  const line = '─'.repeat(room - text.length);
  return from === 'client' ? `${text} ${line} ${length} ─▶` : `◀─ ${length} ${line} ${text}`;
}
