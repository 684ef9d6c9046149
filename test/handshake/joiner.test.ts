/** Handshake messages out of fragments: however they were split or run together (RFC 5246 §6.2.1, §7.4). */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MessageJoiner, type RawMessage } from '../../src/handshake/joiner.ts';
import { type HandshakeName, handshakeMessages, handshakeName } from '../../src/handshake/messages.ts';
import { arbitrary } from '../../src/testing/arbitrary.ts';
import { concat, empty } from '../../src/wire/bytes.ts';
import { type Codec, encode } from '../../src/wire/codec.ts';
import { cuts, deliver } from '../support/pieces.ts';

const names = Object.keys(handshakeMessages) as HandshakeName[];

function header(type: number, length: number): Uint8Array {
  return Uint8Array.of(type, length >> 16, (length >> 8) & 0xff, length & 0xff);
}

function message(name: HandshakeName, body: Uint8Array): RawMessage {
  return { name, raw: concat(header(handshakeMessages[name].type, body.length), body), body };
}

/** Messages of any kind: what they say, and bodies of any bytes that their kind has room for. */
const messages: fc.Arbitrary<RawMessage[]> = fc.array(
  fc.constantFrom(...names).chain((name) => {
    const { codec, maxLength } = handshakeMessages[name];
    const said = arbitrary(codec as Codec<unknown>).map((value) => encode(codec as Codec<unknown>, value));
    return fc.oneof(said, fc.uint8Array({ maxLength })).map((body) => message(name, body));
  }),
  { maxLength: 10 },
);

function drain(joiner: MessageJoiner): RawMessage[] {
  const came: RawMessage[] = [];
  for (let next = joiner.next(); next !== undefined; next = joiner.next()) came.push(next);
  return came;
}

function joinerOf(bytes: Uint8Array): MessageJoiner {
  const joiner = new MessageJoiner();
  joiner.push(bytes);
  return joiner;
}

describe('messages in fragments', () => {
  test('are the same however they were split or run together (RFC 5246 §6.2.1)', () => {
    fc.assert(
      fc.property(messages, cuts, (sent, lengths) => {
        const joiner = new MessageJoiner();
        const came: RawMessage[] = [];
        deliver(concat(...sent.map(({ raw }) => raw)), lengths, (fragment) => {
          joiner.push(fragment);
          came.push(...drain(joiner));
          joiner.settle();
        });
        expect(came).toEqual(sent);
        expect(joiner.waiting).toBe(0);
      }),
    );
  });

  test('may be taken only after all have come', () => {
    fc.assert(
      fc.property(messages, cuts, (sent, lengths) => {
        const joiner = new MessageJoiner();
        deliver(concat(...sent.map(({ raw }) => raw)), lengths, (fragment) => {
          joiner.push(fragment);
          joiner.settle();
        });
        expect(drain(joiner)).toEqual(sent);
      }),
    );
  });

  test('are copies that stay when the input is used again, be it a Buffer', () => {
    const sent = message('Finished', new Uint8Array(12).fill(5));
    for (const input of [new Uint8Array(sent.raw), Buffer.from(sent.raw)]) {
      const [came] = drain(joinerOf(input));
      input.fill(0);
      expect(came).toEqual(sent);
    }
  });

  test('never wait in more bytes than the one message has that is not whole yet', () => {
    fc.assert(
      fc.property(messages, cuts, (sent, lengths) => {
        const joiner = new MessageJoiner();
        let taken = 0;
        deliver(concat(...sent.map(({ raw }) => raw)), lengths, (fragment) => {
          joiner.push(fragment);
          taken += drain(joiner).length;
          joiner.settle();
          expect(joiner.waiting).toBeLessThan(sent[taken]?.raw.length ?? 1);
        });
      }),
    );
  });

  test('count as waiting until they are taken', () => {
    const joiner = joinerOf(concat(message('ServerHelloDone', empty).raw, Uint8Array.of(14, 0)));
    expect(joiner.waiting).toBe(6);
    expect(joiner.next()?.name).toBe('ServerHelloDone');
    expect(joiner.waiting).toBe(2);
    expect(joiner.next()).toBeUndefined();
    expect(joiner.waiting).toBe(2);
  });
});

describe('the header of a message', () => {
  test.each(names)('%s with a length beyond its bound is refused before its body is there', (name) => {
    const { type, maxLength } = handshakeMessages[name];
    fc.assert(
      fc.property(
        fc.oneof(fc.constant(maxLength + 1), fc.integer({ min: maxLength + 1, max: 0xffffff })),
        (length) => {
          const joiner = joinerOf(header(type, length));
          expect(() => joiner.next()).toThrow(
            `expected at most ${maxLength} bytes in ${name}, got ${length}`,
          );
          expect(() => joiner.next()).toThrow(
            expect.objectContaining({ reason: 'message-too-long', alert: 'decode_error' }),
          );
        },
      ),
    );
  });

  test.each(names)('%s with a length of just its bound is waited for', (name) => {
    const { type, maxLength } = handshakeMessages[name];
    const joiner = joinerOf(header(type, maxLength).subarray(0, 3));
    expect(joiner.next()).toBeUndefined();
    joiner.push(concat(header(type, maxLength).subarray(3), new Uint8Array(maxLength)));
    const came = joiner.next();
    expect(came?.name).toBe(name);
    expect(came?.body).toHaveLength(maxLength);
  });

  test('of an unknown type is refused at its first byte (RFC 5246 §7.4)', () => {
    fc.assert(
      fc.property(fc.nat(255), (type) => {
        const joiner = joinerOf(Uint8Array.of(type));
        if (handshakeName(type) !== undefined) {
          expect(joiner.next()).toBeUndefined();
          return;
        }
        expect(() => joiner.next()).toThrow(`expected a message of TLS 1.2, got HandshakeType ${type}`);
        expect(() => joiner.next()).toThrow(
          expect.objectContaining({ reason: 'unexpected-message', alert: 'unexpected_message' }),
        );
      }),
    );
  });

  test('has the number that RFC 5246 §7.4, or the RFC beside it, gives to its message', () => {
    const numbers = Object.fromEntries(names.map((name) => [name, handshakeMessages[name].type]));
    expect(numbers).toEqual({
      HelloRequest: 0,
      ClientHello: 1,
      ServerHello: 2,
      Certificate: 11,
      ServerKeyExchange: 12,
      CertificateRequest: 13,
      ServerHelloDone: 14,
      CertificateVerify: 15,
      ClientKeyExchange: 16,
      Finished: 20,
      CertificateStatus: 22, // RFC 6066 §8
    });
  });
});
