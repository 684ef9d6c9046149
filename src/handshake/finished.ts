/**
 * Finished (RFC 5246 §7.4.9): the message that proves that both sides saw the same handshake and hold the same keys.
 */

import type { KeySchedule } from '../crypto/key-schedule.ts';
import { align } from '../record/alignment.ts';
import { equalInConstantTime } from '../wire/bytes.ts';
import { fault } from '../wire/error.ts';
import type { Received } from './peer.ts';
import type { Transcript } from './transcript.ts';

declare const finishedVerified: unique symbol;
/** The peer's Finished held. Only `verifyFinished` makes this proof. */
export type FinishedVerified = { readonly [finishedVerified]: true };

export type Sender = 'client' | 'server';

/** What the next Finished must carry: the PRF over all messages before it. */
export function verifyData(keys: KeySchedule, sender: Sender, transcript: Transcript): Uint8Array {
  return keys.verifyData(sender, transcript.digest());
}

/** @throws TlsError `decrypt_error`; `unexpected_message` where more handshake bytes came behind it (rule S30) */
export function verifyFinished(finished: Received<'Finished'>, expected: Uint8Array): FinishedVerified {
  if (!equalInConstantTime(finished.body.verifyData, expected)) {
    throw fault('bad-verify-data', 'expected the Finished of this handshake, got other verify_data');
  }
  align(finished.waiting);
  return Object.freeze({}) as FinishedVerified;
}
