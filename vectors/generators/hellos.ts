/** hellos.json: ClientHello and ServerHello (RFC 5246 §7.4.1), bytes and fields. */

import { bytes, hex } from './bytes.ts';
import type { File } from './file.ts';
import {
  type ClientHello,
  clientHello,
  type Extension,
  extension,
  type ServerHello,
  serverHello,
} from './hello-bytes.ts';

/** What the extensions of a hello say, by name. */
type Known = Readonly<Record<string, unknown>>;

const client: ClientHello = {
  client_version: 0x0303,
  random: hex(bytes('random of a ClientHello', 32)),
  session_id: '',
  cipher_suites: [0xc02b],
  compression_methods: [0],
  extensions: undefined,
};

const sessionId = hex(bytes('session_id', 32));
const present = {};

const clientHellos: readonly (readonly [string, ClientHello, Known])[] = [
  ['the least that there can be: no extensions', client, {}],
  ['an empty list of extensions', { ...client, extensions: [] }, {}],
  [
    'all extensions that are known, and a session',
    {
      ...client,
      session_id: sessionId,
      cipher_suites: [0xcca9, 0xcca8, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0x00ff],
      extensions: [
        extension.server_name('example.test'),
        extension.extended_master_secret(),
        extension.renegotiation_info(),
        extension.session_ticket('0102'),
        extension.supported_groups(29, 23, 24, 25),
        extension.ec_point_formats(0),
        extension.application_layer_protocol_negotiation('h2', 'http/1.1'),
        extension.supported_versions(0x0304, 0x0303),
        extension.record_size_limit(16384),
        extension.signature_algorithms(0x0403, 0x0807, 0x0804),
      ],
    },
    {
      server_name: ['example.test'],
      extended_master_secret: present,
      renegotiation_info: '',
      session_ticket: '0102',
      supported_groups: [29, 23, 24, 25],
      ec_point_formats: [0],
      application_layer_protocol_negotiation: ['h2', 'http/1.1'],
      supported_versions: [0x0304, 0x0303],
      record_size_limit: 16384,
      signature_algorithms: [0x0403, 0x0807, 0x0804],
    },
  ],
  [
    'GREASE among suites, groups, extensions and protocols (RFC 8701 §3)',
    {
      ...client,
      cipher_suites: [0x2a2a, 0xc02f],
      extensions: [
        [0x5a5a, ''],
        extension.supported_groups(0x3a3a, 29),
        extension.application_layer_protocol_negotiation('\n\n', 'h2'),
        [0xfafa, '00'],
      ],
    },
    { supported_groups: [0x3a3a, 29], application_layer_protocol_negotiation: ['\n\n', 'h2'] },
  ],
  [
    'a session ID of one byte, several compression methods',
    { ...client, session_id: 'ff', compression_methods: [1, 64, 0] },
    {},
  ],
  ['a version that does not exist yet', { ...client, client_version: 0x0304 }, {}],
];

const server: ServerHello = {
  server_version: 0x0303,
  random: hex(bytes('random of a ServerHello', 32)),
  session_id: '',
  cipher_suite: 0xc02b,
  compression_method: 0,
  extensions: undefined,
};

const serverHellos: readonly (readonly [string, ServerHello, Known])[] = [
  ['the least that there can be: no extensions', server, {}],
  [
    'of a full handshake, with a session ID',
    {
      ...server,
      session_id: sessionId,
      extensions: [
        [0, ''],
        extension.extended_master_secret(),
        extension.renegotiation_info(),
        extension.ec_point_formats(0),
        extension.application_layer_protocol_negotiation('h2'),
        extension.record_size_limit(4096),
      ],
    },
    {
      server_name: present,
      extended_master_secret: present,
      renegotiation_info: '',
      ec_point_formats: [0],
      application_layer_protocol_negotiation: ['h2'],
      record_size_limit: 4096,
    },
  ],
  [
    'of an abbreviated handshake',
    {
      ...server,
      session_id: sessionId,
      cipher_suite: 0xcca8,
      extensions: [extension.extended_master_secret(), extension.renegotiation_info()],
    },
    { extended_master_secret: present, renegotiation_info: '' },
  ],
];

export const hellos: File = {
  path: 'hellos.json',
  schema: 'hellos',
  source:
    'Put together by hand, field by field (RFC 5246 §7.4.1); inputs from the generator that README.md describes.',
  content: () => ({
    client_hellos: clientHellos.map(([name, fields, known]) => ({
      name,
      body: clientHello(fields),
      fields: { ...fields, extensions: list(fields.extensions) },
      known_extensions: known,
    })),
    server_hellos: serverHellos.map(([name, fields, known]) => ({
      name,
      body: serverHello(fields),
      fields: { ...fields, extensions: list(fields.extensions) },
      known_extensions: known,
    })),
  }),
};

function list(extensions: readonly Extension[] | undefined): object[] | null {
  if (extensions === undefined) return null;
  return extensions.map(([extension_type, extension_data]) => ({ extension_type, extension_data }));
}
