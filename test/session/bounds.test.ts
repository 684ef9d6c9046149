/** What a session may be made of: each field to its least and its greatest value, and nothing beyond. */

import { describe, expect, test } from 'vitest';
import { secretOf } from '../../src/handshake/peer.ts';
import { createSession, decodeSession, encodeSession, type Session } from '../../src/session/session.ts';

const plain: Session = {
  sessionId: new Uint8Array(32).fill(1),
  protocolVersion: 0x0303,
  cipherSuite: 0xc02b,
  masterSecret: new Uint8Array(48).fill(7),
  extendedMasterSecret: true,
  serverName: 'site.example',
  alpnProtocol: 'h2',
  peerCertificates: [],
  peerVerified: false,
  ocspResponse: undefined,
  signedCertificateTimestamps: [],
  clientAuthentication: 'none',
  contextDigest: new Uint8Array(32),
  serverCredential: new Uint8Array(32),
  establishedAt: 1000,
  expiresAt: 2000,
};

const bytes = (length: number) => new Uint8Array(length).fill(5);
const latest = 2 ** 48 - 1;

const allowed: readonly (readonly [string, Partial<Session>])[] = [
  ['an ID of one byte', { sessionId: bytes(1) }],
  ['an ID of 32 bytes', { sessionId: bytes(32) }],
  ['version 0', { protocolVersion: 0 }],
  ['version 0xffff', { protocolVersion: 0xffff }],
  ['suite 0', { cipherSuite: 0 }],
  ['suite 0xffff', { cipherSuite: 0xffff }],
  ['no name', { serverName: undefined }],
  ['a name of one byte', { serverName: 'a' }],
  ['a name of 65,535 bytes', { serverName: 'a'.repeat(0xffff) }],
  ['no application protocol', { alpnProtocol: undefined }],
  ['an application protocol of one byte', { alpnProtocol: 'a' }],
  ['an application protocol of 255 bytes', { alpnProtocol: '\xff'.repeat(255) }],
  ['a certificate of one byte', { peerCertificates: [bytes(1)], peerVerified: true }],
  ['a staple of one byte', { ocspResponse: bytes(1) }],
  ['a timestamp of one byte', { signedCertificateTimestamps: [bytes(1)] }],
  ['timestamps of 65,535 bytes', { signedCertificateTimestamps: [bytes(1), bytes(0xffff - 5)] }],
  ['the beginning of time', { establishedAt: 0, expiresAt: 0 }],
  ['the end of it', { establishedAt: latest, expiresAt: latest }],
];

const refused: readonly (readonly [string, Partial<Session>, RegExp])[] = [
  ['no ID', { sessionId: bytes(0) }, /sessionId: expected 1 to 32 bytes, got 0/],
  ['an ID of 33 bytes', { sessionId: bytes(33) }, /sessionId: expected 1 to 32 bytes, got 33/],
  [
    'a version below 0',
    { protocolVersion: -1 },
    /protocolVersion: expected an integer of 0 to 65535, got -1/,
  ],
  ['a version of three bytes', { protocolVersion: 0x10000 }, /protocolVersion/],
  ['a suite that is no integer', { cipherSuite: 1.5 }, /cipherSuite/],
  ['a secret of 47 bytes', { masterSecret: bytes(47) }, /masterSecret: expected 48 bytes, got 47/],
  ['a secret of 49 bytes', { masterSecret: bytes(49) }, /masterSecret: expected 48 bytes, got 49/],
  ['a secret that was overwritten', { masterSecret: new Uint8Array(48) }, /masterSecret: expected a secret/],
  ['an empty name', { serverName: '' }, /serverName/],
  ['a name of 65,536 bytes', { serverName: 'a'.repeat(0x10000) }, /serverName/],
  ['a name that UTF-8 cannot write', { serverName: '\ud800' }, /serverName/],
  ['an empty application protocol', { alpnProtocol: '' }, /alpnProtocol/],
  ['an application protocol of 256 bytes', { alpnProtocol: 'a'.repeat(256) }, /alpnProtocol/],
  ['an application protocol that is no bytes', { alpnProtocol: 'ā' }, /alpnProtocol/],
  ['an empty certificate', { peerCertificates: [bytes(0)] }, /peerCertificates/],
  ['an empty staple', { ocspResponse: bytes(0) }, /ocspResponse/],
  ['an empty timestamp', { signedCertificateTimestamps: [bytes(0)] }, /signedCertificateTimestamps/],
  [
    'timestamps of 65,536 bytes',
    { signedCertificateTimestamps: [bytes(1), bytes(0xffff - 4)] },
    /signedCertificateTimestamps: expected 1 to 65530 bytes, got 65531/,
  ],
  ['a digest of 31 bytes', { contextDigest: bytes(31) }, /contextDigest: expected 32 bytes, got 31/],
  ['a digest of 33 bytes', { serverCredential: bytes(33) }, /serverCredential: expected 32 bytes, got 33/],
  ['a mode that there is not', { clientAuthentication: 'perhaps' as 'none' }, /none, request, require/],
  ['a flag that is none', { peerVerified: 1 as unknown as boolean }, /peerVerified/],
  ['a time before all times', { establishedAt: -1 }, /establishedAt/],
  ['a time beyond 48 bits', { expiresAt: 2 ** 48 }, /expiresAt/],
  ['an end before its beginning', { establishedAt: 2001 }, /expiresAt: expected 2001 or later, got 2000/],
];

test.each(allowed)('%s makes a session, that comes back as it was', (_, changes) => {
  const session = createSession({ ...plain, ...changes });
  expect(session).toEqual({ ...plain, ...changes });
  expect(decodeSession(encodeSession(session))).toEqual(session);
});

test.each(refused)('%s makes none', (_, changes, sentence) => {
  expect(() => createSession({ ...plain, ...changes })).toThrow(RangeError);
  expect(() => createSession({ ...plain, ...changes })).toThrow(sentence);
});

test('what is no bytes at all is told by its type', () => {
  const text = { sessionId: 'an ID' as unknown as Uint8Array };
  expect(() => createSession({ ...plain, ...text })).toThrow(TypeError);
});

test('certificates may be as many as three bytes of length can say, all together, and no more', () => {
  const half = bytes(0x7ffffc);
  expect(
    createSession({ ...plain, peerCertificates: [half, bytes(0x7ffffd)] }).peerCertificates,
  ).toHaveLength(2);
  expect(() => createSession({ ...plain, peerCertificates: [half, bytes(0x7ffffe)] })).toThrow(RangeError);
  expect(() => createSession({ ...plain, peerCertificates: [half, half, bytes(1)] })).toThrow(RangeError);
});

describe('bytes of the right form with a value that no session has', () => {
  // Behind the format's version, the protocol's, the suite, the ID with its length, and the secret.
  const flagAt = 1 + 2 + 2 + (1 + 32) + 48;

  test('are no session', () => {
    const state = encodeSession(createSession(plain));
    expect(state[flagAt]).toBe(1);
    for (const value of [2, 255]) {
      const changed = state.slice();
      changed[flagAt] = value;
      expect(decodeSession(changed)).toBeUndefined();
    }
  });
});

test('the secret of a session is overwritten when it is destroyed, and it makes no session any more', () => {
  const session = createSession(plain);
  secretOf(session).destroy();
  expect(session.masterSecret).toEqual(new Uint8Array(48));
  expect(() => createSession(session)).toThrow(RangeError);
  expect(plain.masterSecret[0]).toBe(7);
});
