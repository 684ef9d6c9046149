/** An eye on a connection whose peer does what it likes: all that comes out of it, and what must hold of that. */

import assert from 'node:assert/strict';
import { type ClientConnection, type ConnectionHandlers, type ServerConnection, TlsError } from 'reprise-tls';
import { handshakeHeaderLength } from '../../src/handshake/messages.ts';
import { ContentType } from '../../src/record/content.ts';
import { AlertDescription, AlertLevel } from '../../src/wire/alert.ts';
import { concat, concatAll, hex } from '../../src/wire/bytes.ts';
import { faults } from '../../src/wire/error.ts';
import { recordsOf } from '../support/dissect.ts';
import { pieces } from '../support/pieces.ts';

type Connection = ClientConnection | ServerConnection;

/** Causes that no peer can bring about. */
const own: readonly string[] = ['internal', 'application', 'keys-exhausted', 'aborted'];

/** What a connection may send in all, application data aside, however it is provoked. */
const maxSent = 0x4000;

/** RFC 5246 §7.2: a level and a description. */
const alertLength = 2;

export class Watch {
  readonly handlers: ConnectionHandlers;
  /** What it sent and the peer has not taken yet. */
  readonly arrived: Uint8Array[] = [];
  /** What the peer sent as application data and may be delivered, under the keys of the connection or not. */
  readonly #expected: Uint8Array[] = [];
  /** What the peer has said of a handshake message that it has not said to its end. */
  #begun: Uint8Array = new Uint8Array(0);
  /** What a feed threw, which it must not. */
  readonly #thrown: unknown[] = [];
  readonly #sent: Uint8Array[] = [];
  readonly #delivered: Uint8Array[] = [];
  readonly #ends: (TlsError | undefined)[] = [];
  #secured = 0;
  #halfClosed = false;

  constructor({ halfClose }: { readonly halfClose: boolean }) {
    this.handlers = {
      send: (bytes) => {
        this.#expectNoEnd('sends');
        this.#sent.push(bytes.slice());
        this.arrived.push(bytes);
      },
      data: (bytes) => {
        this.#expectNoEnd('delivers data');
        assert.ok(this.#secured === 1 && !this.#halfClosed);
        this.#delivered.push(bytes.slice());
      },
      secure: () => {
        this.#expectNoEnd('is secure');
        this.#secured++;
      },
      ...(halfClose ? { end: () => this.#onHalfClose() } : {}),
      close: (error) => {
        this.#ends.push(error);
      },
    };
  }

  /** From now on the connection is fed in pieces of this length, which do not last. */
  feedInPieces(connection: Connection, length: number): void {
    const feed = connection.feed.bind(connection);
    connection.feed = (bytes) => {
      let waiting: Promise<void> | undefined;
      for (const piece of bytes.length === 0 ? [bytes] : pieces(bytes, [length])) {
        try {
          waiting = feed(piece);
        } catch (error) {
          this.#thrown.push(error);
        }
        piece.fill(0xee);
      }
      return waiting;
    };
  }

  /** The peer sends a record with this content. */
  peerSends(type: number, content: Uint8Array): void {
    if (type === ContentType.handshake) {
      this.#begun = behindWhole(concat(this.#begun, content));
    } else if (type === ContentType.application_data && this.#begun.length === 0) {
      // Nothing may come between the fragments of a handshake message (RFC 5246 §6.2.1).
      this.#expected.push(content);
    }
  }

  /** What holds at any time. */
  judge({ state }: Connection): void {
    assert.deepEqual(this.#thrown, []);
    assert.ok(this.#ends.length <= 1 && this.#secured <= 1);
    assert.equal(state === 'closed', this.#ends.length === 1);
    assert.ok(hex(concatAll(this.#expected)).startsWith(hex(concatAll(this.#delivered))));
    const records = recordsOf(concatAll(this.#sent));
    const alerts = records.filter(({ type }) => type === ContentType.alert);
    // One that refuses to renegotiate, and the last.
    assert.ok(alerts.length <= 1 + this.#secured);
    const unasked = records.filter(({ type }) => type !== ContentType.application_data);
    assert.ok(unasked.reduce((sum, { fragment }) => sum + fragment.length, 0) < maxSent);
    const [error] = this.#ends;
    if (error === undefined) return;
    assert.ok(error instanceof TlsError && !own.includes(error.reason), error);
    if (error.origin !== 'sent') return;
    const alert = faults[error.reason as keyof typeof faults];
    assert.equal(error.alert, alert);
    const last = alerts.at(-1)?.fragment ?? new Uint8Array(0);
    assert.ok(last.length >= alertLength);
    // What is longer is protected.
    if (last.length > alertLength) return;
    assert.deepEqual([...last], [AlertLevel.fatal, AlertDescription[alert]]);
  }

  /** The transport ends, and with it the connection; where its peer has closed its side alone, when it closes its own. */
  judgeEnd(connection: Connection): void {
    connection.feedEnd();
    if (this.#halfClosed) connection.close();
    this.judge(connection);
    assert.equal(this.#ends.length, 1);
    const [sent, delivered] = [this.#sent.length, this.#delivered.length];
    assert.equal(connection.feed(Uint8Array.of(22, 3, 3, 0, 1, 0)), undefined);
    assert.throws(() => connection.write(new Uint8Array(1)), TypeError);
    assert.deepEqual([this.#sent.length, this.#delivered.length], [sent, delivered]);
  }

  #onHalfClose(): void {
    this.#expectNoEnd('is half closed');
    assert.equal(this.#halfClosed, false);
    this.#halfClosed = true;
  }

  #expectNoEnd(what: string): void {
    assert.equal(this.#ends.length, 0, `it has ended, and yet it ${what}`);
  }
}

/** What is left of a stream of handshake messages behind those that are whole. */
function behindWhole(bytes: Uint8Array): Uint8Array {
  let rest = bytes;
  for (;;) {
    const [, high = 0, middle = 0, low = 0] = rest;
    const length = handshakeHeaderLength + (high << 16) + (middle << 8) + low;
    if (rest.length < length) return rest;
    rest = rest.subarray(length);
  }
}
