/**
 * What both scripted peers have in common: records, messages, keys and a transcript, all as the script moves them.
 */

import {
  type CertificateConfig,
  type CipherSuite,
  type ClientConnection,
  type CryptoProvider,
  defaultGroups,
  defaultSignatureSchemes,
  type KeyShare,
  type NamedGroup,
  noble,
  type ServerConnection,
} from 'reprise-tls';
import { credential } from '../../../src/connection/credentials.ts';
import { sha256 } from '../../../src/crypto/hash.ts';
import { verifyData } from '../../../src/handshake/finished.ts';
import { MessageJoiner } from '../../../src/handshake/joiner.ts';
import { agreeMasterSecret, deriveKeys, type Keys } from '../../../src/handshake/key-exchange.ts';
import {
  type HandshakeBody,
  type HandshakeName,
  handshakeMessages,
} from '../../../src/handshake/messages.ts';
import type { Credential } from '../../../src/handshake/parameters.ts';
import type { Awaited, Step } from '../../../src/handshake/states.ts';
import { Transcript } from '../../../src/handshake/transcript.ts';
import { align } from '../../../src/record/alignment.ts';
import { ContentType, headerLength, TLS_1_2 } from '../../../src/record/content.ts';
import { RecordLayer } from '../../../src/record/layer.ts';
import type { RecordProtection } from '../../../src/record/protection.ts';
import { AlertDescription, AlertLevel, type AlertName, alertName } from '../../../src/wire/alert.ts';
import { empty, equal } from '../../../src/wire/bytes.ts';
import { type Codec, decode } from '../../../src/wire/codec.ts';
import { message, samples } from './messages.ts';

export interface ScriptedOptions {
  /** What the peer proves itself with. A server that is to show one needs one. */
  readonly certificate?: CertificateConfig | undefined;
  /** The groups that it knows; a server takes the first. */
  readonly groups?: readonly NamedGroup[];
  /** How the peer does its cryptography. Default: `noble`. */
  readonly crypto?: CryptoProvider | undefined;
}

/** What a scripted peer keeps of a full handshake, to resume it. */
export interface ScriptedSession {
  readonly sessionId: Uint8Array;
  readonly masterSecret: Uint8Array;
  readonly suite: CipherSuite;
}

type Incoming =
  | { readonly name: HandshakeName; readonly body: unknown }
  | { readonly name: 'ChangeCipherSpec' }
  | { readonly name: 'alert'; readonly level: number; readonly alert: AlertName | number }
  | { readonly name: 'application data'; readonly data: Uint8Array };

export abstract class ScriptedPeer<C extends ClientConnection | ServerConnection> {
  /** The connection under test. */
  readonly connection: C;
  readonly transcript = new Transcript();
  readonly layer = new RecordLayer();
  /** What is known so far of the handshake. */
  clientRandom: Uint8Array;
  serverRandom: Uint8Array;
  suite: CipherSuite | undefined;
  sessionId: Uint8Array = empty;
  extendedMasterSecret = true;
  masterSecret: Uint8Array | undefined;
  keys: Keys | undefined;

  protected readonly credential: Credential | undefined;
  protected readonly groups: readonly NamedGroup[];
  protected readonly crypto: CryptoProvider;
  readonly #role: 'client' | 'server';
  readonly #arrived: Uint8Array[];
  readonly #joiner = new MessageJoiner();

  protected constructor(
    role: 'client' | 'server',
    connection: C,
    arrived: Uint8Array[],
    { certificate, groups = defaultGroups, crypto = noble }: ScriptedOptions,
  ) {
    this.groups = groups;
    this.#role = role;
    this.connection = connection;
    this.#arrived = arrived;
    this.crypto = crypto;
    this.clientRandom = crypto.randomBytes(32);
    this.serverRandom = crypto.randomBytes(32);
    this.credential =
      certificate &&
      credential(certificate)({
        signatureSchemes: defaultSignatureSchemes.map(crypto.signatureScheme),
        crypto,
        sha256,
        randomBytes: crypto.randomBytes,
        report: () => {},
        observe: () => {},
      });
  }

  /** How each message of this side is made, and what is learnt from each of the other's. */
  protected abstract readonly speaking: Partial<Record<Awaited, () => void>>;
  protected abstract readonly hearing: Partial<Record<Awaited, () => Promise<void>>>;

  /** Sends what an honest peer would at this point; nonsense of the right form where it cannot know better. */
  speak(name: Awaited): void {
    const speaking = this.speaking[name];
    if (speaking !== undefined) speaking();
    else if (name === 'ChangeCipherSpec') this.#speakChangeCipherSpec();
    else if (name === 'Finished') this.send(name, { verifyData: this.verifyData(this.#role) });
    else this.send(name, samples[name]);
  }

  /** Waits for a message, and learns from it what an honest peer would. */
  async hear(name: Awaited): Promise<void> {
    const hearing = this.hearing[name];
    if (hearing !== undefined) await hearing();
    else if (name === 'ChangeCipherSpec') await this.#hearChangeCipherSpec();
    else if (name === 'Finished') await this.#hearFinished();
    else await this.receive(name);
  }

  /** Takes these steps: speaks where it is this peer's turn, and hears where it is the other's. */
  async walk(steps: readonly Step[]): Promise<void> {
    for (const [sender, name] of steps) {
      if (sender === this.#role) this.speak(name);
      else await this.hear(name);
    }
    await this.settle();
  }

  /** A handshake message, into the transcript and on its way. */
  send<N extends HandshakeName>(name: N, body: HandshakeBody<N>): void {
    this.sendMessage(message(name, body));
  }

  /** A handshake message in bytes, header and all, into the transcript and on its way. */
  sendMessage(bytes: Uint8Array): void {
    this.transcript.add(bytes);
    this.record(ContentType.handshake, bytes);
  }

  /** ChangeCipherSpec, and no change of keys with it. */
  changeCipherSpec(): void {
    this.record(ContentType.change_cipher_spec, Uint8Array.of(1));
  }

  /** From now on what is sent is under these keys. */
  protect(protection: RecordProtection): void {
    this.layer.writer.changeProtection(protection);
  }

  sendAlert(name: AlertName, level: keyof typeof AlertLevel = 'fatal'): void {
    this.record(ContentType.alert, Uint8Array.of(AlertLevel[level], AlertDescription[name]));
  }

  sendData(data: Uint8Array): void {
    this.record(ContentType.application_data, data);
  }

  /** A record with this content, under the keys in use. */
  record(type: ContentType, content: Uint8Array): void {
    this.layer.writer.write(type, content);
  }

  /** One protected record with this content, whatever its length: the writer makes none that is empty or too long. */
  sealed(type: ContentType, content: Uint8Array): void {
    const protection = this.keys?.[this.#role];
    if (protection === undefined) throw new TypeError('there are no keys yet');
    const length = content.length + protection.expansion;
    const record = new Uint8Array(headerLength + length);
    record.set([type, TLS_1_2 >> 8, TLS_1_2 & 0xff, length >> 8, length & 0xff]);
    this.flush();
    protection.seal(type, content, record.subarray(headerLength));
    this.raw(record);
  }

  /** These very bytes, after all that was sent before. */
  raw(bytes: Uint8Array): void {
    this.flush();
    this.connection.feed(bytes);
  }

  /** Lets go what was sent; every wait does so too. */
  flush(): void {
    const flight = this.layer.writer.take();
    if (flight !== undefined) this.connection.feed(flight);
  }

  /** Lets go what was sent, and waits until the connection rests. */
  async settle(): Promise<void> {
    this.flush();
    await this.connection.feed(empty);
  }

  /** The body of the next message, which must be of this name. */
  async receive<N extends HandshakeName>(name: N): Promise<HandshakeBody<N>> {
    const incoming = await this.#next(name);
    return (incoming as { body: HandshakeBody<N> }).body;
  }

  /** ChangeCipherSpec from the connection: what comes after is under these keys. */
  async receiveChangeCipherSpec(protection: RecordProtection): Promise<void> {
    await this.#next('ChangeCipherSpec');
    this.layer.changeReadProtection(protection, align(this.#joiner.waiting));
  }

  /** The name of the alert that comes next. */
  async alert(): Promise<AlertName | number> {
    const incoming = await this.#next('alert');
    return (incoming as { alert: AlertName | number }).alert;
  }

  async data(): Promise<Uint8Array> {
    const incoming = await this.#next('application data');
    return (incoming as { data: Uint8Array }).data;
  }

  /** Whether the connection has sent nothing that was not received. */
  async silent(): Promise<boolean> {
    await this.settle();
    this.#takeIn();
    return this.layer.buffered === 0 && this.#joiner.waiting === 0;
  }

  /** What this peer would keep of the handshake. */
  get session(): ScriptedSession {
    const { sessionId, masterSecret, suite } = this;
    if (masterSecret === undefined || suite === undefined)
      throw new TypeError('no session was agreed on yet');
    return { sessionId, masterSecret, suite };
  }

  /** The verify_data that this sender's Finished has at this point; nonsense while there are no keys. */
  verifyData(sender: 'client' | 'server'): Uint8Array {
    if (this.keys === undefined) return this.crypto.randomBytes(12);
    return verifyData(this.keys.schedule, sender, this.transcript);
  }

  /** Both hellos are known: the transcript has its hash, and a resumed session its keys. */
  protected agreeOn(suite: CipherSuite, resumed: ScriptedSession | undefined): void {
    this.suite = suite;
    this.transcript.hashWith(suite.hash, { messages: true });
    if (resumed !== undefined) this.deriveKeys(resumed.masterSecret);
  }

  /** New keys from a master secret and both randoms. */
  deriveKeys(masterSecret: Uint8Array): void {
    if (this.suite === undefined) throw new TypeError('there are no keys before a suite is chosen');
    this.masterSecret = masterSecret.slice();
    this.keys = deriveKeys(this.suite, masterSecret, this.randoms);
  }

  protected get randoms() {
    return { client: this.clientRandom, server: this.serverRandom };
  }

  protected agree(keyShare: KeyShare, peerPublicKey: Uint8Array): void {
    if (this.suite === undefined) throw new TypeError('there is no master secret before a suite is chosen');
    const binding = this.extendedMasterSecret ? 'extended' : 'classic';
    const { suite, randoms, transcript } = this;
    this.deriveKeys(agreeMasterSecret(keyShare, peerPublicKey, suite, randoms, transcript, binding));
  }

  #speakChangeCipherSpec(): void {
    this.changeCipherSpec();
    if (this.keys !== undefined) this.protect(this.keys[this.#role]);
  }

  async #hearChangeCipherSpec(): Promise<void> {
    if (this.keys === undefined)
      throw new TypeError('ChangeCipherSpec cannot be heard before there are keys');
    await this.receiveChangeCipherSpec(this.keys[this.#other]);
  }

  async #hearFinished(): Promise<void> {
    const expected = this.verifyData(this.#other);
    const { verifyData } = await this.receive('Finished');
    if (!equal(verifyData, expected)) throw new Error(`the ${this.#other}'s Finished does not hold`);
  }

  get #other() {
    return this.#role === 'client' ? 'server' : 'client';
  }

  async #next(name: Incoming['name']): Promise<Incoming> {
    await this.settle();
    const incoming = this.#read();
    if (incoming?.name === name) return incoming;
    const { state } = this.connection;
    throw new Error(`expected ${name}, got ${JSON.stringify(incoming) ?? 'nothing'} (in state ${state})`);
  }

  #read(): Incoming | undefined {
    this.#takeIn();
    for (;;) {
      const whole = this.#joiner.next();
      if (whole !== undefined) {
        const { name, raw, body } = whole;
        this.transcript.add(raw);
        return { name, body: decode(handshakeMessages[name].codec as Codec<unknown>, body, name) };
      }
      const record = this.layer.next();
      if (record === undefined) return undefined;
      const fragment = record.fragment.slice();
      if (record.type !== ContentType.handshake) return incomingOf(record.type, fragment);
      this.#joiner.push(fragment);
    }
  }

  #takeIn(): void {
    for (const bytes of this.#arrived.splice(0)) {
      this.layer.push(bytes);
      this.layer.settle();
    }
  }
}

function incomingOf(type: ContentType, fragment: Uint8Array): Incoming {
  if (type === ContentType.change_cipher_spec) return { name: 'ChangeCipherSpec' };
  if (type === ContentType.application_data) return { name: 'application data', data: fragment };
  const [level = 0, description = 0] = fragment;
  return { name: 'alert', level, alert: alertName(description) ?? description };
}
