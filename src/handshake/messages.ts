/**
 * The messages of the handshake protocol, declared as RFC 5246 §7.4 declares them, with the parameters of ECDHE from
 * RFC 8422 §5. The table at the end gives each its number and the longest body that we wait for.
 */

import {
  type Codec,
  type Infer,
  opaque,
  opaqueVector,
  optional,
  struct,
  uint8,
  uint16,
  vector,
} from '../wire/codec.ts';

export const ProtocolVersion: Codec<number> = uint16;

/** RFC 5246 §7.4.1.4 */
export const Extension = struct({
  extensionType: uint16,
  extensionData: opaqueVector(0, 0xffff),
});
export type Extension = Infer<typeof Extension>;

/** RFC 5246 §7.4.1.1 */
export const HelloRequest = struct({});

/** RFC 5246 §7.4.1.2 */
export const ClientHello = struct({
  clientVersion: ProtocolVersion,
  random: opaque(32),
  sessionId: opaqueVector(0, 32),
  cipherSuites: vector(uint16, 2, 0xfffe),
  compressionMethods: vector(uint8, 1, 0xff),
  extensions: optional(vector(Extension, 0, 0xffff)),
});
export type ClientHello = Infer<typeof ClientHello>;

/** RFC 5246 §7.4.1.3 */
export const ServerHello = struct({
  serverVersion: ProtocolVersion,
  random: opaque(32),
  sessionId: opaqueVector(0, 32),
  cipherSuite: uint16,
  compressionMethod: uint8,
  extensions: optional(vector(Extension, 0, 0xffff)),
});
export type ServerHello = Infer<typeof ServerHello>;

/** RFC 5246 §7.4.2: DER, the sender's own certificate first. */
export const Certificate = struct({
  certificateList: vector(opaqueVector(1, 0xffffff), 0, 0xffffff),
});
export type Certificate = Infer<typeof Certificate>;

/** RFC 6066 §8: the status of the certificate before it, of the one type that there is. */
export const CertificateStatus = struct({
  statusType: uint8,
  response: opaqueVector(1, 0xffffff),
});
export type CertificateStatus = Infer<typeof CertificateStatus>;

/** CertificateStatusType (RFC 6066 §8) */
export const ocspStatus = 1;

/** RFC 8422 §5.4, of which only named curves are left. */
export const ServerECDHParams = struct({
  curveType: uint8,
  namedCurve: uint16,
  public: opaqueVector(1, 0xff),
});
export type ServerECDHParams = Infer<typeof ServerECDHParams>;

/** RFC 5246 §4.7 */
export const DigitallySigned = struct({
  algorithm: uint16,
  signature: opaqueVector(0, 0xffff),
});
export type DigitallySigned = Infer<typeof DigitallySigned>;

/** RFC 8422 §5.4 */
export const ServerKeyExchange = struct({
  params: ServerECDHParams,
  signedParams: DigitallySigned,
});
export type ServerKeyExchange = Infer<typeof ServerKeyExchange>;

/** RFC 5246 §7.4.4 */
export const CertificateRequest = struct({
  certificateTypes: vector(uint8, 1, 0xff),
  supportedSignatureAlgorithms: vector(uint16, 2, 0xfffe),
  certificateAuthorities: vector(opaqueVector(1, 0xffff), 0, 0xffff),
});
export type CertificateRequest = Infer<typeof CertificateRequest>;

/** RFC 5246 §7.4.5 */
export const ServerHelloDone = struct({});

/** RFC 8422 §5.7: the client's ephemeral public key. */
export const ClientKeyExchange = struct({
  ecdhYc: opaqueVector(1, 0xff),
});
export type ClientKeyExchange = Infer<typeof ClientKeyExchange>;

/** RFC 5246 §7.4.8 */
export const CertificateVerify = DigitallySigned;

/** RFC 5246 §7.4.9: 12 bytes for every suite that there is. */
export const Finished = struct({ verifyData: opaque(12) });
export type Finished = Infer<typeof Finished>;

/** The header before each body (RFC 5246 §7.4), for those who show or make whole messages. */
export const handshakeHeaderLength = 4;

const hello = 0x1ffff; // longer than any in use, though its fields could make it a little longer still
const certificates = 0x20000; // 128 KiB: what chains need and then much
const small = 0x4000;

/**
 * Every message by its name: HandshakeType (RFC 5246 §7.4), its declaration, and the longest body that is waited
 * for. A longer one is refused at its header, so that a connection holds a bounded number of bytes.
 */
export const handshakeMessages = {
  HelloRequest: { type: 0, codec: HelloRequest, maxLength: 0 },
  ClientHello: { type: 1, codec: ClientHello, maxLength: hello },
  ServerHello: { type: 2, codec: ServerHello, maxLength: hello },
  Certificate: { type: 11, codec: Certificate, maxLength: certificates },
  ServerKeyExchange: { type: 12, codec: ServerKeyExchange, maxLength: small },
  CertificateRequest: { type: 13, codec: CertificateRequest, maxLength: hello },
  ServerHelloDone: { type: 14, codec: ServerHelloDone, maxLength: 0 },
  CertificateVerify: { type: 15, codec: CertificateVerify, maxLength: small },
  ClientKeyExchange: { type: 16, codec: ClientKeyExchange, maxLength: small },
  Finished: { type: 20, codec: Finished, maxLength: 12 },
  CertificateStatus: { type: 22, codec: CertificateStatus, maxLength: certificates },
} as const;

export type HandshakeName = keyof typeof handshakeMessages;
export type HandshakeBody<N extends HandshakeName> = Infer<(typeof handshakeMessages)[N]['codec']>;

const byType = new Map<number, HandshakeName>(
  Object.entries(handshakeMessages).map(([name, { type }]) => [type, name as HandshakeName]),
);

/** The message's name, or undefined for a type that TLS 1.2 without tickets does not have. */
export function handshakeName(type: number): HandshakeName | undefined {
  return byType.get(type);
}

/** A whole message: the header and the body (RFC 5246 §7.4). */
export const Handshake = struct({ msgType: uint8, body: opaqueVector(0, 0xffffff) });
