/**
 * Hellos in hex, put together field by field (RFC 5246 §7.4.1), so that what is right and what is wrong in them stands
 * where one reads it.
 */

import { number, text, vector } from './bytes.ts';

/** An extension: its number and its data, in hex (RFC 5246 §7.4.1.4). */
export type Extension = readonly [type: number, data: string];

export interface ClientHello {
  readonly client_version: number;
  readonly random: string;
  readonly session_id: string;
  readonly cipher_suites: readonly number[];
  readonly compression_methods: readonly number[];
  readonly extensions: readonly Extension[] | undefined;
}

export interface ServerHello {
  readonly server_version: number;
  readonly random: string;
  readonly session_id: string;
  readonly cipher_suite: number;
  readonly compression_method: number;
  readonly extensions: readonly Extension[] | undefined;
}

export function clientHello(hello: ClientHello): string {
  return (
    number(hello.client_version, 2) +
    hello.random +
    vector(1, hello.session_id) +
    uint16s(hello.cipher_suites) +
    vector(1, ...hello.compression_methods.map((method) => number(method, 1))) +
    extensionList(hello.extensions)
  );
}

export function serverHello(hello: ServerHello): string {
  return (
    number(hello.server_version, 2) +
    hello.random +
    vector(1, hello.session_id) +
    number(hello.cipher_suite, 2) +
    number(hello.compression_method, 1) +
    extensionList(hello.extensions)
  );
}

function extensionList(extensions: readonly Extension[] | undefined): string {
  if (extensions === undefined) return '';
  return vector(2, ...extensions.map(([type, data]) => number(type, 2) + vector(2, data)));
}

/** Numbers of two bytes behind the length of their list. */
export function uint16s(numbers: readonly number[], lengthBytes = 2): string {
  return vector(lengthBytes, ...numbers.map((each) => number(each, 2)));
}

/** The extensions that we know, as those who send them write them. */
export const extension = {
  /** RFC 6066 §3 */
  server_name: (...names: readonly string[]): Extension => [
    0,
    vector(2, ...names.map((name) => `00${vector(2, text(name))}`)),
  ],
  /** RFC 8422 §5.1.1 */
  supported_groups: (...groups: readonly number[]): Extension => [10, uint16s(groups)],
  /** RFC 8422 §5.1.2 */
  ec_point_formats: (...formats: readonly number[]): Extension => [
    11,
    vector(1, ...formats.map((format) => number(format, 1))),
  ],
  /** RFC 5246 §7.4.1.4.1 */
  signature_algorithms: (...schemes: readonly number[]): Extension => [13, uint16s(schemes)],
  /** RFC 7301 §3.1 */
  application_layer_protocol_negotiation: (...protocols: readonly string[]): Extension => [
    16,
    vector(2, ...protocols.map((protocol) => vector(1, text(protocol)))),
  ],
  /** RFC 7627 §5.1 */
  extended_master_secret: (): Extension => [23, ''],
  /** RFC 8449 §4 */
  record_size_limit: (limit: number): Extension => [28, number(limit, 2)],
  /** RFC 5077 §3.2 */
  session_ticket: (ticket = ''): Extension => [35, ticket],
  /** RFC 8446 §4.2.1 */
  supported_versions: (...versions: readonly number[]): Extension => [43, uint16s(versions, 1)],
  /** RFC 5746 §3.2 */
  renegotiation_info: (renegotiatedConnection = ''): Extension => [0xff01, vector(1, renegotiatedConnection)],
} as const;

/** HandshakeType (RFC 5246 §7.4). */
export const handshakeType = {
  hello_request: 0,
  client_hello: 1,
  server_hello: 2,
  certificate: 11,
  server_key_exchange: 12,
  certificate_request: 13,
  server_hello_done: 14,
  certificate_verify: 15,
  client_key_exchange: 16,
  finished: 20,
} as const;

/** A handshake message: its header and this body. */
export function message(type: keyof typeof handshakeType, body: string): string {
  return number(handshakeType[type], 1) + vector(3, body);
}

export const contentType = {
  change_cipher_spec: 20,
  alert: 21,
  handshake: 22,
  application_data: 23,
} as const;

/** A record in the clear, with these bytes as its fragment. */
export function record(type: keyof typeof contentType, fragment: string, version = 0x0303): string {
  return number(contentType[type], 1) + number(version, 2) + vector(2, fragment);
}
