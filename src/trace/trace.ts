/**
 * A connection's bytes in, its trace out. The bytes may be known with their senders and in their order, or by side alone,
 * or as one stream; what is not known is told from the messages.
 */

import { plain } from '../wire/bytes.ts';
import { nextTurn, whoSent } from './attribution.ts';
import { RecordCutter } from './cutter.ts';
import { Dissector } from './dissector.ts';
import { flowOf } from './flow.ts';
import { KeyLog } from './key-log.ts';
import type { Sender, Trace } from './model.ts';
import { type Segment, sentBy, sides } from './segments.ts';

/** What a connection sent: in its order, by side, or in one stream of records. */
export type TraceInput = Iterable<Segment> | Readonly<Record<Sender, Uint8Array>> | Uint8Array;

export interface TraceOptions {
  /** Lines of the NSS key log format (RFC 9850). What they open is in the trace: it is as secret as the plaintext is. */
  readonly keyLog?: string | KeyLog;
  /** How much is traced: bytes of each side, and fields in all. Defaults: 2^20 and 2^16. */
  readonly limits?: Partial<TraceLimits>;
}

export interface TraceLimits {
  readonly bytes: number;
  readonly fields: number;
}

export const defaultLimits: TraceLimits = { bytes: 2 ** 20, fields: 2 ** 16 };

/**
 * The trace of one connection. Any bytes have one; it takes time in proportion to their number.
 * @throws RangeError on a limit that is no whole number
 */
export function traceConnection(input: TraceInput, { keyLog = '', limits = {} }: TraceOptions = {}): Trace {
  const { bytes, fields } = { ...defaultLimits, ...limits };
  for (const limit of [bytes, fields]) {
    if (!Number.isSafeInteger(limit) || limit < 0) throw new RangeError(`expected a limit, got ${limit}`);
  }
  const log = typeof keyLog === 'string' ? new KeyLog(keyLog) : keyLog;
  const dissector = new Dissector(log, fields);
  const left = dissect(input, dissector, bytes);
  const records = dissector.finish();
  return {
    records,
    flow: flowOf(records, dissector.facts),
    notes: [...left, ...notesOn(dissector, log)],
  };
}

/** Gives notes on what was guessed and what was left out. */
function dissect(input: TraceInput, dissector: Dissector, limit: number): readonly string[] {
  if (input instanceof Uint8Array) return dissectStream(input, dissector, limit);
  if (Symbol.iterator in input) return dissectSegments(input, dissector, limit);
  return dissectSides(input, dissector, limit);
}

function dissectSegments(input: Iterable<Segment>, dissector: Dissector, limit: number): readonly string[] {
  const segments = [...input];
  const streams = {
    client: stream(sentBy('client', segments, limit)),
    server: stream(sentBy('server', segments, limit)),
  };
  const begin = segments.find(({ time }) => time !== undefined)?.time ?? 0;
  for (const { from, bytes, time } of segments) {
    const { cutter } = streams[from];
    cutter.see(bytes.length);
    const since = time === undefined ? undefined : Math.max(0, time - begin);
    for (let next = take(cutter, dissector); next !== undefined; next = take(cutter, dissector)) {
      dissector.add(from, next, since);
    }
  }
  return ending(streams, dissector);
}

function dissectSides(
  { client, server }: Readonly<Record<Sender, Uint8Array>>,
  dissector: Dissector,
  limit: number,
): readonly string[] {
  const streams = { client: stream(upTo(limit, client)), server: stream(upTo(limit, server)) };
  for (const side of sides) streams[side].cutter.see(limit);
  let turn: Sender = 'client';
  let silent = 0;
  while (silent < sides.length) {
    const next = take(streams[turn].cutter, dissector);
    silent = next === undefined ? silent + 1 : 0;
    if (next !== undefined) dissector.add(turn, next);
    turn = nextTurn(turn, next !== undefined, dissector);
  }
  return ['In which order the sides spoke is told from their messages.', ...ending(streams, dissector)];
}

function dissectStream(input: Uint8Array, dissector: Dissector, limit: number): readonly string[] {
  const { cutter, omitted } = stream(upTo(limit, input));
  cutter.see(limit);
  for (let next = take(cutter, dissector); next !== undefined; next = take(cutter, dissector)) {
    dissector.add(whoSent(next, dissector), next);
  }
  const rest = dissector.full ? undefined : cutter.rest();
  if (rest !== undefined) dissector.add(whoSent(rest, dissector), rest);
  return ['Who sent what is told from the messages.', ...leftOut(omitted + cutter.remaining, 'bytes')];
}

interface Stream {
  readonly cutter: RecordCutter;
  /** How many bytes lie beyond the limit. */
  readonly omitted: number;
}

function upTo(limit: number, bytes: Uint8Array) {
  return { bytes: plain(bytes).subarray(0, limit), omitted: Math.max(0, bytes.length - limit) };
}

function stream({ bytes, omitted }: ReturnType<typeof upTo>): Stream {
  return { cutter: new RecordCutter(bytes), omitted };
}

function take(cutter: RecordCutter, dissector: Dissector) {
  return dissector.full ? undefined : cutter.next();
}

function ending(streams: Readonly<Record<Sender, Stream>>, dissector: Dissector): readonly string[] {
  return sides.flatMap((side) => {
    const { cutter, omitted } = streams[side];
    const rest = dissector.full ? undefined : cutter.rest();
    if (rest !== undefined) dissector.add(side, rest);
    return leftOut(omitted + cutter.remaining, `bytes of the ${side}`);
  });
}

function leftOut(count: number, what: string): readonly string[] {
  return count > 0 ? [`${count} ${what} are left out: the trace is as long as it may be.`] : [];
}

/** Why what is protected is not shown, where somebody might wonder. */
function notesOn({ facts, sealed }: Dissector, keyLog: KeyLog): readonly string[] {
  if (facts.protocolVersion === 'TLS 1.3') return ['What TLS 1.3 protects is not opened here.'];
  if (sealed === 'no suite' && facts.cipherSuite !== undefined) {
    return [`${facts.cipherSuite} is none of the suites that can be opened here.`];
  }
  if (sealed === 'no secret' && keyLog.size > 0) return ['The key log has no secret of this connection.'];
  return [];
}
