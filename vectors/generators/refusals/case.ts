/** A refusal: what a peer sends, and the alert that it gets. */

import type { AlertName } from 'reprise-tls';
import { type handshakeType, message, record } from '../hello-bytes.ts';

export interface Case {
  readonly name: string;
  readonly rfc: string;
  readonly alert: AlertName;
  /** Record after record, in hex. */
  readonly input: readonly string[];
  /** The alert itself leaves under keys. */
  readonly protected?: true;
}

/** The seeds of both sides' randomness. The client's first 32 bytes are its random, which its server's signature covers. */
export const seeds = { client: 'refusals client', server: 'refusals server' } as const;

/** A message that is out of its order. */
export function order(name: string, rfc: string, ...input: readonly string[]): Case {
  return { name, rfc, alert: 'unexpected_message', input };
}

/** A message whose form is wrong. */
export function malformed(name: string, rfc: string, ...input: readonly string[]): Case {
  return { name, rfc, alert: 'decode_error', input };
}

/** A message in a record of its own. */
export function handshake(type: keyof typeof handshakeType, body: string): string {
  return record('handshake', message(type, body));
}

export const changeCipherSpec = record('change_cipher_spec', '01');
export const finished = handshake('finished', '00'.repeat(12));
export const applicationData = record('application_data', '00');

/** Public keys by group that no honest peer sends. */
export const badPublicKeys: readonly (readonly [group: number, name: string, publicKey: string])[] = [
  [29, 'of x25519 that is zero', '00'.repeat(32)],
  [29, 'of x25519 that is one, a point of small order', `01${'00'.repeat(31)}`],
  [29, 'of x25519 of 31 bytes', '09'.repeat(31)],
  [29, 'of x25519 of 33 bytes', '09'.repeat(33)],
  [23, 'of secp256r1 off the curve', `04${'11'.repeat(64)}`],
  [23, 'of secp256r1 with coordinates of zero', `04${'00'.repeat(64)}`],
  [23, 'of secp256r1 with coordinates beyond the field', `04${'ff'.repeat(64)}`],
  [23, 'of secp256r1 in compressed form', `03${'11'.repeat(32)}`],
  [23, 'of secp256r1 that is the point at infinity', '00'],
  [23, 'of secp256r1 that is a byte short', `04${'11'.repeat(63)}`],
  [24, 'of secp384r1 off the curve', `04${'11'.repeat(96)}`],
  [25, 'of secp521r1 off the curve', `04${'00'.repeat(131)}01`],
];

/** The public key of x25519 whose secret is one that nobody needs: the generator's u coordinate (RFC 7748 §4.1). */
export const goodPublicKey = `09${'00'.repeat(31)}`;
