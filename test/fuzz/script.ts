/**
 * Scripts: what a peer does at each of its turns, as the bytes of a script say. Any bytes are one, and where they end the
 * peer is honest to the end.
 */

import type { ClientConnection, ServerConnection } from 'reprise-tls';
import { handshakeHeaderLength, handshakeMessages } from '../../src/handshake/messages.ts';
import { ContentType, maxCiphertext } from '../../src/record/content.ts';
import { concat } from '../../src/wire/bytes.ts';
import { damage } from '../support/damage.ts';
import { pieces } from '../support/pieces.ts';
import type { ScriptedClient } from '../support/scripted/client.ts';
import { samples } from '../support/scripted/messages.ts';
import type { ScriptedServer } from '../support/scripted/server.ts';

export type Peer = ScriptedClient | ScriptedServer;
export type Connection = ClientConnection | ServerConnection;

/** The bytes of a script, of which there is no end: behind the last are zeros. */
export class Script {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#offset++] ?? 0;
  }

  /** So many bytes as the next says; where it says 255, as the two behind it say, up to a bit above a record. */
  bytes(): Uint8Array {
    const short = this.byte();
    const length = short < 255 ? short : ((this.byte() << 8) | this.byte()) % (maxCiphertext + 2);
    const bytes = new Uint8Array(length);
    bytes.set(this.#bytes.subarray(this.#offset, this.#offset + length));
    this.#offset += length;
    return bytes;
  }
}

export interface Turn {
  readonly script: Script;
  readonly peer: Peer;
  readonly connection: Connection;
  /** Sends what it is the turn of. */
  speak(): void;
  /** A record with this content, protected where it is time for that. */
  record(type: number, content: Uint8Array): void;
}

const contentTypes = Object.values(ContentType);
const sampleNames = Object.keys(handshakeMessages) as (keyof typeof handshakeMessages)[];

/** What may be done at a turn. */
export const actions: readonly ((turn: Turn) => void)[] = [
  ({ speak }) => speak(),
  (turn) => speakChanged(turn, (message) => damaged(message, turn.script)),
  (turn) => speakChanged(turn, (message) => withLength(damaged(message, turn.script))),
  ({ peer, script }) => {
    const name = sampleNames[script.byte() % sampleNames.length] ?? 'Finished';
    peer.send(name, samples[name]);
  },
  ({ record, script, speak }) => {
    record(contentTypes[script.byte() % contentTypes.length] ?? ContentType.alert, script.bytes());
    speak();
  },
  ({ peer, script, speak }) => {
    peer.raw(script.bytes());
    speak();
  },
  () => {},
  ({ speak }) => {
    speak();
    speak();
  },
  ({ peer, script, speak }) => {
    const length = 1 + script.byte();
    const send = peer.sendMessage;
    peer.sendMessage = (message) => {
      peer.transcript.add(message);
      for (const piece of pieces(message, [length])) peer.record(ContentType.handshake, piece);
    };
    speak();
    peer.sendMessage = send;
  },
  ({ record, script, speak }) => {
    record(ContentType.alert, Uint8Array.of(script.byte(), script.byte()));
    speak();
  },
  ({ connection, speak }) => {
    connection.close();
    speak();
  },
  ({ connection, script, speak }) => {
    if (connection.state === 'established') connection.write(script.bytes());
    speak();
  },
];

function speakChanged({ peer, speak }: Turn, change: (message: Uint8Array) => Uint8Array): void {
  const send = peer.sendMessage.bind(peer);
  peer.sendMessage = (message) => send(change(message));
  speak();
  peer.sendMessage = send;
}

function damaged(message: Uint8Array, script: Script): Uint8Array {
  const at = (script.byte() << 8) | script.byte();
  return damage(message, {
    at,
    change: script.byte(),
    removed: script.byte() & 15,
    inserted: script.bytes(),
  });
}

/** With a header that tells the body's length as it is. */
function withLength(message: Uint8Array): Uint8Array {
  const length = Math.max(0, message.length - handshakeHeaderLength);
  const header = [message[0] ?? 0, length >> 16, (length >> 8) & 0xff, length & 0xff];
  return concat(Uint8Array.from(header), message.subarray(handshakeHeaderLength));
}
