/**
 * Text of a peer's, made fit to be shown: nothing in it ends a line, steers a terminal or turns the direction of writing.
 */

const named: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 92: '\\\\' };
const shownLength = 256;

/** Bytes as ASCII; what is not printable is written as an escape, and what is long is cut. */
export function printable(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes.subarray(0, shownLength)) {
    text +=
      named[byte] ??
      (isPrintable(byte) ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`);
  }
  return bytes.length > shownLength ? `${text}…` : text;
}

/** The same, where it is text at all; undefined where most of it would be escapes. */
export function textOrUndefined(bytes: Uint8Array): string | undefined {
  const head = bytes.subarray(0, shownLength);
  const legible = head.reduce((count, byte) => count + (isPrintable(byte) || byte in named ? 1 : 0), 0);
  return head.length > 0 && legible >= 0.85 * head.length ? printable(bytes) : undefined;
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}
