/** vectors/session-state.json and store-key.json: what stands in a store. */

import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/crypto/hash.ts';
import { storeKey } from '../../src/session/key.ts';
import { createSession, decodeSession, encodeSession, type Session } from '../../src/session/session.ts';
import { fromHex, hex } from '../../src/wire/bytes.ts';
import { readVectors } from '../support/vectors.ts';

/** Bytes in hexadecimal, and null for what is not there. */
type OrNull<T> = (T extends Uint8Array ? string : T) | null;

type Written = {
  readonly [K in keyof Session]: Session[K] extends Uint8Array
    ? string
    : Session[K] extends readonly Uint8Array[]
      ? readonly string[]
      : undefined extends Session[K]
        ? OrNull<Exclude<Session[K], undefined>>
        : Session[K];
};

const states = readVectors<{
  readonly sessions: readonly { readonly name: string; readonly state: string; readonly session: Written }[];
  readonly refused: readonly { readonly name: string; readonly state: string }[];
}>('session-state.json');

describe('the serialised form of a session', () => {
  test.each(states.sessions)('holds $name', ({ state, session: written }) => {
    const session = createSession(read(written));
    expect(hex(encodeSession(session))).toBe(state);
    expect(decodeSession(fromHex(state))).toEqual(session);
  });

  test.each(states.refused)('is not this: $name', ({ state }) => {
    expect(decodeSession(fromHex(state))).toBeUndefined();
  });
});

const keys = readVectors<{
  readonly vectors: readonly { readonly session_id: string; readonly key: string }[];
}>('store-key.json');

test.each(keys.vectors)('the session $session_id is stored under $key', ({ session_id, key }) => {
  expect(storeKey(sha256, fromHex(session_id))).toBe(key);
});

function read(written: Written): Session {
  return {
    ...written,
    sessionId: fromHex(written.sessionId),
    masterSecret: fromHex(written.masterSecret),
    serverName: written.serverName ?? undefined,
    alpnProtocol: written.alpnProtocol ?? undefined,
    peerCertificates: written.peerCertificates.map(fromHex),
    ocspResponse: written.ocspResponse === null ? undefined : fromHex(written.ocspResponse),
    signedCertificateTimestamps: written.signedCertificateTimestamps.map(fromHex),
    contextDigest: fromHex(written.contextDigest),
    serverCredential: fromHex(written.serverCredential),
  };
}
