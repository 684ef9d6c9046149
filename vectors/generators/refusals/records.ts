/** What either role refuses before it looks at any message (RFC 5246 §6.2, §7.1, §7.2). */

import { number, text } from '../bytes.ts';
import { record } from '../hello-bytes.ts';
import { type Case, changeCipherSpec, finished, handshake, malformed, order } from './case.ts';

/** `opening` is a flight that settles the version. */
export function badRecords(opening: string): Case[] {
  return [...headers(opening), ...contents, ...messages];
}

function headers(opening: string): Case[] {
  const rfc = 'RFC 5246 §6.2.1';
  return [
    order('a record of a content type that there is not', rfc, '000303000100'),
    order('a record of content type 255', rfc, 'ff0303000100'),
    order('a heartbeat', 'RFC 6520 §2', '1803030003010000'),
    order('a record of SSL 2', 'RFC 6176 §3', '802e0100020015'),
    version('a record of version 2.0', rfc, record('handshake', '00', 0x0200)),
    version('a record of version 4.3', rfc, record('handshake', '00', 0x0403)),
    version(
      'a record of version 3.1 once 3.3 is negotiated',
      'RFC 5246 Appendix E.1',
      opening,
      record('handshake', '00', 0x0301),
    ),
    overflow(
      'a header that announces 2^14 + 2049 bytes',
      'RFC 5246 §6.2.3',
      `160303${number(2 ** 14 + 2049, 2)}`,
    ),
    overflow('2^14 + 1 bytes in the clear', rfc, record('application_data', '00'.repeat(2 ** 14 + 1))),
  ];
}

const contents: readonly Case[] = [
  malformed('a handshake record without content', 'RFC 5246 §6.2.1', record('handshake', '')),
  malformed('an alert record without content', 'RFC 5246 §6.2.1', record('alert', '')),
  malformed('an alert of one byte', 'RFC 5246 §7.2', record('alert', '01')),
  malformed('two alerts in a record', 'RFC 5246 §7.2', record('alert', '015a015a')),
  {
    name: 'an alert of level 3',
    rfc: 'RFC 5246 §7.2',
    alert: 'illegal_parameter',
    input: [record('alert', '035a')],
  },
  order('warnings without end', 'RFC 5246 §7.2.2', record('alert', '015a').repeat(5)),
  malformed('a ChangeCipherSpec without content', 'RFC 5246 §7.1', record('change_cipher_spec', '')),
  malformed('a ChangeCipherSpec of another value', 'RFC 5246 §7.1', record('change_cipher_spec', '02')),
  malformed('a ChangeCipherSpec of two bytes', 'RFC 5246 §7.1', record('change_cipher_spec', '0101')),
  order('a ChangeCipherSpec before anything else', 'RFC 5246 §7.1, CVE-2014-0224', changeCipherSpec),
  order('application data before anything else', 'RFC 5246 §7.3', record('application_data', text('hello'))),
  order('empty application data before anything else', 'RFC 5246 §7.3', record('application_data', '')),
];

/** HandshakeTypes of other versions, of extensions that are not spoken here, and of nobody. */
const unknownTypes = [3, 4, 5, 6, 8, 21, 22, 23, 24, 254, 255];

const messages: readonly Case[] = [
  ...unknownTypes.map((type) =>
    order(
      `a handshake message of type ${type}`,
      'RFC 5246 §7.4',
      record('handshake', `${number(type, 1)}000000`),
    ),
  ),
  order('a Finished before anything else', 'RFC 5246 §7.4.9', finished),
  malformed('a Finished of 13 bytes', 'RFC 5246 §7.4.9', handshake('finished', '00'.repeat(13))),
];

function version(name: string, rfc: string, ...input: readonly string[]): Case {
  return { name, rfc, alert: 'protocol_version', input };
}

function overflow(name: string, rfc: string, ...input: readonly string[]): Case {
  return { name, rfc, alert: 'record_overflow', input };
}
