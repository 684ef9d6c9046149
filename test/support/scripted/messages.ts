/**
 * What scripted peers are made of beside the library's own parts: whole messages, samples of each, changes to hellos,
 * signatures.
 */

import { type CipherSuite, defaultCipherSuites, defaultSignatureSchemes } from 'reprise-tls';
import type { Extensions } from '../../../src/handshake/extensions.ts';
import {
  type ClientHello,
  type Extension,
  type HandshakeBody,
  type HandshakeName,
  Handshake as HandshakeStruct,
  handshakeMessages,
  type ServerHello,
} from '../../../src/handshake/messages.ts';
import { chooseScheme } from '../../../src/handshake/negotiation.ts';
import type { Credential } from '../../../src/handshake/parameters.ts';
import { TLS_1_2 } from '../../../src/record/content.ts';
import { empty, utf8 } from '../../../src/wire/bytes.ts';
import { type Codec, encode } from '../../../src/wire/codec.ts';

/** What stands in a hello in place of what an honest one would have. */
export interface HelloChanges<H, S extends 'client' | 'server'> {
  readonly fields?: Partial<Omit<H, 'extensions'>>;
  /** By name; undefined leaves one out. */
  readonly extensions?: Extensions<S>;
  /** Behind the others, byte by byte as given. */
  readonly moreExtensions?: readonly Extension[];
}
export type ClientHelloChanges = HelloChanges<ClientHello, 'client'>;
export type ServerHelloChanges = HelloChanges<ServerHello, 'server'>;

/** Messages that a peer would never send, or not of its own: well-formed, and that is all. */
export const samples: { readonly [N in HandshakeName]: HandshakeBody<N> } = {
  HelloRequest: {},
  ClientHello: {
    clientVersion: TLS_1_2,
    random: new Uint8Array(32),
    sessionId: empty,
    cipherSuites: defaultCipherSuites.map(({ id }) => id),
    compressionMethods: [0],
    extensions: undefined,
  },
  ServerHello: {
    serverVersion: TLS_1_2,
    random: new Uint8Array(32),
    sessionId: empty,
    cipherSuite: 0xc02b,
    compressionMethod: 0,
    extensions: undefined,
  },
  Certificate: { certificateList: [] },
  CertificateStatus: { statusType: 1, response: utf8('status') },
  ServerKeyExchange: {
    params: { curveType: 3, namedCurve: 29, public: new Uint8Array(32) },
    signedParams: { algorithm: 0x0403, signature: new Uint8Array(64) },
  },
  CertificateRequest: {
    certificateTypes: [1, 64],
    supportedSignatureAlgorithms: defaultSignatureSchemes.map(({ id }) => id),
    certificateAuthorities: [],
  },
  ServerHelloDone: {},
  ClientKeyExchange: { ecdhYc: new Uint8Array(32).fill(9) },
  CertificateVerify: { algorithm: 0x0403, signature: new Uint8Array(64) },
  Finished: { verifyData: new Uint8Array(12) },
};

/** A handshake message in bytes (RFC 5246 §7.4). */
export function message<N extends HandshakeName>(name: N, body: HandshakeBody<N>): Uint8Array {
  const { type, codec } = handshakeMessages[name];
  return encode(HandshakeStruct, { msgType: type, body: encode(codec as Codec<HandshakeBody<N>>, body) });
}

/** server_name with this host name (RFC 6066 §3). */
export function serverName(name: string): {
  readonly server_name: { nameType: number; hostName: Uint8Array }[];
} {
  return { server_name: [{ nameType: 0, hostName: utf8(name) }] };
}

/** status_request for OCSP, of any responder (RFC 6066 §8). */
export const statusRequest = { status_request: { statusType: 1, request: new Uint8Array(4) } };

export function suiteOf(id: number | undefined): CipherSuite {
  const suite = defaultCipherSuites.find((known) => known.id === id);
  if (suite === undefined) throw new TypeError(`suite ${id} is not known`);
  return suite;
}

/** A signature by the credential, or nonsense where there is none. */
export function signed(credential: Credential | undefined, accepted: readonly number[], content: Uint8Array) {
  const scheme = credential && chooseScheme(credential, accepted);
  if (scheme === undefined) return samples.CertificateVerify;
  const signature = credential?.sign(scheme, content);
  if (!(signature instanceof Uint8Array))
    throw new TypeError('scripted peers sign with keys that are at hand');
  return { algorithm: scheme.id, signature };
}
