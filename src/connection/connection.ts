/**
 * Connection: the engine that users hold. Bytes from the peer go in through `feed`; bytes for the peer, plaintext and
 * events come out through the handlers. It has no I/O of its own.
 *
 * All work is done in one loop, `#run`, which reads what has come, record by record, until there is nothing more to
 * read or an answer is due; only then does what was written leave, as one flight. A handler may call back into the
 * connection: what it feeds is queued, what it writes joins the flight.
 */

import type { Hash } from '../crypto/provider.ts';
import type { Established, Unfinished } from '../handshake/establish.ts';
import { MessageJoiner } from '../handshake/joiner.ts';
import { type HandshakeName, handshakeMessages } from '../handshake/messages.ts';
import type { Handshake, Peer, Received } from '../handshake/peer.ts';
import type { StateTable } from '../handshake/states.ts';
import { readAlert } from '../record/alert.ts';
import { ContentType, maxPlaintext, type PlaintextRecord } from '../record/content.ts';
import { isPromiseLike } from '../session/asking.ts';
import type { ResumptionEvent } from '../session/counters.ts';
import type { MaybePromise } from '../session/store.ts';
import { AlertDescription, AlertLevel, type AlertName, alertName } from '../wire/alert.ts';
import { empty } from '../wire/bytes.ts';
import { decode } from '../wire/codec.ts';
import { applicationFault, fault, inState, TlsError } from '../wire/error.ts';
import { type ChannelBindingType, channelBinding, requireExtendedMasterSecret } from './channel-binding.ts';
import { Driver } from './driver.ts';
import { aborted, alertReceived, keysExhausted, truncated } from './endings.ts';
import type { ConnectionHandlers } from './handlers.ts';
import { type ConnectionInfo, connectionInfo, falseStartInfo } from './info.ts';
import type { Report } from './report.ts';
import { within } from './within.ts';

/** How many bytes may wait while an answer is due: more than any honest peer sends unasked. */
const maxWaiting = 0x40000;

/** How many bytes may gather before they leave although the flight is not done. */
const maxFlight = 0x10000;

/** How many warnings in a row, and how many requests to renegotiate in all, a peer may send. */
const maxWarnings = 4;
const maxRenegotiationRequests = 4;

export interface Engine<S extends StateTable> {
  readonly role: 'client' | 'server';
  readonly peer: Peer<S>;
  readonly handshake: Handshake<Established>;
  /** For channel bindings. */
  readonly hashes: readonly Hash[];
  readonly report: (report: Report) => void;
  readonly observe: (event: ResumptionEvent) => void;
  /** Forgets the session of a connection that ended in `error`, or was abandoned, where that is called for (rules S31, C10). */
  forget(error: TlsError | undefined, established: Established | undefined): MaybePromise<void>;
}

export abstract class Connection<S extends StateTable = StateTable> {
  readonly #engine: Engine<S>;
  readonly #handlers: ConnectionHandlers;
  readonly #driver: Driver<Established>;
  readonly #joiner = new MessageJoiner();
  #established: Established | undefined;
  /** What is written by: as soon as there is anything established, or with False Start before (RFC 7918). */
  #agreed: Established | Unfinished | undefined;
  #info: ConnectionInfo | undefined;
  /** Settles when the answer that is due has come and all that waited for it is done, or with the connection's end. */
  #waiting: Promise<void> | undefined;
  #release: (() => void) | undefined;
  /** The transport has ended, with bytes that are not yet read. */
  #transportEnd: { readonly cause: unknown } | undefined;
  #running = false;
  #closeSent = false;
  /** The peer's close_notify has come and is not answered yet. What comes behind it is not looked at. */
  #closeReceived = false;
  /** Data has come since our close_notify: an end without the peer's own may cut it short. */
  #dataSinceClose = false;
  #ended = false;
  #warnings = 0;
  #renegotiationRequests = 0;

  protected constructor(engine: Engine<S>, handlers: ConnectionHandlers) {
    if (typeof handlers?.send !== 'function') throw new TypeError('expected handlers with a function `send`');
    this.#engine = engine;
    this.#handlers = handlers;
    this.#driver = new Driver(engine.handshake);
  }

  /** What was agreed; undefined until the handshake is done. */
  get info(): ConnectionInfo | undefined {
    return this.#info;
  }

  /** The state that the handshake waits in, `established`, or `closed`. */
  get state(): string {
    if (this.#ended) return 'closed';
    return this.#established === undefined ? this.#driver.state : 'established';
  }

  /**
   * Bytes from the peer, in any pieces; the array may be reused after the call. Returns a promise only while the
   * handshake waits for an answer of this side's own (a store, a verifier, a signer): to await it is to apply
   * back-pressure. It never rejects, whatever the peer sends: that ends in the `close` handler.
   * @throws TypeError on anything but a Uint8Array
   */
  feed(bytes: Uint8Array): Promise<void> | undefined {
    demandBytes('feed', bytes);
    if (this.#ended || this.#closeReceived) return undefined;
    const { record } = this.#engine.peer;
    record.push(bytes);
    this.#run();
    if (this.#waiting !== undefined && record.buffered > maxWaiting) {
      this.#fail(
        fault('input-overflow', `expected at most ${maxWaiting} bytes while an answer is due, got more`),
      );
    }
    record.settle();
    return this.#waiting;
  }

  /**
   * The transport has ended. Without a close_notify before, what came may have been cut short (RFC 5246 §7.2.1). What
   * was fed and still waits for an answer of this side's own is read first: the peer's close_notify may be in it.
   */
  feedEnd(cause?: unknown): void {
    if (this.#ended || this.#closeReceived) return;
    if ((this.#running || this.#waiting !== undefined) && this.#engine.peer.record.buffered > 0) {
      this.#transportEnd = { cause };
      return;
    }
    const complete = this.#closeSent && this.#established !== undefined && !this.#dataSinceClose;
    this.#end(complete ? undefined : truncated(this.state, cause));
  }

  /**
   * Application data for the peer.
   * @throws TypeError before `secure` or `falseStart`, after `close`, and on anything but a Uint8Array
   */
  write(data: Uint8Array): void {
    demandBytes('write', data);
    if (this.#ended || this.#closeSent) throw new TypeError('write after the connection was closed');
    this.#demand(this.#agreed, 'write');
    const { writer } = this.#engine.peer.record;
    // One record is kept back for the close_notify.
    if (Math.ceil(data.length / writer.limit) >= writer.remaining) {
      this.#wearOut();
      return;
    }
    writer.write(ContentType.application_data, data);
    if (!this.#running || writer.pending > maxFlight) this.#guard(() => this.#flush());
  }

  /**
   * How many bytes of plaintext a record of this side holds at most, from now on. A peer reads a record when it has all of
   * it: short ones are read sooner, long ones cost less. What the peer asked for (RFC 8449) holds besides.
   * @throws RangeError on anything but a whole number from 64 to 16384
   */
  setMaxSendFragment(length: number): void {
    this.#engine.peer.record.writer.maxFragment = within('length', length, 64, maxPlaintext);
  }

  /** Sends close_notify. Data of the peer is still delivered until its own comes, or its transport ends. */
  close(): void {
    if (this.#ended || this.#closeSent) return;
    this.#guard(() => {
      this.#closeNotify();
      this.#flush();
      if (this.#agreed === undefined || this.#closeReceived) this.#end(undefined);
    });
  }

  /** Ends the connection at once, without a word to the peer, as where its transport is lost. */
  abort(cause?: unknown): void {
    if (!this.#ended) this.#end(aborted(this.state, cause));
  }

  /** The same where there is nobody to be told: no handler is called any more, and no error is made for one. */
  abandon(): void {
    if (this.#ended) return;
    this.#cease();
    this.#forgetSession(undefined);
  }

  /**
   * Keying material for use outside TLS (RFC 5705 §4). An empty context is not the same as none.
   * @throws TypeError before `secure` or `falseStart`, after the end, or without extended_master_secret (RFC 7627 §5.4)
   */
  exportKeyingMaterial(label: string, length: number, context?: Uint8Array): Uint8Array {
    const agreed = this.#demand(this.#agreed, 'exportKeyingMaterial');
    requireExtendedMasterSecret(agreed, 'exportKeyingMaterial');
    return agreed.keys.exportKeyingMaterial(label, length, context);
  }

  /**
   * A channel binding of RFC 5929.
   * @throws TypeError before the handshake is done, after the end, or where the connection has no such binding
   */
  channelBinding(type: ChannelBindingType): Uint8Array {
    return channelBinding(type, this.#demand(this.#established, 'channelBinding'), this.#engine.hashes);
  }

  /** Runs the handshake to its first wait: the client's `start`, and the birth of a server. */
  protected begin(): void {
    this.#run(() => {
      this.#driver.start();
      this.#afterStep();
    });
  }

  /** The loop, after a first step where there is one. */
  #run(step?: () => void): void {
    if (this.#running) return;
    this.#running = true;
    this.#guard(() => {
      step?.();
      // What is fed or written from within `send` is read or sent before this call returns.
      do this.#read();
      while (this.#waiting === undefined && this.#flush());
    });
    this.#running = false;
    if (this.#transportEnd !== undefined && this.#waiting === undefined)
      this.feedEnd(this.#transportEnd.cause);
  }

  #read(): void {
    while (!this.#ended && !this.#closeReceived && this.#waiting === undefined) {
      const message = this.#joiner.next();
      if (message !== undefined) {
        this.#onMessage(message.name, message.raw, message.body);
        continue;
      }
      const record = this.#engine.peer.record.next();
      if (record === undefined) break;
      this.#onRecord(record);
    }
    this.#joiner.settle();
  }

  #onRecord({ type, fragment }: PlaintextRecord): void {
    if (type !== ContentType.alert && fragment.length > 0) this.#warnings = 0;
    if (type === ContentType.handshake) this.#joiner.push(fragment);
    else if (type === ContentType.alert) this.#onAlert(fragment);
    else if (type === ContentType.change_cipher_spec) this.#onChangeCipherSpec(fragment);
    else this.#onApplicationData(fragment);
  }

  #onChangeCipherSpec(fragment: Uint8Array): void {
    if (fragment.length !== 1 || fragment[0] !== 1) {
      throw fault('malformed', 'expected ChangeCipherSpec to be the byte 1 (RFC 5246 §7.1)');
    }
    this.#deliver('ChangeCipherSpec', empty, empty);
  }

  #onApplicationData(fragment: Uint8Array): void {
    if (this.#established === undefined) {
      throw fault('unexpected-message', 'expected a handshake, got a record of application data');
    }
    if (this.#joiner.waiting > 0) {
      throw fault('interleaved-message', 'expected the rest of a handshake message, got application data');
    }
    if (fragment.length === 0) return;
    this.#dataSinceClose = this.#closeSent;
    this.#tell('data', () => this.#handlers.data?.(fragment));
  }

  #onMessage(name: HandshakeName, raw: Uint8Array, body: Uint8Array): void {
    const { role } = this.#engine;
    const asksToRenegotiate =
      name === 'HelloRequest'
        ? role === 'client'
        : name === 'ClientHello' && role === 'server' && this.#info !== undefined;
    if (asksToRenegotiate) this.#refuseRenegotiation();
    else this.#deliver(name, raw, body);
  }

  #deliver(name: Received['name'], raw: Uint8Array, body: Uint8Array): void {
    if (this.#established !== undefined) {
      throw fault('unexpected-message', `expected application data after the handshake, got ${name}`);
    }
    const read = () => {
      const value =
        name === 'ChangeCipherSpec' ? undefined : decode(handshakeMessages[name].codec, body, name);
      return { name, body: value, raw, waiting: this.#joiner.waiting } as Received;
    };
    this.#driver.deliver(name, read);
    this.#afterStep();
  }

  /** The coroutine has gone on: it waits for a message, for an answer, or has come to its end. */
  #afterStep(): void {
    if (this.#ended) return;
    const { pending, result } = this.#driver;
    if (pending !== undefined) this.#await(pending);
    const { falseStart } = this.#engine.peer;
    if (falseStart !== undefined && this.#agreed === undefined) {
      // There may be something to write. What is read goes by the rules that it went by before (RFC 7918 §4).
      this.#agreed = falseStart;
      this.#tell('falseStart', () => this.#handlers.falseStart?.(falseStartInfo(falseStart)));
    }
    if (result === undefined) return;
    this.#agreed = this.#established = result;
    const info = connectionInfo(result);
    this.#info = info;
    this.#engine.observe({ kind: 'resumption-decided', resumption: info.resumption });
    this.#tell('secure', () => this.#handlers.secure?.(info));
  }

  #await(pending: PromiseLike<unknown>): void {
    const goOn = (step: () => void) => {
      // An answer that comes after the end is dropped.
      if (this.#ended) return undefined;
      this.#waiting = undefined;
      this.#run(() => {
        step();
        this.#afterStep();
      });
      this.#engine.peer.record.settle();
      return this.#waiting;
    };
    this.#waiting = new Promise((resolve) => {
      this.#release = resolve;
      Promise.resolve(pending).then(
        (value) => resolve(goOn(() => this.#driver.fulfil(value))),
        (error: unknown) => resolve(goOn(() => this.#driver.reject(error))),
      );
    });
  }

  #onAlert(fragment: Uint8Array): void {
    const { level, description } = readAlert(fragment);
    const name = alertName(description);
    if (name === 'close_notify') {
      this.#onCloseNotify();
      return;
    }
    if (level === AlertLevel.fatal) {
      this.#end(alertReceived(name, description, this.state));
      return;
    }
    this.#warnings++;
    if (this.#warnings > maxWarnings)
      throw fault('flood', `expected at most ${maxWarnings} warning alerts in a row, got more`);
    this.#engine.report({ kind: 'warning-received', alert: name ?? description });
  }

  /**
   * It is answered in kind, behind what was written already (RFC 5246 §7.2.1); or, where the application can be told and
   * has not closed its own side, when it does: to discard what it had still to say would truncate it (RFC 8446 §6.1).
   */
  #onCloseNotify(): void {
    if (this.#established === undefined) {
      this.#end(alertReceived('close_notify', AlertDescription.close_notify, this.state));
      return;
    }
    if (this.#handlers.end !== undefined && !this.#closeSent) {
      this.#closeReceived = true;
      this.#tell('end', () => this.#handlers.end?.());
      return;
    }
    if (!this.#closeSent) this.#closeNotify();
    this.#flush();
    this.#end(undefined);
  }

  #refuseRenegotiation(): void {
    this.#renegotiationRequests++;
    if (this.#renegotiationRequests > maxRenegotiationRequests) {
      throw fault('flood', `expected at most ${maxRenegotiationRequests} requests to renegotiate, got more`);
    }
    // During the handshake a HelloRequest is simply ignored (RFC 5246 §7.4.1.1).
    if (this.#established === undefined) return;
    // One record is kept back for the close_notify.
    const mayTell = !this.#closeSent && this.#engine.peer.record.writer.remaining > 1;
    if (this.#renegotiationRequests === 1 && mayTell) this.#alert(AlertLevel.warning, 'no_renegotiation');
    this.#engine.report({ kind: 'renegotiation-refused' });
  }

  /** Runs what may fail, and ends the connection with the right alert where it does. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#fail(asTlsError(error));
    }
  }

  #fail(error: TlsError): void {
    if (this.#ended) return;
    const located = inState(error, this.state);
    try {
      if (error.alert !== undefined && !this.#closeSent) this.#alert(AlertLevel.fatal, error.alert);
      this.#flush();
    } catch {
      // The transport is gone too; the first fault is the one to tell.
    }
    this.#end(located);
  }

  /** The key may protect no more records (RFC 8446 §5.5): an orderly end, which both sides see. */
  #wearOut(): void {
    this.#guard(() => {
      this.#closeNotify();
      this.#flush();
    });
    this.#end(keysExhausted(this.state));
  }

  #end(error: TlsError | undefined): void {
    if (this.#ended) return;
    this.#cease();
    if (error !== undefined) this.#forgetSession(error);
    try {
      this.#handlers.close?.(error);
    } catch (thrown) {
      // There is no connection left to end: the host hears of it as of any uncaught error.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }

  /** Overwrites what is secret, and lets go of who waits. */
  #cease(): void {
    this.#ended = true;
    this.#driver.stop();
    this.#joiner.clear();
    this.#engine.peer.destroy();
    this.#release?.();
  }

  #forgetSession(error: TlsError | undefined): void {
    const forgotten = this.#engine.forget(error, this.#established);
    // Last and best effort: nobody waits for it, and its faults were reported.
    if (isPromiseLike(forgotten)) forgotten.then(undefined, () => {});
  }

  #closeNotify(): void {
    this.#alert(AlertLevel.warning, 'close_notify');
    this.#closeSent = true;
  }

  #alert(level: number, name: AlertName): void {
    this.#engine.peer.record.writer.write(ContentType.alert, Uint8Array.of(level, AlertDescription[name]));
  }

  /** Hands out what is ready, as one array; tells whether there was anything. */
  #flush(): boolean {
    const flight = this.#ended ? undefined : this.#engine.peer.record.writer.take();
    if (flight === undefined) return false;
    this.#tell('send', () => this.#handlers.send(flight));
    return true;
  }

  /** Calls a handler. What it throws is the application's fault, and says so. */
  #tell(name: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      throw applicationFault(`the ${name} handler`, error);
    }
  }

  #demand<T extends Established | Unfinished>(agreed: T | undefined, what: string): T {
    if (agreed === undefined) throw new TypeError(`${what} before \`secure\``);
    if (this.#ended) throw new TypeError(`${what} after the connection ended`);
    return agreed;
  }
}

function demandBytes(what: string, bytes: unknown): asserts bytes is Uint8Array {
  if (bytes instanceof Uint8Array) return;
  throw new TypeError(`${what}: expected a Uint8Array, got ${bytes === null ? 'null' : typeof bytes}`);
}

/** What is no TlsError was expected of nobody: it is a fault of our own. */
function asTlsError(error: unknown): TlsError {
  if (error instanceof TlsError) return error;
  return fault('internal', `an internal fault: ${error instanceof Error ? error.message : 'unknown'}`, error);
}
