/**
 * Hellos near to real ones: a ClientHello as some stack sends it, in which a few fields or extensions are said
 * otherwise, and then its bytes, cut into records as no stack would cut them, or damaged.
 */

import fc from 'fast-check';
import { extensions } from '../../src/handshake/extensions.ts';
import type { ClientHello, Extension } from '../../src/handshake/messages.ts';
import { arbitrary } from '../../src/testing/arbitrary.ts';
import { concat } from '../../src/wire/bytes.ts';
import { type Codec, encode } from '../../src/wire/codec.ts';
import { damage, damages } from '../support/damage.ts';
import { inRecords, recordOf } from '../support/hellos.ts';
import { helloMessage, replaced, uint16s } from './hellos.ts';

type Change = (hello: ClientHello) => ClientHello;

/** RFC 8701 */
const grease = fc.nat(15).map((n) => n * 0x1010 + 0x0a0a);

/** Of TLS, of SSL, of DTLS, and of nothing. */
const versions = fc.oneof(
  fc.constantFrom(0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x0305),
  fc.constantFrom(0x0002, 0x0200, 0x03ff, 0x0400, 0xfefd, 0xffff),
  grease,
);

/** Ours, those of other key exchanges and of TLS 1.3, both signalling values, and any. */
const cipherSuites = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9) },
  { weight: 2, arbitrary: fc.constantFrom(0x1301, 0x1303, 0xc013, 0x009c, 0x002f, 0xccaa, 0x0000) },
  fc.constantFrom(0x00ff, 0x5600),
  grease,
  fc.nat(0xffff),
);

const compressionMethods = fc.oneof(
  fc.constantFrom<number[]>([0], [1, 0], [0, 1], [1], [0, 0]),
  fc.array(fc.nat(255), { minLength: 1, maxLength: 5 }),
);

const listOf = (numbers: fc.Arbitrary<number>) =>
  fc.array(numbers, { minLength: 1, maxLength: 6 }).map((values) => uint16s(...values));

/** What may stand in the extensions that decide most, by their types: right, or nearly. */
const lists: fc.Arbitrary<Extension> = fc.oneof(
  ofType(
    extensions.supported_groups.type,
    listOf(fc.oneof(fc.constantFrom(29, 23, 24, 25), fc.constantFrom(30, 22, 256, 4588), grease)),
  ),
  ofType(
    extensions.signature_algorithms.type,
    listOf(
      fc.oneof(
        fc.constantFrom(0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0807),
        fc.constantFrom(0x0201, 0x0203, 0x0809, 0x0808, 0x0402, 0x0303),
        grease,
      ),
    ),
  ),
  ofType(
    extensions.ec_point_formats.type,
    fc
      .uint8Array({ minLength: 1, maxLength: 3, max: 3 })
      .map((list) => concat(Uint8Array.of(list.length), list)),
  ),
  ofType(
    extensions.supported_versions.type,
    listOf(versions).map((list) => list.subarray(1)),
  ),
);

/** As our declarations have them, damaged, and with any data. */
const known: fc.Arbitrary<Extension> = fc
  .constantFrom(...Object.values(extensions))
  .chain(({ type, client }) => {
    const declared = arbitrary(client as Codec<unknown>).map((value) =>
      encode(client as Codec<unknown>, value),
    );
    const damaged = fc.tuple(declared, damages).map(([data, change]) => damage(data, change));
    return ofType(type, fc.oneof(declared, damaged, fc.uint8Array({ maxLength: 6 })));
  });

/** Known to OpenSSL or to browsers and not to us, and GREASE. */
const unknown: fc.Arbitrary<Extension> = fc.record({
  extensionType: fc.oneof(
    fc.constantFrom(1, 3, 14, 15, 17, 18, 21, 22, 27, 41, 42, 44, 45, 49, 50, 51, 17513, 0xfe0d, 0x3374),
    grease,
    fc.nat(0xffff),
  ),
  extensionData: fc.uint8Array({ maxLength: 12 }),
});

function ofType(type: number, data: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Extension> {
  return fc.record({ extensionType: fc.constant(type), extensionData: data });
}

/** A field of the hello, as a whole or in part. */
const fieldChanges: fc.Arbitrary<Change> = fc.oneof(
  fieldsOf({ clientVersion: versions }),
  fieldsOf({ sessionId: fc.uint8Array({ maxLength: 32 }) }),
  fieldsOf({ cipherSuites: fc.array(cipherSuites, { minLength: 1, maxLength: 8 }) }),
  fieldsOf({ compressionMethods }),
  fieldsOf({ extensions: fc.constantFrom(undefined, []) }),
  fc.tuple(cipherSuites, fc.nat()).map(([suite, at]): Change => {
    return (hello) => ({ ...hello, cipherSuites: inserted(hello.cipherSuites, suite, at) });
  }),
);

function fieldsOf(fields: { [K in keyof ClientHello]?: fc.Arbitrary<ClientHello[K]> }): fc.Arbitrary<Change> {
  return fc.record(fields).map(
    (changed): Change =>
      (hello) => ({ ...hello, ...(changed as object) }),
  );
}

/** An extension taken out, said twice, said otherwise or put in; or all of them in another order. */
const extensionChanges: fc.Arbitrary<Change> = fc
  .oneof(
    fc.nat().map((at) => (list: Extension[]) => list.filter((_, i) => i !== at % list.length)),
    fc.nat().map((at) => (list: Extension[]) => [...list, ...list.filter((_, i) => i === at % list.length)]),
    fc.nat().map((at) => (list: Extension[]) => [...list.slice(at % 8), ...list.slice(0, at % 8)].reverse()),
    fc.oneof(lists, known).map((extension) => (list: Extension[]) => replaced(list, extension)),
    fc.tuple(fc.oneof(lists, known, unknown, unknown), fc.nat()).map(
      ([extension, at]) =>
        (list: Extension[]) =>
          inserted(list, extension, at),
    ),
    fc.tuple(fc.nat(), damages).map(
      ([at, change]) =>
        (list: Extension[]) =>
          damagedAt(list, at, change),
    ),
  )
  .map((change) => (hello) => ({ ...hello, extensions: change(hello.extensions ?? []) }));

function inserted<T>(list: readonly T[], item: T, at: number): T[] {
  const index = at % (list.length + 1);
  return [...list.slice(0, index), item, ...list.slice(index)];
}

function damagedAt(
  list: readonly Extension[],
  at: number,
  change: Parameters<typeof damage>[1],
): Extension[] {
  return list.map((extension, index) =>
    index === at % list.length
      ? { ...extension, extensionData: damage(extension.extensionData, change) }
      : extension,
  );
}

/** Messages, header and body, that differ from one of these in up to `most` places. */
export function near(hellos: readonly ClientHello[], most: number): fc.Arbitrary<Uint8Array> {
  const changes = fc.oneof(fieldChanges, { weight: 2, arbitrary: extensionChanges });
  return fc
    .tuple(fc.constantFrom(...hellos), fc.array(changes, { maxLength: most }))
    .map(([hello, list]) => helloMessage(list.reduce((changed, change) => change(changed), hello)));
}

/** Records that have no place in a client's first flight, or one that nobody makes use of. */
const strangers = fc
  .tuple(
    fc.constantFrom(20, 21, 22, 23, 24),
    fc.oneof(
      fc.constantFrom<number[]>([], [1], [1, 0], [1, 90], [2, 40]),
      fc.array(fc.nat(255), { maxLength: 4 }),
    ),
  )
  .map(([type, fragment]) => recordOf(type, Uint8Array.from(fragment)));

/** How a message travels: in records of any length, of any version, with others between them, damaged, cut short. */
export function sent(messages: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const lengths = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 });
  return fc.oneof(
    { weight: 6, arbitrary: messages.map((message) => inRecords(message)) },
    fc.tuple(messages, lengths).map(([message, cuts]) => inRecords(message, cuts)),
    fc.tuple(messages, damages).map(([message, change]) => inRecords(damage(message, change))),
    fc.tuple(messages, damages).map(([message, change]) => damage(inRecords(message), change)),
    fc.tuple(messages, versions).map(([message, version]) => {
      const record = inRecords(message);
      record.set([version >> 8, version & 0xff], 1);
      return record;
    }),
    fc.tuple(messages, fc.nat()).map(([message, at]) => {
      const record = inRecords(message);
      return record.subarray(0, at % record.length);
    }),
    fc.tuple(messages, strangers, fc.nat()).map(([message, stranger, at]) => {
      const cut = at % (message.length + 1);
      return concat(inRecords(message.subarray(0, cut)), stranger, inRecords(message.subarray(cut)));
    }),
  );
}
