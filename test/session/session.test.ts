/** A session's binary form: whole in both directions, and deaf to everything that is not one. */

import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createSession, decodeSession, encodeSession, type Session } from '../../src/session/session.ts';
import { concat, fromHex, fromLatin1, hex, utf8 } from '../../src/wire/bytes.ts';

const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });
const lastMoment = 2 ** 48 - 1;

/** Every session there is, but for chains that are long or many. */
const sessions: fc.Arbitrary<Session> = fc
  .record({
    sessionId: bytes(1, 32),
    protocolVersion: fc.integer({ min: 0, max: 0xffff }),
    cipherSuite: fc.integer({ min: 0, max: 0xffff }),
    masterSecret: bytes(48).filter((secret) => secret.some((byte) => byte !== 0)),
    extendedMasterSecret: fc.boolean(),
    serverName: fc.option(fc.string({ unit: 'binary', minLength: 1 }), { nil: undefined }),
    alpnProtocol: fc.option(bytes(1, 255).map(fromLatin1), { nil: undefined }),
    peerCertificates: fc.array(bytes(1, 40), { maxLength: 3 }),
    peerVerified: fc.boolean(),
    ocspResponse: fc.option(bytes(1, 40), { nil: undefined }),
    signedCertificateTimestamps: fc.array(bytes(1, 40), { maxLength: 3 }),
    clientAuthentication: fc.constantFrom('none' as const, 'request' as const, 'require' as const),
    contextDigest: bytes(32),
    serverCredential: bytes(32),
    times: fc.tuple(fc.integer({ min: 0, max: lastMoment }), fc.integer({ min: 0, max: lastMoment })),
  })
  .map(({ times, ...fields }) =>
    createSession({ ...fields, establishedAt: Math.min(...times), expiresAt: Math.max(...times) }),
  );

const example = createSession({
  sessionId: fromHex('aabbcc'),
  protocolVersion: 0x0303,
  cipherSuite: 0xc02f,
  masterSecret: new Uint8Array(48).fill(1),
  extendedMasterSecret: true,
  serverName: 'example.com',
  alpnProtocol: undefined,
  peerCertificates: [fromHex('3000'), fromHex('300101')],
  peerVerified: true,
  ocspResponse: fromHex('30030a0100'),
  signedCertificateTimestamps: [fromHex('aa'), fromHex('bbcc')],
  clientAuthentication: 'require',
  contextDigest: new Uint8Array(32).fill(2),
  serverCredential: new Uint8Array(32).fill(3),
  establishedAt: 0x0123456789ab,
  expiresAt: 0x0123456789ac,
});

/** The example's form, written by hand from the table in session.ts, with places where a test may put its own. */
const form = {
  formatVersion: fromHex('03'),
  protocolVersion: fromHex('0303'),
  cipherSuite: fromHex('c02f'),
  sessionId: fromHex('03aabbcc'),
  masterSecret: new Uint8Array(48).fill(1),
  extendedMasterSecret: fromHex('01'),
  serverName: concat(fromHex('000b'), utf8('example.com')),
  alpnProtocol: fromHex('00'),
  peerCertificates: fromHex('00000b0000023000000003300101'),
  peerVerified: fromHex('01'),
  ocspResponse: fromHex('00000530030a0100'),
  signedCertificateTimestamps: fromHex('00070001aa0002bbcc'),
  clientAuthentication: fromHex('02'),
  contextDigest: new Uint8Array(32).fill(2),
  serverCredential: new Uint8Array(32).fill(3),
  establishedAt: fromHex('0123456789ab'),
  expiresAt: fromHex('0123456789ac'),
};
const formWith = (changes: Partial<typeof form>): Uint8Array =>
  concat(...Object.values({ ...form, ...changes }));

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the binary form of a session', () => {
  test('is the documented one, byte for byte', () => {
    expect(encodeSession(example)).toEqual(formWith({}));
    expect(decodeSession(formWith({}))).toEqual(example);
  });

  test('gives every session back as it was', () => {
    fc.assert(
      fc.property(sessions, (session) => {
        expect(decodeSession(encodeSession(session))).toEqual(session);
      }),
    );
  });

  test('lies in memory of its own, exactly as long as it is', () => {
    const state = encodeSession(example);
    expect(state.buffer.byteLength).toBe(state.length);
  });

  test('is the only copy of the master secret that writing it leaves behind', () => {
    const buffers = new Set<ArrayBufferLike>();
    const Watched = new Proxy(Uint8Array, {
      construct(target, args, newTarget) {
        const made = Reflect.construct(target, args, newTarget) as Uint8Array;
        buffers.add(made.buffer);
        return made;
      },
    });
    vi.stubGlobal('Uint8Array', Watched);
    const state = encodeSession(example);
    vi.unstubAllGlobals();
    expect(buffers.delete(state.buffer)).toBe(true);
    expect(buffers.size).toBeGreaterThan(0);
    const secret = hex(example.masterSecret);
    expect(hex(state)).toContain(secret);
    for (const left of buffers) {
      const bytes = hex(new Uint8Array(left));
      for (let at = 0; at < secret.length; at += 16) expect(bytes).not.toContain(secret.slice(at, at + 16));
    }
  });

  test('cut short or continued, is no session', () => {
    fc.assert(
      fc.property(sessions, fc.nat(), bytes(1, 8), (session, at, more) => {
        const state = encodeSession(session);
        expect(decodeSession(state.subarray(0, at % state.length))).toBeUndefined();
        expect(decodeSession(concat(state, more))).toBeUndefined();
      }),
    );
  });

  test('with any one byte changed, is no session or the one session that has this form', () => {
    fc.assert(
      fc.property(sessions, fc.nat(), fc.integer({ min: 1, max: 255 }), (session, at, change) => {
        const state = encodeSession(session);
        const index = at % state.length;
        state[index] = (state[index] ?? 0) ^ change;
        const decoded = decodeSession(state);
        if (decoded !== undefined) expect(encodeSession(decoded)).toEqual(state);
      }),
      { numRuns: 1000 },
    );
  });

  test('is not found in garbage, which never throws (RFC 5246 §7.4.1.2)', () => {
    fc.assert(
      fc.property(bytes(0, 400), (garbage) => {
        const decoded = decodeSession(garbage);
        if (decoded !== undefined) expect(encodeSession(decoded)).toEqual(garbage);
      }),
    );
  });

  test.each([
    ['of the format version before', { formatVersion: fromHex('02') }],
    ['of the format version after', { formatVersion: fromHex('04') }],
    ['of format version 0', { formatVersion: fromHex('00') }],
    ['with an empty session ID', { sessionId: fromHex('00') }],
    ['with a session ID of 33 bytes', { sessionId: concat(fromHex('21'), new Uint8Array(33)) }],
    ['with a master secret of zeros', { masterSecret: new Uint8Array(48) }],
    ['with an EMS flag that is neither 0 nor 1', { extendedMasterSecret: fromHex('02') }],
    ['with a verification flag that is neither 0 nor 1', { peerVerified: fromHex('ff') }],
    ['with an unknown mode of client authentication', { clientAuthentication: fromHex('03') }],
    ['with a server name that is not UTF-8', { serverName: fromHex('0001ff') }],
    ['with an overlong UTF-8 server name', { serverName: fromHex('0002c0af') }],
    ['with an empty certificate in the chain', { peerCertificates: fromHex('000003000000') }],
    ['with a chain that ends inside a certificate', { peerCertificates: fromHex('00000400000230') }],
    ['that expires before it was established', { expiresAt: fromHex('0123456789aa') }],
  ])('%s is no session', (_, change) => {
    expect(decodeSession(formWith(change))).toBeUndefined();
  });

  test('writes an absent name as an empty one, since no name is empty (RFC 6066 §3, RFC 7301 §3.1)', () => {
    const decoded = decodeSession(formWith({ serverName: fromHex('0000') }));
    expect(decoded).toEqual({ ...example, serverName: undefined });
  });

  test('keeps a byte order mark that a name begins with', () => {
    const marked = createSession({ ...example, serverName: '\ufeffexample.com' });
    expect(decodeSession(encodeSession(marked))?.serverName).toBe('\ufeffexample.com');
  });
});

describe('a session', () => {
  test('from a store shares no memory with the store, be it a Buffer or a view', () => {
    for (const make of [Buffer.from, (state: Uint8Array) => concat(fromHex('ffff'), state).subarray(2)]) {
      const lent = make(encodeSession(example));
      const session = decodeSession(lent);
      lent.fill(0xee);
      expect(session).toStrictEqual(example);
    }
  });

  test('shares no memory with what it was made of', () => {
    const masterSecret = new Uint8Array(48).fill(1);
    const certificate = fromHex('3000');
    const peerCertificates = [certificate];
    const session = createSession({ ...example, masterSecret, peerCertificates });
    masterSecret.fill(0);
    certificate.fill(0);
    peerCertificates.pop();
    expect(session).toEqual({ ...example, peerCertificates: [fromHex('3000')] });
  });

  test('is frozen, its chain included (CVE-2010-4180)', () => {
    for (const session of [example, decodeSession(encodeSession(example))]) {
      expect(Object.isFrozen(session)).toBe(true);
      expect(Object.isFrozen(session?.peerCertificates)).toBe(true);
    }
  });

  test.each([
    ['a master secret of 47 bytes', { masterSecret: new Uint8Array(47).fill(1) }],
    ['a master secret of 49 bytes', { masterSecret: new Uint8Array(49).fill(1) }],
    ['a master secret of zeros', { masterSecret: new Uint8Array(48) }],
    ['an empty session ID', { sessionId: new Uint8Array(0) }],
    ['a session ID of 33 bytes', { sessionId: new Uint8Array(33) }],
    ['a context digest of 31 bytes', { contextDigest: new Uint8Array(31) }],
    ['a server credential of 33 bytes', { serverCredential: new Uint8Array(33) }],
    ['an empty server name', { serverName: '' }],
    ['a server name of 65536 bytes', { serverName: 'a'.repeat(0x10000) }],
    ['a server name with half a surrogate pair', { serverName: 'a\ud800' }],
    ['an application protocol of 256 bytes', { alpnProtocol: 'é'.repeat(256) }],
    ['an application protocol of other characters than bytes', { alpnProtocol: '\u0100' }],
    ['an empty certificate', { peerCertificates: [new Uint8Array(0)] }],
    ['a chain too long to be written', { peerCertificates: [new Uint8Array(0xfffffd)] }],
    ['a cipher suite of three bytes', { cipherSuite: 0x10000 }],
    ['a time before the epoch', { establishedAt: -1 }],
    ['a time that is no whole millisecond', { establishedAt: 0.5 }],
    ['a time that is no number', { expiresAt: Number.NaN }],
    ['a beginning of seven bytes', { establishedAt: 2 ** 48, expiresAt: 2 ** 48 }],
    ['an end of seven bytes', { expiresAt: 2 ** 48 }],
    ['an end before its beginning', { expiresAt: example.establishedAt - 1 }],
    ['an unknown mode of client authentication', { clientAuthentication: 'perhaps' as 'none' }],
  ])('with %s cannot be made', (_, change) => {
    expect(() => createSession({ ...example, ...change })).toThrow(RangeError);
  });

  test('that can be made can be written: the longest chain too', () => {
    const longest = createSession({
      ...example,
      peerCertificates: [new Uint8Array(0xfffff0).fill(7), new Uint8Array(9).fill(7)],
    });
    expect(decodeSession(encodeSession(longest))?.peerCertificates.map((it) => it.length)).toEqual([
      0xfffff0, 9,
    ]);
  });

  test('does not name its secret in the error that refuses it', () => {
    const masterSecret = 'sixteen secret bytes' as unknown as Uint8Array;
    expect(() => createSession({ ...example, masterSecret })).toThrow(
      new TypeError('masterSecret: expected a Uint8Array, got string'),
    );
  });
});
