/**
 * Dissector: one connection's records in, in the order in which they were sent, and the trace of them out. It refuses
 * nothing and throws nothing, whatever the records are.
 */

import { handshakeHeaderLength } from '../handshake/messages.ts';
import { Alert } from '../record/alert.ts';
import { ContentType, headerLength } from '../record/content.ts';
import { concatAll, hex } from '../wire/bytes.ts';
import { type Codec, rest, struct } from '../wire/codec.ts';
import type { Cut } from './cutter.ts';
import { aeadCipher, ChangeCipherSpec, RecordHeader } from './declarations.ts';
import { type Facts, learn } from './facts.ts';
import { dealt, handshakeLeaves, type Leaf, leavesOf, traced, unreadLeaf } from './fields.ts';
import { FragmentJoiner, type JoinedMessage } from './joiner.ts';
import type { KeyLog } from './key-log.ts';
import type { Sender, TracedField, TracedMessage, TracedRecord } from './model.ts';
import { contentType, handshakeType } from './names/registries.ts';
import { Opener, type Sealed } from './opener.ts';
import { sides } from './segments.ts';
import { summaryOf } from './summary.ts';

/** A record that is not told to its end: a message of it is known when its last fragment is. */
type Draft = { -readonly [K in keyof TracedRecord]: TracedRecord[K] } & {
  readonly header: TracedField[];
  readonly messages: TracedMessage[];
};

/** How far a side is. */
export interface Progress {
  /** It has sent ChangeCipherSpec, and then its first message of the handshake. */
  readonly changed: boolean;
  readonly finished: boolean;
}

interface Direction extends Progress {
  readonly joiner: FragmentJoiner<Draft>;
  /** How many bytes it has sent. */
  sent: number;
  changed: boolean;
  finished: boolean;
}

/** What fills a record, where it is not messages of the handshake. */
const contents: Readonly<Record<number, { readonly name: string; readonly codec: Codec<unknown> }>> = {
  [ContentType.change_cipher_spec]: { name: 'ChangeCipherSpec', codec: ChangeCipherSpec },
  [ContentType.alert]: { name: 'Alert', codec: Alert },
  [ContentType.application_data]: { name: 'ApplicationData', codec: struct({ data: rest }) },
};
const foreign = struct({ bytes: rest });

export class Dissector {
  readonly facts: Facts = {};
  readonly #records: Draft[] = [];
  readonly #opener: Opener;
  readonly #directions: Readonly<Record<Sender, Direction>> = {
    client: newDirection(),
    server: newDirection(),
  };
  /** What came last, where it was no record: the next bytes of its side may belong to it. */
  #foreign: { readonly from: Sender; readonly cuts: Cut[]; readonly time: number | undefined } | undefined;
  /** Of the handshake that is under way, by name. */
  #suite: string | undefined;
  /** How many more fields may be made. */
  #fieldsLeft: number;

  constructor(keyLog: KeyLog, maxFields: number) {
    this.#opener = new Opener(keyLog);
    this.#fieldsLeft = maxFields;
  }

  /** Whether it has made as many fields as it may. */
  get full(): boolean {
    return this.#fieldsLeft <= 0;
  }

  /** Why protected records stayed closed, if they did. */
  get sealed(): Sealed | undefined {
    return this.#opener.sealed;
  }

  /** The record that was added last; a message that goes on in a later one is not in it yet. */
  get last(): TracedRecord | undefined {
    return this.#records.at(-1);
  }

  /** Whether a message of this side waits for its next fragment. */
  waitsFor(from: Sender): boolean {
    return this.#directions[from].joiner.waiting > 0;
  }

  progressOf(from: Sender): Progress {
    return this.#directions[from];
  }

  /** Whether a record is this side's, by the key that opens it; undefined where there is no key. */
  opens(from: Sender, { bytes }: Cut): boolean | undefined {
    if (!this.#opener.holdsKeyOf(from)) return undefined;
    return this.#opener.open(from, bytes[0] ?? 0, bytes.subarray(headerLength)) !== undefined;
  }

  add(from: Sender, cut: Cut, time?: number): void {
    if (cut.kind === 'foreign' || cut.bytes.length < headerLength) {
      if (this.#foreign?.from !== from) {
        this.#endForeign();
        this.#foreign = { from, cuts: [], time };
      }
      this.#foreign.cuts.push(cut);
      return;
    }
    this.#endForeign();
    this.#addRecord(from, cut, time);
  }

  /** No more come. Gives the records, with the messages that did not end as far as they go; overwrites the keys. */
  finish(): readonly TracedRecord[] {
    this.#endForeign();
    for (const from of sides) this.#giveUp(from);
    this.#opener.destroy();
    return this.#records;
  }

  #endForeign(): void {
    if (this.#foreign === undefined) return;
    const { from, cuts, time } = this.#foreign;
    this.#foreign = undefined;
    const bytes = concatAll(cuts.map((cut) => cut.bytes));
    const record = this.#begin(from, bytes, time);
    this.#addMessage(record, 'bytes of another protocol', leavesOf(foreign, bytes, 'foreign').leaves, 0);
  }

  #begin(from: Sender, bytes: Uint8Array, time: number | undefined): Draft {
    const direction = this.#directions[from];
    const record: Draft = {
      from,
      offset: direction.sent,
      length: bytes.length,
      type: 'foreign',
      ...(time === undefined ? {} : { time }),
      bytes: hex(bytes),
      header: [],
      protection: 'none',
      messages: [],
    };
    direction.sent += bytes.length;
    this.#records.push(record);
    return record;
  }

  #addRecord(from: Sender, cut: Cut, time: number | undefined): void {
    const direction = this.#directions[from];
    const record = this.#begin(from, cut.bytes, time);
    const [type = 0, , , high = 0, low = 0] = cut.bytes;
    const fragment = cut.bytes.subarray(headerLength);
    record.type = contentType(type) ?? `content type ${type}`;
    const missing = ((high << 8) | low) - fragment.length;
    if (missing > 0) record.fault = `cut short: ${missing} bytes of it did not come`;

    const isProtected = this.#isProtected(direction, type);
    const name = isProtected ? 'TLSCiphertext' : 'TLSPlaintext';
    this.#addHeader(record, leavesOf(RecordHeader, cut.bytes.subarray(0, headerLength), name).leaves, 0);
    if (isProtected) this.#addProtected(record, type, fragment);
    else this.#addContent(record, type, fragment, headerLength);
    if (type === ContentType.change_cipher_spec && record.protection !== 'sealed') {
      this.#giveUp(from);
      direction.changed = true;
      direction.finished = false;
      this.#opener.changeCipherSpec(from);
    }
  }

  /** In TLS 1.3 a ChangeCipherSpec changes nothing, and what is protected has the type of application data. */
  #isProtected({ changed }: Direction, type: number): boolean {
    if (type === ContentType.application_data) return true;
    return changed && this.facts.protocolVersion !== 'TLS 1.3';
  }

  #addProtected(record: Draft, type: number, fragment: Uint8Array): void {
    const direction = this.#directions[record.from];
    record.protection = 'sealed';
    this.#addHeader(record, this.#protectedLeaves(fragment), headerLength);
    const plaintext = this.#opener.open(record.from, type, fragment);
    if (plaintext === undefined) {
      if (this.#opener.holdsKeyOf(record.from))
        record.fault ??= 'it does not authenticate under the logged secret';
      this.#addMessage(record, nameByPlace(direction, type), [], 0);
    } else {
      record.protection = 'opened';
      record.plaintext = hex(plaintext);
      this.#addContent(record, type, plaintext, 0);
    }
    if (type === ContentType.handshake) direction.finished = true;
  }

  #protectedLeaves(fragment: Uint8Array): readonly Leaf[] {
    const { recordIvLength, tagLength } = this.#opener.suite?.aead ?? { recordIvLength: 0, tagLength: 0 };
    const length = fragment.length - recordIvLength - tagLength;
    const isKnown = tagLength > 0 && length >= 0;
    const cipher = isKnown ? aeadCipher(recordIvLength, length, tagLength) : rest;
    return leavesOf(struct({ fragment: cipher }), fragment, 'TLSCiphertext').leaves;
  }

  #addHeader(record: Draft, leaves: readonly Leaf[], offset: number): void {
    this.#fieldsLeft -= leaves.length;
    record.header.push(...leaves.map((leaf) => traced(leaf, offset)));
  }

  #addContent(record: Draft, type: number, content: Uint8Array, offset: number): void {
    if (type === ContentType.handshake) {
      this.#directions[record.from].joiner.push(record, offset, content);
      this.#readHandshake(record.from);
      return;
    }
    const { name, codec } = contents[type] ?? { name: record.type, codec: struct({ content: rest }) };
    const { leaves, fault } = leavesOf(codec, content, name);
    this.#addMessage(record, name, leaves, offset, fault);
  }

  #addMessage(record: Draft, name: string, leaves: readonly Leaf[], offset: number, fault?: string): void {
    this.#fieldsLeft -= leaves.length;
    record.messages.push({
      name,
      ...about(summaryOf(name, leaves), fault),
      fields: leaves.map((leaf) => traced(leaf, offset)),
    });
  }

  #readHandshake(from: Sender): void {
    const { joiner } = this.#directions[from];
    while (!this.full) {
      const message = joiner.next();
      if (message === undefined) return;
      this.#addHandshake(from, message);
    }
  }

  /** What waits for the rest of its message waits in vain; or the trace is full, and nobody has looked at it. */
  #giveUp(from: Sender): void {
    const message = this.#directions[from].joiner.rest();
    if (message === undefined) return;
    if (message.missing !== undefined && message.missing <= 0) {
      this.#deal('handshake messages', message, [unreadLeaf('Handshake', message.raw)], {});
      return;
    }
    this.#addHandshake(from, message);
  }

  #addHandshake(from: Sender, message: JoinedMessage<Draft>): void {
    const { raw, missing } = message;
    const [type = 0] = raw;
    const name = handshakeType(type) ?? `HandshakeType ${type}`;
    const { leaves, fault } = handshakeLeaves(name, raw, this.#suite);
    if (name === 'ServerHello')
      this.#suite = leaves.find(({ path }) => path === 'ServerHello.cipherSuite')?.meaning;
    this.#fieldsLeft -= leaves.length;
    if (missing !== 0) {
      const what = missing === undefined ? 'the rest' : `${missing} bytes`;
      this.#deal(name, message, leaves, about(undefined, `cut short: ${what} of it did not come`));
      return;
    }
    const holds = this.#opener.heard(from, name, raw, raw.subarray(handshakeHeaderLength));
    learn(this.facts, name, leaves);
    const said = about(summaryOf(name, leaves, holds), holds === false ? otherFinished : fault);
    this.#deal(name, message, holds === true ? leaves.map(markVerified) : leaves, said);
  }

  #deal(name: string, { raw, places }: JoinedMessage<Draft>, leaves: readonly Leaf[], about: About): void {
    for (const [i, fields] of dealt(leaves, raw, places).entries()) {
      places[i]?.record.messages.push({
        name,
        ...(i === 0 ? about : { continued: true }),
        ...(i < places.length - 1 ? { continues: true } : {}),
        fields,
      });
    }
  }
}

const otherFinished = 'its verify_data is not what the messages before it give (RFC 5246 §7.4.9)';

function markVerified(leaf: Leaf): Leaf {
  return leaf.path === 'Finished.verifyData'
    ? { ...leaf, meaning: 'what the messages before it give' }
    : leaf;
}

type About = Pick<TracedMessage, 'summary' | 'fault'>;

function about(summary: string | undefined, fault: string | undefined): About {
  return { ...(summary === undefined ? {} : { summary }), ...(fault === undefined ? {} : { fault }) };
}

function newDirection(): Direction {
  return { joiner: new FragmentJoiner(), sent: 0, changed: false, finished: false };
}

/** What a sealed record holds can be told from its type and its place (RFC 5246 §7.1, §7.4.9). */
function nameByPlace({ changed, finished }: Progress, type: number): string {
  if (type === ContentType.handshake) return changed && !finished ? 'Finished' : 'handshake message';
  return contents[type]?.name ?? contentType(type) ?? `content type ${type}`;
}
