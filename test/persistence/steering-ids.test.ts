/** Session IDs that carry their server: for whoever has the key, and for nobody else. */

import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { SteeringIds } from 'reprise-tls/persistence';
import { describe, expect, test } from 'vitest';
import { fromHex, hex, utf8 } from '../../src/wire/bytes.ts';
import { randomness } from '../support/randomness.ts';
import { accepted, established, offer } from '../support/resumption.ts';

const key = fc
  .uint8Array({ minLength: 32, maxLength: 64 })
  .filter((bytes) => bytes.some((byte) => byte !== 0));
const server = fc.oneof(fc.nat(8), fc.integer({ min: 0, max: 0xffffffff }));
const seed = fc.nat();

const own = randomness(1)(32);
const ids = new SteeringIds({ keys: [own] });

describe('an ID that carries its server', () => {
  test('has 32 bytes, and leads to its server (RFC 5246 §7.4.1.2)', () => {
    fc.assert(
      fc.property(key, server, seed, (key, server, seed) => {
        const ids = new SteeringIds({ keys: [key] });
        const id = ids.generatorFor(server)(randomness(seed));
        expect(id).toHaveLength(32);
        expect(ids.serverOf(id)).toBe(server);
        expect(ids.serverOf(Buffer.from(id))).toBe(server);
      }),
    );
  });

  test('is nonce, masked number and tag, by HMAC-SHA-256', () => {
    fc.assert(
      fc.property(key, server, seed, (key, server, seed) => {
        const nonce = randomness(seed)(20);
        const number = Buffer.alloc(4);
        number.writeUInt32BE(server);
        const hmac = (label: string, ...parts: Uint8Array[]) =>
          createHmac('sha256', key)
            .update(Buffer.concat([utf8(label), ...parts]))
            .digest();
        const mask = hmac('reprise steering mask', nonce);
        const masked = number.map((byte, i) => byte ^ (mask[i] ?? 0));
        const tag = hmac('reprise steering tag', nonce, number).subarray(0, 8);
        const id = new SteeringIds({ keys: [key] }).generatorFor(server)(randomness(seed));
        expect(hex(id)).toBe(hex(Buffer.concat([nonce, masked, tag])));
      }),
    );
  });

  test('is the same in every release, so that balancers and servers of different ones can work together', () => {
    const ids = new SteeringIds({ keys: [fromHex('0123456789abcdef'.repeat(4))] });
    const id = ids.generatorFor(7)((length) => Uint8Array.from({ length }, (_, i) => i));
    expect(hex(id)).toBe('000102030405060708090a0b0c0d0e0f10111213649c8c8e9e196eba925d23b7');
  });

  test('leads nowhere with one bit changed, cut short or continued', () => {
    const id = ids.generatorFor(3)(randomness(2));
    for (let bit = 0; bit < 8 * id.length; bit++) {
      const changed = id.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(ids.serverOf(changed)).toBeUndefined();
    }
    for (let length = 0; length < 32; length++) expect(ids.serverOf(id.slice(0, length))).toBeUndefined();
    expect(ids.serverOf(Buffer.concat([id, Buffer.alloc(1)]))).toBeUndefined();
  });

  test('leads nowhere under other keys, and no other ID leads anywhere', () => {
    const stranger = new SteeringIds({ keys: [randomness(3)(32)] });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), server, seed, (other, server, seed) => {
        expect(ids.serverOf(other)).toBeUndefined();
        expect(stranger.serverOf(ids.generatorFor(server)(randomness(seed)))).toBeUndefined();
      }),
    );
  });

  test('looks like 32 random bytes, whichever server made it (rule S2)', () => {
    // Each bit is set as often as not, and two bits agree as often as not, whether of one server's IDs or of two's.
    const count = 4000;
    const random = randomness(4);
    const [one, two] = [ids.generatorFor(1), ids.generatorFor(2)];
    const made = Array.from({ length: count }, () => [one(random), two(random)] as const);
    const bitOf = (id: Uint8Array, bit: number) => ((id[bit >> 3] ?? 0) >> (bit & 7)) & 1;
    // Six standard deviations of a fair coin: what 768 of them do not reach in a thousand lifetimes.
    const most = count / 2 + 6 * Math.sqrt(count / 4);
    for (let bit = 0; bit < 256; bit++) {
      const ofOne = made.filter(([a]) => bitOf(a, bit) === 1).length;
      const apart = made.filter(([a, b]) => bitOf(a, bit) !== bitOf(b, bit)).length;
      const next = made.filter(([a]) => bitOf(a, bit) === bitOf(a, (bit + 1) % 256)).length;
      for (const often of [ofOne, apart, next]) expect(Math.max(often, count - often)).toBeLessThan(most);
    }
  });

  test('is made with 20 random bytes, which no other ID shares', () => {
    const random = randomness(5);
    const asked: number[] = [];
    const make = ids.generatorFor(1);
    const made = Array.from({ length: 500 }, () =>
      make((length) => {
        asked.push(length);
        return random(length);
      }),
    );
    expect(new Set(asked)).toEqual(new Set([20]));
    expect(new Set(made.map((id) => hex(id))).size).toBe(made.length);
  });

  test('is what a Reprise server gives out, and resumes by', async () => {
    const sessionIds = ids.generatorFor(40_000);
    const known = await established({ sessionIds });
    expect(ids.serverOf(known.session.sessionId)).toBe(40_000);
    expect(await offer(known, { sessionIds })).toMatchObject(accepted);
  });
});

describe('the keys of such IDs', () => {
  test('are replaced one by one: the first makes, all open, and one that is gone opens nothing', () => {
    const keys = Array.from({ length: 4 }, (_, i) => randomness(10 + i)(32));
    const generations = keys.map((_, i) => new SteeringIds({ keys: keys.slice(i, i + 2) }));
    const made = generations.map((ids, i) => ids.generatorFor(i)(randomness(i)));
    for (const [i, ids] of generations.entries()) {
      const opened = made.map((id) => ids.serverOf(id));
      expect(opened).toEqual(made.map((_, j) => (j === i || j === i + 1 ? j : undefined)));
    }
  });

  test('are copied before use, and refused after', () => {
    const key = new Uint8Array(own);
    const ids = new SteeringIds({ keys: [key] });
    key.fill(9);
    const make = ids.generatorFor(1);
    const id = make(randomness(1));
    expect(new SteeringIds({ keys: [own] }).serverOf(id)).toBe(1);
    ids.destroy();
    expect(() => make(randomness(1))).toThrow();
    expect(() => ids.serverOf(id)).toThrow();
  });

  test('are at least one, of 32 bytes and more, and not all zeros', () => {
    expect(() => new SteeringIds({ keys: [] })).toThrow(
      new RangeError('expected at least one key, got none'),
    );
    for (const length of [0, 1, 31]) {
      expect(() => new SteeringIds({ keys: [own, own.slice(0, length)] })).toThrow(
        new RangeError(`expected a key of at least 32 bytes, got ${length}`),
      );
    }
    for (const length of [32, 64]) {
      expect(() => new SteeringIds({ keys: [own, new Uint8Array(length)] })).toThrow(
        'expected a secret key, got one that is all zeros',
      );
    }
    expect(() => new SteeringIds({ keys: ['0'.repeat(64) as unknown as Uint8Array] })).toThrow(TypeError);
  });

  test('make IDs for servers that have a number of four bytes', () => {
    for (const number of [-1, 1.5, 2 ** 32, Number.NaN]) {
      expect(() => ids.generatorFor(number)).toThrow(RangeError);
    }
  });
});
