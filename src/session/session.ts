/**
 * Session: what both sides agreed on, and its serialised form, format version 1.
 *
 * A session is made once, at the end of a full handshake, and never changed after: a resumption that rewrote one
 * would carry its own state into later ones (CVE-2010-4180). What it binds is listed in the struct below.
 */

import { equal, fromUtf8, utf8 } from '../wire/bytes.ts';
import {
  decode, encode, type Infer, opaque, opaqueVector, struct, uint16, uint48, uint8, vector,
} from '../wire/codec.ts';

export type ClientAuthentication = 'none' | 'request' | 'require';

export interface Session {
  /** 1 to 32 bytes, chosen by the server. */
  readonly sessionId: Uint8Array;
  readonly protocolVersion: number;
  readonly cipherSuite: number;
  /** Exactly 48 bytes (RFC 5246 §8.1). */
  readonly masterSecret: Uint8Array;
  readonly extendedMasterSecret: boolean;
  readonly serverName: string | undefined;
  /** For the application's veto to see; ALPN is negotiated afresh in each handshake (RFC 7301 §3.1). */
  readonly alpnProtocol: string | undefined;
  /** The peer's chain, leaf first, DER; empty where it showed none. */
  readonly peerCertificates: readonly Uint8Array[];
  /** Whether that chain passed verification. */
  readonly peerVerified: boolean;
  readonly clientAuthentication: ClientAuthentication;
  /** Of the configuration that it was made under: see `contextDigest`. 32 bytes. */
  readonly contextDigest: Uint8Array;
  /** SHA-256 of the server's leaf certificate. 32 bytes. */
  readonly serverCredential: Uint8Array;
  /** When the full handshake ended, and when it may be resumed no more; milliseconds since the epoch. */
  readonly establishedAt: number;
  readonly expiresAt: number;
}

const formatVersion = 1;
const modes = ['none', 'request', 'require'] as const satisfies readonly ClientAuthentication[];

/** The binary form. Changed only together with `formatVersion`: bytes of another version are a miss. */
const SessionState = struct({
  formatVersion: uint8,
  protocolVersion: uint16,
  cipherSuite: uint16,
  sessionId: opaqueVector(1, 32),
  masterSecret: opaque(48),
  extendedMasterSecret: uint8,
  serverName: opaqueVector(0, 0xffff),
  alpnProtocol: opaqueVector(0, 0xff),
  peerCertificates: vector(opaqueVector(1, 0xffffff), 0, 0xffffff),
  peerVerified: uint8,
  clientAuthentication: uint8,
  contextDigest: opaque(32),
  serverCredential: opaque(32),
  establishedAt: uint48,
  expiresAt: uint48,
});
