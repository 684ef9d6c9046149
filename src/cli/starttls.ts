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

/** A word of ours, or one of the server's to wait for. */
type Step = (dialogue: Dialogue) => void | Promise<void>;

interface Protocol {
  readonly port: number;
  readonly steps: readonly Step[];
}

export const protocols = {
  smtp: {
    port: 25,
    steps: [reply('220'), say('EHLO reprise.invalid\r\n'), reply('250'), say('STARTTLS\r\n'), reply('220')],
  },
  imap: {
    port: 143,
    steps: [line('* OK'), say('a1 STARTTLS\r\n'), line('a1 OK', { passOver: '* ' })],
  },
  pop3: { port: 110, steps: [line('+OK'), say('STLS\r\n'), line('+OK')] },
  ftp: { port: 21, steps: [reply('220'), say('AUTH TLS\r\n'), reply('234')] },
  // SSLRequest: its length, and 1234 and 5679.
  postgres: { port: 5432, steps: [say('\x00\x00\x00\x08\x04\xd2\x16\x2f'), byte('S')] },
} as const satisfies Record<string, Protocol>;

export type ProtocolName = keyof typeof protocols;

export function isProtocol(name: string): name is ProtocolName {
  return Object.hasOwn(protocols, name);
}

/** Leaves the stream paused where TLS begins. @throws Error where the server does not turn to it */
export async function startTls(stream: Socket, name: ProtocolName): Promise<void> {
  const dialogue = new Dialogue(stream);
  for (const step of protocols[name].steps) await step(dialogue);
  dialogue.leave();
}

function say(text: string): Step {
  return (dialogue) => dialogue.say(text);
}

function byte(expected: string): Step {
  return async (dialogue) => demand(expected, await dialogue.byte());
}

/** A line that begins so; others may stand before it where they begin with `passOver`. */
function line(start: string, { passOver }: { readonly passOver?: string } = {}): Step {
  return async (dialogue) => {
    let got = await dialogue.line();
    while (passOver !== undefined && got.startsWith(passOver)) got = await dialogue.line();
    demand(start, got);
  };
}

/** A reply of SMTP or FTP, which may take several lines: the last has a space behind its code (RFC 5321 §4.2.1). */
function reply(code: string): Step {
  return async (dialogue) => {
    let got = await dialogue.line();
    demand(code, got);
    if (got[3] !== '-') return;
    do got = await dialogue.line();
    while (!new RegExp(`^${code}( |$)`).test(got));
  };
}

function demand(start: string, got: string): void {
  if (!got.startsWith(start)) throw new Error(`expected ${start} before TLS, got ${quote(got)}`);
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

  async line(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf(0x0a);
      if (end !== -1) return this.#take(end + 1).replace(/\r?\n$/, '');
      await this.#more();
    }
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
