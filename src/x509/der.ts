/**
 * DER, the one way among the many of BER to write a value of ASN.1 (X.690 §8, §10, §11): what certificates and keys
 * are made of. This is the reading half; `der-writer.ts` is the other.
 *
 * The caller says what comes next and the reader holds the bytes to it: definite lengths in their shortest form,
 * the shortest integers, nothing behind the end. It gives views, never copies, and looks at each byte a bounded
 * number of times. The one place where X.690 is not enforced is the order of a SET OF (§11.6): nothing here depends
 * on it, and certificates with several attributes in one RDN do not keep to it.
 */

import { hex } from '../wire/bytes.ts';

/** Identifier octets (X.690 §8.1.2): those of the universal class that X.509 uses. */
export const Tag = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  'BIT STRING': 0x03,
  'OCTET STRING': 0x04,
  NULL: 0x05,
  'OBJECT IDENTIFIER': 0x06,
  UTF8String: 0x0c,
  NumericString: 0x12,
  PrintableString: 0x13,
  TeletexString: 0x14,
  IA5String: 0x16,
  UTCTime: 0x17,
  GeneralizedTime: 0x18,
  VisibleString: 0x1a,
  UniversalString: 0x1c,
  BMPString: 0x1e,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

const constructedBit = 0x20;

/** `[number]` of a primitive type, by IMPLICIT tagging. */
export function contextTag(number: number): number {
  return 0x80 | number;
}

/** `[number]` of a constructed type, or of any type by EXPLICIT tagging. */
export function constructedContextTag(number: number): number {
  return 0x80 | constructedBit | number;
}

/** Bytes that are not the DER that was expected. Whoever knows whose bytes they are turns it into their error. */
export class DerError extends Error {
  override readonly name = 'DerError';
  /** Where in the underlying buffer the fault lies: see `describe`. */
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

/** A DerError's sentence, with the place of the fault counted from the start of `whole`. */
export function describe(error: DerError, whole: Uint8Array): string {
  return `${error.message} (at byte ${error.position - whole.byteOffset})`;
}

/** More than any certificate nests; it bounds the walk through elements that nobody reads. */
const maxDepth = 16;
const maxOidLength = 64;

export class DerReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The identifier octet of the next element; undefined at the end. */
  get next(): number | undefined {
    return this.#bytes[this.#offset];
  }

  get done(): boolean {
    return this.#offset === this.#bytes.length;
  }

  end(): void {
    if (!this.done) {
      throw this.error(`expected the end, found ${this.#bytes.length - this.#offset} more bytes`);
    }
  }

  /** The contents of the next element, which must bear this tag. */
  contents(tag: number): Uint8Array {
    this.#expect(tag);
    return this.#take(this.#header());
  }

  /** The next element as it stands, header and all; its inside is checked to be DER by whoever reads it. */
  view(tag: number): Uint8Array {
    this.#expect(tag);
    const start = this.#offset;
    this.#take(this.#header());
    return this.#bytes.subarray(start, this.#offset);
  }

  /** The next element as it stands, whatever it is; its inside is checked to be well-formed, however deep. */
  any(): Uint8Array {
    const start = this.#offset;
    this.#skip(0);
    return this.#bytes.subarray(start, this.#offset);
  }

  /** A reader of the inside of the next element. */
  enter(tag: number): DerReader {
    return new DerReader(this.contents(tag));
  }

  /** A reader of the inside of the next element where it bears this tag: an OPTIONAL one. */
  enterOptional(tag: number): DerReader | undefined {
    return this.next === tag ? this.enter(tag) : undefined;
  }

  /** X.690 §11.1 */
  boolean(): boolean {
    const contents = this.contents(Tag.BOOLEAN);
    const value = contents[0];
    if (contents.length !== 1 || (value !== 0x00 && value !== 0xff)) {
      throw this.error('expected a BOOLEAN of 00 or ff');
    }
    return value === 0xff;
  }

  /** The two's complement of an INTEGER in the fewest bytes (X.690 §8.3). */
  integer(tag: number = Tag.INTEGER): Uint8Array {
    const contents = this.contents(tag);
    const [first, second] = contents;
    if (first === undefined) throw this.error('expected an INTEGER of at least one byte');
    const padded =
      second !== undefined && ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (padded) throw this.error('expected an INTEGER in its shortest form');
    return contents;
  }

  /** The magnitude of an INTEGER that must not be negative, big-endian and without a leading zero byte. */
  unsigned(tag: number = Tag.INTEGER): Uint8Array {
    const contents = this.integer(tag);
    if ((contents[0] as number) >= 0x80) throw this.error('expected an INTEGER that is not negative');
    return contents[0] === 0 && contents.length > 1 ? contents.subarray(1) : contents;
  }

  /** An INTEGER that is not negative, of at most so many bytes. */
  bigint(maxLength: number): bigint {
    const magnitude = this.unsigned();
    if (magnitude.length > maxLength) throw this.error(`expected an INTEGER of at most ${maxLength} bytes`);
    return BigInt(`0x${hex(magnitude)}`);
  }

  /** A version, a count: an INTEGER of 0 to `max`, which is below 2^32. */
  small(max: number, tag: number = Tag.INTEGER): number {
    const magnitude = this.unsigned(tag);
    let value = 0;
    for (const byte of magnitude.subarray(0, 5)) value = value * 0x100 + byte;
    if (magnitude.length > 4 || value > max) throw this.error(`expected an INTEGER of 0 to ${max}`);
    return value;
  }

  /** A BIT STRING; its unused bits are zero (X.690 §8.6, §11.2.1). */
  bits(tag: number = Tag['BIT STRING']): { readonly bytes: Uint8Array; readonly unusedBits: number } {
    const contents = this.contents(tag);
    const unusedBits = contents[0];
    const last = contents.length > 1 ? (contents[contents.length - 1] as number) : 0;
    if (unusedBits === undefined || unusedBits > 7 || (contents.length === 1 && unusedBits > 0)) {
      throw this.error('expected a BIT STRING that counts its unused bits');
    }
    if ((last & ((1 << unusedBits) - 1)) !== 0) {
      throw this.error('expected the unused bits of a BIT STRING to be zero');
    }
    return { bytes: contents.subarray(1), unusedBits };
  }

  /** A BIT STRING that holds whole bytes. */
  wholeBits(tag: number = Tag['BIT STRING']): Uint8Array {
    const { bytes, unusedBits } = this.bits(tag);
    if (unusedBits !== 0) throw this.error('expected a BIT STRING of whole bytes');
    return bytes;
  }

  null(): void {
    if (this.contents(Tag.NULL).length > 0) throw this.error('expected NULL to be empty');
  }

  /** An OBJECT IDENTIFIER in dotted decimal (X.690 §8.19). */
  oid(): string {
    const contents = this.contents(Tag['OBJECT IDENTIFIER']);
    const last = contents[contents.length - 1];
    if (last === undefined || last >= 0x80) throw this.error('expected an OBJECT IDENTIFIER with an end');
    if (contents.length > maxOidLength) {
      throw this.error(`expected an OBJECT IDENTIFIER of at most ${maxOidLength} bytes`);
    }
    let text = '';
    let start = 0;
    for (let i = 0; i < contents.length; i++) {
      if (contents[start] === 0x80) {
        throw this.error('expected the arcs of an OBJECT IDENTIFIER in their shortest form');
      }
      if ((contents[i] as number) >= 0x80) continue;
      const arc = subidentifier(contents, start, i + 1);
      text += start === 0 ? firstArcs(arc) : `.${arc}`;
      start = i + 1;
    }
    return text;
  }

  /** An error that points at where the reader stands. */
  error(message: string): DerError {
    return new DerError(message, this.#bytes.byteOffset + this.#offset);
  }

  #expect(tag: number): void {
    if (this.next !== tag) throw this.error(`expected ${tagName(tag)}, found ${tagName(this.next)}`);
  }

  /** Moves to the next element's contents and returns their length (X.690 §8.1.2, §8.1.3, §10.1). */
  #header(): number {
    const tag = this.next;
    if (tag === undefined) throw this.error('expected an element, found the end');
    if ((tag & 0x1f) === 0x1f) throw this.error('expected a tag number below 31');
    const constructed = (tag & constructedBit) !== 0;
    const isUniversal = (tag & 0xc0) === 0;
    const holdsElements = (tag | constructedBit) === Tag.SEQUENCE || (tag | constructedBit) === Tag.SET;
    if (isUniversal && constructed !== holdsElements) {
      throw this.error(`found ${tagName(tag)}, which is not DER`);
    }
    const length = this.#length();
    if (length > this.#bytes.length - this.#offset) {
      throw this.error(`expected ${length} more bytes, found ${this.#bytes.length - this.#offset}`);
    }
    return length;
  }

  #length(): number {
    const first = this.#bytes[this.#offset + 1];
    if (first === undefined) throw this.error('expected a length, found the end');
    this.#offset += 2;
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0) throw this.error('expected a definite length');
    if (count > 4) throw this.error(`expected a length of at most 4 bytes, found one of ${count}`);
    let length = 0;
    for (let i = 0; i < count; i++) {
      const byte = this.#bytes[this.#offset + i];
      if (byte === undefined) throw this.error('expected a length, found the end');
      length = length * 0x100 + byte;
    }
    this.#offset += count;
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) {
      throw this.error('expected a length in its shortest form');
    }
    return length;
  }

  #take(length: number): Uint8Array {
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }

  #skip(depth: number): void {
    if (depth > maxDepth) throw this.error(`expected at most ${maxDepth} levels of nesting`);
    const constructed = ((this.next ?? 0) & constructedBit) !== 0;
    const contents = this.#take(this.#header());
    if (!constructed) return;
    const inside = new DerReader(contents);
    while (!inside.done) inside.#skip(depth + 1);
  }
}

/** One arc in base 128 (X.690 §8.19.2); arcs made of a UUID are wider than a number holds. */
function subidentifier(bytes: Uint8Array, start: number, end: number): number | bigint {
  if (end - start > 7) {
    let wide = 0n;
    for (let i = start; i < end; i++) wide = (wide << 7n) | BigInt((bytes[i] as number) & 0x7f);
    return wide;
  }
  let value = 0;
  for (let i = start; i < end; i++) value = value * 0x80 + ((bytes[i] as number) & 0x7f);
  return value;
}

/** The first two arcs share one subidentifier (X.690 §8.19.4). */
function firstArcs(value: number | bigint): string {
  if (value < 40) return `0.${value}`;
  if (value < 80) return `1.${Number(value) - 40}`;
  return `2.${BigInt(value) - 80n}`;
}

const tagNames = new Map<number, string>(Object.entries(Tag).map(([name, tag]) => [tag, name]));

function tagName(tag: number | undefined): string {
  if (tag === undefined) return 'the end';
  return tagNames.get(tag) ?? `tag 0x${hex(Uint8Array.of(tag))}`;
}
