/**
 * Attacks on the order of a handshake, by name. That the machine has no other order is shown in `states.test.ts`; here
 * stand those that broke other implementations, and what lies across messages and records.
 */

import fc from 'fast-check';
import type { Report } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import type { Awaited } from '../../src/handshake/states.ts';
import { ContentType } from '../../src/record/content.ts';
import { concat, empty, utf8 } from '../../src/wire/bytes.ts';
import {
  type AnyScripted,
  approach,
  nameOf,
  type Place,
  placeBefore,
  placesOf,
} from '../support/approach.ts';
import { type Kind, type Role, roles, setting, stepsOf } from '../support/kinds.ts';
import { message } from '../support/scripted.ts';

/** Plays up to a place, does `deed` there, and returns the alert and the error that the connection ends with. */
async function attack(place: Place, deed: (peer: AnyScripted) => void) {
  const { end, result } = await approach(place, async (peer) => {
    deed(peer);
    const alert = await peer.alert();
    expect(await peer.silent()).toBe(true);
    return alert;
  });
  expect(end.received).toEqual([]);
  return { alert: result, reason: end.closed?.error?.reason };
}

describe('messages early, skipped, repeated', () => {
  test.each<[name: string, role: Role, kind: Kind, next: Awaited, sent: Awaited | 'application data']>([
    ['early ChangeCipherSpec (CVE-2014-0224)', 'server', 'full', 'ClientKeyExchange', 'ChangeCipherSpec'],
    ['early ChangeCipherSpec (CVE-2014-0224)', 'client', 'full', 'Certificate', 'ChangeCipherSpec'],
    ['early ChangeCipherSpec (CVE-2014-0224)', 'client', 'full', 'ServerHelloDone', 'ChangeCipherSpec'],
    ['early ChangeCipherSpec (CVE-2014-0224)', 'client', 'abbreviated', 'ServerHello', 'ChangeCipherSpec'],
    ['early ChangeCipherSpec (CVE-2014-0224)', 'server', 'abbreviated', 'ClientHello', 'ChangeCipherSpec'],
    ['repeated ChangeCipherSpec', 'server', 'full', 'Finished', 'ChangeCipherSpec'],
    ['repeated ChangeCipherSpec', 'client', 'abbreviated', 'Finished', 'ChangeCipherSpec'],
    ['skipped ChangeCipherSpec', 'server', 'full', 'ChangeCipherSpec', 'Finished'],
    ['skipped ChangeCipherSpec', 'client', 'full', 'ChangeCipherSpec', 'Finished'],
    ['skipped ChangeCipherSpec', 'server', 'abbreviated', 'ChangeCipherSpec', 'Finished'],
    ['skipped ChangeCipherSpec', 'client', 'abbreviated', 'ChangeCipherSpec', 'Finished'],
    ['skipped to Finished (CVE-2014-6593)', 'client', 'full', 'Certificate', 'Finished'],
    ['skipped Certificate', 'client', 'full', 'Certificate', 'ServerKeyExchange'],
    ['skipped ServerKeyExchange (CVE-2014-3572)', 'client', 'full', 'ServerKeyExchange', 'ServerHelloDone'],
    ['skipped Certificate', 'server', 'full with client certificate', 'Certificate', 'ClientKeyExchange'],
    [
      'skipped CertificateVerify (CVE-2015-0205)',
      'server',
      'full with client certificate',
      'CertificateVerify',
      'ChangeCipherSpec',
    ],
    ['CertificateVerify of nobody', 'server', 'full', 'ChangeCipherSpec', 'CertificateVerify'],
    [
      'CertificateVerify of nobody',
      'server',
      'full with empty client certificate',
      'ChangeCipherSpec',
      'CertificateVerify',
    ],
    ['a second ClientHello', 'server', 'full', 'ClientKeyExchange', 'ClientHello'],
    ['a second ClientHello', 'server', 'abbreviated', 'ChangeCipherSpec', 'ClientHello'],
    ['a second ServerHello', 'client', 'full', 'Certificate', 'ServerHello'],
    ['a certificate in an abbreviated handshake', 'client', 'abbreviated', 'ChangeCipherSpec', 'Certificate'],
    ['application data in the handshake', 'server', 'full', 'ClientKeyExchange', 'application data'],
    ['application data in the handshake', 'client', 'full', 'Certificate', 'application data'],
    ['application data before Finished', 'server', 'full', 'Finished', 'application data'],
    ['application data before Finished', 'client', 'full', 'Finished', 'application data'],
    ['application data before Finished', 'server', 'abbreviated', 'Finished', 'application data'],
    ['application data before Finished', 'client', 'abbreviated', 'Finished', 'application data'],
  ])('%s: a %s refuses it, %s handshake, in the place of %s', async (_, role, kind, next, sent) => {
    const ended = await attack(placeBefore(role, kind, next), (peer) => {
      if (sent === 'application data') peer.sendData(utf8('GET / HTTP/1.1'));
      else peer.speak(sent);
    });
    expect(ended).toEqual({ alert: 'unexpected_message', reason: 'unexpected-message' });
  });
});

describe('across a change of keys (rule S30)', () => {
  const changes = roles.flatMap((role) => placesOf(role).filter(({ next }) => next === 'ChangeCipherSpec'));
  const ends = roles.flatMap((role) => placesOf(role).filter(({ next }) => next === 'Finished'));

  test.each(changes.map((place) => [nameOf(place), place] as const))(
    '%s: no part of a message may come first',
    async (_, place) => {
      const parts = fc.integer({ min: 1, max: 15 });
      await fc.assert(
        fc.asyncProperty(parts, async (length) => {
          const ended = await attack(place, (peer) => {
            const whole = message('Finished', { verifyData: new Uint8Array(12) });
            peer.record(ContentType.handshake, whole.subarray(0, length));
            peer.speak('ChangeCipherSpec');
          });
          expect(ended).toEqual({ alert: 'unexpected_message', reason: 'unaligned-key-change' });
        }),
        { numRuns: 3 },
      );
    },
  );

  test.each(changes.map((place) => [nameOf(place), place] as const))(
    '%s: ChangeCipherSpec is the byte 1 and nothing else (RFC 5246 §7.1)',
    async (_, place) => {
      for (const content of [[0], [2], [0xff], [1, 1], [1, 0]]) {
        const ended = await attack(place, (peer) =>
          peer.record(ContentType.change_cipher_spec, Uint8Array.from(content)),
        );
        expect(ended).toEqual({ alert: 'decode_error', reason: 'malformed' });
      }
    },
  );

  test.each(ends.map((place) => [nameOf(place), place] as const))(
    '%s: nothing may stand behind Finished in its record',
    async (_, place) => {
      const helloRequest = message('HelloRequest', {});
      for (const rest of [helloRequest, helloRequest.subarray(0, 1), message('ServerHelloDone', {})]) {
        const ended = await attack(place, (peer) => {
          const verifyData = peer.verifyData(place.role === 'client' ? 'server' : 'client');
          peer.record(ContentType.handshake, concat(message('Finished', { verifyData }), rest));
        });
        expect(ended).toEqual({ alert: 'unexpected_message', reason: 'unaligned-key-change' });
      }
    },
  );

  test.each(ends.map((place) => [nameOf(place), place] as const))(
    '%s: a Finished in the clear is no record under the new keys',
    async (_, place) => {
      const ended = await attack(place, (peer) => {
        const verifyData = peer.verifyData(place.role === 'client' ? 'server' : 'client');
        peer.raw(concat(Uint8Array.of(22, 3, 3, 0, 16), message('Finished', { verifyData })));
      });
      expect(ended).toEqual({ alert: 'bad_record_mac', reason: 'bad-record-mac' });
    },
  );

  test.each(ends.map((place) => [nameOf(place), place] as const))(
    '%s: verify_data with a bit changed, or of the other side, is refused (RFC 5246 §7.4.9)',
    async (_, place) => {
      const peerRole = place.role === 'client' ? 'server' : 'client';
      await fc.assert(
        fc.asyncProperty(fc.option(fc.nat(95)), async (bit) => {
          const ended = await attack(place, (peer) => {
            const verifyData = peer.verifyData(bit === null ? place.role : peerRole);
            if (bit !== null) verifyData[bit >> 3] = (verifyData[bit >> 3] ?? 0) ^ (1 << (bit & 7));
            peer.send('Finished', { verifyData });
          });
          expect(ended).toEqual({ alert: 'decrypt_error', reason: 'bad-verify-data' });
        }),
        { numRuns: 4 },
      );
    },
  );
});

describe('between the parts of a handshake message (RFC 5246 §6.2.1)', () => {
  test.each(roles)('a %s takes no application data', async (role) => {
    const place = placeBefore(role, 'abbreviated', undefined);
    const ended = await attack(place, (peer) => {
      peer.record(ContentType.handshake, Uint8Array.of(0, 0));
      peer.sendData(utf8('between'));
    });
    expect(ended).toEqual({ alert: 'unexpected_message', reason: 'interleaved-message' });
  });
});

describe('requests to renegotiate', () => {
  const helloRequest = message('HelloRequest', {});

  test.each(placesOf('client').map((place) => [nameOf(place), place] as const))(
    '%s: a few HelloRequests are ignored, and are no part of the transcript (RFC 5246 §7.4.1.1)',
    async (_, place) => {
      if (place.next === undefined) return;
      const { end } = await approach(place, async (peer) => {
        for (let i = 0; i < 4; i++) peer.record(ContentType.handshake, helloRequest);
        await peer.walk(stepsOf(place.kind).slice(place.taken));
      });
      expect(end.closed).toBeUndefined();
      expect(end.info).toBeDefined();
    },
  );

  test.each(placesOf('client').map((place) => [nameOf(place), place] as const))(
    '%s: more of them are a flood',
    async (_, place) => {
      if (place.next === undefined) return;
      const ended = await attack(place, (peer) =>
        peer.record(ContentType.handshake, concat(...new Array<Uint8Array>(5).fill(helloRequest))),
      );
      expect(ended).toEqual({ alert: 'unexpected_message', reason: 'flood' });
    },
  );

  test('a HelloRequest has no body', async () => {
    const ended = await attack(placeBefore('client', 'full', 'ServerHello'), (peer) =>
      peer.record(ContentType.handshake, Uint8Array.of(0, 0, 0, 1)),
    );
    expect(ended).toEqual({ alert: 'decode_error', reason: 'message-too-long' });
  });

  test.each(roles)('a %s refuses with one warning, and goes on (RFC 5746 §4.2)', async (role) => {
    const reports: Report[] = [];
    const asked = role === 'client' ? 'HelloRequest' : 'ClientHello';
    const { end } = await approach(
      placeBefore(role, 'abbreviated', undefined),
      async (peer) => {
        for (let i = 0; i < 4; i++) peer.speak(asked);
        expect(await peer.alert()).toBe('no_renegotiation');
        expect(await peer.silent()).toBe(true);
        peer.sendData(utf8('still here'));
        await peer.settle();
        expect(reports).toEqual(new Array(4).fill({ kind: 'renegotiation-refused' }));
        peer.speak(asked);
        expect(await peer.alert()).toBe('unexpected_message');
      },
      setting('abbreviated', { both: { report: (report) => reports.push(report) } }),
    );
    expect(end.received).toEqual([utf8('still here')]);
    expect(end.closed?.error).toMatchObject({ reason: 'flood', state: 'established' });
  });

  test.each(roles)('a %s that has said close_notify does not answer', async (role) => {
    await approach(placeBefore(role, 'abbreviated', undefined), async (peer) => {
      peer.connection.close();
      expect(await peer.alert()).toBe('close_notify');
      peer.speak(role === 'client' ? 'HelloRequest' : 'ClientHello');
      expect(await peer.silent()).toBe(true);
      expect(peer.connection.state).toBe('established');
    });
  });
});

test('an empty handshake record is refused (RFC 5246 §6.2.1)', async () => {
  for (const role of roles) {
    const [place] = placesOf(role);
    if (place === undefined) throw new Error('expected a place');
    const ended = await attack(place, (peer) => peer.raw(concat(Uint8Array.of(22, 3, 3, 0, 0), empty)));
    expect(ended).toEqual({ alert: 'decode_error', reason: 'malformed' });
  }
});
