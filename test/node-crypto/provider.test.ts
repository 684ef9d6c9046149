/** `nodeCrypto` against the default: whatever either computes, the other computes or accepts. */

import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import {
  AES_128_GCM,
  AES_256_GCM,
  CHACHA20_POLY1305,
  defaultCipherSuites,
  defaultGroups,
  defaultSignatureSchemes,
  MemoryClientSessionCache,
  MemorySessionStore,
  noble,
  TlsError,
} from 'reprise-tls';
import { keyObjectSigner, nodeCrypto } from 'reprise-tls/node-crypto';
import { describe, expect, test } from 'vitest';
import { sha256, sha384, sha512 } from '../../src/crypto/hash.ts';
import { concat } from '../../src/wire/bytes.ts';
import { parsePrivateKey } from '../../src/x509/private-keys.ts';
import { publicKeyOf } from '../../src/x509/public-keys.ts';
import { credentials, keyTypes, serverName } from '../interop/rows.ts';
import { newEd25519KeyPair } from '../support/key-pairs.ts';
import { connect } from '../support/pair.ts';
import { randomness } from '../support/randomness.ts';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));
const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });

describe.each([sha256, sha384, sha512])('$name', (hash) => {
  const given = nodeCrypto.hash(hash);

  test('gives the same digest, at once, in parts and in between', () => {
    fc.assert(
      fc.property(fc.array(bytes(0, 300), { maxLength: 4 }), (parts) => {
        const state = given.create();
        const seen: Uint8Array[] = [];
        for (const part of parts) {
          state.update(part);
          seen.push(part);
          expect(state.snapshot()).toEqual(hash.digest(concat(...seen)));
        }
        expect(given.digest(concat(...parts))).toEqual(hash.digest(concat(...parts)));
      }),
    );
  });

  test('gives the same HMAC', () => {
    fc.assert(
      fc.property(bytes(0, 200), bytes(0, 200), (key, message) => {
        expect(given.hmac(key).compute(message)).toEqual(hash.hmac(key).compute(message));
      }),
    );
  });
});

describe.each([AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305])('$name', (aead) => {
  // On both sides of the length from which OpenSSL does it.
  const lengths = fc.oneof(bytes(0, 40), bytes(240, 280), bytes(1000));

  test('seals the same, opens what the other seals, and opens nothing that was changed', () => {
    fc.assert(
      fc.property(
        bytes(aead.keyLength),
        bytes(12),
        bytes(13),
        lengths,
        fc.nat(),
        (key, nonce, data, text, at) => {
          const sealed = [nodeCrypto.aead(aead), aead].map((each) => {
            const output = new Uint8Array(text.length + 16);
            each.create(key).seal(nonce, data, text, output);
            return output;
          });
          const [ours = new Uint8Array(), theirs = new Uint8Array()] = sealed;
          expect(ours).toEqual(theirs);
          const opener = nodeCrypto.aead(aead).create(key);
          expect(opener.open(nonce, data, theirs)).toEqual(text);
          theirs[at % theirs.length] = (theirs[at % theirs.length] ?? 0) ^ 1;
          expect(opener.open(nonce, data, theirs)).toBeUndefined();
        },
      ),
    );
  });

  test('opens into an array that nobody else has, as the default does', () => {
    for (const each of [nodeCrypto.aead(aead), aead]) {
      for (const length of [12, 256, 257, 1000]) {
        const [nonce, data, text] = [new Uint8Array(12), new Uint8Array(13), new Uint8Array(length).fill(7)];
        const key = each.create(new Uint8Array(aead.keyLength).fill(1));
        const sealed = new Uint8Array(length + 16);
        key.seal(nonce, data, text, sealed);
        const [before, first, second] = [
          sealed.slice(),
          key.open(nonce, data, sealed),
          key.open(nonce, data, sealed),
        ];
        first?.fill(0xff);
        key.open(nonce, data, sealed)?.fill(0xee);
        expect(second).toEqual(text);
        expect(first).toEqual(new Uint8Array(length).fill(0xff));
        expect(sealed).toEqual(before);
      }
    }
  });

  test('is of no use after its end', () => {
    const key = nodeCrypto.aead(aead).create(new Uint8Array(aead.keyLength));
    key.destroy();
    expect(() => key.open(new Uint8Array(12), new Uint8Array(13), new Uint8Array(16))).toThrow(TypeError);
  });
});

describe.each(defaultGroups)('$name', (group) => {
  const given = nodeCrypto.group(group);

  test('makes the same key of the same bytes, and agrees with the other', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const own = given.generate(randomness(seed));
        expect(own.publicKey).toEqual(group.generate(randomness(seed)).publicKey);
        const peer = group.generate(randomness(seed + 0.5));
        const secret = own.agree(peer.publicKey);
        expect(secret).toEqual(peer.agree(own.publicKey));
        expect(() => own.agree(peer.publicKey)).toThrow(TypeError);
      }),
      { numRuns: 10 },
    );
  });

  test('refuses what is no public key with illegal_parameter', () => {
    const good = group.generate(noble.randomBytes).publicKey;
    const bad = [new Uint8Array(0), good.slice(1), concat(good, good), new Uint8Array(good.length)];
    if (group.name !== 'x25519') bad.push(concat(good.slice(0, -1), Uint8Array.of((good.at(-1) ?? 0) ^ 1)));
    for (const publicKey of bad) {
      const agree = () => given.generate(noble.randomBytes).agree(publicKey);
      expect(agree).toThrow(TlsError);
      expect(agree).toThrow(expect.objectContaining({ alert: 'illegal_parameter' }));
    }
  });
});

describe.each(keyTypes)('signatures with a key of %s', (keyType) => {
  const privateKey = parsePrivateKey(credentials[keyType].privateKeyDer);
  const publicKey = publicKeyOf(privateKey);
  const fitting = defaultSignatureSchemes.filter((scheme) => scheme.keyType === publicKey.type);

  test.each(fitting)('$name: each verifies the other’s, and neither a changed one', (scheme) => {
    const given = nodeCrypto.signatureScheme(scheme);
    const message = noble.randomBytes(100);
    const signatures = [given, scheme].map((each) => each.sign(privateKey, message, noble.randomBytes));
    for (const signature of signatures) {
      for (const verifier of [given, scheme]) {
        expect(verifier.verify(publicKey, message, signature)).toBe(true);
        expect(verifier.verify(publicKey, noble.randomBytes(100), signature)).toBe(false);
        const changed = signature.map((byte, i) => (i === signature.length - 1 ? byte ^ 1 : byte));
        expect(verifier.verify(publicKey, message, changed)).toBe(false);
      }
    }
  });

  test.each(defaultSignatureSchemes.filter((scheme) => scheme.keyType !== publicKey.type))(
    '$name has no use for it',
    (scheme) => {
      const given = nodeCrypto.signatureScheme(scheme);
      expect(given.verify(publicKey, new Uint8Array(1), new Uint8Array(64))).toBe(false);
      expect(() => given.sign(privateKey, new Uint8Array(1), noble.randomBytes)).toThrow(RangeError);
    },
  );

  test.each(
    defaultCipherSuites.filter((suite) => (keyType === 'rsa-2048') === (suite.authentication === 'rsa')),
  )(
    '$name: full and abbreviated handshakes with the default at the other end, and with a KeyObject that signs',
    async (suite) => {
      const { chain, privateKeyDer, privateKeyPem } = credentials[keyType];
      const signer = keyObjectSigner(createPrivateKey(privateKeyPem));
      for (const [ours, theirs, key] of [
        [nodeCrypto, noble, privateKeyDer],
        [noble, nodeCrypto, privateKeyDer],
        [nodeCrypto, nodeCrypto, signer],
      ] as const) {
        const client = {
          serverName,
          crypto: ours,
          verifyCertificate: () => true as const,
          sessionCache: new MemoryClientSessionCache(),
        };
        const server = {
          crypto: theirs,
          cipherSuites: [suite],
          certificates: [{ chain, privateKey: key }],
          sessionStore: new MemorySessionStore(),
        };
        for (const resumed of [false, true]) {
          const { clientEnd, serverEnd } = await connect(client, server);
          expect([clientEnd.info?.resumed, serverEnd.info?.resumed]).toEqual([resumed, resumed]);
          expect(serverEnd.info?.cipherSuite).toBe(suite.name);
        }
      }
    },
  );
});

test('of more public keys than it knows again, each verifies what is its own', () => {
  const scheme = defaultSignatureSchemes.find(({ name }) => name === 'ed25519');
  if (scheme === undefined) throw new Error('expected Ed25519 among the schemes');
  const { verify } = nodeCrypto.signatureScheme(scheme);
  const message = bytesOf('signed');
  const signers = Array.from({ length: 100 }, () => {
    const { publicKey, privateKey } = newEd25519KeyPair();
    const { x = '' } = publicKey.export({ format: 'jwk' });
    const point = new Uint8Array(Buffer.from(x, 'base64url'));
    return { point, signature: new Uint8Array(sign(null, message, privateKey)) };
  });
  for (const order of [signers, [...signers].reverse()]) {
    for (const [index, { point, signature }] of order.entries()) {
      // A new object each time, as a certificate that is parsed anew has.
      expect(verify({ type: 'ed25519', point: point.slice() }, message, signature)).toBe(true);
      const other = order.at(index - 1)?.point ?? point;
      expect(verify({ type: 'ed25519', point: other }, message, signature)).toBe(false);
    }
  }
});

test('a key of small order verifies nothing (RFC 8032 §5.1.7)', () => {
  const scheme = defaultSignatureSchemes.find(({ name }) => name === 'ed25519');
  if (scheme === undefined) throw new Error('expected Ed25519 among the schemes');
  const identity = Uint8Array.of(1, ...new Uint8Array(31));
  const signature = Uint8Array.of(1, ...new Uint8Array(63));
  const key = { type: 'ed25519', point: identity } as const;
  expect(nodeCrypto.signatureScheme(scheme).verify(key, new Uint8Array(3), signature)).toBe(false);
});

test('a KeyObject that cannot sign is refused where it is given', () => {
  const { publicKey } = generateKeyPairSync('ed25519');
  const { privateKey } = generateKeyPairSync('x25519');
  for (const key of [publicKey, privateKey]) expect(() => keyObjectSigner(key)).toThrow(TypeError);
});

test('random bytes come in the length that was asked for, and no two alike', () => {
  const drawn = [0, 1, 32, 100_000].map((length) => nodeCrypto.randomBytes(length));
  expect(drawn.map(({ length }) => length)).toEqual([0, 1, 32, 100_000]);
  const digests = Array.from({ length: 100 }, () =>
    createHash('sha256').update(nodeCrypto.randomBytes(32)).digest('hex'),
  );
  expect(new Set(digests).size).toBe(100);
  expect(() => nodeCrypto.randomBytes(-1)).toThrow(RangeError);
});
