/** What comes out of a store is a session, or a reason: a state that is not that of the ID is no session of it. */

import { MemorySessionStore } from 'reprise-tls';
import { expect, test } from 'vitest';
import { sha256 } from '../../src/crypto/hash.ts';
import { GuardedSessionStore } from '../../src/session/guard.ts';
import { SessionKeeper } from '../../src/session/keeper.ts';
import { createSession, type Session } from '../../src/session/session.ts';

const now = Date.now();

function session(sessionId: Uint8Array): Session {
  return createSession({
    sessionId,
    protocolVersion: 0x0303,
    cipherSuite: 0xc02b,
    masterSecret: new Uint8Array(48).fill(7),
    extendedMasterSecret: true,
    serverName: 'site.example',
    alpnProtocol: undefined,
    peerCertificates: [],
    peerVerified: false,
    ocspResponse: undefined,
    signedCertificateTimestamps: [],
    clientAuthentication: 'none',
    contextDigest: new Uint8Array(32),
    serverCredential: new Uint8Array(32),
    establishedAt: now,
    expiresAt: now + 60_000,
  });
}

function keeper(): SessionKeeper {
  const store = new GuardedSessionStore(new MemorySessionStore(), { deadline: 1000, report: () => {} });
  return new SessionKeeper(store, sha256);
}

const [id, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

test('a session is found under the key that it was kept under, for the ID that it has', () => {
  const kept = keeper();
  kept.keep('key', session(id));
  expect(kept.find('key', id)).toMatchObject({ session: { sessionId: id, serverName: 'site.example' } });
  expect(kept.find('key')).toMatchObject({ session: { sessionId: id } });
  expect(kept.find('elsewhere', id)).toEqual({ reason: 'not-found' });
});

test('a state that is another ID’s is undecodable, though the store gave it for the key that was asked for', () => {
  const kept = keeper();
  kept.keep('key', session(other));
  expect(kept.find('key', id)).toEqual({ reason: 'undecodable' });
  expect(kept.take('key', id)).toEqual({ reason: 'undecodable' });
  expect(kept.find('key', other)).toEqual({ reason: 'not-found' }); // it was taken
});

test('the secret of a session is overwritten here once it is kept', () => {
  const kept = keeper();
  const made = session(id);
  kept.keep('key', made);
  expect(made.masterSecret.every((byte) => byte === 0)).toBe(true);
});
