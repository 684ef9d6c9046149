/**
 * What carries messages, without anything to carry them: events are fired by the test, and what is sent is kept. It is
 * as much of a WebSocket and of an RTCDataChannel as the bridges use.
 */

export interface FakeEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
  readonly error?: unknown;
}

export class FakeChannel {
  binaryType = 'blob';
  bufferedAmount = 0;
  readonly sent: Uint8Array[] = [];
  /** With what `close` was called, each time. */
  readonly closes: (number | undefined)[] = [];
  readonly #listeners = new Map<string, Set<(event: FakeEvent) => void>>();

  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  send(data: Uint8Array): void {
    this.sent.push(data.slice());
    this.bufferedAmount += data.length;
  }

  close(code?: number): void {
    this.closes.push(code);
  }

  addEventListener(type: string, listener: (event: FakeEvent) => void): void {
    const known = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, known.add(listener));
  }

  removeEventListener(type: string, listener: (event: FakeEvent) => void): void {
    this.#listeners.get(type)?.delete(listener);
  }

  fire(event: FakeEvent): void {
    for (const listener of [...(this.#listeners.get(event.type) ?? [])]) listener(event);
  }
}

export class FakeWebSocket extends FakeChannel {
  readyState: number;

  constructor(readyState: number) {
    super();
    this.readyState = readyState;
  }
}

export class FakeDataChannel extends FakeChannel {
  readyState: string;
  bufferedAmountLowThreshold = 0;
  readonly ordered: boolean;
  readonly maxPacketLifeTime: number | null;
  readonly maxRetransmits: number | null;

  constructor(
    readyState: string,
    { ordered = true, maxPacketLifeTime, maxRetransmits }: RTCDataChannelInit = {},
  ) {
    super();
    this.readyState = readyState;
    this.ordered = ordered;
    this.maxPacketLifeTime = maxPacketLifeTime ?? null;
    this.maxRetransmits = maxRetransmits ?? null;
  }

  /** What waited to be sent has left, but for so much. */
  drain(left: number): void {
    const crossed =
      this.bufferedAmount > this.bufferedAmountLowThreshold && left <= this.bufferedAmountLowThreshold;
    this.bufferedAmount = left;
    if (crossed) this.fire({ type: 'bufferedamountlow' });
  }
}
