/**
 * Fields have the names of their declarations, and values the names of IANA's registries: in messages and extensions that
 * Reprise speaks, and in those of others.
 */

import { defaultCipherSuites, defaultGroups, defaultSignatureSchemes } from 'reprise-tls';
import { type TracedField, traceConnection } from 'reprise-tls/trace';
import { describe, expect, test } from 'vitest';
import { extensions } from '../../src/handshake/extensions.ts';
import { ClientHello, handshakeMessages, ServerHello } from '../../src/handshake/messages.ts';
import * as registries from '../../src/trace/names/registries.ts';
import { AlertDescription } from '../../src/wire/alert.ts';
import { concat, fromHex } from '../../src/wire/bytes.ts';
import { encode } from '../../src/wire/codec.ts';
import { recordOf } from '../support/hellos.ts';

const random = new Uint8Array(32);

function message(type: number, body: Uint8Array): Uint8Array {
  return recordOf(22, concat(Uint8Array.of(type, 0, body.length >> 8, body.length), body));
}

function clientHello(...list: readonly (readonly [type: number, data: string])[]): Uint8Array {
  return message(
    1,
    encode(ClientHello, {
      clientVersion: 0x0303,
      random,
      sessionId: new Uint8Array(0),
      cipherSuites: [0xc02f, 0x0a0a, 0x5600, 0xeeee],
      compressionMethods: [0],
      extensions: list.map(([extensionType, data]) => ({ extensionType, extensionData: fromHex(data) })),
    }),
  );
}

function serverHello(cipherSuite: number): Uint8Array {
  return message(
    2,
    encode(ServerHello, {
      serverVersion: 0x0303,
      random,
      sessionId: random,
      cipherSuite,
      compressionMethod: 0,
      extensions: undefined,
    }),
  );
}

/** What a connection's last message has, by path. */
function fieldsIn(...sent: readonly (readonly ['client' | 'server', Uint8Array])[]): readonly TracedField[] {
  const { records } = traceConnection(sent.map(([from, bytes]) => ({ from, bytes })));
  return records.at(-1)?.messages.flatMap(({ fields }) => fields) ?? [];
}

function shown(fields: readonly TracedField[]): readonly string[] {
  return fields.map(({ path, value, meaning }) =>
    [path, value, meaning].filter((each) => each !== undefined).join(' '),
  );
}

describe('numbers', () => {
  test('that Reprise has names for have the same in a trace', () => {
    const pairs = (list: readonly { readonly id: number; readonly name: string }[]) =>
      list.map(({ id, name }) => [id, name] as const);
    const known: readonly (readonly [registries.Registry, readonly (readonly [number, string])[]])[] = [
      [registries.cipherSuite, pairs(defaultCipherSuites)],
      [registries.namedGroup, pairs(defaultGroups)],
      [registries.signatureScheme, pairs(defaultSignatureSchemes)],
      [registries.extensionType, Object.entries(extensions).map(([name, { type }]) => [type, name])],
      [registries.handshakeType, Object.entries(handshakeMessages).map(([name, { type }]) => [type, name])],
      [registries.alertDescription, Object.entries(AlertDescription).map(([name, code]) => [code, name])],
    ];
    for (const [registry, names] of known) for (const [id, name] of names) expect(registry(id)).toBe(name);
  });

  test('of others have IANA’s, GREASE its own (RFC 8701), and what nobody has named none', () => {
    expect(registries.cipherSuite(0x1301)).toBe('TLS_AES_128_GCM_SHA256');
    expect(registries.cipherSuite(0x0005)).toBe('TLS_RSA_WITH_RC4_128_SHA');
    expect(registries.cipherSuite(0x00ff)).toBe('TLS_EMPTY_RENEGOTIATION_INFO_SCSV');
    expect(registries.cipherSuite(0x5600)).toBe('TLS_FALLBACK_SCSV');
    expect(registries.cipherSuite(0xc0b5)).toBe('TLS_SHA384_SHA384');
    expect(registries.namedGroup(0x11ec)).toBe('X25519MLKEM768');
    expect(registries.signatureScheme(0x0301)).toBe('rsa_sha224');
    for (let i = 0; i < 16; i++) expect(registries.extensionType(0x0a0a + 0x1010 * i)).toBe('GREASE');
    for (const registry of Object.values(registries)) expect(registry(0xeeee)).toBeUndefined();
  });
});

describe('a hello of others', () => {
  test('has the fields of each extension whose form is known', () => {
    const fields = fieldsIn([
      'client',
      clientHello(
        [0x1a1a, ''],
        [0, '000b0000086120622e74657374'],
        [5, '0100000000'],
        [16, '000c02683208687474702f312e31'],
        [22, ''],
        [43, '041a1a0304'],
        [45, '0101'],
        [51, '0006001d0002abcd'],
        [27, '020002'],
        [1, '02'],
        [0x7777, 'beef'],
      ),
    ]);
    const lines = shown(fields).filter((line) => line.includes('.extensions['));
    expect(lines.map((line) => line.replace('ClientHello.extensions', ''))).toEqual([
      '[0].extensionType 6682 GREASE',
      '[0].extensionData.length 0 0 bytes',
      '[0].extensionData ',
      '[1].extensionType 0 server_name',
      '[1].extensionData.length 13 13 bytes',
      '[1].server_name.length 11 11 bytes',
      '[1].server_name[0].nameType 0 host_name',
      '[1].server_name[0].hostName.length 8 8 bytes',
      '[1].server_name[0].hostName 6120622e74657374 a b.test',
      '[2].extensionType 5 status_request',
      '[2].extensionData.length 5 5 bytes',
      '[2].status_request.statusType 1 ocsp',
      '[2].status_request.request.responderIDList.length 0 0 bytes',
      '[2].status_request.request.requestExtensions.length 0 0 bytes',
      '[2].status_request.request.requestExtensions ',
      '[3].extensionType 16 application_layer_protocol_negotiation',
      '[3].extensionData.length 14 14 bytes',
      '[3].application_layer_protocol_negotiation.length 12 12 bytes',
      '[3].application_layer_protocol_negotiation[0].length 2 2 bytes',
      '[3].application_layer_protocol_negotiation[0] 6832 h2',
      '[3].application_layer_protocol_negotiation[1].length 8 8 bytes',
      '[3].application_layer_protocol_negotiation[1] 687474702f312e31 http/1.1',
      '[4].extensionType 22 encrypt_then_mac',
      '[4].extensionData.length 0 0 bytes',
      '[5].extensionType 43 supported_versions',
      '[5].extensionData.length 5 5 bytes',
      '[5].supported_versions.length 4 4 bytes',
      '[5].supported_versions[0] 6682 GREASE',
      '[5].supported_versions[1] 772 TLS 1.3',
      '[6].extensionType 45 psk_key_exchange_modes',
      '[6].extensionData.length 2 2 bytes',
      '[6].psk_key_exchange_modes.length 1 1 byte',
      '[6].psk_key_exchange_modes[0] 1 psk_dhe_ke',
      '[7].extensionType 51 key_share',
      '[7].extensionData.length 8 8 bytes',
      '[7].key_share.length 6 6 bytes',
      '[7].key_share[0].group 29 x25519',
      '[7].key_share[0].keyExchange.length 2 2 bytes',
      '[7].key_share[0].keyExchange abcd',
      '[8].extensionType 27 compress_certificate',
      '[8].extensionData.length 3 3 bytes',
      '[8].compress_certificate.length 2 2 bytes',
      '[8].compress_certificate[0] 2 brotli',
      '[9].extensionType 1 max_fragment_length',
      '[9].extensionData.length 1 1 byte',
      '[9].max_fragment_length 2 1024 bytes',
      '[10].extensionType 30583',
      '[10].extensionData.length 2 2 bytes',
      '[10].extensionData beef',
    ]);
    expect(shown(fields).filter((line) => line.includes('cipherSuites['))).toEqual([
      'ClientHello.cipherSuites[0] 49199 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      'ClientHello.cipherSuites[1] 2570 GREASE',
      'ClientHello.cipherSuites[2] 22016 TLS_FALLBACK_SCSV',
      'ClientHello.cipherSuites[3] 61166',
    ]);
  });

  test('keeps as bytes what an extension has in another form than its own', () => {
    const lines = shown(fieldsIn(['client', clientHello([10, '0003001d00'], [5, '09abcd'])]));
    expect(
      lines.filter((line) => line.includes('extensionData ') || line.includes('status_request.')),
    ).toEqual([
      'ClientHello.extensions[0].extensionData 0003001d00',
      'ClientHello.extensions[1].status_request.statusType 9',
      'ClientHello.extensions[1].status_request.request abcd',
    ]);
  });
});

describe('the key exchange', () => {
  const suites = { dhe: 0x009e, rsa: 0x002f, psk: 0x00a8, ecdhe: 0xc02f, unknown: 0xeeee };
  const ephemeral = fromHex('0002abcd0001050002dcba04010002beef');

  test('of DHE has its parameters and its signature (RFC 5246 §7.4.3)', () => {
    const lines = shown(fieldsIn(['server', serverHello(suites.dhe)], ['server', message(12, ephemeral)]));
    expect(lines.slice(2)).toEqual([
      'ServerKeyExchange.params.dhP.length 2 2 bytes',
      'ServerKeyExchange.params.dhP abcd',
      'ServerKeyExchange.params.dhG.length 1 1 byte',
      'ServerKeyExchange.params.dhG 05',
      'ServerKeyExchange.params.dhYs.length 2 2 bytes',
      'ServerKeyExchange.params.dhYs dcba',
      'ServerKeyExchange.signedParams.algorithm 1025 rsa_pkcs1_sha256',
      'ServerKeyExchange.signedParams.signature.length 2 2 bytes',
      'ServerKeyExchange.signedParams.signature beef',
    ]);
  });

  test.each([
    ['rsa', '0002abcd', ['encryptedPreMasterSecret.length 2 2 bytes', 'encryptedPreMasterSecret abcd']],
    ['dhe', '0002abcd', ['dhYc.length 2 2 bytes', 'dhYc abcd']],
    ['ecdhe', '02abcd', ['ecdhYc.length 2 2 bytes', 'ecdhYc abcd']],
    ['psk', '0002abcd', ['body 0002abcd']],
    ['unknown', '02abcd', ['ecdhYc.length 2 2 bytes', 'ecdhYc abcd']],
  ] as const)(
    'of the client, with %s, has the form of the suite (RFC 5246 §7.4.7)',
    (suite, body, expected) => {
      const sent = fieldsIn(['server', serverHello(suites[suite])], ['client', message(16, fromHex(body))]);
      expect(shown(sent).slice(2)).toEqual(expected.map((line) => `ClientKeyExchange.${line}`));
    },
  );
});

describe('other messages', () => {
  test('have their names, and their fields where those are known', () => {
    const cases: readonly (readonly [type: number, body: string, lines: readonly string[]])[] = [
      [0, '', ['Handshake.msgType 0 HelloRequest', 'Handshake.length 0 0 bytes']],
      [
        4,
        '00001c200003010203',
        [
          'Handshake.msgType 4 NewSessionTicket',
          'Handshake.length 9 9 bytes',
          'NewSessionTicket.ticketLifetimeHint 7200 7200 seconds',
          'NewSessionTicket.ticket.length 3 3 bytes',
          'NewSessionTicket.ticket 010203',
        ],
      ],
      [
        8,
        '0000',
        [
          'Handshake.msgType 8 EncryptedExtensions',
          'Handshake.length 2 2 bytes',
          'EncryptedExtensions.body 0000',
        ],
      ],
      [99, 'ab', ['Handshake.msgType 99', 'Handshake.length 1 1 byte', 'HandshakeType 99.body ab']],
    ];
    for (const [type, body, lines] of cases)
      expect(shown(fieldsIn(['server', message(type, fromHex(body))]))).toEqual(lines);
  });

  test('alerts have theirs, and records of no known type their bytes', () => {
    expect(shown(fieldsIn(['server', recordOf(21, fromHex('0228'))]))).toEqual([
      'Alert.level 2 fatal',
      'Alert.description 40 handshake_failure',
    ]);
    expect(shown(fieldsIn(['server', recordOf(21, fromHex('022800'))]))).toEqual([
      'Alert.level 2 fatal',
      'Alert.description 40 handshake_failure',
      'Alert.unread 00',
    ]);
    expect(shown(fieldsIn(['client', recordOf(24, fromHex('01abcd'))]))).toEqual([
      'heartbeat.content 01abcd',
    ]);
    expect(shown(fieldsIn(['client', recordOf(60, fromHex('01'))]))).toEqual(['content type 60.content 01']);
  });
});
