/**
 * PEM, the textual encoding of certificates and keys (RFC 7468). PEM comes from the user, never from a peer, so what
 * is wrong with it is a RangeError that says what to do. Text around the blocks is passed over (RFC 7468 §2).
 */

import { fromUtf8 } from '../wire/bytes.ts';

export interface PemBlock {
  /** What stands behind BEGIN, such as `CERTIFICATE`. */
  readonly label: string;
  readonly bytes: Uint8Array;
}

const begin = '-----BEGIN ';
const dashes = '-----';

/** The blocks of a text, in their order. @throws RangeError on a block that is broken or encrypted */
export function decodePem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let offset = text.indexOf(begin);
  while (offset !== -1) {
    const labelStart = offset + begin.length;
    const labelEnd = text.indexOf(dashes, labelStart);
    const label = labelEnd === -1 ? '' : text.slice(labelStart, labelEnd);
    if (!/^[A-Z0-9 ]{1,64}$/.test(label)) {
      throw new RangeError('PEM: expected a label in capitals behind BEGIN');
    }
    const bodyStart = labelEnd + dashes.length;
    const end = `${dashes}END ${label}${dashes}`;
    const bodyEnd = text.indexOf(dashes, bodyStart);
    if (bodyEnd === -1 || !text.startsWith(end, bodyEnd)) throw new RangeError(`PEM: expected ${end}`);
    blocks.push({ label, bytes: decodeBody(label, text.slice(bodyStart, bodyEnd)) });
    offset = text.indexOf(begin, bodyEnd + end.length);
  }
  return blocks;
}

/**
 * The blocks that bear one of the `wanted` labels, from text that may hold the usual companions besides: a key and
 * its chain are often kept in one file. @throws RangeError on another label, and where none is wanted
 */
export function selectPem(text: string, wanted: readonly string[]): PemBlock[] {
  const blocks = decodePem(text);
  const labels = blocks.map(({ label }) => label);
  const stray = labels.find((label) => !wanted.includes(label) && !companions.includes(label));
  const list = wanted.join(', ');
  if (stray !== undefined) throw new RangeError(`PEM: expected ${list}, got ${stray}`);
  const selected = blocks.filter(({ label }) => wanted.includes(label));
  if (selected.length === 0) {
    throw new RangeError(`PEM: expected ${list}, got ${labels.join(', ') || 'no block'}`);
  }
  return selected;
}

/**
 * The encodings in what the user gives, in their order and as copies: PEM, as text or as bytes, with any number of them,
 * DER with one, or a list of such. `what` is what messages call it by.
 * @throws TypeError on another type, RangeError on PEM that is none
 */
export function selectEncodings(
  input: string | Uint8Array | readonly (string | Uint8Array)[],
  what: string,
  label: string,
): Uint8Array[] {
  const parts: readonly (string | Uint8Array)[] = Array.isArray(input) ? input : [input];
  return parts.flatMap((part) => {
    if (typeof part !== 'string' && !(part instanceof Uint8Array)) {
      throw new TypeError(`${what}: expected PEM text, or the bytes of PEM or DER, or a list of such`);
    }
    if (typeof part !== 'string' && !looksLikePem(part)) return [new Uint8Array(part)];
    const text = typeof part === 'string' ? part : pemText(part, what);
    return selectPem(text, [label]).map(({ bytes }) => bytes);
  });
}

/** @throws RangeError on bytes that are no text */
export function pemText(bytes: Uint8Array, what: string): string {
  try {
    return fromUtf8(bytes);
  } catch {
    throw new RangeError(`${what}: expected PEM or DER, got neither`);
  }
}

/** True where bytes are text rather than DER, whose SEQUENCE begins with 0x30. */
export function looksLikePem(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes[0] !== 0x30;
}

const companions: readonly string[] = [
  'CERTIFICATE',
  'PRIVATE KEY',
  'EC PRIVATE KEY',
  'RSA PRIVATE KEY',
  'EC PARAMETERS',
  'DH PARAMETERS',
];

function decodeBody(label: string, body: string): Uint8Array {
  if (label === 'ENCRYPTED PRIVATE KEY' || body.includes('ENCRYPTED')) {
    throw new RangeError(
      `PEM: the ${label} is encrypted: decrypt it first, for example with "openssl pkey -in <file>"`,
    );
  }
  if (body.includes(':')) throw new RangeError(`PEM: expected no headers in ${label} (RFC 7468 §2)`);
  return decodeBase64(label, body);
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values = new Map([...alphabet].map((character, value) => [character.charCodeAt(0), value]));

/** Base64 with white space between (RFC 4648 §4); padding is complete and the bits under it are zero. */
function decodeBase64(label: string, text: string): Uint8Array {
  const digits = text.replace(/[ \t\r\n\v\f]+/g, '');
  const padding = digits.endsWith('=') ? 1 + Number(digits.endsWith('==')) : 0;
  if (digits.length % 4 !== 0 || digits.length === 0) throw notBase64(label);
  const bytes = new Uint8Array((digits.length / 4) * 3 - padding);
  let bits = 0;
  let count = 0;
  let length = 0;
  for (let i = 0; i < digits.length - padding; i++) {
    const value = values.get(digits.charCodeAt(i));
    if (value === undefined) throw notBase64(label);
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[length++] = bits >> count;
  }
  if ((bits & ((1 << count) - 1)) !== 0) throw notBase64(label);
  return bytes;
}

function notBase64(label: string): RangeError {
  return new RangeError(`PEM: expected base64 with complete padding in ${label}`);
}
