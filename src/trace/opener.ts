/**
 * Opener: what a key log opens. It follows both hellos of each handshake, derives the keys at ChangeCipherSpec, opens the
 * records behind it, and holds each Finished against the messages before it.
 */

import type { CipherSuite } from '../crypto/cipher-suites.ts';
import { defaultCipherSuites } from '../crypto/defaults.ts';
import type { Sender } from '../handshake/finished.ts';
import { deriveKeys, type Keys } from '../handshake/key-exchange.ts';
import { ClientHello, Finished, ServerHello } from '../handshake/messages.ts';
import { Transcript } from '../handshake/transcript.ts';
import { type ContentType, isContentType } from '../record/content.ts';
import type { RecordProtection } from '../record/protection.ts';
import { equal, hex, wipe } from '../wire/bytes.ts';
import { type Codec, decode } from '../wire/codec.ts';
import { TlsError } from '../wire/error.ts';
import type { KeyLog } from './key-log.ts';

const suiteById = new Map(defaultCipherSuites.map((suite) => [suite.id, suite]));

/** Why protected records stay closed. */
export type Sealed = 'no hello' | 'no suite' | 'no secret';

/** What is known of the handshake that is under way. */
interface Hellos {
  readonly clientRandom: Uint8Array;
  readonly transcript: Transcript;
  serverRandom?: Uint8Array;
  suite?: CipherSuite;
  keys?: Keys;
}

export class Opener {
  readonly #keyLog: KeyLog;
  readonly #protection: Partial<Record<Sender, RecordProtection>> = {};
  readonly #keys: Keys[] = [];
  #hellos: Hellos | undefined;
  #sealed: Sealed | undefined;
  /** The last record that was opened: who asks again whether it opens, gets it as it was. */
  #last: { readonly fragment: Uint8Array; readonly from: Sender; readonly plaintext: Uint8Array } | undefined;

  constructor(keyLog: KeyLog) {
    this.#keyLog = keyLog;
  }

  /** Why a direction stayed closed at its ChangeCipherSpec, if one did. */
  get sealed(): Sealed | undefined {
    return this.#sealed;
  }

  /** The suite in use, where it is one that can be opened. */
  get suite(): CipherSuite | undefined {
    return this.#hellos?.suite;
  }

  /** A whole message of the handshake, header and body. Says of a Finished whether it holds, where that can be known. */
  heard(from: Sender, name: string, raw: Uint8Array, body: Uint8Array): boolean | undefined {
    if (name === 'HelloRequest') return undefined; // It belongs to no transcript (RFC 5246 §7.4.1.1).
    if (name === 'ClientHello') {
      const hello = tryDecode(ClientHello, body);
      this.#hellos = hello && { clientRandom: hello.random, transcript: new Transcript() };
    }
    const hellos = this.#hellos;
    if (hellos === undefined) return undefined;
    const holds = name === 'Finished' ? finishedHolds(hellos, from, body) : undefined;
    hellos.transcript.add(raw);
    if (name === 'ServerHello') this.#choose(hellos, body);
    return holds;
  }

  /** What this side sends from now on is under the keys of the handshake that is under way. */
  changeCipherSpec(from: Sender): void {
    const hellos = this.#hellos;
    if (hellos !== undefined) hellos.keys ??= this.#derive(hellos);
    this.#sealed ??= this.#reason(hellos);
    delete this.#protection[from];
    const protection = hellos?.keys?.[from];
    if (protection !== undefined) this.#protection[from] = protection;
  }

  /** Whether there is a key for what this side sends. */
  holdsKeyOf(from: Sender): boolean {
    return this.#protection[from] !== undefined;
  }

  /** The plaintext of a record; undefined where there is no key, or it does not hold. Each is to be opened in its turn. */
  open(from: Sender, type: number, fragment: Uint8Array): Uint8Array | undefined {
    if (this.#last?.from === from && isSameView(this.#last.fragment, fragment)) return this.#last.plaintext;
    const protection = this.#protection[from];
    if (protection === undefined || !isContentType(type)) return undefined;
    const plaintext = tryOpen(protection, type, fragment);
    if (plaintext !== undefined) this.#last = { fragment, from, plaintext };
    return plaintext;
  }

  /** Overwrites all keys. */
  destroy(): void {
    for (const keys of this.#keys) keys.destroy();
  }

  #choose(hellos: Hellos, body: Uint8Array): void {
    const hello = tryDecode(ServerHello, body);
    const suite = hello && suiteById.get(hello.cipherSuite);
    if (hello === undefined || suite === undefined || hellos.suite !== undefined) return;
    hellos.serverRandom = hello.random;
    hellos.suite = suite;
    hellos.transcript.hashWith(suite.hash, { messages: false });
  }

  #derive({ clientRandom, serverRandom, suite }: Hellos): Keys | undefined {
    if (serverRandom === undefined || suite === undefined) return undefined;
    const secret = this.#keyLog.masterSecret(hex(clientRandom));
    if (secret === undefined) return undefined;
    const keys = deriveKeys(suite, secret, { client: clientRandom, server: serverRandom });
    wipe(secret);
    this.#keys.push(keys);
    return keys;
  }

  #reason(hellos: Hellos | undefined): Sealed | undefined {
    if (hellos === undefined) return 'no hello';
    if (hellos.keys !== undefined) return undefined;
    return hellos.suite === undefined ? 'no suite' : 'no secret';
  }
}

function finishedHolds({ keys, transcript }: Hellos, from: Sender, body: Uint8Array): boolean | undefined {
  const finished = tryDecode(Finished, body);
  if (keys === undefined || finished === undefined) return undefined;
  return equal(finished.verifyData, keys.schedule.verifyData(from, transcript.digest()));
}

function isSameView(a: Uint8Array, b: Uint8Array): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length;
}

function tryDecode<T>(codec: Codec<T>, body: Uint8Array): T | undefined {
  return unlessRefused(() => decode(codec, body, 'message'));
}

function tryOpen(
  protection: RecordProtection,
  type: ContentType,
  fragment: Uint8Array,
): Uint8Array | undefined {
  return unlessRefused(() => protection.open(type, fragment));
}

function unlessRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof TlsError) return undefined;
    throw error;
  }
}
