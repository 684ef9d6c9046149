/**
 * Where Reprise and OpenSSL are known to judge a ClientHello differently, and why Reprise judges as it does. Each entry
 * takes one difference away: from OpenSSL's verdict, or from the hello, about which OpenSSL is then asked again. What is
 * left must be equal.
 */

import { extensions as table } from '../../src/handshake/extensions.ts';
import type { ClientHello, Extension } from '../../src/handshake/messages.ts';
import { concat } from '../../src/wire/bytes.ts';
import { inRecords, recordOf } from '../support/hellos.ts';
import {
  addedExtension,
  answering,
  type Difference,
  refused,
  sameFault,
  stricterThan,
} from './difference.ts';
import { mend, versionRefusal } from './faults.ts';
import { has, helloMessage, plain, recordsIn, repeated, uint16s, withExtension, without } from './hellos.ts';

const { server_name, record_size_limit, ec_point_formats, extended_master_secret, renegotiation_info } =
  table;
const { supported_groups, supported_versions, signature_algorithms, signed_certificate_timestamp } = table;
const ours: ReadonlySet<number> = new Set(Object.values(table).map(({ type }) => type));
const unknown = (list: readonly Extension[] = []) =>
  list.filter(({ extensionType }) => !ours.has(extensionType));

/** Both go on, and these differ. */
const answered: readonly Difference[] = [
  {
    name: 'server_name is acknowledged',
    because:
      'a server that uses the name shall say so (RFC 6066 §3); node gives OpenSSL nothing to use it for',
    example: sent(withExtension(plain, server_name.type, '0006000003616263')),
    settle: addedExtension(server_name.type, ''),
  },
  {
    name: 'record_size_limit is answered',
    because: 'OpenSSL does not know the extension (RFC 8449 §4)',
    example: sent(withExtension(plain, record_size_limit.type, '4000')),
    settle: addedExtension(record_size_limit.type, '4000'),
  },
  {
    name: 'points are uncompressed and nothing else',
    because: 'the other formats are deprecated (RFC 8422 §5.1.2); OpenSSL 3.0 lists them still',
    example: sent(withExtension(plain, ec_point_formats.type, '0100')),
    settle: ({ openSsl }) =>
      openSsl.answer === 'chosen' && openSsl.extensions[ec_point_formats.type] === '03000102'
        ? { openSsl: answering(openSsl, ec_point_formats.type, '0100') }
        : undefined,
  },
  {
    name: 'a session without extended master secret has no ID',
    because: 'it is never resumed (RFC 7627 §5.4, rule S14), and an ID would promise that it is',
    example: sent(without(plain, extended_master_secret.type)),
    settle: ({ hello, reprise, openSsl }) =>
      !has(hello, extended_master_secret.type) &&
      reprise.answer === 'chosen' &&
      reprise.sessionIdLength === 0 &&
      openSsl.answer === 'chosen' &&
      openSsl.sessionIdLength === 32
        ? { openSsl: { ...openSsl, sessionIdLength: 0 } }
        : undefined,
  },
  {
    name: 'a client that lists no groups is given secp256r1',
    because: 'such a client may be given any group (RFC 8422 §4); OpenSSL gives it none',
    example: sent(without(plain, supported_groups.type)),
    settle: ({ hello, reprise, openSsl }) =>
      hello !== undefined &&
      reprise.answer === 'chosen' &&
      !has(hello, supported_groups.type) &&
      refused(openSsl, 'handshake_failure', /no shared cipher/)
        ? { ask: withExtension(hello, supported_groups.type, uint16s(23)) }
        : undefined,
  },
  {
    name: 'a suite is chosen together with a scheme to sign under it',
    because:
      'what the client can check decides (RFC 5246 §7.4.1.4.1); OpenSSL chooses the suite first, and is left alone with it',
    example: sent({
      ...withExtension(plain, signature_algorithms.type, uint16s(0x0403)),
      cipherSuites: [0xcca8, 0xc02b],
    }),
    settle: ({ hello, reprise, openSsl }) =>
      hello !== undefined &&
      reprise.answer === 'chosen' &&
      refused(openSsl, 'handshake_failure', /tls_choose_sigalg:no suitable signature algorithm/)
        ? { ask: { ...hello, cipherSuites: [reprise.cipherSuite] } }
        : undefined,
  },
];

/** Both refuse, with another alert; or OpenSSL ends the connection without one. */
const alerts: readonly Difference[] = [
  {
    name: 'what does not begin as TLS is refused with an alert',
    because: 'RFC 5246 Appendix E.1 and §6 have the alerts; OpenSSL says nothing, or takes it for SSL 2.0',
    example: Uint8Array.of(22, 0xfe, 0xfd, 0, 1, 0),
    settle: ({ reprise, openSsl }) =>
      (refused(reprise, 'protocol_version', /^record-version/) ||
        refused(reprise, 'unexpected_message', /^record-type/)) &&
      (openSsl.answer === 'closed' ||
        (openSsl.answer === 'refused' && /^(ssl3_get|tls_\w+)_record\w*:/.test(openSsl.why)))
        ? { openSsl: reprise }
        : undefined,
  },
  {
    name: 'what is no record is refused at its first byte',
    because: 'nothing that follows can make it one (RFC 5246 §6); OpenSSL waits for the whole header',
    example: concat(recordOf(22, helloMessage(plain).subarray(0, 9)), Uint8Array.of(0)),
    settle: ({ reprise, openSsl }) =>
      refused(reprise, 'unexpected_message', /^record-type/) && openSsl.answer === 'awaiting more'
        ? { openSsl: reprise }
        : undefined,
  },
  {
    name: 'what is no message is refused at its first byte',
    because:
      'no length makes it one (RFC 5246 §7.4); OpenSSL waits for the whole header, and may find a fault in the next record',
    example: concat(recordOf(22, Uint8Array.of(254)), Uint8Array.of(3, 3, 180, 227, 201)),
    settle: ({ reprise, openSsl }) =>
      refused(reprise, 'unexpected_message', /got HandshakeType/) &&
      (openSsl.answer === 'awaiting more' ||
        (openSsl.answer === 'refused' && /^ssl3_get_record:/.test(openSsl.why)))
        ? { openSsl: reprise }
        : undefined,
  },
  sameFault({
    name: 'an extension that stands twice is a decode_error',
    because: 'RFC 5246 §7.4.1.4 forbids it and names no alert; it is a fault of form',
    example: sent(repeated(plain, extended_master_secret.type)),
    reprise: ['decode_error', /^duplicate-extension/],
    openSsl: ['illegal_parameter', /tls_collect_extensions:bad extension/],
  }),
  sameFault({
    name: 'a list of extensions that breaks off is a decode_error, whatever stands twice in it',
    because: 'RFC 5246 §7.2.2; OpenSSL reads one extension after the other, and meets the second first',
    example: inRecords(brokenOff(repeated(plain, extended_master_secret.type))),
    reprise: ['decode_error', /^malformed: ClientHello\.extensions/],
    openSsl: ['illegal_parameter', /tls_collect_extensions:bad extension/],
  }),
  sameFault({
    name: 'a ChangeCipherSpec that is none is a decode_error',
    because: 'its form comes before its place (RFC 5246 §7.1, §7.2.2)',
    example: recordOf(20, Uint8Array.of(2)),
    reprise: ['decode_error', /expected ChangeCipherSpec to be/],
    openSsl: ['unexpected_message', /unexpected message|bad change cipher spec/],
  }),
  sameFault({
    name: 'compression methods without null are an illegal_parameter',
    until: '3.5',
    because:
      'the list is well-formed, and what is wrong is what it says (RFC 8446 §4.1.2 has this alert for it)',
    example: sent({ ...plain, compressionMethods: [1] }),
    reprise: ['illegal_parameter', /null among the compression methods/],
    openSsl: ['decode_error', /no compression specified/],
  }),
  sameFault({
    name: 'a message that is longer than any is a decode_error',
    because: 'a length out of range is what the alert is for (RFC 5246 §7.2.2)',
    example: inRecords(Uint8Array.of(1, 0xff, 0, 0)),
    reprise: ['decode_error', /^message-too-long/],
    openSsl: ['illegal_parameter', /excessive message size/],
  }),
  {
    name: 'a ClientHello of 2^17 bytes is longer than any',
    because: 'no more is waited for than a chosen bound, and OpenSSL has chosen another, 324 bytes above it',
    example: inRecords(Uint8Array.of(1, 2, 0, 0)),
    settle: ({ reprise, openSsl }) =>
      refused(reprise, 'decode_error', /^message-too-long/) && openSsl.answer === 'awaiting more'
        ? { openSsl: reprise }
        : undefined,
  },
  sameFault({
    name: 'it is so in a message that is not awaited, too',
    because: 'length and type stand in one header, and no RFC says which comes first',
    example: inRecords(Uint8Array.of(2, 0xff, 0, 0)),
    reprise: ['decode_error', /^message-too-long/],
    openSsl: ['unexpected_message', /read_transition:unexpected message/],
  }),
  sameFault({
    name: 'a malformed supported_versions is a decode_error',
    because: 'RFC 5246 §7.2.2; OpenSSL has one alert for all that is wrong with versions',
    example: sent(withExtension(plain, supported_versions.type, '03030303')),
    reprise: ['decode_error', /^malformed: supported_versions/],
    openSsl: ['protocol_version', versionRefusal],
  }),
  sameFault({
    name: 'SSL 3.0 is refused with protocol_version',
    because: 'RFC 7568 §3 demands it; OpenSSL writes the alert as SSL 3.0 would, which has none of that name',
    example: sent({ ...plain, clientVersion: 0x0300 }),
    reprise: ['protocol_version', /^protocol-version/],
    openSsl: ['handshake_failure', /bad legacy version|version too low|unsupported protocol/],
  }),
  {
    name: 'a fallback below TLS 1.2 is told that it is one',
    because: 'RFC 7507 §3 leaves the choice between this alert and protocol_version',
    example: sent({ ...plain, clientVersion: 0x0302, cipherSuites: [...plain.cipherSuites, 0x5600] }),
    settle: ({ reprise, openSsl }) =>
      refused(reprise, 'inappropriate_fallback', /./) &&
      openSsl.answer === 'refused' &&
      versionRefusal.test(openSsl.why)
        ? { openSsl: reprise }
        : undefined,
  },
  sameFault({
    name: 'a host name that is none is an illegal_parameter',
    because: 'a list of names that is well-formed but for what a name says (RFC 6066 §3)',
    example: sent(withExtension(plain, server_name.type, '000400000100')),
    reprise: ['illegal_parameter', /expected a host name/],
    openSsl: ['unrecognized_name', /tls_parse_ctos_server_name:bad extension/],
  }),
];

/** Reprise refuses, and OpenSSL goes on. */
const stricter: readonly Difference[] = [
  stricterThan({
    name: 'an extension that OpenSSL does not know may not stand twice either',
    because: 'RFC 5246 §7.4.1.4: not more than one of the same type, known or not',
    example: sent(repeated(withExtension(plain, 0x5a5a, '00'), 0x5a5a)),
    alert: 'decode_error',
    why: /^duplicate-extension/,
  }),
  {
    name: 'nothing may stand behind renegotiated_connection',
    because: 'RFC 5746 §3.2 has one field; OpenSSL reads that and no further',
    example: sent(withExtension(plain, renegotiation_info.type, '0000')),
    settle: ({ reprise, openSsl }) =>
      refused(reprise, 'decode_error', /^malformed: renegotiation_info: expected its end/) &&
      (openSsl.answer === 'chosen' || refused(openSsl, 'handshake_failure', /renegotiation mismatch/))
        ? { openSsl: reprise }
        : undefined,
  },
  stricterThan({
    name: 'a malformed record_size_limit is refused',
    because: 'OpenSSL does not know the extension (RFC 8449 §4)',
    example: sent(withExtension(plain, record_size_limit.type, '40')),
    alert: 'decode_error',
    why: /^malformed: record_size_limit/,
  }),
  stricterThan({
    name: 'a record_size_limit below 64 is refused',
    because: 'RFC 8449 §4 demands it; OpenSSL does not know the extension',
    example: sent(withExtension(plain, record_size_limit.type, '003f')),
    alert: 'illegal_parameter',
    why: /expected a record_size_limit of at least/,
  }),
  stricterThan({
    name: 'a request for signed certificate timestamps has nothing in it',
    because: 'RFC 6962 §3.3.1 has it empty; servers of OpenSSL do not know the extension',
    example: sent(withExtension(plain, signed_certificate_timestamp.type, '00')),
    alert: 'decode_error',
    why: /^malformed: signed_certificate_timestamp/,
  }),
  stricterThan({
    name: 'point formats without the uncompressed one are refused',
    because: 'RFC 8422 §5.1.2 demands it',
    example: sent(withExtension(plain, ec_point_formats.type, '0101')),
    alert: 'illegal_parameter',
    why: /expected uncompressed among the point formats/,
  }),
  stricterThan({
    name: 'a host name is of ASCII characters that can be seen',
    because: 'RFC 6066 §3; what is no name of a host can be no key to a session or a certificate',
    example: sent(withExtension(plain, server_name.type, '0004000001ff')),
    alert: 'illegal_parameter',
    why: /expected a host name/,
  }),
  stricterThan({
    name: 'nothing may stand behind a ClientHello',
    because: 'what answers our flight cannot be there before it (RFC 5246 §7.3, rule S30)',
    example: inRecords(concat(helloMessage(plain), Uint8Array.of(16))),
    alert: 'unexpected_message',
    why: /expected nothing behind ClientHello/,
  }),
  {
    name: 'an empty record of a handshake, an alert or ChangeCipherSpec is refused',
    because: 'RFC 5246 §6.2.1 forbids them; OpenSSL passes over those of a handshake',
    example: concat(recordOf(22, new Uint8Array(0)), sent(plain)),
    settle: ({ reprise }) =>
      refused(reprise, 'decode_error', /expected content in a record of type/)
        ? { openSsl: reprise }
        : undefined,
  },
  {
    name: 'an alert is read where it comes, between the records of a message too',
    because: 'nothing in RFC 5246 §6.2.1 keeps it from there; OpenSSL says unexpected_message',
    example: concat(
      recordOf(22, helloMessage(plain).subarray(0, 9)),
      recordOf(21, Uint8Array.of(1, 90)),
      recordOf(22, helloMessage(plain).subarray(9)),
    ),
    settle: ({ bytes, hello, reprise, openSsl }) => {
      if (!refused(openSsl, 'unexpected_message', /ssl3_read_bytes/) || !typesIn(bytes).includes(21))
        return undefined;
      if (reprise.answer === 'closed' || (reprise.answer === 'refused' && /alert/i.test(reprise.why))) {
        return { openSsl: reprise };
      }
      return hello && { ask: hello };
    },
  },
  {
    name: 'a client that ends the connection behind its hello is not answered',
    because: 'the alert came with the hello (RFC 5246 §7.2.2); OpenSSL answers before it reads on',
    example: concat(sent(plain), recordOf(21, Uint8Array.of(2, 40))),
    settle: ({ bytes, reprise, openSsl }) =>
      reprise.answer === 'closed' && openSsl.answer === 'chosen' && typesIn(bytes).includes(21)
        ? { openSsl: reprise }
        : undefined,
  },
  {
    name: 'a record of more than 2^14 bytes is refused when it is there',
    because:
      'its length is legal for a protected record (RFC 5246 §6.2.3), and no more than that is waited for',
    example: recordOf(22, new Uint8Array(2 ** 14 + 1200)).subarray(0, 64),
    settle: ({ reprise, openSsl }) =>
      (reprise.answer === 'awaiting more' || reprise.answer === 'refused') &&
      refused(openSsl, 'record_overflow', /^/)
        ? { openSsl: reprise }
        : undefined,
  },
];

/** The hello has something that one of them does not look at, or not yet. */
const asked: readonly Difference[] = [
  {
    name: 'extensions that Reprise does not know are not read',
    because: 'RFC 5246 §7.4.1.4; OpenSSL knows more, and refuses them malformed or out of their place',
    example: sent(withExtension(plain, 1, '0505')),
    settle: ({ hello, openSsl }) =>
      hello !== undefined &&
      openSsl.answer === 'refused' &&
      /extension|_ctos_/.test(openSsl.why) &&
      unknown(hello.extensions).length > 0
        ? {
            ask: {
              ...hello,
              extensions: hello.extensions?.filter(({ extensionType }) => ours.has(extensionType)),
            },
          }
        : undefined,
  },
  {
    name: 'of two faults each names the one that it meets first',
    because: 'no RFC says in which order a hello is read; without the one, OpenSSL finds the other',
    example: sent({ ...withExtension(plain, supported_groups.type, '00'), clientVersion: 0x0302 }),
    settle: ({ hello, reprise, openSsl }) => {
      if (hello === undefined || reprise.answer !== 'refused' || openSsl.answer !== 'refused')
        return undefined;
      const mended = mend(hello, openSsl.why);
      return mended && { ask: mended };
    },
  },
];

export const differences: readonly Difference[] = [...answered, ...alerts, ...stricter, ...asked];

function sent(hello: ClientHello): Uint8Array {
  return inRecords(helloMessage(hello));
}

/** The message, in which the last extension claims a byte more than there is. */
function brokenOff(hello: ClientHello): Uint8Array {
  const message = helloMessage(withExtension(hello, 0x5a5a, '00'));
  message[message.length - 2] = 2;
  return message;
}

/** The content types of the records in a client's first bytes. */
function typesIn(bytes: Uint8Array): readonly number[] {
  return recordsIn(bytes).map(({ type }) => type);
}
