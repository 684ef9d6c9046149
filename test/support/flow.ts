/**
 * Flow: what went over a wire, as an observer can tell it without a key, and drawn as RFC 5246 §7.3 draws it.
 *
 * It is told the bytes that each side sent, in the order in which they were seen and in any pieces. Messages of the
 * handshake have names while they are in the clear; behind ChangeCipherSpec only the type and the length of a record
 * show, and the first message there can be no other than Finished (§7.1).
 */

import { handshakeHeaderLength, handshakeName, ServerHello } from '../../src/handshake/messages.ts';
import { ContentType, contentTypeName, headerLength } from '../../src/record/content.ts';
import { alertName } from '../../src/wire/alert.ts';
import { concat } from '../../src/wire/bytes.ts';
import { decode } from '../../src/wire/codec.ts';

export type Sender = 'client' | 'server';

export interface FlowRecord {
  readonly from: Sender;
  readonly type: number;
  /** On the wire: header, fragment, and what protection added. */
  readonly length: number;
  readonly encrypted: boolean;
  /** The RFC's names of what begins in it; none where it only goes on with a message. */
  readonly contents: readonly string[];
}

export class Flow {
  readonly records: FlowRecord[] = [];
  /** Of the ServerHello; empty before there was one. */
  sessionId: Uint8Array = new Uint8Array(0);
  readonly #directions = { client: new Direction(), server: new Direction() };

  /** Bytes that `from` sent. */
  add(from: Sender, bytes: Uint8Array): void {
    const direction = this.#directions[from];
    direction.push(bytes);
    for (let record = direction.next(); record !== undefined; record = direction.next()) {
      const { type, fragment, encrypted } = record;
      const clear = type === ContentType.handshake && !encrypted;
      const messages = clear ? direction.messages(fragment) : [];
      for (const { name, body } of messages) {
        if (name !== 'ServerHello' || body === undefined) continue;
        this.sessionId = decode(ServerHello, body, name).sessionId.slice();
      }
      const contents = clear
        ? messages.filter(({ continued }) => !continued).map(({ name }) => name)
        : direction.contents(type, fragment);
      this.records.push({ from, type, length: headerLength + fragment.length, encrypted, contents });
    }
  }

  /** Everything that went over the wire from that side. */
  bytes(from: Sender): Uint8Array {
    return this.#directions[from].bytes;
  }

  /** The handshake's messages and ChangeCipherSpecs, each with its sender: what the figures of RFC 5246 §7.3 list. */
  get steps(): readonly (readonly [Sender, string])[] {
    return this.#handshake.flatMap(({ from, contents }) => contents.map((name) => [from, name] as const));
  }

  /** Records in a row from one side: what it can send without waiting for the other. */
  get flights(): readonly (readonly FlowRecord[])[] {
    const flights: FlowRecord[][] = [];
    for (const record of this.records) {
      const last = flights.at(-1);
      if (last?.[0]?.from === record.from) last.push(record);
      else flights.push([record]);
    }
    return flights;
  }

  /** How often the client had to wait for the server before its first application data left. */
  get roundTrips(): number {
    const first = this.flights.findIndex((flight) => flight.some(isClientData));
    if (first < 0) throw new RangeError('expected application data from the client, there is none');
    return this.flights.slice(0, first).filter((flight) => flight[0]?.from === 'server').length;
  }

  /** How many bytes the handshake took, both ways. */
  get handshakeLength(): number {
    return this.#handshake.reduce((sum, { length }) => sum + length, 0);
  }

  get #handshake(): readonly FlowRecord[] {
    return this.records.filter(
      ({ type }) => type === ContentType.handshake || type === ContentType.change_cipher_spec,
    );
  }
}

function isClientData({ from, type }: FlowRecord): boolean {
  return from === 'client' && type === ContentType.application_data;
}

interface Message {
  readonly name: string;
  /** Whether an earlier record has named it. */
  readonly continued: boolean;
  /** Undefined where it goes on in the next record. */
  readonly body: Uint8Array | undefined;
}

/** What one side sends. */
class Direction {
  bytes: Uint8Array = new Uint8Array(0);
  #read = 0;
  #encrypted = false;
  #finished = false;
  /** The bytes of a message that the records so far have not brought to its end. */
  #begun: Uint8Array = new Uint8Array(0);

  push(bytes: Uint8Array): void {
    this.bytes = concat(this.bytes, bytes);
  }

  next(): { type: number; fragment: Uint8Array; encrypted: boolean } | undefined {
    const waiting = this.bytes.subarray(this.#read);
    const [type, , , high, low] = waiting;
    if (type === undefined || high === undefined || low === undefined) return undefined;
    const end = headerLength + ((high << 8) | low);
    if (waiting.length < end) return undefined;
    this.#read += end;
    const record = { type, fragment: waiting.subarray(headerLength, end), encrypted: this.#encrypted };
    if (type === ContentType.change_cipher_spec) this.#encrypted = true;
    return record;
  }

  /** The messages of which a fragment in the clear has something. */
  messages(fragment: Uint8Array): readonly Message[] {
    const messages: Message[] = [];
    let continued = this.#begun.length >= handshakeHeaderLength;
    let rest = concat(this.#begun, fragment);
    while (rest.length >= handshakeHeaderLength) {
      const [type = 0, high = 0, middle = 0, low = 0] = rest;
      const name = handshakeName(type) ?? `handshake message ${type}`;
      const end = handshakeHeaderLength + ((high << 16) | (middle << 8) | low);
      const body = rest.length < end ? undefined : rest.subarray(handshakeHeaderLength, end);
      messages.push({ name, continued, body });
      if (body === undefined) break;
      rest = rest.subarray(end);
      continued = false;
    }
    this.#begun = rest.slice();
    return messages;
  }

  /** What any other record holds, as far as its type and its place tell. */
  contents(type: number, fragment: Uint8Array): readonly string[] {
    switch (type) {
      case ContentType.change_cipher_spec:
        return ['ChangeCipherSpec'];
      case ContentType.application_data:
        return ['application data'];
      case ContentType.alert:
        return [this.#encrypted ? 'alert' : `alert ${alertName(fragment[1] ?? -1) ?? fragment[1]}`];
      case ContentType.handshake: {
        const name = this.#finished ? 'handshake' : 'Finished';
        this.#finished = true;
        return [name];
      }
      default:
        return [contentTypeName(type)];
    }
  }
}

/** Changes how a row looks and not how much room it takes. */
export type Paint = (text: string, record: FlowRecord) => string;

/**
 * The flow as rows of `width` characters: the client on the left, the server on the right, and on each arrow how many
 * bytes the record is long. A line where the client first sends data says what it took to come so far.
 */
export function drawFlow(flow: Flow, width: number, paint: Paint = (text) => text): string[] {
  const ends = `client${'server'.padStart(width - 'client'.length)}`;
  const first = flow.records.findIndex(isClientData);
  return [
    ends,
    ...flow.records.flatMap((record, i) => {
      const drawn = paint(row(record, width), record);
      return i === first ? [cost(flow, width), drawn] : [drawn];
    }),
  ];
}

function cost({ roundTrips, handshakeLength }: Flow, width: number): string {
  const text = ` ${roundTrips} round trip${roundTrips === 1 ? '' : 's'}, ${handshakeLength} bytes `;
  const left = Math.floor((width - text.length) / 2);
  return `${'┄'.repeat(left)}${text}${'┄'.repeat(width - text.length - left)}`;
}

function row(record: FlowRecord, width: number): string {
  const { from, length } = record;
  const room = width - `  ${length} ─▶`.length;
  const text = clip(label(record), room - 1);
  const line = '─'.repeat(room - text.length);
  return from === 'client' ? `${text} ${line} ${length} ─▶` : `◀─ ${length} ${line} ${text}`;
}

function label({ contents, encrypted }: FlowRecord): string {
  const names = contents.length > 0 ? contents.join(', ') : '(continued)';
  return encrypted ? `${names} (encrypted)` : names;
}

function clip(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
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
