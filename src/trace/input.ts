/**
 * Input: what a file holds, told from its content: a capture, text with hexadecimal digits, or the bytes of a connection
 * as they are.
 */

import { type CapturedConnection, readCapture } from './capture/index.ts';
import { RecordCutter } from './cutter.ts';
import { readHexText } from './hex-text.ts';
import { looksLikeKeyLog } from './key-log.ts';
import type { Sender } from './model.ts';
import { sentBy, sides } from './segments.ts';
import type { TraceInput } from './trace.ts';

export interface InputConnection {
  readonly input: TraceInput;
  /** Addresses with their ports, where the input tells them. */
  readonly ends?: Readonly<Record<Sender, string>>;
  /** What `Trace.notes` cannot know. */
  readonly notes: readonly string[];
}

export interface Input {
  readonly kind: 'capture' | 'hex' | 'bytes';
  /** Of a capture: those with TLS in them, in the order in which they were opened. */
  readonly connections: readonly InputConnection[];
  /** Secrets that came with the connections. */
  readonly keyLog: string;
}

/**
 * The connections in these bytes.
 * @throws RangeError on nothing, on text that is not hexadecimal digits, and on a capture without TLS
 */
export function readInput(bytes: Uint8Array): Input {
  if (bytes.length === 0) throw new RangeError('expected a connection, got nothing');
  const capture = readCapture(bytes);
  if (capture !== undefined) {
    const { connections, keyLog } = capture;
    const found = connections.filter(holdsTls);
    if (found.length === 0) {
      throw new RangeError(
        `expected TLS in the capture, found ${connections.length} TCP connections without`,
      );
    }
    return { kind: 'capture', connections: found.map(ofCapture), keyLog };
  }
  const text = asText(bytes);
  if (text === undefined) return { kind: 'bytes', connections: [{ input: bytes, notes: [] }], keyLog: '' };
  if (looksLikeKeyLog(text)) throw new RangeError('expected a connection, got a key log');
  return { kind: 'hex', connections: [{ input: readHexText(text), notes: [] }], keyLog: '' };
}

function ofCapture({ client, server, segments, lost }: CapturedConnection): InputConnection {
  return {
    input: segments,
    ends: { client, server },
    notes: sides
      .filter((side) => lost[side] > 0)
      .map(
        (side) =>
          `The capture misses a part of what the ${side} sent; ${lost[side]} bytes behind it are left out.`,
      ),
  };
}

/** How far into a side's bytes TLS must begin: protocols that turn to it do so soon. */
const prelude = 0x10000;

function holdsTls({ segments }: CapturedConnection): boolean {
  return sides.some((side) => {
    const cutter = new RecordCutter(sentBy(side, segments, prelude).bytes);
    cutter.see(prelude);
    for (let cut = cutter.next(); cut !== undefined; cut = cutter.next())
      if (cut.kind === 'record') return true;
    return false;
  });
}

/** Undefined where a byte is none of printable ASCII and white space. */
function asText(bytes: Uint8Array): string | undefined {
  const isText = bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13));
  return isText ? new TextDecoder().decode(bytes) : undefined;
}
