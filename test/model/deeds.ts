/**
 * What a hostile peer can do beside saying a message out of place: a message that is due, with one thing wrong in it, or
 * a record that is none. Each with the alert that its RFC asks for. The peer holds the keys, so that what is wrong is
 * the content and not the protection, unless that is the very point.
 */

import { ContentType } from '../../src/record/content.ts';
import type { AlertName } from '../../src/wire/alert.ts';
import { concat, empty } from '../../src/wire/bytes.ts';
import type { AnyScripted } from '../support/approach.ts';
import {
  type ClientHelloChanges,
  message,
  type ScriptedClient,
  type ScriptedServer,
  type ServerHelloChanges,
  samples,
} from '../support/scripted.ts';
import { type Conversation, type Event, mayFollow, type Side } from './machine.ts';

export interface Deed {
  readonly name: string;
  /** The message in the place of which it is done, where it is. */
  readonly due?: Event['message'];
  /** Whether it can be done now, by the peer of this name. */
  fits(conversation: Conversation, peer: Side): boolean;
  do(peer: AnyScripted): void;
  /** What the connection answers. */
  readonly alert: AlertName;
}

/** In the place of the message that is due. */
function inPlaceOf(
  due: Event['message'],
  name: string,
  alert: AlertName,
  act: (peer: AnyScripted) => void,
): Deed {
  return {
    name: `${due}: ${name}`,
    due,
    fits: (conversation, peer) =>
      mayFollow(conversation).some((event) => event.message === due && event.from === peer),
    do: act,
    alert,
  };
}

function clientHello(name: string, alert: AlertName, changes: ClientHelloChanges): Deed {
  return inPlaceOf('ClientHello', name, alert, (peer) => {
    const client = peer as ScriptedClient;
    client.changes = changes;
    client.speak('ClientHello');
  });
}

function serverHello(name: string, alert: AlertName, changes: ServerHelloChanges): Deed {
  return inPlaceOf('ServerHello', name, alert, (peer) => {
    const server = peer as ScriptedServer;
    server.changes = changes;
    server.speak('ServerHello');
  });
}

function keyExchange(name: string, alert: AlertName, algorithm: number): Deed {
  const signedParams = { algorithm, signature: new Uint8Array(64) };
  return inPlaceOf('ServerKeyExchange', name, alert, (peer) =>
    peer.send('ServerKeyExchange', { ...samples.ServerKeyExchange, signedParams }),
  );
}

/** At any time, in records of the peer's own, protected where they have to be. */
function anytime(name: string, alert: AlertName, act: (peer: AnyScripted) => void): Deed {
  return { name, fits: () => true, do: act, alert };
}

function where(
  fits: (conversation: Conversation, peer: Side) => boolean,
  name: string,
  alert: AlertName,
  act: (peer: AnyScripted) => void,
): Deed {
  return { name, fits, do: act, alert };
}

const isProtected = ({ protectedBy }: Conversation, peer: Side) => protectedBy.includes(peer);
const isClear = (conversation: Conversation, peer: Side) => !isProtected(conversation, peer);

const helloDone = message('ServerHelloDone', {});

const deeds: readonly Deed[] = [
  // RFC 5246 §7.4.1.2
  clientHello('of version 1.1', 'protocol_version', { fields: { clientVersion: 0x0302 } }),
  clientHello('without a suite that is known', 'handshake_failure', {
    fields: { cipherSuites: [0x002f, 5] },
  }),
  clientHello('with compression alone', 'illegal_parameter', { fields: { compressionMethods: [1] } }),
  clientHello('without a group that is known', 'handshake_failure', {
    extensions: { supported_groups: [1] },
  }),
  clientHello('with SHA-1 and MD5 alone', 'handshake_failure', {
    extensions: { signature_algorithms: [0x0201, 0x0203, 0x0101] },
  }),
  // RFC 5746 §3.6
  clientHello('that renegotiates nothing', 'handshake_failure', {
    extensions: { renegotiation_info: new Uint8Array(12) },
  }),
  clientHello('with an extension twice', 'decode_error', {
    moreExtensions: [{ extensionType: 23, extensionData: empty }],
  }),
  // What answers the other side's flight cannot be there before it.
  inPlaceOf('ClientHello', 'with an answer to what was not said', 'unexpected_message', (peer) => {
    const hello = message('ClientHello', (peer as ScriptedClient).clientHello());
    const early = message('ClientKeyExchange', samples.ClientKeyExchange);
    peer.record(ContentType.handshake, concat(hello, early));
  }),
  inPlaceOf('ServerHelloDone', 'with more of them behind it', 'unexpected_message', (peer) =>
    peer.record(ContentType.handshake, concat(helloDone, helloDone)),
  ),
  // RFC 5246 §7.4.1.3, §7.4.1.4; RFC 5746 §3.4
  serverHello('of version 1.1', 'protocol_version', { fields: { serverVersion: 0x0302 } }),
  serverHello('with a suite that was not offered', 'illegal_parameter', { fields: { cipherSuite: 0x002f } }),
  serverHello('with compression', 'illegal_parameter', { fields: { compressionMethod: 1 } }),
  serverHello('with an extension that was not asked for', 'unsupported_extension', {
    moreExtensions: [{ extensionType: 35, extensionData: empty }],
  }),
  serverHello('without renegotiation_info', 'handshake_failure', {
    extensions: { renegotiation_info: undefined },
  }),
  // RFC 5246 §7.4.3; RFC 8422 §5.10
  keyExchange('with a signature that does not hold', 'decrypt_error', 0x0807),
  keyExchange('signed with SHA-1', 'illegal_parameter', 0x0203),
  keyExchange('signed with MD5', 'illegal_parameter', 0x0101),
  inPlaceOf('ServerHelloDone', 'with a body', 'decode_error', (peer) =>
    peer.record(ContentType.handshake, Uint8Array.of(14, 0, 0, 1, 0)),
  ),
  // RFC 7748 §6.1, RFC 8422 §5.11
  inPlaceOf('ClientKeyExchange', 'the point of small order', 'illegal_parameter', (peer) =>
    peer.send('ClientKeyExchange', { ecdhYc: new Uint8Array(32) }),
  ),
  // RFC 5246 §7.4.8
  inPlaceOf('CertificateVerify', 'a signature that does not hold', 'decrypt_error', (peer) =>
    peer.send('CertificateVerify', { algorithm: 0x0807, signature: new Uint8Array(64) }),
  ),
  // RFC 5246 §7.1
  inPlaceOf('ChangeCipherSpec', 'another byte', 'decode_error', (peer) =>
    peer.record(ContentType.change_cipher_spec, Uint8Array.of(2)),
  ),
  inPlaceOf('ChangeCipherSpec', 'half a message before it', 'unexpected_message', (peer) => {
    peer.record(ContentType.handshake, Uint8Array.of(20, 0));
    peer.speak('ChangeCipherSpec');
  }),
  // RFC 5246 §7.4.9
  inPlaceOf('Finished', 'other verify_data', 'decrypt_error', (peer) =>
    peer.send('Finished', { verifyData: new Uint8Array(12) }),
  ),
  // RFC 5246 §7.2.2, §6.2.3.3: once there are keys, nothing in the clear is taken for anything.
  where(isProtected, 'a record that does not authenticate', 'bad_record_mac', (peer) =>
    peer.raw(Uint8Array.of(23, 3, 3, 0, 40, ...new Uint8Array(40))),
  ),
  where(isProtected, 'a record in the clear', 'bad_record_mac', (peer) =>
    peer.raw(Uint8Array.of(22, 3, 3, 0, helloDone.length, ...helloDone)),
  ),
  where(isClear, 'an empty record of a handshake', 'decode_error', (peer) =>
    peer.raw(Uint8Array.of(22, 3, 3, 0, 0)),
  ),
  anytime('a HandshakeType that there is not', 'unexpected_message', (peer) =>
    peer.record(ContentType.handshake, Uint8Array.of(99, 0, 0, 0)),
  ),
  anytime('a record type that there is not', 'unexpected_message', (peer) =>
    peer.raw(Uint8Array.of(99, 3, 3, 0, 1, 0)),
  ),
  anytime('a record longer than there may be', 'record_overflow', (peer) =>
    peer.raw(Uint8Array.of(22, 3, 3, 0x48, 1)),
  ),
  anytime('a record of SSL 2.0', 'protocol_version', (peer) => peer.raw(Uint8Array.of(22, 2, 0, 0, 1, 0))),
  // RFC 5246 §7.2
  anytime('an alert of level 3', 'illegal_parameter', (peer) =>
    peer.record(ContentType.alert, Uint8Array.of(3, 10)),
  ),
  anytime('an alert of one byte', 'decode_error', (peer) => peer.record(ContentType.alert, Uint8Array.of(1))),
];

/** Those that can be done now by this peer, the ones in the place of a message that is due first. */
export function deedsAt(conversation: Conversation, peer: Side): readonly Deed[] {
  const fitting = deeds.filter(({ fits }) => fits(conversation, peer));
  return [
    ...fitting.filter(({ due }) => due !== undefined),
    ...fitting.filter(({ due }) => due === undefined),
  ];
}
