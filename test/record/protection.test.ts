/**
 * Record protection: sequence numbers, nonces and additional data (RFC 5246 §6.1, §6.2.3.3; RFC 5288 §3; RFC 7905 §2),
 * and the end of a key's life (RFC 8446 §5.5). An AEAD that only takes notes shows what it is given.
 */

import fc from 'fast-check';
import {
  AES_128_GCM,
  AES_256_GCM,
  type Aead,
  CHACHA20_POLY1305,
  type CipherSuite,
  type Config,
  defaultCipherSuites,
} from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { ContentType } from '../../src/record/content.ts';
import { RecordProtection } from '../../src/record/protection.ts';
import { concat, hex, utf8 } from '../../src/wire/bytes.ts';
import { approach, placeBefore } from '../support/approach.ts';
import { roles, setting } from '../support/kinds.ts';
import { connect, makePair, type Pair } from '../support/pair.ts';

const aeads = [AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305].map((aead) => [aead.name, aead] as const);
const contentTypes = fc.constantFrom(...Object.values(ContentType));
const records = fc.array(fc.tuple(contentTypes, fc.uint8Array({ maxLength: 50 })), {
  minLength: 1,
  maxLength: 20,
});

const keysOf = (aead: Aead) => ({
  writeKey: new Uint8Array(aead.keyLength).fill(7),
  fixedIv: Uint8Array.from({ length: aead.fixedIvLength }, (_, i) => 0xa0 + i),
});

function seal(protection: RecordProtection, type: ContentType, plaintext: Uint8Array): Uint8Array {
  const output = new Uint8Array(plaintext.length + protection.expansion);
  protection.seal(type, plaintext, output);
  return output;
}

function bytes64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

describe.each(aeads)('under %s', (_, aead) => {
  test('what is sealed is opened, in its order and only there', () => {
    const property = fc.property(records, fc.nat(), (list, at) => {
      const [sender, receiver] = [
        new RecordProtection(aead, keysOf(aead)),
        new RecordProtection(aead, keysOf(aead)),
      ];
      const sealed = list.map(
        ([type, plaintext]) => [type, plaintext, seal(sender, type, plaintext)] as const,
      );
      const [lost] = sealed.slice(at % sealed.length);
      for (const [type, plaintext, fragment] of sealed) {
        expect(receiver.open(type, fragment.slice())).toEqual(plaintext);
        if (fragment !== lost?.[2]) continue;
        // A record twice, or what comes behind one that was left out, does not authenticate.
        expect(() => receiver.open(type, fragment.slice())).toThrow(
          expect.objectContaining({ alert: 'bad_record_mac' }),
        );
        break;
      }
    });
    fc.assert(property, { numRuns: 20 });
  });

  test('a record is bound to its content type and length, and what is too short for a tag is none', () => {
    const other = fc.tuple(contentTypes, contentTypes).filter(([a, b]) => a !== b);
    const property = fc.property(
      other,
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(),
      ([type, another], text, cut) => {
        const fragment = seal(new RecordProtection(aead, keysOf(aead)), type, text);
        const refused = expect.objectContaining({ reason: 'bad-record-mac', alert: 'bad_record_mac' });
        const open = (claimed: ContentType, content: Uint8Array) => () =>
          new RecordProtection(aead, keysOf(aead)).open(claimed, content);
        expect(open(another, fragment.slice())).toThrow(refused);
        expect(open(type, fragment.slice(0, cut % fragment.length))).toThrow(refused);
        expect(open(type, concat(fragment, Uint8Array.of(0)))).toThrow(refused);
      },
    );
    fc.assert(property, { numRuns: 20 });
  });

  test('what is too short for a nonce and a tag does not reach the AEAD', () => {
    let opened = 0;
    const counting: Aead = {
      ...aead,
      create: (bytes) => {
        const key = aead.create(bytes);
        return {
          ...key,
          open: (...sealed) => {
            opened++;
            return key.open(...sealed);
          },
        };
      },
    };
    const protection = new RecordProtection(counting, keysOf(aead));
    const { expansion } = protection;
    const open = (length: number) => () =>
      protection.open(ContentType.application_data, new Uint8Array(length));
    for (let length = 0; length < expansion; length++) {
      expect(open(length)).toThrow(
        `expected at least ${expansion} bytes in a protected record, got ${length}`,
      );
    }
    expect(opened).toBe(0);
    expect(open(expansion)).toThrow('record 0 does not authenticate');
    expect(opened).toBe(1);
  });

  test('nonces and additional data are those of the RFCs, from sequence number zero', () => {
    const notes: { nonce: string; additionalData: string }[] = [];
    const protection = new RecordProtection(noting(aead, notes), keysOf(aead));
    const { fixedIv } = keysOf(aead);
    fc.assert(
      fc.property(records, (list) => {
        for (const [type, plaintext] of list) {
          const sequenceNumber = bytes64(notes.length);
          const fragment = seal(protection, type, plaintext);
          const { length } = plaintext;
          const expected =
            aead.recordIvLength > 0 ? concat(fixedIv, sequenceNumber) : xor(fixedIv, sequenceNumber);
          expect(notes.at(-1)).toEqual({
            nonce: hex(expected),
            additionalData: hex(
              concat(sequenceNumber, Uint8Array.of(type, 3, 3, length >> 8, length & 0xff)),
            ),
          });
          expect(hex(fragment.subarray(0, aead.recordIvLength))).toBe(
            hex(sequenceNumber.subarray(8 - aead.recordIvLength)),
          );
        }
      }),
      { numRuns: 20 },
    );
    expect(new Set(notes.map(({ nonce }) => nonce)).size).toBe(notes.length);
  });

  test('a key protects so many records and no more', () => {
    const protection = new RecordProtection({ ...aead, maxRecords: 3 }, keysOf(aead));
    for (const left of [3, 2, 1]) {
      expect(protection.remaining).toBe(left);
      seal(protection, ContentType.application_data, utf8('.'));
    }
    expect(protection.remaining).toBe(0);
    expect(() => seal(protection, ContentType.application_data, utf8('.'))).toThrow(
      expect.objectContaining({ reason: 'internal' }),
    );
  });
});

/** The same AEAD, with notes of what each record was sealed with. */
function noting(aead: Aead, notes: { nonce: string; additionalData: string }[]): Aead {
  return {
    ...aead,
    create: (bytes) => {
      const key = aead.create(bytes);
      return {
        ...key,
        seal: (nonce, additionalData, plaintext, output) => {
          notes.push({ nonce: hex(nonce), additionalData: hex(additionalData) });
          key.seal(nonce, additionalData, plaintext, output);
        },
      };
    },
  };
}

/** RFC 7905 §2: the sequence number, padded on the left to the length of the IV, XOR the IV. */
function xor(iv: Uint8Array, sequenceNumber: Uint8Array): Uint8Array {
  const padded = concat(new Uint8Array(iv.length - 8), sequenceNumber);
  return padded.map((byte, i) => byte ^ (iv[i] ?? 0));
}

/** All suites, under keys that protect so many records. */
function cipherSuites(maxRecords: number): CipherSuite[] {
  return defaultCipherSuites.map((suite) => ({ ...suite, aead: { ...suite.aead, maxRecords } }));
}

describe('keys that are worn out (RFC 8446 §5.5)', () => {
  /** A connection whose keys protect so many records. */
  function wearing(maxRecords: number, changes: Config = {}): Promise<Pair> {
    const few = cipherSuites(maxRecords);
    const { client, server } = setting('abbreviated', { both: { cipherSuites: few, ...changes } });
    return connect(client, server);
  }

  test.each(roles)('end the connection of a %s with close_notify, which both sides see', async (role) => {
    const pair = await wearing(10);
    const other = role === 'client' ? 'server' : 'client';
    // One record was the Finished, and one is kept for the close_notify.
    for (let i = 0; i < 8; i++) pair[role].write(utf8(`${i}`));
    expect(pair[`${role}End`].closed).toBeUndefined();
    pair[role].write(utf8('8'));
    await pair.settle();
    expect(pair[`${role}End`].closed?.error).toMatchObject({
      reason: 'keys-exhausted',
      alert: 'close_notify',
      origin: 'sent',
      state: 'established',
    });
    expect(concat(...pair[`${other}End`].received)).toEqual(utf8('01234567'));
    expect(pair[`${other}End`].closed).toEqual({ error: undefined });
    expect(() => pair[role].write(utf8('9'))).toThrow(TypeError);
  });

  test.each(roles)('do so before a %s writes part of what takes more records than are left', async (role) => {
    const limit = 64;
    for (const [length, fits] of [
      [8 * limit, true],
      [8 * limit + 1, false],
    ] as const) {
      const pair = await wearing(10, { recordSizeLimit: limit });
      pair[role].write(new Uint8Array(length));
      await pair.settle();
      const received = concat(...pair[role === 'client' ? 'serverEnd' : 'clientEnd'].received);
      expect(received.length).toBe(fits ? length : 0);
      expect(pair[`${role}End`].closed === undefined).toBe(fits);
    }
  });

  test.each(roles)('leave a %s room for its close_notify, whatever it is asked before', async (role) => {
    const few = cipherSuites(3);
    await approach(
      placeBefore(role, 'abbreviated', undefined),
      async (peer) => {
        peer.connection.write(utf8('.'));
        expect(await peer.data()).toEqual(utf8('.'));
        peer.speak(role === 'client' ? 'HelloRequest' : 'ClientHello');
        expect(await peer.silent()).toBe(true);
        peer.connection.close();
        expect(await peer.alert()).toBe('close_notify');
      },
      setting('abbreviated', { both: { cipherSuites: few } }),
    );
  });

  test('and one side counts its own records only: the other may go by another bound', async () => {
    const few = cipherSuites(4);
    const { client, server } = setting('abbreviated', { client: { cipherSuites: few } });
    const pair = makePair(client, server);
    pair.client.start();
    await pair.settle();
    for (let i = 0; i < 50; i++) pair.server.write(utf8('.'));
    await pair.settle();
    expect(concat(...pair.clientEnd.received).length).toBe(50);
    expect(pair.clientEnd.closed).toBeUndefined();
  });
});
