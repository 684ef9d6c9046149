/** Hellos with one thing changed: what an attacker does who reads the handshake, and means it. */

import {
  defaultCipherSuites,
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
} from 'reprise-tls';
import { extensions as known } from '../../src/handshake/extensions.ts';
import {
  type ClientHello,
  type Extension,
  type HandshakeBody,
  handshakeHeaderLength,
  handshakeMessages,
  type ServerHello,
} from '../../src/handshake/messages.ts';
import { ContentType, headerLength } from '../../src/record/content.ts';
import { concat, empty, latin1, utf8 } from '../../src/wire/bytes.ts';
import { type Codec, decode, encode } from '../../src/wire/codec.ts';
import { message, serverName } from '../support/scripted.ts';
import { recordOf } from './records.ts';

interface Hello {
  readonly extensions: Extension[] | undefined;
}
type Change<H> = (hello: H) => Partial<H>;

const aes = TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256.id;
const rsa = TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.id;

const protocols = known.application_layer_protocol_negotiation.server;

/** Extension by extension, the hello without it. */
const without = Object.values(known).map(
  ({ type }): Change<Hello> =>
    ({ extensions = [] }) => ({
      extensions: extensions.filter(({ extensionType }) => extensionType !== type),
    }),
);

/** `foreignId`: of a session that another client has with that server. */
const ofClientHello = (foreignId: Uint8Array): readonly Change<ClientHello>[] => [
  () => ({ sessionId: empty }),
  () => ({ sessionId: foreignId }),
  () => ({ sessionId: new Uint8Array(32).fill(7) }),
  ({ cipherSuites }) => ({ cipherSuites: [...cipherSuites].reverse() }),
  () => ({ cipherSuites: [aes] }),
  () => ({ cipherSuites: [rsa] }),
  () => ({ cipherSuites: [0x002f, 0x0005] }),
  ({ cipherSuites }) => ({ cipherSuites: [...cipherSuites, 0x5600] }),
  ({ cipherSuites }) => ({ cipherSuites: [...cipherSuites, 0x00ff] }),
  () => ({ clientVersion: 0x0302 }),
  () => ({ clientVersion: 0x0304 }),
  () => ({ compressionMethods: [1, 0] }),
  () => ({ random: new Uint8Array(32) }),
  replaced('server_name', encode(known.server_name.client, serverName('other.example').server_name)),
  replaced('application_layer_protocol_negotiation', encode(protocols, [latin1('http/1.1')])),
  replaced('supported_groups', encode(known.supported_groups.client, [23])),
  replaced('signature_algorithms', encode(known.signature_algorithms.client, [0x0201, 0x0203, 0x0807])),
  replaced('record_size_limit', encode(known.record_size_limit.client, 64)),
  added({ extensionType: known.session_ticket.type, extensionData: utf8('a ticket') }),
  added({ extensionType: 0x1a1a, extensionData: empty }),
  ...without,
];

const ofServerHello = (foreignId: Uint8Array): readonly Change<ServerHello>[] => [
  () => ({ sessionId: empty }),
  () => ({ sessionId: foreignId }),
  ({ sessionId }) => ({ sessionId: sessionId.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) }),
  () => ({ cipherSuite: aes }),
  () => ({ cipherSuite: defaultCipherSuites[0]?.id ?? 0 }),
  () => ({ cipherSuite: 0x002f }),
  () => ({ serverVersion: 0x0302 }),
  () => ({ compressionMethod: 1 }),
  () => ({ random: new Uint8Array(32) }),
  replaced('application_layer_protocol_negotiation', encode(protocols, [latin1('http/1.1')])),
  replaced('record_size_limit', encode(known.record_size_limit.server, 64)),
  replaced('renegotiation_info', encode(known.renegotiation_info.server, new Uint8Array(12))),
  added({ extensionType: known.status_request.type, extensionData: empty }),
  added({ extensionType: known.session_ticket.type, extensionData: empty }),
  ...without,
];

function replaced(name: keyof typeof known, extensionData: Uint8Array): Change<Hello> {
  const { type } = known[name];
  return ({ extensions = [] }) => ({
    extensions: extensions.map((each) => (each.extensionType === type ? { ...each, extensionData } : each)),
  });
}

function added(extension: Extension): Change<Hello> {
  return ({ extensions = [] }) => ({ extensions: [extension, ...extensions] });
}

/** The record with the hello at its beginning changed; as it was where there is none. */
export function rewrite(record: Uint8Array, edit: number, foreignId: Uint8Array): Uint8Array {
  const [type, , , , , msgType] = record;
  if (type !== ContentType.handshake) return record;
  if (msgType === handshakeMessages.ClientHello.type) {
    return rewritten('ClientHello', record, ofClientHello(foreignId), edit);
  }
  if (msgType === handshakeMessages.ServerHello.type) {
    return rewritten('ServerHello', record, ofServerHello(foreignId), edit);
  }
  return record;
}

function rewritten<N extends 'ClientHello' | 'ServerHello'>(
  name: N,
  record: Uint8Array,
  changes: readonly Change<HandshakeBody<N>>[],
  edit: number,
): Uint8Array {
  const content = record.subarray(headerLength);
  const [, high = 0, middle = 0, low = 0] = content;
  const end = handshakeHeaderLength + ((high << 16) | (middle << 8) | low);
  if (end > content.length) return record;
  const codec = handshakeMessages[name].codec as Codec<HandshakeBody<N>>;
  const hello = decode(codec, content.subarray(handshakeHeaderLength, end), name);
  const change = changes[edit % changes.length];
  const changed = { ...hello, ...change?.(hello) };
  return recordOf(ContentType.handshake, concat(message(name, changed), content.subarray(end)));
}

/** How many different edits there are, at most. */
export const edits = Math.max(ofClientHello(empty).length, ofServerHello(empty).length);
