/**
 * How long a record may be, and which version it may have: 2^14 bytes of plaintext and 2^14 + 2048 of anything
 * (RFC 5246 §6.2), less where record_size_limit says so (RFC 8449 §4), each at its very edge.
 */

import fc from 'fast-check';
import { ServerConnection } from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { ContentType, maxCiphertext, maxPlaintext } from '../../src/record/content.ts';
import { concat } from '../../src/wire/bytes.ts';
import { type AnyScripted, approach, placeBefore, placesOf, play } from '../support/approach.ts';
import { roles, setting, stepsOf } from '../support/kinds.ts';
import { connect } from '../support/pair.ts';
import { ScriptedServer } from '../support/scripted/server.ts';

const { application_data, handshake } = ContentType;

/** The records in these bytes, which hold them whole. */
function recordsOf(bytes: Uint8Array): { readonly header: readonly number[]; readonly length: number }[] {
  const records: { readonly header: readonly number[]; readonly length: number }[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const [type = 0, major = 0, minor = 0, high = 0, low = 0] = bytes.subarray(offset);
    const length = (high << 8) | low;
    records.push({ header: [type, major, minor], length });
    offset += 5 + length;
  }
  return records;
}

const header = (type: number, length: number) => Uint8Array.of(type, 3, 3, length >> 8, length & 0xff);

describe('2^14 bytes of plaintext', () => {
  /** The start of a Certificate that takes more than one record. */
  const start = (length: number) => {
    const part = new Uint8Array(length);
    part.set([11, 1, 0, 0]);
    return part;
  };

  test.each([
    [maxPlaintext, undefined],
    [maxPlaintext + 1, 'record_overflow'],
  ])('in the clear: %d bytes end in %s (RFC 5246 §6.2.1)', async (length, alert) => {
    for (const place of [
      placeBefore('client', 'full', 'Certificate'),
      placeBefore('server', 'full with client certificate', 'Certificate'),
    ]) {
      const { end } = await approach(place, async (peer) => {
        peer.raw(concat(header(handshake, length), start(length)));
        await peer.settle();
      });
      expect(end.closed?.error?.alert).toBe(alert);
    }
  });

  test.each([
    [maxPlaintext, undefined],
    [maxPlaintext + 1, 'record_overflow'],
    [maxPlaintext + 2048 - 24, 'record_overflow'],
  ])('protected: %d bytes end in %s (RFC 5246 §6.2.3)', async (length, alert) => {
    for (const role of roles) {
      const { end } = await approach(placeBefore(role, 'abbreviated', undefined), async (peer) => {
        peer.sealed(application_data, new Uint8Array(length));
        await peer.settle();
      });
      expect(end.closed?.error?.alert).toBe(alert);
      expect(end.received.length).toBe(alert === undefined ? 1 : 0);
    }
  });
});

describe('2^14 + 2048 bytes of any record', () => {
  test('are waited for, and not one more: the header alone is refused, at any place (RFC 5246 §6.2.3)', async () => {
    for (const place of roles.flatMap(placesOf)) {
      const { end: patient } = await approach(place, async (peer) => {
        peer.raw(header(handshake, maxCiphertext));
        expect(await peer.silent()).toBe(true);
      });
      expect(patient.closed).toBeUndefined();
      const { end } = await approach(place, async (peer) => {
        peer.raw(header(handshake, maxCiphertext + 1));
        expect(await peer.alert()).toBe('record_overflow');
      });
      expect(end.closed?.error?.reason).toBe('record-overflow');
    }
  });
});

describe('what is written', () => {
  const lengths = fc.oneof(
    fc.nat(40_000),
    fc
      .tuple(fc.nat(3), fc.integer({ min: -1, max: 1 }))
      .map(([n, off]) => Math.max(0, n * maxPlaintext + off)),
  );

  test('is cut into records of 2^14 bytes and a rest, all of TLS 1.2; nothing is no record', async () => {
    const { client, server } = setting('abbreviated');
    const pair = await connect(client, server);
    const property = fc.asyncProperty(fc.constantFrom(...roles), lengths, async (role, length) => {
      const [end, other] = [pair[`${role}End`], pair[role === 'client' ? 'serverEnd' : 'clientEnd']];
      const data = Uint8Array.from({ length }, (_, i) => i);
      end.sent.length = 0;
      other.received.length = 0;
      pair[role].write(data);
      await pair.settle();
      const records = recordsOf(concat(...end.sent));
      expect(end.sent.length).toBe(length === 0 ? 0 : 1);
      expect(records.length).toBe(Math.ceil(length / maxPlaintext));
      expect(records.every(({ header }) => header.join() === '23,3,3')).toBe(true);
      expect(other.received.every((piece) => piece.length <= maxPlaintext)).toBe(true);
      expect(concat(...other.received)).toEqual(data);
    });
    await fc.assert(property, { numRuns: 30, examples: [['client', 0]] });
  });
});

describe('record_size_limit (RFC 8449 §4)', () => {
  const limits = fc.oneof(
    fc.constantFrom(64, 65, maxPlaintext - 1, maxPlaintext),
    fc.integer({ min: 64, max: maxPlaintext }),
  );

  test('each side sends what the other can take, and no byte is lost', async () => {
    const property = fc.asyncProperty(limits, limits, async (clients, servers) => {
      const { client, server } = setting('abbreviated', {
        client: { recordSizeLimit: clients },
        server: { recordSizeLimit: servers },
      });
      const pair = await connect(client, server);
      for (const [from, to, limit] of [
        ['client', 'server', servers],
        ['server', 'client', clients],
      ] as const) {
        const length = Math.min(5 * limit + 1, 40_000);
        pair[from].write(new Uint8Array(length));
        await pair.settle();
        const { received } = pair[`${to}End`];
        expect(received.slice(0, -1).every((piece) => piece.length === limit)).toBe(true);
        expect(concat(...received).length).toBe(length);
      }
    });
    await fc.assert(property, { numRuns: 15 });
  });

  test('is held to where it was negotiated, to the byte', async () => {
    const property = fc.asyncProperty(fc.constantFrom(...roles), limits, async (role, limit) => {
      for (const [length, alert] of [
        [limit, undefined],
        [limit + 1, 'record_overflow'],
      ] as const) {
        const { end } = await negotiating(role, limit, async (peer) => {
          peer.sealed(application_data, new Uint8Array(length));
          await peer.settle();
        });
        expect(end.closed?.error?.alert).toBe(alert);
      }
    });
    await fc.assert(property, { numRuns: 10 });
  });

  test.each(roles)('of a %s binds nobody who did not take part in it', async (role) => {
    const arranged = setting('abbreviated', { both: { recordSizeLimit: 64 } });
    const { end } = await approach(
      placeBefore(role, 'abbreviated', undefined),
      async (peer) => {
        peer.sealed(application_data, new Uint8Array(maxPlaintext));
        await peer.settle();
      },
      arranged,
    );
    expect(end.closed).toBeUndefined();
    expect(end.received.length).toBe(1);
  });

  test.each(roles)('does not bind a %s before the keys change', async (role) => {
    const kind = 'full with client certificate';
    const arranged = setting(kind, { both: { recordSizeLimit: 64 } });
    const script = async (peer: AnyScripted) => {
      offer(peer, 64);
      await peer.walk(stepsOf(kind));
    };
    const { end } = await play(role, kind, script, arranged);
    expect(end.info).toBeDefined();
    const longest = Math.max(...recordsOf(concat(...end.sent)).map(({ length }) => length));
    expect(longest).toBeGreaterThan(64 + 24);
  });

  test.each([
    [0, 'illegal_parameter'],
    [63, 'illegal_parameter'],
    [64, undefined],
    [maxPlaintext + 1, undefined],
    [0xffff, undefined],
  ])('of a peer that says %d ends in %s', async (limit, alert) => {
    for (const role of roles) {
      const { end } = await play(role, 'abbreviated', async (peer) => {
        offer(peer, limit);
        await peer.walk(stepsOf('abbreviated').slice(0, role === 'client' ? 2 : 1));
      });
      expect(end.closed?.error?.alert).toBe(alert);
    }
  });

  test.each([63, maxPlaintext + 1, 100.5, Number.NaN])(
    'of %d is a RangeError in the configuration',
    (limit) => {
      const { server } = setting('full', { server: { recordSizeLimit: limit } });
      expect(() => new ServerConnection(server, { send: () => {} })).toThrow(RangeError);
    },
  );

  /** Adds the extension to the peer's hello. */
  function offer(peer: AnyScripted, limit: number): void {
    const record_size_limit = limit;
    if (peer instanceof ScriptedServer) {
      peer.changes = { extensions: { ...peer.changes.extensions, record_size_limit } };
    } else {
      peer.changes = { extensions: { ...peer.changes.extensions, record_size_limit } };
    }
  }

  /** A connection with this limit of its own, whose peer took part in the extension. */
  function negotiating(
    role: 'client' | 'server',
    limit: number,
    script: (peer: AnyScripted) => Promise<void>,
  ) {
    return play(
      role,
      'abbreviated',
      async (peer) => {
        offer(peer, maxPlaintext);
        await peer.walk(stepsOf('abbreviated'));
        await script(peer);
      },
      setting('abbreviated', { both: { recordSizeLimit: limit } }),
    );
  }
});

describe('the version of a record (RFC 5246 §6.2.1, Appendix E.1)', () => {
  const versions = fc.tuple(fc.nat(255), fc.nat(255));

  test('is any 3.x in the first record of either side, and no other', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...roles),
      fc.oneof(versions, fc.tuple(fc.constant(3), fc.nat(255))),
      async (role, [major, minor]) => {
        const { client, server } = setting('abbreviated');
        const first = (from: 'client' | 'server') => {
          let sent = 0;
          return (bytes: Uint8Array) => {
            if (from !== role && sent++ === 0) bytes.set([major, minor], 1);
            return [bytes];
          };
        };
        const pair = await connect(client, server, { toServer: first('client'), toClient: first('server') });
        const { closed, info } = pair[`${role}End`];
        if (major === 3) expect(info).toBeDefined();
        else expect(closed?.error).toMatchObject({ reason: 'record-version', alert: 'protocol_version' });
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  test('is 3.3 and no other from then on, at any place', async () => {
    const later = roles.flatMap((role) => placesOf(role).filter((place) => place.taken > 1));
    const others = versions.filter(([major, minor]) => major !== 3 || minor !== 3);
    const property = fc.asyncProperty(fc.constantFrom(...later), others, async (place, [major, minor]) => {
      const { end } = await approach(place, async (peer) => {
        peer.raw(Uint8Array.of(handshake, major, minor, 0, 1));
        expect(await peer.alert()).toBe('protocol_version');
      });
      expect(end.closed?.error?.reason).toBe('record-version');
    });
    await fc.assert(property, { numRuns: 40 });
  });
});
