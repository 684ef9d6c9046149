/** ClientHellos that a server refuses: by their form, their version, what they leave in common, their extensions. */

import { bytes, hex, number, text, vector } from '../bytes.ts';
import { type ClientHello, clientHello, type Extension, extension, message, record } from '../hello-bytes.ts';
import { type Case, malformed } from './case.ts';

export function badClientHellos(): Case[] {
  return [...formCases, ...versionCases, ...negotiationCases, ...extensionCases];
}

const good: ClientHello = {
  client_version: 0x0303,
  random: hex(bytes('refused ClientHello', 32)),
  session_id: '',
  cipher_suites: [0xcca9, 0xc02b],
  compression_methods: [0],
  extensions: undefined,
};

const goodExtensions: readonly Extension[] = [
  extension.extended_master_secret(),
  extension.renegotiation_info(),
  extension.supported_groups(29, 23, 24, 25),
  extension.ec_point_formats(0),
  extension.signature_algorithms(0x0807, 0x0403, 0x0804),
];

export const clientHelloBody = clientHello({ ...good, extensions: goodExtensions });

/** A ClientHello with these fields, and with these extensions in place of its own of the same number, or beside them. */
export function clientHelloRecord(
  fields: Partial<ClientHello> = {},
  ...changed: readonly Extension[]
): string {
  const replaced = goodExtensions.map(
    ([type, data]) => changed.find((each) => each[0] === type) ?? ([type, data] as const),
  );
  const extensions = [...replaced, ...changed.filter((each) => !replaced.includes(each))];
  return helloRecord(clientHello({ ...good, extensions, ...fields }));
}

function without(...types: readonly number[]): string {
  const extensions = goodExtensions.filter(([type]) => !types.includes(type));
  return helloRecord(clientHello({ ...good, extensions }));
}

function helloRecord(body: string): string {
  return record('handshake', message('client_hello', body), 0x0301);
}

const hello = 'RFC 5246 §7.4.1.2';
const fixed = `0303${good.random}`;

/** The form of a ClientHello. */
const formCases: readonly Case[] = [
  malformed('a ClientHello without content', hello, helloRecord('')),
  malformed('a ClientHello that ends within its random', hello, helloRecord(fixed.slice(0, -2))),
  malformed('a ClientHello that ends after its random', hello, helloRecord(fixed)),
  malformed('a session ID of 33 bytes', hello, clientHelloRecord({ session_id: '11'.repeat(33) })),
  malformed('a session ID longer than what is left', hello, helloRecord(`${fixed}2000`)),
  malformed('no cipher suite', hello, clientHelloRecord({ cipher_suites: [] })),
  malformed('half a cipher suite', hello, helloRecord(`${fixed}000003c02bc00100`)),
  malformed('no compression method', hello, clientHelloRecord({ compression_methods: [] })),
  malformed('no list of compression methods', hello, helloRecord(`${fixed}000002c02b`)),
  {
    name: 'compression methods without null',
    rfc: hello,
    alert: 'illegal_parameter',
    input: [clientHelloRecord({ compression_methods: [1, 64] })],
  },
  malformed('a byte behind the extensions', hello, helloRecord(`${clientHelloBody}00`)),
  malformed('a byte in the place of the extensions', hello, helloRecord(`${clientHello(good)}00`)),
  malformed('extensions longer than what is left', hello, helloRecord(`${clientHello(good)}0005001700`)),
  malformed('an extension longer than the list', hello, helloRecord(`${clientHello(good)}000400170001`)),
  malformed('half an extension', hello, helloRecord(`${clientHello(good)}0003001700`)),
  malformed('a ClientHello of 2^17 bytes', 'RFC 5246 §7.4', record('handshake', '01020000')),
  malformed(
    'an extension twice',
    'RFC 5246 §7.4.1.4',
    clientHelloRecord({ extensions: [...goodExtensions, extension.extended_master_secret()] }),
  ),
  malformed(
    'an unknown extension twice',
    'RFC 5246 §7.4.1.4',
    clientHelloRecord({}, [0x5a5a, ''], [0x5a5a, '']),
  ),
];

const versionCases: readonly Case[] = [
  ...[0x0200, 0x0300, 0x0301, 0x0302].map(
    (version): Case => ({
      name: `an offer of version 0x${number(version, 2)} at most`,
      rfc: 'RFC 5246 Appendix E.1',
      alert: 'protocol_version',
      input: [clientHelloRecord({ client_version: version })],
    }),
  ),
  {
    name: 'a fallback to TLS 1.1 that says that it is one',
    rfc: 'RFC 7507 §3',
    alert: 'inappropriate_fallback',
    input: [clientHelloRecord({ client_version: 0x0302, cipher_suites: [0xc02b, 0x5600] })],
  },
  {
    name: 'supported_versions without TLS 1.2',
    rfc: 'RFC 8446 §4.2.1',
    alert: 'protocol_version',
    input: [clientHelloRecord({}, extension.supported_versions(0x0304))],
  },
  ...[0x0200, 0x0300].map(
    (version): Case => ({
      name: `TLS 1.2 listed by a hello of version 0x${number(version, 2)}`,
      rfc: 'RFC 8446 Appendix D.5',
      alert: 'protocol_version',
      input: [clientHelloRecord({ client_version: version }, extension.supported_versions(0x0304, 0x0303))],
    }),
  ),
];

const negotiationCases: readonly Case[] = [
  failure(
    'no cipher suite in common',
    'RFC 5246 §7.4.1.3',
    clientHelloRecord({ cipher_suites: [0x1301, 0x002f, 0x00ff] }),
  ),
  failure(
    'a cipher suite in common that needs another certificate',
    'RFC 8422 §5.3',
    clientHelloRecord({ cipher_suites: [0xc02f, 0xcca8] }),
  ),
  failure(
    'no group in common',
    'RFC 8422 §5.1',
    clientHelloRecord({}, extension.supported_groups(0x001e, 0x0100)),
  ),
  failure(
    'no signature scheme in common',
    'RFC 5246 §7.4.1.4.1',
    clientHelloRecord({}, extension.signature_algorithms(0x0201, 0x0203)),
  ),
  failure('no signature_algorithms, which stands for SHA-1', 'RFC 5246 §7.4.1.4.1, RFC 9155 §2', without(13)),
  failure('no extended_master_secret', 'RFC 7627 §5.2', without(23)),
  failure(
    'renegotiation_info of another connection',
    'RFC 5746 §3.6',
    clientHelloRecord({}, extension.renegotiation_info('00'.repeat(12))),
  ),
  {
    name: 'no application protocol in common',
    rfc: 'RFC 7301 §3.2',
    alert: 'no_application_protocol',
    input: [clientHelloRecord({}, extension.application_layer_protocol_negotiation('h2', 'reprise/2'))],
  },
];

function failure(name: string, rfc: string, ...input: readonly string[]): Case {
  return { name, rfc, alert: 'handshake_failure', input };
}

/** The form of single extensions. */
const extensionCases: readonly Case[] = [
  ...badExtension('server_name', 0, 'RFC 6066 §3', {
    'without content': '',
    'with an empty list': '0000',
    'with an empty name': '0003000000',
    'with a name longer than its list': '000600000a616263',
    'with bytes behind its list': '000400000161ff',
    'with two names': extension.server_name('example.test', 'example.org')[1],
    'with a name of another kind': vector(2, `01${vector(2, text('example.test'))}`),
  }),
  illegal('server_name with a NUL', 'RFC 6066 §3', extension.server_name('example.test\0.example.org')),
  illegal('server_name with a blank', 'RFC 6066 §3', extension.server_name('example .test')),
  illegal('server_name beyond ASCII', 'RFC 6066 §3', extension.server_name('bücher.test')),
  illegal('server_name of 256 bytes', 'RFC 1035 §2.3.4', extension.server_name('a'.repeat(256))),
  ...badExtension('supported_groups', 10, 'RFC 8422 §5.1.1', {
    'without content': '',
    'with an empty list': '0000',
    'with half a group': '0003001d00',
    'with bytes behind its list': '0002001d00',
  }),
  ...badExtension('ec_point_formats', 11, 'RFC 8422 §5.1.2', {
    'without content': '',
    'with an empty list': '00',
  }),
  illegal('ec_point_formats without uncompressed', 'RFC 8422 §5.1.2', extension.ec_point_formats(1, 2)),
  ...badExtension('signature_algorithms', 13, 'RFC 5246 §7.4.1.4.1', {
    'without content': '',
    'with an empty list': '0000',
    'with half a scheme': '0003080704',
    'longer than it is': '00080807',
  }),
  ...badExtension('application_layer_protocol_negotiation', 16, 'RFC 7301 §3.1', {
    'without content': '',
    'with an empty list': '0000',
    'with an empty name': '000100',
    'with an empty name behind another': '000402683200',
    'with a name longer than its list': '0003036832',
  }),
  ...badExtension('extended_master_secret', 23, 'RFC 7627 §5.1', { 'with content': '00' }),
  ...badExtension('record_size_limit', 28, 'RFC 8449 §4', {
    'of one byte': '40',
    'of three bytes': '004000',
  }),
  illegal('record_size_limit of 63', 'RFC 8449 §4', extension.record_size_limit(63)),
  illegal('record_size_limit of 0', 'RFC 8449 §4', extension.record_size_limit(0)),
  ...badExtension('supported_versions', 43, 'RFC 8446 §4.2.1', {
    'with an empty list': '00',
    'with half a version': '03030303',
  }),
  ...badExtension('renegotiation_info', 0xff01, 'RFC 5746 §3.2', {
    'without content': '',
    'longer than it is': '01',
    'with bytes behind it': '0000',
  }),
];

function badExtension(
  extensionName: string,
  type: number,
  rfc: string,
  contents: Readonly<Record<string, string>>,
): Case[] {
  return Object.entries(contents).map(([how, data]) =>
    malformed(`${extensionName} ${how}`, rfc, clientHelloRecord({}, [type, data])),
  );
}

function illegal(name: string, rfc: string, changed: Extension): Case {
  return { name, rfc, alert: 'illegal_parameter', input: [clientHelloRecord({}, changed)] };
}
