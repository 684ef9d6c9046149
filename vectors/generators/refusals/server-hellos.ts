/** ServerHellos that a client refuses. */

import { bytes, hex, text } from '../bytes.ts';
import { type Extension, extension, record, type ServerHello, serverHello } from '../hello-bytes.ts';
import { type Case, handshake, malformed } from './case.ts';

export function badServerHellos(): Case[] {
  return [...helloCases(), ...extensionCases()];
}

export const goodServerHello: ServerHello = {
  server_version: 0x0303,
  random: hex(bytes('refused ServerHello', 32)),
  session_id: '',
  cipher_suite: 0xc02b,
  compression_method: 0,
  extensions: [extension.extended_master_secret(), extension.renegotiation_info()],
};

export function serverHelloBody(fields: Partial<ServerHello> = {}): string {
  return serverHello({ ...goodServerHello, ...fields });
}

function helloCases(): Case[] {
  const rfc = 'RFC 5246 §7.4.1.3';
  const body = serverHelloBody();
  const bare = serverHelloBody({ extensions: undefined });
  const refused = (name: string, alert: Case['alert'], fields: Partial<ServerHello>): Case => ({
    name,
    rfc,
    alert,
    input: [handshake('server_hello', serverHelloBody(fields))],
  });
  return [
    {
      name: 'an answer of HTTP',
      rfc: 'RFC 5246 §6.2.1',
      alert: 'unexpected_message',
      input: [text('HTTP/1.1 400 Bad Request\r\n')],
    },
    refused('a ServerHello of TLS 1.1', 'protocol_version', { server_version: 0x0302 }),
    refused('a ServerHello of SSL 3', 'protocol_version', { server_version: 0x0300 }),
    refused('a ServerHello of a version that was not offered', 'protocol_version', {
      server_version: 0x0304,
    }),
    refused('a compression method', 'illegal_parameter', { compression_method: 1 }),
    refused('a cipher suite that was not offered', 'illegal_parameter', { cipher_suite: 0x002f }),
    refused('a cipher suite of TLS 1.3', 'illegal_parameter', { cipher_suite: 0x1301 }),
    refused('a signalling value as the cipher suite', 'illegal_parameter', { cipher_suite: 0x00ff }),
    refused('a session ID of 33 bytes', 'decode_error', { session_id: '11'.repeat(33) }),
    malformed('a ServerHello without content', rfc, handshake('server_hello', '')),
    malformed('a ServerHello that ends within its random', rfc, handshake('server_hello', body.slice(0, 60))),
    malformed(
      'a ServerHello that ends before the compression method',
      rfc,
      handshake('server_hello', bare.slice(0, -2)),
    ),
    malformed('a byte behind the extensions', rfc, handshake('server_hello', `${body}00`)),
    malformed('a byte in the place of the extensions', rfc, handshake('server_hello', `${bare}00`)),
    malformed('extensions longer than what is left', rfc, handshake('server_hello', `${bare}0005001700`)),
    {
      name: 'a ServerHello of 2^17 bytes',
      rfc: 'RFC 5246 §7.4',
      alert: 'decode_error',
      input: [record('handshake', '02020000')],
    },
  ];
}

function extensionCases(): Case[] {
  const usual = goodServerHello.extensions ?? [];
  const refused = (
    name: string,
    rfc: string,
    alert: Case['alert'],
    ...extensions: readonly Extension[]
  ): Case => ({
    name,
    rfc,
    alert,
    input: [handshake('server_hello', serverHelloBody({ extensions }))],
  });
  const added = (name: string, rfc: string, alert: Case['alert'], ...extensions: readonly Extension[]) =>
    refused(name, rfc, alert, ...usual, ...extensions);
  const alpn = extension.application_layer_protocol_negotiation;
  return [
    added(
      'session_ticket, which was not asked for',
      'RFC 5246 §7.4.1.4',
      'unsupported_extension',
      extension.session_ticket(),
    ),
    added('an extension that nobody knows', 'RFC 5246 §7.4.1.4', 'unsupported_extension', [0x5a5a, '']),
    added('encrypt_then_mac, which was not asked for', 'RFC 7366 §2', 'unsupported_extension', [22, '']),
    added('supported_versions, which was not asked for', 'RFC 8446 §4.2', 'unsupported_extension', [
      43,
      '0303',
    ]),
    added('an extension twice', 'RFC 5246 §7.4.1.4', 'decode_error', extension.extended_master_secret()),
    refused(
      'no extended_master_secret',
      'RFC 7627 §5.2',
      'handshake_failure',
      extension.renegotiation_info(),
    ),
    refused(
      'no renegotiation_info',
      'RFC 9325 §3.5',
      'handshake_failure',
      extension.extended_master_secret(),
    ),
    refused(
      'renegotiation_info of another connection',
      'RFC 5746 §3.4',
      'handshake_failure',
      extension.extended_master_secret(),
      extension.renegotiation_info('00'.repeat(24)),
    ),
    refused(
      'extended_master_secret with content',
      'RFC 7627 §5.1',
      'decode_error',
      [23, '00'],
      extension.renegotiation_info(),
    ),
    added('server_name with content', 'RFC 6066 §3', 'decode_error', extension.server_name('example.test')),
    added('an application protocol that was not offered', 'RFC 7301 §3.1', 'illegal_parameter', alpn('h2')),
    added('two application protocols', 'RFC 7301 §3.1', 'illegal_parameter', alpn('reprise/1', 'reprise/1')),
    added('no application protocol in the list', 'RFC 7301 §3.1', 'decode_error', [16, '0000']),
    added('an empty application protocol', 'RFC 7301 §3.1', 'decode_error', [16, '000100']),
    added('record_size_limit of 63', 'RFC 8449 §4', 'illegal_parameter', extension.record_size_limit(63)),
    added(
      'ec_point_formats without uncompressed',
      'RFC 8422 §5.1.2',
      'illegal_parameter',
      extension.ec_point_formats(1),
    ),
    added('ec_point_formats with an empty list', 'RFC 8422 §5.1.2', 'decode_error', [11, '00']),
  ];
}
