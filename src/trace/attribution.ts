/**
 * Who sent a record, where the input does not say: told from its messages, from the keys that open it, and where neither
 * tells, from whose turn it is (RFC 5246 §7.3).
 */

import { ContentType, headerLength } from '../record/content.ts';
import type { Cut } from './cutter.ts';
import type { Dissector } from './dissector.ts';
import type { Sender, TracedRecord } from './model.ts';
import { handshakeType } from './names/registries.ts';
import { sides } from './segments.ts';

function otherSide(side: Sender): Sender {
  return side === 'client' ? 'server' : 'client';
}

const ofClient: ReadonlySet<string> = new Set([
  'ClientHello',
  'ClientKeyExchange',
  'CertificateVerify',
  'NextProtocol',
]);

/** The sender of what stands next in a stream that holds both sides' records, after what is in `dissector`. */
export function whoSent(cut: Cut, dissector: Dissector): Sender {
  const last = dissector.last?.from ?? 'client';
  if (cut.kind === 'foreign' || dissector.waitsFor(last)) return last;
  const both = [last, otherSide(last)] as const;
  const holder = both.find((side) => dissector.opens(side, cut));
  if (holder !== undefined) return holder;

  const [type] = cut.bytes;
  const [own, other] = both.map((side) => dissector.progressOf(side));
  switch (type) {
    case ContentType.change_cipher_spec:
      return own?.changed ? otherSide(last) : last;
    case ContentType.handshake:
      if (own?.changed && !own.finished) return last; // Its Finished.
      if (own?.changed && other?.changed) return last;
      return speakerOf(handshakeType(cut.bytes[headerLength] ?? -1), dissector.last, last);
    case ContentType.alert:
      return own?.changed ? last : otherSide(last);
    default:
      return dissector.last?.type === 'application_data' ? last : 'client';
  }
}

/** Both sides have a Certificate: the client's is behind the server's last message. */
function speakerOf(name: string | undefined, before: TracedRecord | undefined, last: Sender): Sender {
  if (name === undefined) return last;
  if (name === 'Certificate')
    return before?.messages.at(-1)?.name === 'ServerHelloDone' ? 'client' : 'server';
  return ofClient.has(name) ? 'client' : 'server';
}

/** The messages after which a side waits for the other. */
const lastOfTurn: ReadonlySet<string> = new Set([
  'ClientHello',
  'ServerHelloDone',
  'Finished',
  'HelloRequest',
]);

/** Whose turn it is after `turn` has said something, or had nothing more to say. Whoever asks first is the client. */
export function nextTurn(turn: Sender, spoke: boolean, dissector: Dissector): Sender {
  if (!spoke) return otherSide(turn);
  if (!lastOfTurn.has(dissector.last?.messages.at(-1)?.name ?? '')) return turn;
  const isDone = sides.every((side) => dissector.progressOf(side).finished);
  return isDone ? 'client' : otherSide(turn);
}
