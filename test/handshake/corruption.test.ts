/**
 * One byte of one flight is changed on its way. Whatever it is, one end finds it, with an alert of the class that the
 * RFCs name for that field, and the other hears of it; or a length asks for bytes that do not come. It never goes
 * unnoticed, save where nothing depends on the byte: the version of a first record (RFC 5246 Appendix E.1).
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, utf8 } from '../../src/wire/bytes.ts';
import { fieldsOf } from '../support/fields.ts';
import { type Kind, kinds, type Role, setting } from '../support/kinds.ts';
import { makePair, type Pair, type Wire } from '../support/pair.ts';

const seed = 1974;

/** An alert, or: both ends wait for bytes; nothing has changed. */
type Outcome = string | 'waits' | 'harmless';

/** Both sides' views differ: the first record under the new keys fails, or a signature, or the Finished. */
const differs = ['bad_record_mac', 'decrypt_error'] as const;

/** Which outcomes each field may have; the first that matches. */
const classes: readonly (readonly [RegExp, readonly Outcome[]])[] = [
  [/^record\.type$/, ['waits', 'unexpected_message', 'decode_error', 'bad_record_mac']],
  [/^record\.version/, ['protocol_version']],
  [/^first record\.version\.minor$/, ['harmless', 'protocol_version']],
  [
    /^record\.length$/,
    ['waits', 'record_overflow', 'unexpected_message', 'protocol_version', 'decode_error', 'bad_record_mac'],
  ],
  [/^protected$/, ['bad_record_mac']],
  [/^ChangeCipherSpec$/, ['decode_error']],
  [/^message\.type$/, ['waits', 'unexpected_message', 'decode_error']],
  // A length can end a hello just before its extensions, or swallow them all: then they are missing.
  [/^message\.length$/, ['waits', 'unexpected_message', 'decode_error', 'handshake_failure']],
  [/^ClientHello\.compressionMethods\.length$/, ['decode_error', 'handshake_failure']],
  // It can also find compression methods where there are none, and null not among them.
  [/^ClientHello\.cipherSuites\.length$/, ['decode_error', 'handshake_failure', 'illegal_parameter']],
  [/\.length$/, ['decode_error']],
  [/^ClientHello\.clientVersion$/, ['protocol_version', ...differs]],
  [/^ClientHello\.cipherSuites/, ['handshake_failure', ...differs]],
  [/^ServerHello\.serverVersion$/, ['protocol_version']],
  [/^ServerHello\.sessionId$/, ['unexpected_message', ...differs]],
  [/^ServerHello\.cipherSuite$/, ['illegal_parameter']],
  [/\.compressionMethod/, ['illegal_parameter']],
  [
    /^ServerHello\.extensions\[\]\.extensionType$/,
    ['unsupported_extension', 'decode_error', 'illegal_parameter', 'handshake_failure', ...differs],
  ],
  [/\.extension(Type|Data)$/, ['decode_error', 'illegal_parameter', 'handshake_failure', ...differs]],
  [
    /^Certificate\.certificateList\[\]$/,
    ['bad_certificate', 'unsupported_certificate', 'illegal_parameter', ...differs],
  ],
  [/^CertificateStatus\.statusType$/, ['illegal_parameter']],
  [/^ServerKeyExchange\.params/, ['decrypt_error']],
  [/\.algorithm$/, ['illegal_parameter', 'decrypt_error']],
  [/^ClientKeyExchange\.ecdhYc$/, ['illegal_parameter', ...differs]],
  [/./, differs],
];

interface Corruption {
  readonly from: Role;
  /** The number of the flight among those of its sender. */
  readonly flight: number;
  readonly offset: number;
  readonly change: number;
}

/** A connection on which both ends speak as soon as they may, and one byte is changed. */
async function run(kind: Kind, corruption?: Corruption): Promise<Pair> {
  const { client, server } = setting(kind, { seed });
  const passed = { client: 0, server: 0 };
  const through = (from: Role) => (bytes: Uint8Array) => {
    const { flight, offset, change } = { flight: -1, offset: 0, change: 0, ...corruption };
    if (corruption?.from === from && passed[from]++ === flight) bytes[offset] = (bytes[offset] ?? 0) ^ change;
    return [bytes];
  };
  const wire: Wire = {
    toServer: through('client'),
    toClient: through('server'),
    client: { secure: () => pair.client.write(utf8('from the client')) },
    server: { secure: () => pair.server.write(utf8('from the server')) },
  };
  const pair = makePair(client, server, wire);
  pair.client.start();
  await pair.settle();
  return pair;
}

/** What came of it; it is an error where the ends do not agree on that. */
function outcomeOf({ client, server, clientEnd, serverEnd }: Pair): Outcome {
  const said = [clientEnd, serverEnd].map(({ received }) => new TextDecoder().decode(concat(...received)));
  expect(['', 'from the server']).toContain(said[0]);
  expect(['', 'from the client']).toContain(said[1]);
  if (clientEnd.info !== undefined && serverEnd.info !== undefined) {
    expect(clientEnd.info.sessionId).toEqual(serverEnd.info.sessionId);
    expect(clientEnd.info.cipherSuite).toBe(serverEnd.info.cipherSuite);
  }
  const errors = [clientEnd.closed?.error, serverEnd.closed?.error];
  const [found] = errors.filter((error) => error?.origin === 'sent');
  if (found !== undefined) {
    const [heard] = errors.filter((error) => error !== found);
    expect(heard).toMatchObject({ reason: 'alert-received', origin: 'received', alert: found.alert });
    return found.alert ?? 'no alert';
  }
  expect(errors).toEqual([undefined, undefined]);
  if (!said.includes('')) {
    const views = [client, server].map((end) => end.exportKeyingMaterial('EXPORTER-test', 32));
    expect(views[0]).toEqual(views[1]);
    return 'harmless';
  }
  client.feedEnd();
  server.feedEnd();
  for (const { closed } of [clientEnd, serverEnd]) expect(closed?.error?.reason).toBe('truncated');
  return 'waits';
}

/** All bytes, and which are tried: every one where that is cheap. */
const tried: Readonly<Record<Kind, number>> = {
  full: 1,
  'full with certificate status': 16,
  'full with client certificate': 8,
  'full with empty client certificate': 16,
  abbreviated: 1,
};

describe.each(kinds)('a handshake, %s', (kind) => {
  test('with one byte changed ends in the alert that fits the field, or waits for bytes', async () => {
    const honest = await run(kind);
    const flights = { client: honest.clientEnd.sent.slice(0, 2), server: honest.serverEnd.sent.slice(0, 2) };
    const [shift = 0, ...changes] = fc.sample(fc.integer({ min: 1, max: 255 }), 4000);
    const surprises: string[] = [];
    for (const [from, sent] of Object.entries(flights) as [Role, Uint8Array[]][]) {
      for (const [flight, bytes] of sent.entries()) {
        const fields = fieldsOf(from, bytes);
        for (let offset = shift % tried[kind]; offset < bytes.length; offset += tried[kind]) {
          const change = changes[offset] ?? 1;
          const outcome = outcomeOf(await run(kind, { from, flight, offset, change }));
          const field = fields[offset] ?? '';
          const allowed = classes.find(([pattern]) => pattern.test(field))?.[1] ?? [];
          if (allowed.includes(outcome)) continue;
          surprises.push(`${outcome} for ${field}, byte ${offset} of ${from} flight ${flight} ^ ${change}`);
        }
      }
    }
    expect(surprises).toEqual([]);
  });
});
