/**
 * What a store gives back: a session's state, the record around it with its checksum, and the sealed state. Whatever the
 * bytes are, it is a session or a miss, and never an error; and no change to what was sealed is one's own state again.
 *
 * An input says which of these it is, and where what was sealed is changed; the rest is the state.
 */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SealedSessionStore } from 'reprise-tls';
import { sha256 } from '../../../src/crypto/hash.ts';
import { GuardedSessionStore } from '../../../src/session/guard.ts';
import { SessionKeeper, withChecksum } from '../../../src/session/keeper.ts';
import { createSession, decodeSession, encodeSession } from '../../../src/session/session.ts';
import { concat, utf8 } from '../../../src/wire/bytes.ts';
import { damage, damages } from '../../support/damage.ts';
import { randomness } from '../../support/randomness.ts';
import type { Target } from '../target.ts';

const prefixLength = 4;
const key = 'the key in the store';

const example = createSession({
  sessionId: new Uint8Array(32).fill(1),
  protocolVersion: 0x0303,
  cipherSuite: 0xc02b,
  masterSecret: new Uint8Array(48).fill(2),
  extendedMasterSecret: true,
  serverName: 'server.example',
  alpnProtocol: 'h2',
  peerCertificates: [Uint8Array.of(0x30, 0), Uint8Array.of(0x30, 1, 0)],
  peerVerified: true,
  ocspResponse: Uint8Array.of(0x30, 3, 10, 1, 0),
  signedCertificateTimestamps: [Uint8Array.of(0, 1)],
  clientAuthentication: 'request',
  contextDigest: new Uint8Array(32).fill(3),
  serverCredential: new Uint8Array(32).fill(4),
  establishedAt: 1_700_000_000_000,
  expiresAt: 1_700_000_001_000,
});
const plainest = createSession({
  ...example,
  serverName: undefined,
  alpnProtocol: undefined,
  peerCertificates: [],
  peerVerified: false,
  ocspResponse: undefined,
  signedCertificateTimestamps: [],
  clientAuthentication: 'none',
});
const states = [example, plainest].map(encodeSession);

const checks: readonly ((state: Uint8Array, at: number) => void)[] = [
  (state) => {
    const session = decodeSession(state);
    if (session !== undefined) assert.deepEqual(encodeSession(session), state);
  },
  (state) => find(state),
  (state) => {
    const lookup = find(withChecksum(sha256, key, state));
    const session = decodeSession(state);
    assert.deepEqual(lookup, session === undefined ? { reason: 'undecodable' } : { session });
  },
  (state) => assert.equal(sealedStore(state).store.get(key), undefined),
  (state, at) => {
    const { store, held } = sealedStore();
    store.set(key, state, 1);
    assert.deepEqual(store.get(key), state);
    const sealed = held.state as Uint8Array;
    const index = at % (8 * sealed.length);
    sealed[index >> 3] = (sealed[index >> 3] as number) ^ (1 << (index & 7));
    assert.equal(store.get(key), undefined);
    held.state = sealed.subarray(0, at % sealed.length);
    assert.equal(store.get(key), undefined);
  },
];

export const sessions: Target = {
  seeds: checks.flatMap((_, check) => states.map((state) => concat(Uint8Array.of(check, 0, 0, 9), state))),
  inputs: fc
    .tuple(
      fc.uint8Array({ minLength: prefixLength, maxLength: prefixLength }),
      fc.constantFrom(...states),
      damages,
    )
    .map(([prefix, state, how]) => concat(prefix, damage(state, how))),
  maxLength: 0x1000,
  run(input) {
    const [which = 0, ...at] = input.subarray(0, prefixLength);
    const position = at.reduce((sum, byte) => 256 * sum + byte, 0);
    checks[which % checks.length]?.(input.slice(prefixLength), position);
  },
};

/** What a keeper finds where a store holds these bytes. */
function find(stored: Uint8Array) {
  const reports: unknown[] = [];
  const store = new GuardedSessionStore(
    { get: () => stored, set: () => {}, delete: () => {} },
    { deadline: 1, report: (report) => reports.push(report) },
  );
  const lookup = new SessionKeeper(store, sha256).find(key);
  assert.deepEqual(reports, []);
  assert.ok('session' in lookup || 'reason' in lookup);
  return lookup;
}

function sealedStore(state?: Uint8Array) {
  const held = { state };
  const inner = {
    get: () => held.state,
    set: (_: string, sealed: Uint8Array) => {
      held.state = sealed;
    },
    delete: () => {},
  };
  const keys = [{ id: 'a', secret: utf8('thirty-two bytes, of no use here') }];
  return { held, store: new SealedSessionStore(inner, { keys, randomBytes: randomness(1) }) };
}
