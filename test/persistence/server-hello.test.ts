/** A ServerHello in passing: what a client would read of it, and whether the session goes on. */

import type tls from 'node:tls';
import fc from 'fast-check';
import { echoes, peekServerHello } from 'reprise-tls/persistence';
import { describe, expect, test } from 'vitest';
import { TLS_1_2 } from '../../src/record/content.ts';
import { empty, fromHex } from '../../src/wire/bytes.ts';
import { nodeCredential } from '../interop/visits.ts';
import { damage, damages } from '../support/damage.ts';
import {
  inRecords,
  messageOf,
  openSslClientHello,
  openSslServerHello,
  serverHellos,
} from '../support/hellos.ts';
import { createAuthority } from '../support/issuer.ts';
import { sessionIds } from '../support/node-tls.ts';
import { serverHelloIn } from '../support/read-hellos.ts';
import { unlessRefused } from '../support/refused.ts';
import { message, samples } from '../support/scripted/messages.ts';
import { readVectors } from '../support/vectors.ts';

const peek = (body: Uint8Array) => peekServerHello(inRecords(messageOf('ServerHello', body)));

function expectAgreement(body: Uint8Array): void {
  const seen = peek(body);
  const expected = unlessRefused(() => serverHelloIn(body));
  if (expected === undefined) expect(seen.status).toBe('no-hello');
  else expect(seen).toEqual(expected);
}

describe('a ServerHello in passing', () => {
  test('has the fields that the declaration decodes, wherever it decodes (RFC 5246 §7.4.1.3)', () => {
    fc.assert(fc.property(serverHellos, expectAgreement), { numRuns: 1000 });
  });

  test('is refused, damaged in any way, where the declaration refuses it, and nowhere else', () => {
    const damaged = fc.tuple(serverHellos, damages).map(([body, how]) => damage(body, how));
    fc.assert(fc.property(damaged, expectAgreement), { numRuns: 2000 });
  });

  test('is what vectors/hellos.json says', () => {
    interface File {
      readonly server_hellos: readonly { readonly body: string }[];
    }
    const bodies = readVectors<File>('hellos.json').server_hellos.map(({ body }) => fromHex(body));
    expect(bodies.length).toBeGreaterThan(0);
    for (const body of bodies) expectAgreement(body);
  });

  test('is found before what shares its record', () => {
    const flight = Buffer.concat([
      message('ServerHello', samples.ServerHello),
      message('ServerHelloDone', {}),
    ]);
    expect(peekServerHello(inRecords(flight))).toMatchObject({ status: 'hello', sessionId: empty });
  });

  test('of OpenSSL says what was chosen, in TLS 1.2 and in 1.3', async () => {
    const server = { ...nodeCredential(createAuthority().issue()), ALPNProtocols: ['http/1.1'] };
    const answerTo = async (options: tls.ConnectionOptions) => {
      const hello = await openSslClientHello({ ...options, ALPNProtocols: ['h2', 'http/1.1'] });
      return peekServerHello(await openSslServerHello(hello, server));
    };
    const chosen = { selectedVersion: TLS_1_2, alpnProtocol: 'http/1.1' };
    expect(await answerTo(sessionIds)).toMatchObject(chosen);
    const answer = await answerTo({});
    expect(answer).toMatchObject({ selectedVersion: 0x0304, alpnProtocol: undefined });
    expect('sessionId' in answer && answer.sessionId).toHaveLength(32);
  });
});

describe('an echo', () => {
  const hello = { status: 'hello', cipherSuite: 0xc02b, alpnProtocol: undefined } as const;
  const sessionId = fc.uint8Array({ maxLength: 32 });
  const version = fc.constantFrom(0x0301, 0x0302, 0x0303, 0x0304, 0x0305);

  test('is the ID that was offered, unless it is empty (RFC 5246 §7.4.1.3)', () => {
    fc.assert(
      fc.property(sessionId, sessionId, (offered, answered) => {
        const same = Buffer.from(offered).equals(answered);
        const answer = { ...hello, selectedVersion: TLS_1_2, sessionId: answered };
        expect(echoes(answer, { sessionId: offered })).toBe(same && offered.length > 0);
      }),
    );
  });

  test('means nothing from TLS 1.3 on, whose servers repeat whatever came (RFC 8446 §4.1.3)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 32 }), version, (sessionId, selectedVersion) => {
        expect(echoes({ ...hello, selectedVersion, sessionId }, { sessionId })).toBe(
          selectedVersion < 0x0304,
        );
      }),
    );
  });
});
