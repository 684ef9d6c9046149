/** Master secrets, key blocks, verify_data and exporters against their definitions, on the reference PRF. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as suites from '../../src/crypto/cipher-suites.ts';
import { sha256, sha384, sha512 } from '../../src/crypto/hash.ts';
import { extendedMasterSecret, KeySchedule, masterSecret } from '../../src/crypto/key-schedule.ts';
import { concat, utf8 } from '../../src/wire/bytes.ts';
import { referencePrf } from '../support/prf-reference.ts';

const anyHash = fc.constantFrom(sha256, sha384, sha512);
const anySuite = fc.constantFrom(...Object.values(suites));
const anySecret = bytes(48);
const anyRandom = bytes(32);
const anyPreMasterSecret = fc.constantFrom(32, 48, 66).chain(bytes);
const anyLabel = fc.string({ minLength: 1, maxLength: 30 });
const anyContext = fc.uint8Array({ maxLength: 100 });
const anyLength = fc.integer({ min: 1, max: 200 });

const suite = suites.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
const [secret, clientRandom, serverRandom] = [filled(48, 1), filled(32, 2), filled(32, 3)];

describe('the master secret', () => {
  test('is 48 bytes of PRF(pre_master_secret, "master secret", client random + server random) (RFC 5246 §8.1)', () => {
    fc.assert(
      fc.property(
        anyHash,
        anyPreMasterSecret,
        anyRandom,
        anyRandom,
        (hash, preMasterSecret, client, server) => {
          const expected = referencePrf(
            hash.name,
            preMasterSecret,
            'master secret',
            concat(client, server),
            48,
          );
          expect(masterSecret(hash, preMasterSecret, client, server)).toEqual(expected);
        },
      ),
    );
  });

  test('is bound to the session hash alone where it is extended (RFC 7627 §4)', () => {
    fc.assert(
      fc.property(
        anyHash,
        anyPreMasterSecret,
        fc.uint8Array({ maxLength: 64 }),
        (hash, preMasterSecret, digest) => {
          const expected = referencePrf(hash.name, preMasterSecret, 'extended master secret', digest, 48);
          expect(extendedMasterSecret(hash, preMasterSecret, digest)).toEqual(expected);
        },
      ),
    );
  });
});

describe('the key block', () => {
  test('is cut into the write keys and then the fixed IVs, the client’s first, with no MAC keys (RFC 5246 §6.3)', () => {
    fc.assert(
      fc.property(anySuite, anySecret, anyRandom, anyRandom, (suite, secret, client, server) => {
        const { keyLength, fixedIvLength } = suite.aead;
        const keys = new KeySchedule(suite, secret, client, server).trafficKeys();
        const length = 2 * (keyLength + fixedIvLength);
        expect(
          concat(keys.client.writeKey, keys.server.writeKey, keys.client.fixedIv, keys.server.fixedIv),
        ).toEqual(referencePrf(suite.hash.name, secret, 'key expansion', concat(server, client), length));
        for (const side of [keys.client, keys.server]) {
          expect([side.writeKey.length, side.fixedIv.length]).toEqual([keyLength, fixedIvLength]);
        }
      }),
    );
  });

  test('leaves no copy of itself behind the keys', () => {
    const { client, server } = schedule().trafficKeys();
    const arrays = [client.writeKey, client.fixedIv, server.writeKey, server.fixedIv];
    for (const array of arrays) expect(array.buffer.byteLength).toBe(array.length);
    expect(new Set(arrays.map((array) => array.buffer)).size).toBe(arrays.length);
  });
});

describe('verify_data', () => {
  test('is 12 bytes of the PRF over the handshake hash, under the sender’s label (RFC 5246 §7.4.9)', () => {
    const anySender = fc.constantFrom('client' as const, 'server' as const);
    fc.assert(
      fc.property(anySuite, anySecret, anySender, fc.nat(255), (suite, secret, sender, fill) => {
        const handshakeHash = filled(suite.hash.outputLength, fill);
        const keys = new KeySchedule(suite, secret, clientRandom, serverRandom);
        const expected = referencePrf(suite.hash.name, secret, `${sender} finished`, handshakeHash, 12);
        expect(keys.verifyData(sender, handshakeHash)).toEqual(expected);
      }),
    );
  });

  test('takes no hash of another length than the suite’s', () => {
    expect(() => schedule().verifyData('client', filled(48, 0))).toThrow(RangeError);
    expect(() => schedule().verifyData('client', filled(0, 0))).toThrow(RangeError);
  });
});

describe('exported keying material', () => {
  test('without a context is PRF(master_secret, label, client random + server random) (RFC 5705 §4)', () => {
    fc.assert(
      fc.property(anySuite, anyLabel, anyLength, (suite, label, length) => {
        const keys = new KeySchedule(suite, secret, clientRandom, serverRandom);
        const seed = concat(clientRandom, serverRandom);
        const expected = referencePrf(suite.hash.name, secret, label, seed, length);
        expect(keys.exportKeyingMaterial(label, length)).toEqual(expected);
      }),
    );
  });

  test('with a context has its length and itself at the end of the seed (RFC 5705 §4)', () => {
    fc.assert(
      fc.property(anyLabel, anyLength, anyContext, (label, length, context) => {
        const seed = concat(clientRandom, serverRandom, Uint8Array.of(0, context.length), context);
        const expected = referencePrf('SHA-256', secret, label, seed, length);
        expect(schedule().exportKeyingMaterial(label, length, context)).toEqual(expected);
      }),
    );
  });

  test('with an empty context is other than with none (RFC 5705 §4)', () => {
    const keys = schedule();
    const none = keys.exportKeyingMaterial('EXPERIMENTAL test', 32);
    expect(keys.exportKeyingMaterial('EXPERIMENTAL test', 32, new Uint8Array(0))).not.toEqual(none);
  });

  test.each([
    'client finished',
    'server finished',
    'master secret',
    'key expansion',
    'extended master secret',
  ])('is not given under "%s", a label of TLS itself (RFC 5705 §4)', (label) => {
    expect(() => schedule().exportKeyingMaterial(label, 32)).toThrow(RangeError);
    expect(() => schedule().exportKeyingMaterial(label, 32, utf8('context'))).toThrow(RangeError);
  });

  test('is bounded: up to 65535 bytes, from a context of up to 65535 (RFC 5705 §4)', () => {
    const keys = schedule();
    const longest = filled(0xffff, 7);
    const seed = concat(clientRandom, serverRandom, Uint8Array.of(0xff, 0xff), longest);
    expect(keys.exportKeyingMaterial('label', 16, longest)).toEqual(
      referencePrf('SHA-256', secret, 'label', seed, 16),
    );
    expect(keys.exportKeyingMaterial('label', 0xffff)).toHaveLength(0xffff);
    expect(() => keys.exportKeyingMaterial('label', 16, filled(0x10000, 7))).toThrow(RangeError);
    for (const length of [-1, 0, 0x10000, 1.5, Number.NaN]) {
      expect(() => keys.exportKeyingMaterial('label', length)).toThrow(RangeError);
    }
  });
});

describe('a key schedule', () => {
  test('is made of 48 bytes of master secret and 32 of each random, and of nothing else (RFC 5246 §8.1)', () => {
    for (const length of [0, 32, 47, 49]) {
      expect(() => new KeySchedule(suite, filled(length, 1), clientRandom, serverRandom)).toThrow(RangeError);
    }
    expect(() => new KeySchedule(suite, secret, filled(28, 2), serverRandom)).toThrow(RangeError);
    expect(() => new KeySchedule(suite, secret, clientRandom, filled(33, 3))).toThrow(RangeError);
  });

  test('keeps no hold of the arrays that it was made of', () => {
    const given = [secret.slice(), clientRandom.slice(), serverRandom.slice()] as const;
    const keys = new KeySchedule(suite, ...given);
    for (const array of given) array.fill(0);
    expect(keys.trafficKeys()).toEqual(schedule().trafficKeys());
  });

  test('gives nothing after it was destroyed', () => {
    const keys = schedule();
    keys.destroy();
    expect(() => keys.trafficKeys()).toThrow();
    expect(() => keys.verifyData('client', filled(32, 0))).toThrow();
    expect(() => keys.exportKeyingMaterial('label', 32)).toThrow();
  });
});

function schedule(): KeySchedule {
  return new KeySchedule(suite, secret, clientRandom, serverRandom);
}

function filled(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}

function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}
