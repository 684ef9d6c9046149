/** A ClientHello in passing: what a Reprise server would read of it, and nothing that it would refuse. */

import fc from 'fast-check';
import { peekClientHello } from 'reprise-tls/persistence';
import { describe, expect, test } from 'vitest';
import { TLS_1_2 } from '../../src/record/content.ts';
import { fromHex } from '../../src/wire/bytes.ts';
import { damage, damages } from '../support/damage.ts';
import { clientHellos, inRecords, messageOf, openSslClientHello } from '../support/hellos.ts';
import { sessionIds } from '../support/node-tls.ts';
import { clientHelloIn } from '../support/read-hellos.ts';
import { unlessRefused } from '../support/refused.ts';
import { message, samples } from '../support/scripted/messages.ts';
import { readVectors } from '../support/vectors.ts';

const peek = (body: Uint8Array) => peekClientHello(inRecords(messageOf('ClientHello', body)));

function expectAgreement(body: Uint8Array): void {
  const seen = peek(body);
  const expected = unlessRefused(() => clientHelloIn(body));
  if (expected === undefined) expect(seen.status).toBe('no-hello');
  else expect(seen).toEqual(expected);
}

describe('a ClientHello in passing', () => {
  test('has the fields that the declaration decodes, wherever it decodes (RFC 5246 §7.4.1.2)', () => {
    fc.assert(fc.property(clientHellos, expectAgreement), { numRuns: 1000 });
  });

  test('is refused, damaged in any way, where the declaration refuses it, and nowhere else', () => {
    const damaged = fc.tuple(clientHellos, damages).map(([body, how]) => damage(body, how));
    fc.assert(fc.property(damaged, expectAgreement), { numRuns: 2000 });
  });

  test('is refused wherever it is cut short, as the declaration refuses it', () => {
    fc.assert(
      fc.property(clientHellos, (body) => {
        for (let length = 0; length < body.length; length++) expectAgreement(body.slice(0, length));
      }),
      { numRuns: 20 },
    );
  });

  test('is what vectors/hellos.json says', () => {
    interface File {
      readonly client_hellos: readonly { readonly body: string }[];
    }
    const bodies = readVectors<File>('hellos.json').client_hellos.map(({ body }) => fromHex(body));
    expect(bodies.length).toBeGreaterThan(0);
    for (const body of bodies) expectAgreement(body);
  });

  test('of OpenSSL says what its user asked for, in TLS 1.2 and in 1.3', async () => {
    const asked = { servername: 'WWW.Example.com', ALPNProtocols: ['h2', 'http/1.1'] };
    const named = {
      status: 'hello',
      clientVersion: TLS_1_2,
      serverName: 'www.example.com',
      alpnProtocols: asked.ALPNProtocols,
    };
    expect(peekClientHello(await openSslClientHello({ ...asked, ...sessionIds }))).toEqual({
      ...named,
      supportedVersions: undefined,
      sessionId: new Uint8Array(0),
    });
    const hello = peekClientHello(await openSslClientHello(asked));
    expect(hello).toMatchObject({ ...named, supportedVersions: [0x0304, TLS_1_2] });
    // For the sake of middleboxes (RFC 8446 §D.4).
    expect('sessionId' in hello && hello.sessionId).toHaveLength(32);
  });

  test('without extensions names nothing', () => {
    expect(peekClientHello(inRecords(message('ClientHello', samples.ClientHello)))).toEqual({
      status: 'hello',
      clientVersion: TLS_1_2,
      supportedVersions: undefined,
      sessionId: new Uint8Array(0),
      serverName: undefined,
      alpnProtocols: [],
    });
  });

  test('is not judged by what it offers, nor by other extensions: that is for the server', () => {
    const strange = {
      ...samples.ClientHello,
      clientVersion: 0x0200,
      compressionMethods: [64],
      extensions: [
        { extensionType: 13, extensionData: Uint8Array.of(1) },
        { extensionType: 13, extensionData: Uint8Array.of(1) },
      ],
    };
    const seen = peekClientHello(inRecords(message('ClientHello', strange)));
    expect(seen).toMatchObject({ status: 'hello', clientVersion: 0x0200 });
  });

  test('keeps a copy of the session ID, whatever becomes of the bytes', () => {
    const bytes = inRecords(
      message('ClientHello', { ...samples.ClientHello, sessionId: Uint8Array.of(1, 2) }),
    );
    for (const given of [bytes, Buffer.from(bytes)]) {
      const seen = peekClientHello(given);
      given.fill(0);
      expect(seen).toMatchObject({ sessionId: new Uint8Array([1, 2]) });
      expect('sessionId' in seen && seen.sessionId.constructor).toBe(Uint8Array);
    }
  });
});
