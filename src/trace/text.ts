/**
 * A trace as text for a terminal: the flow, what it came to, and every byte with its field's name.
 */

import { factsOf } from './about.ts';
import { clip, contentsOf, drawFlow } from './draw.ts';
import type { Trace, TracedField, TracedMessage, TracedRecord } from './model.ts';
import { type OutlineRow, outline, spoken } from './outline.ts';

export interface TextOptions {
  /** Characters in a row, 60 at least. Default: 100. */
  readonly width?: number;
  /** Whether to colour by the escape sequences of terminals. Default: false. */
  readonly color?: boolean;
  /** How many bytes of a long field are shown. Default: 80. */
  readonly bytes?: number;
}

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan';
type Paint = (style: Style, text: string) => string;

/** SGR: what turns a style on, and off again (ECMA-48 §8.3.117). */
const codes: Readonly<Record<Style, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
};

const inColor: Paint = (style, text) => `\u001b[${codes[style][0]}m${text}\u001b[${codes[style][1]}m`;
const asItIs: Paint = (_, text) => text;

interface Look {
  readonly width: number;
  readonly bytes: number;
  readonly paint: Paint;
}

/** The widest name of a fact, and a space before its value. */
const factWidth = 17;

/** Lines of at most `width` characters, ended by a line feed. Text of the peers' steers no terminal. */
export function renderText(
  trace: Trace,
  { width = 100, color = false, bytes = 80 }: TextOptions = {},
): string {
  const look: Look = { width: Math.max(60, width), bytes, paint: color ? inColor : asItIs };
  const { paint } = look;
  const byProtection = { none: 'blue', opened: 'green', sealed: 'dim' } as const;
  const lines = [
    ...drawFlow(trace, look.width, (row, { protection }) => paint(byProtection[protection], row)),
    '',
    ...factsOf(trace).flatMap(([name, value]) => wrapped(name.padEnd(factWidth), value, look)),
    ...trace.notes.flatMap((note) => wrapped('note'.padEnd(factWidth), note, look)),
    ...trace.records.flatMap((record, i) => ['', ...recordLines(record, i, look)]),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function recordLines(record: TracedRecord, index: number, look: Look): readonly string[] {
  const { paint, width } = look;
  const { header, plaintext, messages, fault } = record;
  return [
    rule(`${index + 1}  ${contentsOf(record)}`, aside(record), look),
    ...(fault === undefined ? [] : [paint('red', clip(`   ${fault}`, width))]),
    ...fieldLines(header, record.bytes, look),
    ...(plaintext === undefined ? [] : [paint('green', '      opened with the key log')]),
    ...messages.flatMap((message) => messageLines(message, plaintext ?? record.bytes, look)),
  ];
}

function messageLines(message: TracedMessage, bytes: string, look: Look): readonly string[] {
  const { fault, fields } = message;
  const lines = fieldLines(fields, bytes, look);
  return fault === undefined ? lines : [...lines, ...wrapped(nothing, fault, look, 'red')];
}

/** From whom to whom, how long, when. */
function aside({ from, type, length, time }: TracedRecord): string {
  const arrow = from === 'client' ? 'client → server' : 'server → client';
  const when = time === undefined ? '' : `, ${time.toFixed(1)} ms`;
  return `${arrow}, ${type}, ${length} bytes${when}`;
}

function rule(title: string, said: string, { width, paint }: Look): string {
  const left = clip(`── ${title} `, width - 4);
  const right = clip(` ${said} ──`, width - left.length);
  return paint('bold', left) + paint('dim', '─'.repeat(width - left.length - right.length) + right);
}

const rowLength = 8;
/** As wide as an offset and a row of bytes. */
const nothing = ' '.repeat(6 + 3 * rowLength + 1);

/** The bytes on the left, and beside them the name and what the value stands for. */
function fieldLines(fields: readonly TracedField[], bytes: string, look: Look): readonly string[] {
  return outline(fields).flatMap((row) => {
    const left = row.field === undefined ? [] : byteLines(row.field, bytes, look);
    const right = nameLines(row, look);
    return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
      const { shown = '', length = 0 } = left[i] ?? {};
      const name = right[i];
      return name === undefined ? shown : `${shown}${nothing.slice(length)}${name}`;
    });
  });
}

/** The value behind the name, or beneath it where the row is too short for both. */
function nameLines(row: OutlineRow, { width, paint }: Look): readonly string[] {
  const indent = ' '.repeat(2 * row.depth);
  const name = clip(`${indent}${row.label}`, width - nothing.length);
  const shown = row.field === undefined ? paint('bold', name) : name;
  const value = spoken(row);
  if (value === undefined) return [shown];
  const room = width - nothing.length - name.length - 2;
  if (value.length <= room) return [`${shown}  ${paint('cyan', value)}`];
  const inner = `${indent}  `;
  const parts = wrap(value, width - nothing.length - inner.length);
  return [shown, ...parts.map((part) => `${inner}${paint('cyan', part)}`)];
}

/** A line, and how many characters of it are seen. */
interface Line {
  readonly shown: string;
  readonly length: number;
}

/** The bytes of a field in rows, each with its offset; of many only the first. */
function byteLines(
  { start, end }: TracedField,
  bytes: string,
  { bytes: most, paint }: Look,
): readonly Line[] {
  const shown = end - start > most ? Math.max(rowLength, most - (most % rowLength)) : end - start;
  const lines: Line[] = [];
  for (let at = start; at < start + shown || at === start; at += rowLength) {
    const offset = at.toString(16).padStart(4, '0');
    const digits = bytes.slice(2 * at, 2 * Math.min(at + rowLength, start + shown));
    const pairs = digits === '' ? '' : `  ${digits.replace(/..(?=.)/g, '$& ')}`;
    lines.push({ shown: `${paint('dim', offset)}${pairs}`, length: offset.length + pairs.length });
  }
  const more = `      … ${end - start - shown} more`;
  return end - start > shown ? [...lines, { shown: paint('dim', more), length: more.length }] : lines;
}

/** Text behind a head, in as many rows as it takes. */
function wrapped(head: string, text: string, { width, paint }: Look, style?: Style): readonly string[] {
  return wrap(text, width - head.length).map((part, i) => {
    const shown = style === undefined ? part : paint(style, part);
    return `${i === 0 ? head : ' '.repeat(head.length)}${shown}`;
  });
}

/** Between words where there are any. */
function wrap(text: string, room: number): readonly string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > room) {
    const blank = rest.lastIndexOf(' ', room);
    const end = blank > 0 ? blank : room;
    parts.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...parts, rest];
}
