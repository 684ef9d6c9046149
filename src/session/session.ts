/**
 * Session: what both sides agreed on, and its serialised form, format version 3.
 *
 * A session is made once, at the end of a full handshake, and never changed after: a resumption that rewrote one
 * would carry its own state into later ones (CVE-2010-4180). There is one door, `createSession`, for those that a
 * handshake made and for those that a store gave back: what it refuses is in no `Session` anywhere.
 *
 * The binary form is a struct of the presentation language (RFC 5246 §4): numbers in network byte order, `<n>` a
 * field of variable length behind its length in n bytes, nothing between the fields and nothing after the last.
 *
 *     bytes  field
 *     1      formatVersion          3
 *     2      protocolVersion        0x0303 for TLS 1.2
 *     2      cipherSuite            as in the IANA registry
 *     <1>    sessionId              1 to 32 bytes
 *     48     masterSecret           never all zeros
 *     1      extendedMasterSecret   0 or 1
 *     <2>    serverName             UTF-8; empty: the client named none (RFC 6066 §3: a HostName has a byte at least)
 *     <1>    alpnProtocol           bytes; empty: none was agreed on (RFC 7301 §3.1: nor has a ProtocolName less)
 *     <3>    peerCertificates       each <3>, DER, leaf first, at least 1 byte; the outer length counts bytes
 *     1      peerVerified           0 or 1
 *     <3>    ocspResponse           DER; empty: none was stapled (RFC 6066 §8: nor has an OCSPResponse less)
 *     <2>    signedCertificateTimestamps   each <2>, at least 1 byte; empty: none were shown (RFC 6962 §3.3)
 *     1      clientAuthentication   0 none, 1 request, 2 require
 *     32     contextDigest
 *     32     serverCredential
 *     6      establishedAt          milliseconds since the epoch
 *     6      expiresAt              milliseconds since the epoch; not before establishedAt
 *
 * A session has exactly one such form: bytes that decode at all encode to themselves again.
 */

import { empty, equalInConstantTime, fromLatin1, fromUtf8, latin1, utf8, wipe } from '../wire/bytes.ts';
import {
  decode,
  encode,
  type Infer,
  opaque,
  opaqueVector,
  struct,
  uint8,
  uint16,
  uint48,
  vector,
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
  /** What the server stapled to that chain (RFC 6066 §8), DER: it is judged with it whenever the chain is. */
  readonly ocspResponse: Uint8Array | undefined;
  /** What the server showed beside it (RFC 6962 §3.3.1); empty where that was nothing. */
  readonly signedCertificateTimestamps: readonly Uint8Array[];
  readonly clientAuthentication: ClientAuthentication;
  /** Of the configuration that it was made under: see `contextDigest`. 32 bytes. */
  readonly contextDigest: Uint8Array;
  /** SHA-256 of the server's leaf certificate. 32 bytes. */
  readonly serverCredential: Uint8Array;
  /** When the full handshake ended, and when it may be resumed no more; whole milliseconds since the epoch. */
  readonly establishedAt: number;
  readonly expiresAt: number;
}

const formatVersion = 3;
const flags = [false, true] as const;
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
  ocspResponse: opaqueVector(0, 0xffffff),
  signedCertificateTimestamps: vector(opaqueVector(1, 0xffff), 0, 0xffff),
  clientAuthentication: uint8,
  contextDigest: opaque(32),
  serverCredential: opaque(32),
  establishedAt: uint48,
  expiresAt: uint48,
});

/**
 * A session of these fields, frozen, sharing no memory with what it was made of.
 * @throws RangeError on a value that no session has: above all, on a master secret that is missing or was overwritten
 */
export function createSession(fields: Session): Session {
  if (fields.expiresAt < fields.establishedAt) {
    throw new RangeError(`expiresAt: expected ${fields.establishedAt} or later, got ${fields.expiresAt}`);
  }
  const session: Session = {
    sessionId: copyOf('sessionId', fields.sessionId, 1, 32),
    protocolVersion: checked('protocolVersion', fields.protocolVersion, 0xffff),
    cipherSuite: checked('cipherSuite', fields.cipherSuite, 0xffff),
    extendedMasterSecret: oneOf('extendedMasterSecret', fields.extendedMasterSecret, flags),
    serverName: nameOrNone('serverName', fields.serverName, 0xffff),
    alpnProtocol: protocolOrNone(fields.alpnProtocol),
    peerCertificates: copyOfList('peerCertificates', fields.peerCertificates, 3),
    peerVerified: oneOf('peerVerified', fields.peerVerified, flags),
    ocspResponse: fields.ocspResponse && copyOf('ocspResponse', fields.ocspResponse, 1, 0xffffff),
    signedCertificateTimestamps: copyOfList(
      'signedCertificateTimestamps',
      fields.signedCertificateTimestamps,
      2,
    ),
    clientAuthentication: oneOf('clientAuthentication', fields.clientAuthentication, modes),
    contextDigest: copyOf('contextDigest', fields.contextDigest, 32, 32),
    serverCredential: copyOf('serverCredential', fields.serverCredential, 32, 32),
    establishedAt: checked('establishedAt', fields.establishedAt, 2 ** 48 - 1),
    expiresAt: checked('expiresAt', fields.expiresAt, 2 ** 48 - 1),
    // Last, so that no other field's fault leaves a copy of the secret behind.
    masterSecret: copyOf('masterSecret', fields.masterSecret, 48, 48),
  };
  if (equalInConstantTime(session.masterSecret, noSecret)) {
    throw new RangeError('masterSecret: expected a secret, got 48 zeros');
  }
  return Object.freeze(session);
}

/** The binary form, in memory of its own: it holds the master secret, and is overwritten by whoever drops it. */
export function encodeSession(session: Session): Uint8Array {
  const written = encode(SessionState, {
    ...session,
    formatVersion,
    extendedMasterSecret: flags.indexOf(session.extendedMasterSecret),
    serverName: utf8(session.serverName ?? ''),
    alpnProtocol: latin1(session.alpnProtocol ?? ''),
    peerCertificates: [...session.peerCertificates],
    peerVerified: flags.indexOf(session.peerVerified),
    ocspResponse: session.ocspResponse ?? empty,
    signedCertificateTimestamps: [...session.signedCertificateTimestamps],
    clientAuthentication: modes.indexOf(session.clientAuthentication),
  });
  const state = new Uint8Array(written);
  wipe(written);
  return state;
}

/**
 * The session in the bytes that a store gave; undefined where there is none in them, whatever they are. It never
 * throws, for what is in a store is a stranger's word: to the handshake, garbage is a miss (RFC 5246 §7.4.1.2).
 */
export function decodeSession(bytes: Uint8Array): Session | undefined {
  try {
    return fromState(decode(SessionState, bytes, 'Session'));
  } catch {
    return undefined;
  }
}

/** @throws RangeError, TypeError on what is well-formed and yet no session */
function fromState(state: Infer<typeof SessionState>): Session | undefined {
  if (state.formatVersion !== formatVersion) return undefined;
  const extendedMasterSecret = flags[state.extendedMasterSecret];
  const peerVerified = flags[state.peerVerified];
  const clientAuthentication = modes[state.clientAuthentication];
  if (extendedMasterSecret === undefined || peerVerified === undefined) return undefined;
  if (clientAuthentication === undefined) return undefined;
  return createSession({
    ...state,
    extendedMasterSecret,
    serverName: fromUtf8(state.serverName) || undefined,
    alpnProtocol: fromLatin1(state.alpnProtocol) || undefined,
    peerVerified,
    ocspResponse: state.ocspResponse.length > 0 ? state.ocspResponse : undefined,
    clientAuthentication,
  });
}

const noSecret = new Uint8Array(48);

/** A plain copy: `slice` will not do, for on Node's Buffer, which stores often return, it is a view. */
function copyOf(field: string, bytes: Uint8Array, min: number, max: number): Uint8Array {
  if (!(bytes instanceof Uint8Array))
    throw new TypeError(`${field}: expected a Uint8Array, got ${typeof bytes}`);
  if (bytes.length < min || bytes.length > max) {
    throw new RangeError(
      `${field}: expected ${min === max ? min : `${min} to ${max}`} bytes, got ${bytes.length}`,
    );
  }
  return new Uint8Array(bytes);
}

/** Of elements that stand each behind its length in so many bytes, and so does their list. */
function copyOfList(
  field: string,
  list: readonly Uint8Array[],
  lengthOfLength: number,
): readonly Uint8Array[] {
  let room = 0x100 ** lengthOfLength - 1;
  const copies = list.map((element) => {
    const copy = copyOf(field, element, 1, room - lengthOfLength);
    room -= lengthOfLength + copy.length;
    return copy;
  });
  return Object.freeze(copies);
}

function checked(field: string, value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`${field}: expected an integer of 0 to ${max}, got ${value}`);
  }
  return value;
}

function oneOf<T>(field: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) {
    throw new RangeError(`${field}: expected one of ${allowed.join(', ')}, got ${String(value)}`);
  }
  return value;
}

/** Half a surrogate pair has no UTF-8: such a name would come back as another, and is refused. */
function nameOrNone(field: string, name: string | undefined, max: number): string | undefined {
  if (name === undefined) return undefined;
  const bytes = utf8(name);
  if (bytes.length < 1 || bytes.length > max) {
    throw new RangeError(`${field}: expected 1 to ${max} bytes or undefined, got ${bytes.length} bytes`);
  }
  if (fromUtf8(bytes) !== name) throw new RangeError(`${field}: expected text that UTF-8 can write`);
  return name;
}

/** A ProtocolName is bytes (RFC 7301 §3.1), here as characters of one byte each. */
function protocolOrNone(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  if (name.length < 1 || name.length > 0xff || fromLatin1(latin1(name)) !== name) {
    throw new RangeError(`alpnProtocol: expected 1 to 255 bytes or undefined, got ${JSON.stringify(name)}`);
  }
  return name;
}
