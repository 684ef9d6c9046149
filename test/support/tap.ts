/**
 * A tap on the wire between two ends: with the lines of the key log it reads along, and tells who sent what.
 */

import { type TracedRecord, Tracer } from 'reprise-tls/trace';
import type { Role } from './kinds.ts';
import type { Wire } from './pair.ts';

/** What one call of `send` carried. Alerts have their name; application data is one entry for each record. */
export type Sent = readonly [Role, readonly string[]];

export class Tap {
  readonly #tracer = new Tracer();
  /** Of each call of `send`: whose it was, and how far into all that this end sent it went. */
  readonly #sends: { readonly from: Role; readonly end: number }[] = [];
  /** To stand between the ends, and to be told of the secret. */
  readonly wire: Wire = {
    toServer: (bytes) => this.#listen('client', bytes),
    toClient: (bytes) => this.#listen('server', bytes),
  };
  readonly keyLog = this.#tracer.keyLog;

  get sent(): readonly Sent[] {
    const { records } = this.#tracer.trace();
    const started = { client: 0, server: 0 };
    return this.#sends.map(({ from, end }) => {
      const start = started[from];
      started[from] = end;
      const carried = records.filter(
        (record) => record.from === from && record.offset >= start && record.offset < end,
      );
      return [from, carried.flatMap(namesIn)];
    });
  }

  #listen(from: Role, bytes: Uint8Array): readonly Uint8Array[] {
    this.#tracer.add(from, bytes);
    this.#sends.push({ from, end: this.#tracer.sent(from).length });
    return [bytes];
  }
}

function namesIn({ protection, messages }: TracedRecord): readonly string[] {
  if (protection === 'sealed') throw new Error('expected the secret of every record in the key log');
  return messages.map(({ name, fields }) => {
    if (name === 'Alert') return fields.at(-1)?.meaning ?? name;
    return name === 'ApplicationData' ? 'application data' : name;
  });
}
