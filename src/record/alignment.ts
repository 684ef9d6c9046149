/**
 * Aligned: the proof that no half-read handshake message lies before a change of keys.
 *
 * Without it, bytes from before ChangeCipherSpec could be completed by bytes from after it, and a message would count
 * as protected that was not. Only `align` makes the proof, from the count of bytes that wait.
 */

import { fault } from '../wire/error.ts';

declare const aligned: unique symbol;
export type Aligned = { readonly [aligned]: true };

const proof = Object.freeze({}) as Aligned;

/** @throws TlsError `unexpected_message` where `waiting` bytes of a handshake message are not yet read */
export function align(waiting: number): Aligned {
  if (waiting > 0) {
    throw fault(
      'unaligned-key-change',
      `expected no handshake bytes across a change of keys, got ${waiting}`,
    );
  }
  return proof;
}
