/** vectors/hellos.json: the hellos' bytes and fields (RFC 5246 §7.4.1). */

import { describe, expect, test } from 'vitest';
import { readClientExtensions, readServerExtensions } from '../../src/handshake/extensions.ts';
import { ClientHello, type Extension, ServerHello } from '../../src/handshake/messages.ts';
import { fromHex, fromUtf8, hex } from '../../src/wire/bytes.ts';
import { decode, encode } from '../../src/wire/codec.ts';
import { readVectors } from '../support/vectors.ts';

interface Fields {
  readonly random: string;
  readonly session_id: string;
  readonly extensions: readonly { readonly extension_type: number; readonly extension_data: string }[] | null;
}

interface ClientFields extends Fields {
  readonly client_version: number;
  readonly cipher_suites: number[];
  readonly compression_methods: number[];
}

interface ServerFields extends Fields {
  readonly server_version: number;
  readonly cipher_suite: number;
  readonly compression_method: number;
}

interface Hello<F> {
  readonly name: string;
  readonly body: string;
  readonly fields: F;
  readonly known_extensions: Readonly<Record<string, unknown>>;
}

const file = readVectors<{
  readonly client_hellos: readonly Hello<ClientFields>[];
  readonly server_hellos: readonly Hello<ServerFields>[];
}>('hellos.json');

describe('a ClientHello (RFC 5246 §7.4.1.2)', () => {
  test.each(file.client_hellos)('$name', ({ body, fields, known_extensions }) => {
    const hello = {
      clientVersion: fields.client_version,
      ...common(fields),
      cipherSuites: fields.cipher_suites,
      compressionMethods: fields.compression_methods,
      extensions: extensionsOf(fields),
    };
    expect(decode(ClientHello, fromHex(body), 'ClientHello')).toEqual(hello);
    expect(hex(encode(ClientHello, hello))).toBe(body);
    expect(plainly(readClientExtensions(hello.extensions))).toEqual(known_extensions);
  });
});

describe('a ServerHello (RFC 5246 §7.4.1.3)', () => {
  test.each(file.server_hellos)('$name', ({ body, fields, known_extensions }) => {
    const hello = {
      serverVersion: fields.server_version,
      ...common(fields),
      cipherSuite: fields.cipher_suite,
      compressionMethod: fields.compression_method,
      extensions: extensionsOf(fields),
    };
    const asked = new Set(hello.extensions?.map(({ extensionType }) => extensionType));
    expect(decode(ServerHello, fromHex(body), 'ServerHello')).toEqual(hello);
    expect(hex(encode(ServerHello, hello))).toBe(body);
    expect(plainly(readServerExtensions(hello.extensions, asked))).toEqual(known_extensions);
  });
});

function common({ random, session_id }: Fields) {
  return { random: fromHex(random), sessionId: fromHex(session_id) };
}

function extensionsOf({ extensions }: Fields): Extension[] | undefined {
  return extensions?.map(({ extension_type, extension_data }) => ({
    extensionType: extension_type,
    extensionData: fromHex(extension_data),
  }));
}

/** Decoded extensions as the file has them: names as text, all other bytes in hexadecimal. */
function plainly(extensions: object): object {
  return Object.fromEntries(Object.entries(extensions).map(([name, value]) => [name, plain(name, value)]));
}

const named = new Set(['server_name', 'application_layer_protocol_negotiation']);

function plain(name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return named.has(name) ? fromUtf8(value) : hex(value);
  if (Array.isArray(value)) return value.map((element) => plain(name, element));
  if (typeof value === 'object' && value !== null && 'hostName' in value) return plain(name, value.hostName);
  return value;
}
