/**
 * Bytes written as text: hexadecimal digits with whatever people and programs put between them, a dump with offsets and
 * the characters beside it (`xxd`, `hexdump -C`), and marks that say who sent what follows.
 */

import { concatAll, fromHex } from '../wire/bytes.ts';
import type { Sender } from './model.ts';
import type { Segment } from './segments.ts';

/** `> ` or `client:` before a line's digits, `< ` or `server:` likewise. */
const marks: readonly (readonly [RegExp, Sender])[] = [
  [/^(?:>+|client:?(?=\s|$))\s*/i, 'client'],
  [/^(?:<+|server:?(?=\s|$))\s*/i, 'server'],
];

/** An offset as `xxd` writes it, or `hexdump -C`, which ends with one that nothing follows. */
const colonOffset = /^[0-9a-f]{4,16}:\s/i;
const wideOffset = /^[0-9a-f]{7,16}(?:\s{2,}|$)/i;

/**
 * The bytes, and who sent them where marks say so: then each mark holds until the next. A `#` begins a comment.
 * @throws RangeError on a line that is neither, with its number
 */
export function readHexText(text: string): Uint8Array | Segment[] {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const isDump = lines.some((line) => /^[0-9a-f]{7,16}\s{2,}[0-9a-f]/i.test(unmarked(line).rest));
  const segments: Segment[] = [];
  let from: Sender | undefined;
  for (const [i, line] of lines.entries()) {
    const { mark, rest } = unmarked(line);
    from = mark ?? from;
    const bytes = bytesOf(rest, isDump, i + 1);
    if (bytes.length > 0) segments.push({ from: from ?? 'client', bytes });
  }
  return from === undefined ? concatAll(segments.map(({ bytes }) => bytes)) : segments;
}

function unmarked(line: string): { readonly mark: Sender | undefined; readonly rest: string } {
  for (const [form, side] of marks) {
    if (form.test(line)) return { mark: side, rest: line.replace(form, '') };
  }
  return { mark: undefined, rest: line };
}

function bytesOf(line: string, isDump: boolean, number: number): Uint8Array {
  const digits = digitsOf(line, isDump).replace(/0x|\\x|[\s,:;]/gi, '');
  const wrong = /[^0-9a-f]/i.exec(digits)?.[0];
  if (wrong !== undefined) {
    throw new RangeError(`expected hexadecimal digits in line ${number}, found ${JSON.stringify(wrong)}`);
  }
  if (digits.length % 2 !== 0) {
    throw new RangeError(
      `expected pairs of hexadecimal digits in line ${number}, found ${digits.length} digits`,
    );
  }
  return fromHex(digits);
}

/** Without the offset before the digits, and the characters behind them. */
function digitsOf(line: string, isDump: boolean): string {
  if (colonOffset.test(line))
    return (
      line
        .replace(colonOffset, '')
        .trimStart()
        .split(/\s{2,}/)[0] ?? ''
    );
  if (isDump) return line.replace(wideOffset, '').split('|')[0] ?? '';
  return line;
}
