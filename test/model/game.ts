/**
 * A game between the model and a connection: a scripted peer that holds the keys makes one move after another, legal or
 * not, and after each the connection must have done what the model says and nothing else.
 */

import { noble } from 'reprise-tls';
import { expect } from 'vitest';
import { ContentType } from '../../src/record/content.ts';
import type { AlertName } from '../../src/wire/alert.ts';
import { utf8 } from '../../src/wire/bytes.ts';
import type { AnyScripted } from '../support/approach.ts';
import { heldSession } from '../support/kinds.ts';
import type { End } from '../support/pair.ts';
import { message, samples } from '../support/scripted.ts';
import { deedsAt } from './deeds.ts';
import {
  bindingOf,
  type Conversation,
  connected,
  type Event,
  type Message,
  mayFollow,
  next,
  type Side,
  silence,
  turn,
} from './machine.ts';
import type { Move } from './moves.ts';
import { choices, type Plan } from './plan.ts';
import { expectSecrets } from './secrets.ts';
import { hear, say } from './speech.ts';

/** How the connection ends. */
type Ending =
  | { readonly how: 'sent' | 'received'; readonly alert: AlertName }
  | { readonly how: 'truncated' }
  | { readonly how: 'in order' };

/** The library's own bounds on what no RFC bounds: warnings in a row, requests to renegotiate in all. */
const patience = 4;

export class Game {
  readonly #plan: Plan;
  readonly #peer: AnyScripted;
  readonly #end: End;
  readonly #keyLog: readonly string[];
  readonly #peerSide: Side;
  #conversation: Conversation = silence;
  #ending: Ending | undefined;
  #extended = true;
  /** Of the first Finished: tls-unique (RFC 5929 §3). */
  #firstVerifyData: Uint8Array | undefined;
  /** How many pieces of data must have been delivered. */
  #delivered = 0;
  #warnings = 0;
  #requests = 0;
  /** The connection has said close_notify and waits for the peer's; and whether data came since. */
  #closing = false;
  #dataSinceClose = false;

  constructor(plan: Plan, peer: AnyScripted, end: End, keyLog: readonly string[]) {
    this.#plan = plan;
    this.#peer = peer;
    this.#end = end;
    this.#keyLog = keyLog;
    this.#peerSide = plan.side === 'client' ? 'server' : 'client';
  }

  get conversation(): Conversation {
    return this.#conversation;
  }

  /** What the connection says before the peer's first move. */
  async begin(): Promise<void> {
    await this.#hearAnswers();
    await this.#compare();
  }

  async make(move: Move): Promise<void> {
    if (this.#ending === undefined) await this.#move(move);
    else this.#moveAfterTheEnd(move);
    await this.#compare();
  }

  /** What the peer may say now. */
  get ways(): readonly Event[] {
    return mayFollow(this.#conversation);
  }

  async #move(move: Move): Promise<void> {
    switch (move.kind) {
      case 'goes on': {
        const event = this.ways[move.way % Math.max(this.ways.length, 1)];
        return event && this.#say(event);
      }
      case 'says': {
        const event = this.ways.find((each) => each.message === move.message);
        return event === undefined ? this.#sayOutOfPlace(move.message) : this.#say(event);
      }
      case 'does': {
        const fitting = deedsAt(this.#conversation, this.#peerSide);
        const deed = fitting[move.way % fitting.length];
        deed?.do(this.#peer);
        return deed && this.#expectRefusal(deed.alert);
      }
      case 'sends data':
        return this.#sendData();
      case 'alerts':
        return this.#alert(move.level, move.alert);
      case 'cuts':
        await this.#cut();
        return;
      case 'is closed':
        return this.#close();
      default: {
        const unknown: never = move;
        throw new TypeError(`there is no such move: ${unknown}`);
      }
    }
  }

  get #isConnected(): boolean {
    return this.#conversation.place === connected;
  }

  /** The peer says what may come, and the connection goes on with it. */
  async #say(event: Event): Promise<void> {
    this.#noteVerifyData(event);
    say(this.#peer, event, { extendedMasterSecret: this.#plan.peerExtends });
    this.#warnings = 0;
    this.#goOn(event);
    const { shown, offered, resumed } = this.#conversation.said;
    const shows = event.message === 'Certificate' && event.from === 'client';
    // RFC 5246 §7.4.6
    if (shows && !shown && this.#plan.clientAuthentication === 'require') {
      return this.#expectRefusal('handshake_failure');
    }
    if (event.message === 'ClientHello' || event.message === 'ServerHello') {
      const resumes = event.from === 'client' ? offered && this.#plan.session : resumed;
      const binding = bindingOf({ resumes, extendedMasterSecret: this.#plan.peerExtends }, this.#plan);
      if (binding === 'abort') return this.#expectRefusal('handshake_failure');
      this.#extended = binding === 'extended';
    }
    await this.#hearAnswers();
  }

  /** What the connection says until it is the peer's turn. */
  async #hearAnswers(): Promise<void> {
    while (turn(this.#conversation) === this.#plan.side) {
      const event = this.#answer();
      await this.#peer.settle();
      this.#noteVerifyData(event);
      await hear(this.#peer, event);
      this.#goOn(event);
    }
  }

  /** Which of the messages that it may say now the connection says, by its plan. */
  #answer(): Event {
    const { said, place } = this.#conversation;
    const chosen: Readonly<Record<string, boolean>> = choices(this.#plan, said);
    const avoided: readonly Message[] = [
      said.promised ? 'ServerKeyExchange' : 'CertificateStatus',
      this.#plan.clientAuthentication === 'none' ? 'CertificateRequest' : 'ServerHelloDone',
    ];
    const fitting = mayFollow(this.#conversation).filter(({ says = {} }) =>
      Object.entries(says).every(([fact, value]) => chosen[fact] === value),
    );
    const wanted = fitting.length > 1 ? fitting.filter((event) => !avoided.includes(event.message)) : fitting;
    const [event, ...others] = wanted;
    if (event === undefined || others.length > 0) throw new Error(`no plan for what follows ${place}`);
    return event;
  }

  #goOn(event: Event): void {
    const after = next(this.#conversation, event);
    if (after === undefined)
      throw new Error(`${event.message} has no place after ${this.#conversation.place}`);
    this.#conversation = after;
  }

  #noteVerifyData({ message: name, from }: Event): void {
    if (name === 'Finished') this.#firstVerifyData ??= this.#peer.verifyData(from);
  }

  async #sayOutOfPlace(name: Message): Promise<void> {
    this.#sayAnyhow(name);
    const asksToRenegotiate =
      this.#plan.side === 'client' ? name === 'HelloRequest' : name === 'ClientHello' && this.#isConnected;
    if (!asksToRenegotiate) return this.#expectRefusal('unexpected_message');
    // Ignored in a handshake (RFC 5246 §7.4.1.1); declined after it, once (RFC 5746 §4.2).
    this.#warnings = 0;
    this.#requests++;
    if (this.#requests > patience) await this.#expectRefusal('unexpected_message');
    else if (this.#requests === 1 && this.#isConnected && !this.#closing) {
      expect(await this.#peer.alert()).toBe('no_renegotiation');
    }
  }

  /** Well-formed, under the peer's keys, and no part of what it holds to be the handshake. */
  #sayAnyhow(name: Message): void {
    if (name === 'ChangeCipherSpec') this.#peer.changeCipherSpec();
    else {
      const body = name === 'Finished' ? { verifyData: noble.randomBytes(12) } : samples[name];
      this.#peer.record(ContentType.handshake, message(name, body as never));
    }
  }

  async #sendData(): Promise<void> {
    this.#peer.sendData(utf8(`piece ${this.#delivered}`));
    if (!this.#isConnected) {
      await this.#expectRefusal('unexpected_message');
      return;
    }
    this.#warnings = 0;
    this.#delivered++;
    this.#dataSinceClose = this.#closing;
  }

  /** RFC 5246 §7.2 */
  async #alert(level: 'warning' | 'fatal', alert: AlertName): Promise<void> {
    this.#peer.sendAlert(alert, level);
    if (alert === 'close_notify' && this.#isConnected) {
      if (!this.#closing) expect(await this.#peer.alert()).toBe('close_notify');
      this.#ending = { how: 'in order' };
    } else if (alert === 'close_notify' || level === 'fatal') this.#ending = { how: 'received', alert };
    else if (++this.#warnings > patience) await this.#expectRefusal('unexpected_message');
  }

  /** RFC 5246 §7.2.1: who has said close_notify need not wait for the other's. */
  async #cut(): Promise<void> {
    await this.#peer.settle();
    this.#peer.connection.feedEnd();
    this.#ending = { how: this.#closing && !this.#dataSinceClose ? 'in order' : 'truncated' };
  }

  async #close(): Promise<void> {
    this.#peer.connection.close();
    if (this.#closing) return;
    expect(await this.#peer.alert()).toBe('close_notify');
    if (this.#isConnected) this.#closing = true;
    else this.#ending = { how: 'in order' };
  }

  async #expectRefusal(alert: AlertName): Promise<void> {
    // Behind its own close_notify the connection says nothing.
    if (!this.#closing) expect(await this.#peer.alert()).toBe(alert);
    this.#ending = { how: 'sent', alert };
  }

  /** Whatever comes now, nothing comes of it. */
  #moveAfterTheEnd(move: Move): void {
    const { connection } = this.#peer;
    if (move.kind === 'cuts') connection.feedEnd();
    else if (move.kind === 'is closed') connection.close();
    else if (move.kind === 'says') this.#sayAnyhow(move.message);
    else if (move.kind === 'alerts') this.#peer.sendAlert(move.alert, move.level);
    else this.#peer.sendData(utf8('after the end'));
  }

  /** The connection is where the model is, and has said nothing that was not heard. */
  async #compare(): Promise<void> {
    expect(await this.#peer.silent()).toBe(true);
    const { connection } = this.#peer;
    expect(this.#end.received).toEqual(Array.from({ length: this.#delivered }, (_, i) => utf8(`piece ${i}`)));
    expect(this.#end.info !== undefined).toBe(this.#isConnected);
    expect(connection.state === 'closed').toBe(this.#ending !== undefined);
    if (this.#ending !== undefined) this.#compareEnding(this.#ending);
    else {
      expect(this.#end.closed).toBeUndefined();
      if (this.#isConnected) this.#compareAgreement();
    }
  }

  #compareEnding(ending: Ending): void {
    const { closed } = this.#end;
    expect(closed).toBeDefined();
    if (ending.how === 'in order') expect(closed?.error).toBeUndefined();
    else if (ending.how === 'truncated') {
      expect(closed?.error).toMatchObject({ reason: 'truncated', alert: undefined, origin: undefined });
    } else expect(closed?.error).toMatchObject({ origin: ending.how, alert: ending.alert });
  }

  #compareAgreement(): void {
    const { resumed, shown } = this.#conversation.said;
    const { info } = this.#end;
    expect(info).toMatchObject({ resumed, extendedMasterSecret: this.#extended });
    expect((info?.peerCertificates.length ?? 0) > 0).toBe(this.#plan.side === 'client' || shown);
    expectSecrets(this.#peer, {
      info,
      keyLog: this.#keyLog,
      firstVerifyData: this.#firstVerifyData,
      resumed: resumed ? heldSession.masterSecret : undefined,
    });
  }
}
