/**
 * Hellos of every kind: any that the declarations allow, with a good share of those extensions that a passer-by reads,
 * well-formed and not; as bytes, in as many records as one likes; and those of OpenSSL.
 */

import { Duplex } from 'node:stream';
import tls from 'node:tls';
import fc from 'fast-check';
import { extensions } from '../../src/handshake/extensions.ts';
import { ClientHello, Extension, handshakeMessages, ServerHello } from '../../src/handshake/messages.ts';
import { ContentType } from '../../src/record/content.ts';
import { arbitrary } from '../../src/testing/arbitrary.ts';
import { concat, utf8 } from '../../src/wire/bytes.ts';
import { type Codec, encode } from '../../src/wire/codec.ts';
import { pieces } from './pieces.ts';

/** The extensions that are read in passing. */
export const read = ['server_name', 'application_layer_protocol_negotiation', 'supported_versions'] as const;
export const readTypes: readonly number[] = read.map((name) => extensions[name].type);

const hostNames = fc
  .stringMatching(/^[!-~]{1,20}$/)
  .map((name) => encode(extensions.server_name.client, [{ nameType: 0, hostName: utf8(name) }]));

function extensionsOf(side: 'client' | 'server'): fc.Arbitrary<Extension[]> {
  const known = fc.constantFrom(...read).chain((name) => {
    const { type: extensionType, [side]: codec } = extensions[name];
    const declared = arbitrary(codec as Codec<unknown>).map((value) =>
      encode(codec as Codec<unknown>, value),
    );
    const common = side === 'client' && name === 'server_name' ? hostNames : declared;
    return fc.record({
      extensionType: fc.constant(extensionType),
      extensionData: fc.oneof({ weight: 8, arbitrary: common }, declared, fc.uint8Array({ maxLength: 6 })),
    });
  });
  return fc.array(fc.oneof(known, arbitrary(Extension)), { maxLength: 6 });
}

/** Bodies, encoded. */
export const clientHellos: fc.Arbitrary<Uint8Array> = withExtensions(ClientHello, 'client');
export const serverHellos: fc.Arbitrary<Uint8Array> = withExtensions(ServerHello, 'server');

function withExtensions<H extends { extensions: Extension[] | undefined }>(
  codec: Codec<H>,
  side: 'client' | 'server',
): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(arbitrary(codec), fc.option(extensionsOf(side), { nil: undefined, freq: 12 }))
    .map(([hello, extensions]) => encode(codec, { ...hello, extensions }));
}

/** Header and body (RFC 5246 §7.4). */
export function messageOf(name: 'ClientHello' | 'ServerHello', body: Uint8Array): Uint8Array {
  const { length } = body;
  return concat(
    Uint8Array.of(handshakeMessages[name].type, length >> 16, (length >> 8) & 0xff, length & 0xff),
    body,
  );
}

export function recordOf(type: number, fragment: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(type, 3, 3, fragment.length >> 8, fragment.length & 0xff), fragment);
}

/** The message in records of these lengths, over and over; without any, in one (RFC 5246 §6.2.1). */
export function inRecords(message: Uint8Array, lengths: readonly number[] = [message.length]): Uint8Array {
  return concat(...Array.from(pieces(message, lengths), (piece) => recordOf(ContentType.handshake, piece)));
}

/** The first flight of OpenSSL as a client. */
export function openSslClientHello(options: tls.ConnectionOptions): Promise<Uint8Array> {
  return firstWrite((socket) => tls.connect({ ...options, socket }));
}

/** The first flight of OpenSSL as a server, in answer to that one. */
export function openSslServerHello(clientHello: Uint8Array, options: tls.TlsOptions): Promise<Uint8Array> {
  return firstWrite((socket) => {
    tls.createServer(options).emit('connection', socket);
    socket.push(clientHello);
  });
}

function firstWrite(begin: (socket: Duplex) => void): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const write = (bytes: Buffer, _encoding: unknown, done: () => void) => {
      resolve(new Uint8Array(bytes));
      done();
    };
    begin(new Duplex({ read: () => {}, write }));
  });
}
