/**
 * The alert protocol, both ways (RFC 5246 §7.2): what the peer's alerts do to a connection in any state, what this side
 * sends where a peer floods it, and the alerts with which a certificate is refused.
 */

import fc from 'fast-check';
import type { Report } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { handshakeMessages } from '../../src/handshake/messages.ts';
import { certificateAlerts } from '../../src/handshake/parameters.ts';
import { clientStates, type StateTable, serverStates } from '../../src/handshake/states.ts';
import { ContentType } from '../../src/record/content.ts';
import { AlertDescription, AlertLevel, type AlertName, alertName } from '../../src/wire/alert.ts';
import { empty, utf8 } from '../../src/wire/bytes.ts';
import { type AnyScripted, approach, nameOf, placeBefore, placesOf } from '../support/approach.ts';
import { roles, setting, stepsOf } from '../support/kinds.ts';
import { connect } from '../support/pair.ts';

const alerts = Object.keys(AlertDescription) as readonly AlertName[];
const allPlaces = roles.flatMap(placesOf);
const places = fc.constantFrom(...allPlaces).map((place) => ({
  ...place,
  [fc.toStringMethod]: () => nameOf(place),
}));
const descriptions = fc.oneof(
  fc.constantFrom(...alerts).map((name) => AlertDescription[name]),
  fc.nat(255),
);
const { fatal, warning } = AlertLevel;
const close_notify = AlertDescription.close_notify;

function sendAlert(peer: AnyScripted, level: number, description: number): void {
  peer.record(ContentType.alert, Uint8Array.of(level, description));
}

describe('an alert of the peer', () => {
  test('that is fatal ends the connection in any state, without an answer (RFC 5246 §7.2.2)', async () => {
    const others = descriptions.filter((description) => description !== close_notify);
    const property = fc.asyncProperty(places, others, async (place, description) => {
      const { end, result } = await approach(place, async (peer) => {
        const { state } = peer.connection;
        sendAlert(peer, fatal, description);
        peer.sendData(utf8('after the end'));
        expect(await peer.silent()).toBe(true);
        return state;
      });
      expect(end.closed?.error).toMatchObject({
        reason: 'alert-received',
        origin: 'received',
        state: result,
      });
      expect(end.closed?.error?.alert).toBe(alertName(description));
      expect(end.received).toEqual([]);
    });
    await fc.assert(property, { numRuns: 120 });
  });

  test('that is a warning is reported and changes nothing (RFC 5246 §7.2.2)', async () => {
    const others = descriptions.filter((description) => description !== close_notify);
    const property = fc.asyncProperty(places, others, async (place, description) => {
      const reports: Report[] = [];
      const report = (each: Report) => reports.push(each);
      const { end } = await approach(
        place,
        async (peer) => {
          sendAlert(peer, warning, description);
          await peer.walk(stepsOf(place.kind).slice(place.taken));
        },
        setting(place.kind, { both: { report } }),
      );
      expect(end.closed).toBeUndefined();
      expect(end.info).toBeDefined();
      expect(reports).toEqual([{ kind: 'warning-received', alert: alertName(description) ?? description }]);
    });
    await fc.assert(property, { numRuns: 60 });
  });

  test('close_notify ends a handshake as an error, and is not answered there', async () => {
    const handshaking = allPlaces.filter(({ next }) => next !== undefined);
    const levels = fc.constantFrom(warning, fatal);
    const property = fc.asyncProperty(fc.constantFrom(...handshaking), levels, async (place, level) => {
      const { end } = await approach(place, async (peer) => {
        sendAlert(peer, level, close_notify);
        expect(await peer.silent()).toBe(true);
      });
      expect(end.closed?.error).toMatchObject({
        reason: 'alert-received',
        alert: 'close_notify',
        origin: 'received',
      });
    });
    await fc.assert(property, { numRuns: 40 });
  });

  test('is of level 1 or 2: anything else is illegal_parameter, whatever it says', async () => {
    const levels = fc.nat(255).filter((level) => level !== warning && level !== fatal);
    const property = fc.asyncProperty(places, levels, descriptions, async (place, level, description) => {
      const { end } = await approach(place, async (peer) => {
        sendAlert(peer, level, description);
        expect(await peer.alert()).toBe('illegal_parameter');
      });
      expect(end.closed?.error?.reason).toBe('illegal-parameter');
    });
    await fc.assert(property, { numRuns: 40 });
  });

  test('is two bytes: a record with less or more is decode_error', async () => {
    const contents = fc.uint8Array({ minLength: 1, maxLength: 9 }).filter(({ length }) => length !== 2);
    const property = fc.asyncProperty(places, contents, async (place, content) => {
      const { end } = await approach(place, async (peer) => {
        peer.record(ContentType.alert, content);
        expect(await peer.alert()).toBe('decode_error');
      });
      expect(end.closed?.error?.reason).toBe('malformed');
    });
    await fc.assert(property, { numRuns: 40 });
  });
});

describe.each(roles)('a peer that floods a %s', (role) => {
  const handshaking = placesOf(role)[0];
  const established = placeBefore(role, 'abbreviated', undefined);
  if (handshaking === undefined) throw new RangeError('expected a place');

  test.each([handshaking, established])('with warnings is refused after four in a row', async (place) => {
    const { end } = await approach(place, async (peer) => {
      for (let i = 0; i < 4; i++) peer.sendAlert('user_canceled', 'warning');
      expect(await peer.silent()).toBe(true);
      peer.sendAlert('user_canceled', 'warning');
      expect(await peer.alert()).toBe('unexpected_message');
    });
    expect(end.closed?.error?.reason).toBe('flood');
  });

  test('with warnings is not, where something lies between them', async () => {
    const { end } = await approach(established, async (peer) => {
      for (let i = 0; i < 20; i++) {
        peer.sendAlert('user_canceled', 'warning');
        peer.sendData(utf8('.'));
      }
      await peer.settle();
    });
    expect(end.closed).toBeUndefined();
    expect(end.received.length).toBe(20);
  });

  test('with empty application data is refused after 32 in a row (RFC 5246 §6.2.1 allows them)', async () => {
    const { end } = await approach(established, async (peer) => {
      const nothing = (count: number) => {
        for (let i = 0; i < count; i++) peer.sealed(ContentType.application_data, empty);
      };
      nothing(32);
      peer.sendData(utf8('.'));
      nothing(32);
      expect(await peer.silent()).toBe(true);
      nothing(1);
      expect(await peer.alert()).toBe('unexpected_message');
    });
    expect(end.closed?.error?.reason).toBe('flood');
    expect(end.received).toEqual([utf8('.')]);
  });

  test.each([ContentType.alert, ContentType.change_cipher_spec, ContentType.handshake])(
    'with empty records of another type is refused at the first (type %d)',
    async (type) => {
      const { end } = await approach(established, async (peer) => {
        peer.sealed(type, empty);
        expect(await peer.alert()).toBe('decode_error');
      });
      expect(end.closed?.error?.reason).toBe('malformed');
    },
  );
});

describe.each(roles)('a message without end, to a %s', (role) => {
  const table: StateTable = role === 'client' ? clientStates : serverStates;

  test.each(placesOf(role).map((place) => [nameOf(place), place] as const))(
    '%s: is refused at its header',
    async (_, place) => {
      const { connection } = await approach(place, async () => {});
      for (const name of table[connection.state] ?? []) {
        if (name === 'ChangeCipherSpec') continue;
        const { type, maxLength } = handshakeMessages[name];
        const header = (length: number) => Uint8Array.of(type, length >> 16, length >> 8, length);
        const { end } = await approach(place, async (peer) => {
          peer.record(ContentType.handshake, header(maxLength + 1));
          expect(await peer.alert()).toBe('decode_error');
        });
        expect(end.closed?.error?.reason).toBe('message-too-long');
        if (maxLength === 0) continue;
        const { end: waiting } = await approach(place, async (peer) => {
          peer.record(ContentType.handshake, header(maxLength));
          expect(await peer.silent()).toBe(true);
        });
        expect(waiting.closed).toBeUndefined();
      }
    },
  );
});

describe('a verifier that refuses', () => {
  test.each(certificateAlerts)(
    'the server, with %s: the alert is sent, and the server hears it',
    async (alert) => {
      const given = setting('full', {
        client: { verifyCertificate: () => ({ alert, message: 'not this one' }) },
      });
      const { clientEnd, serverEnd } = await connect(given.client, given.server);
      expect(clientEnd.closed?.error).toMatchObject({ reason: alert, alert, origin: 'sent' });
      expect(clientEnd.closed?.error?.message).toContain('not this one');
      expect(serverEnd.closed?.error).toMatchObject({ reason: 'alert-received', alert, origin: 'received' });
    },
  );

  test.each(certificateAlerts)(
    'the client, with %s: the alert is sent, and the client hears it',
    async (alert) => {
      const given = setting('full with client certificate', {
        server: { verifyCertificate: () => ({ alert, message: 'not this one' }) },
      });
      const { clientEnd, serverEnd } = await connect(given.client, given.server);
      expect(serverEnd.closed?.error).toMatchObject({ reason: alert, alert, origin: 'sent' });
      expect(clientEnd.closed?.error).toMatchObject({ reason: 'alert-received', alert, origin: 'received' });
      expect(clientEnd.info).toBeUndefined();
    },
  );
});
