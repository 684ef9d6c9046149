/**
 * A tap on the wire between two ends: with the line of the key log it reads along, and tells who sent what.
 */

import { defaultCipherSuites } from 'reprise-tls';
import { MessageJoiner } from '../../src/handshake/joiner.ts';
import { deriveKeys, type Keys } from '../../src/handshake/key-exchange.ts';
import { ClientHello, ServerHello } from '../../src/handshake/messages.ts';
import type { Awaited } from '../../src/handshake/states.ts';
import { align } from '../../src/record/alignment.ts';
import { ContentType } from '../../src/record/content.ts';
import { RecordLayer } from '../../src/record/layer.ts';
import { type AlertDescription, alertName } from '../../src/wire/alert.ts';
import { fromHex } from '../../src/wire/bytes.ts';
import { decode } from '../../src/wire/codec.ts';
import type { Role } from './kinds.ts';
import type { Wire } from './pair.ts';

/** What one call of `send` carried. Alerts have their name; application data is one entry for each record. */
export type Sent = readonly [Role, readonly (Awaited | 'application data' | keyof typeof AlertDescription)[]];

export class Tap {
  readonly sent: Sent[] = [];
  /** To stand between the ends, and to be told of the secret. */
  readonly wire: Wire = {
    toServer: (bytes) => this.#listen('client', bytes),
    toClient: (bytes) => this.#listen('server', bytes),
  };
  readonly keyLog = (line: string): void => {
    this.#masterSecret = fromHex(line.split(' ')[2] ?? '');
  };

  readonly #layers = { client: new RecordLayer(), server: new RecordLayer() };
  readonly #joiners = { client: new MessageJoiner(), server: new MessageJoiner() };
  #masterSecret: Uint8Array | undefined;
  #clientHello: ClientHello | undefined;
  #serverHello: ServerHello | undefined;
  #keys: Keys | undefined;

  #listen(from: Role, bytes: Uint8Array): readonly Uint8Array[] {
    const layer = this.#layers[from];
    const names: Sent[1][number][] = [];
    layer.push(bytes.slice());
    for (let record = layer.next(); record !== undefined; record = layer.next()) {
      if (record.type === ContentType.handshake) names.push(...this.#messages(from, record.fragment));
      else if (record.type === ContentType.application_data) names.push('application data');
      else if (record.type === ContentType.alert)
        names.push(alertName(record.fragment[1] ?? -1) ?? 'internal_error');
      else {
        names.push('ChangeCipherSpec');
        layer.changeReadProtection(this.#protection(from), align(0));
      }
    }
    this.sent.push([from, names]);
    return [bytes];
  }

  *#messages(from: Role, fragment: Uint8Array): Generator<Awaited> {
    const joiner = this.#joiners[from];
    joiner.push(fragment);
    for (let message = joiner.next(); message !== undefined; message = joiner.next()) {
      const { name, body } = message;
      if (name === 'ClientHello') this.#clientHello = decode(ClientHello, body, name);
      if (name === 'ServerHello') this.#serverHello = decode(ServerHello, body, name);
      yield name;
    }
  }

  #protection(from: Role) {
    const suite = defaultCipherSuites.find(({ id }) => id === this.#serverHello?.cipherSuite);
    if (suite === undefined || this.#masterSecret === undefined || !this.#clientHello || !this.#serverHello) {
      throw new Error('expected both hellos and the key log before ChangeCipherSpec');
    }
    const randoms = { client: this.#clientHello.random, server: this.#serverHello.random };
    this.#keys ??= deriveKeys(suite, this.#masterSecret, randoms);
    return this.#keys[from];
  }
}
