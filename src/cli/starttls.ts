/**
 * STARTTLS: how protocols that begin without TLS turn to it: SMTP (RFC 3207), IMAP (RFC 9051 §6.2.1), POP3 (RFC 2595 §4),
 * FTP (RFC 4217 §4) and PostgreSQL (its manual, "SSL Session Encryption").
 *
 * What the server says before TLS anybody could have said. So nothing of it is believed but the consent, it is bounded,
 * and what comes behind the consent in the clear is refused (CVE-2011-0411 and its kin).
 */

import type { Socket } from 'node:net';
import { concat, empty, fromLatin1, latin1 } from '../wire/bytes.ts';
import { quote } from '../wire/error.ts';

interface Protocol {
  readonly port: number;
  turn(dialogue: Dialogue): Promise<void>;
}

export const protocols = {
  smtp: {
    port: 25,
    async turn(dialogue) {
      await dialogue.reply('220');
      dialogue.say('EHLO reprise.invalid\r\n');
      await dialogue.reply('250');
      dialogue.say('STARTTLS\r\n');
      await dialogue.reply('220');
    },
  },
  imap: {
    port: 143,
    async turn(dialogue) {
      await dialogue.expect('* OK');
      dialogue.say('a1 STARTTLS\r\n');
      await dialogue.expect('a1 OK', { passOver: '* ' });
    },
  },
  pop3: {
    port: 110,
    async turn(dialogue) {
      await dialogue.expect('+OK');
      dialogue.say('STLS\r\n');
      await dialogue.expect('+OK');
    },
  },
  ftp: {
    port: 21,
    async turn(dialogue) {
      await dialogue.reply('220');
      dialogue.say('AUTH TLS\r\n');
      await dialogue.reply('234');
    },
  },
  postgres: {
    port: 5432,
    async turn(dialogue) {
      dialogue.say('\x00\x00\x00\x08\x04\xd2\x16\x2f'); // SSLRequest: its length, and 1234 and 5679.
      const answer = await dialogue.byte();
      if (answer !== 'S') throw new Error(`expected S to the SSLRequest, got ${quote(answer)}`);
    },
  },
} as const satisfies Record<string, Protocol>;

export type ProtocolName = keyof typeof protocols;

export function isProtocol(name: string): name is ProtocolName {
  return Object.hasOwn(protocols, name);
}

/** Leaves the stream paused where TLS begins. @throws Error where the server does not turn to it */
export async function startTls(stream: Socket, name: ProtocolName): Promise<void> {
  const dialogue = new Dialogue(stream);
  await protocols[name].turn(dialogue);
  dialogue.leave();
}

/** Far more than the greetings of servers are long. */
const maxReceived = 0x10000;

class Dialogue {
  readonly #stream: Socket;
  #received: Uint8Array = empty;
  #length = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(stream: Socket) {
    this.#stream = stream;
    stream.on('data', this.#onData).on('close', this.#onEnd).on('end', this.#onEnd).on('error', this.#onEnd);
  }

  say(text: string): void {
    this.#stream.write(latin1(text));
  }

  async byte(): Promise<string> {
    while (this.#received.length === 0) await this.#more();
    return this.#take(1);
  }

  /** A line that begins so; others may stand before it where they begin with `passOver`. */
  async expect(start: string, { passOver }: { readonly passOver?: string } = {}): Promise<void> {
    for (;;) {
      const line = await this.#line();
      if (line.startsWith(start)) return;
      if (passOver === undefined || !line.startsWith(passOver)) {
        throw new Error(`expected ${start} before TLS, got ${quote(line)}`);
      }
    }
  }

  /** A reply of SMTP or FTP, which may take several lines: the last has a space behind its code (RFC 5321 §4.2.1). */
  async reply(code: string): Promise<void> {
    const first = await this.#line();
    if (!first.startsWith(code)) throw new Error(`expected ${code} before TLS, got ${quote(first)}`);
    if (first[3] !== '-') return;
    for (let line = await this.#line(); !/^\d{3}( |$)/.test(line); ) line = await this.#line();
  }

  leave(): void {
    const { length } = this.#received;
    this.#stream.pause();
    this.#stream
      .off('data', this.#onData)
      .off('close', this.#onEnd)
      .off('end', this.#onEnd)
      .off('error', this.#onEnd);
    if (length > 0) throw new Error(`expected TLS behind the server’s consent, got ${length} bytes without`);
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf(0x0a);
      if (end !== -1) return this.#take(end + 1).replace(/\r?\n$/, '');
      await this.#more();
    }
  }

  #take(length: number): string {
    const text = fromLatin1(this.#received.subarray(0, length));
    this.#received = this.#received.subarray(length);
    return text;
  }

  #more(): Promise<void> {
    if (this.#length > maxReceived)
      throw new Error(`expected at most ${maxReceived} bytes before TLS, got more`);
    if (this.#ended) {
      throw this.#stream.errored ?? new Error('expected consent to TLS, got the end of the connection');
    }
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  readonly #onData = (bytes: Uint8Array): void => {
    this.#length += bytes.length;
    this.#received = concat(this.#received, bytes);
    this.#wake?.();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake?.();
  };
}
