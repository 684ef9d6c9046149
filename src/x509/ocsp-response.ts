/**
 * OCSPResponse, what a responder says of a certificate's status (RFC 6960 §4.2.1): bytes that a server staples (RFC 6066
 * §8) made into a value, once, strictly and in bounded time. Whether it is to be believed is for `ocsp.ts` to judge.
 *
 * The value holds views into the bytes that it was given, so those must not change after.
 */

import { fault, TlsError } from '../wire/error.ts';
import {
  type AlgorithmIdentifier,
  type Certificate,
  parseCertificate,
  readAlgorithmIdentifier,
} from './certificate.ts';
import { constructedContextTag, contextTag, DerError, DerReader, describe, Tag } from './der.ts';
import { type Name, readName } from './distinguished-name.ts';
import { readExtensions } from './extensions.ts';
import { oidName } from './oids.ts';
import type { Signed } from './signatures.ts';
import { readTime } from './time.ts';

/** BasicOCSPResponse, the one type of response that is in use. */
export interface OcspResponse extends Signed {
  /** All of the OCSPResponse. */
  readonly der: Uint8Array;
  /** ResponseData: what the signature is over. The algorithm that it was made with is not in there. */
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly responderID: ResponderID;
  /** When the responder signed; milliseconds since the epoch, as are all times here. */
  readonly producedAt: number;
  /** There is at least one. */
  readonly responses: readonly SingleResponse[];
  /** Certificates that help to find out who signed. */
  readonly certs: readonly Certificate[];
}

/** A name, or the SHA-1 hash of the key's bits: whom to look for, and no proof of who it is. */
export type ResponderID =
  | { readonly type: 'byName'; readonly name: Name }
  | { readonly type: 'byKey'; readonly keyHash: Uint8Array };

/** What is said of one certificate. */
export interface SingleResponse {
  readonly certID: CertID;
  readonly certStatus: CertStatus;
  readonly thisUpdate: number;
  /** Undefined where the responder has newer information at any time. */
  readonly nextUpdate: number | undefined;
}

/** A certificate, by its serial number and by hashes of its issuer's name and key (RFC 6960 §4.1.1). */
export interface CertID {
  /** An object identifier. */
  readonly hashAlgorithm: string;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** As in `Certificate`. */
  readonly serialNumber: Uint8Array;
}

export type CertStatus =
  | { readonly type: 'good' | 'unknown' }
  | {
      readonly type: 'revoked';
      readonly revocationTime: number;
      readonly revocationReason: RevocationReason | undefined;
    };

/** CRLReason (RFC 5280 §5.3.1); 7 is not used. */
export const revocationReasons = {
  0: 'unspecified',
  1: 'keyCompromise',
  2: 'cACompromise',
  3: 'affiliationChanged',
  4: 'superseded',
  5: 'cessationOfOperation',
  6: 'certificateHold',
  8: 'removeFromCRL',
  9: 'privilegeWithdrawn',
  10: 'aACompromise',
} as const;
export type RevocationReason = (typeof revocationReasons)[keyof typeof revocationReasons];

/** OCSPResponseStatus; 4 is not used. */
export const responseStatuses = {
  0: 'successful',
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
} as const;

export const idPkixOcspBasic = '1.3.6.1.5.5.7.48.1.1';

/** A response about one certificate with one delegate is a twentieth of it. */
export const ocspLimits = { length: 0x10000, responses: 16, certs: 4 } as const;

/**
 * A response that is no `successful` one says nothing that could be stapled, and is refused here.
 * @throws TlsError `bad_certificate_status_response`, and nothing else whatever the bytes are
 */
export function parseOcspResponse(bytes: Uint8Array): OcspResponse {
  try {
    const reader = new DerReader(bytes);
    if (bytes.length > ocspLimits.length) {
      throw reader.error(`expected at most ${ocspLimits.length} bytes, found ${bytes.length}`);
    }
    const response = readOcspResponse(reader, bytes);
    reader.end();
    return response;
  } catch (error) {
    if (error instanceof DerError) throw malformed(describe(error, bytes));
    if (error instanceof TlsError) throw malformed(error.message, error);
    throw error;
  }
}

function malformed(sentence: string, cause?: TlsError): TlsError {
  return fault('bad_certificate_status_response', `OCSP response: ${sentence}`, cause);
}

function readOcspResponse(reader: DerReader, der: Uint8Array): OcspResponse {
  const response = reader.enter(Tag.SEQUENCE);
  const status = readEnumerated(response, responseStatuses);
  if (status !== 'successful') throw response.error(`expected a successful response, found ${status}`);
  const responseBytes = enterExplicit(response, 0);
  response.end();
  const type = responseBytes.oid();
  if (type !== idPkixOcspBasic) {
    throw responseBytes.error(`expected a basic response, found one of type ${oidName(type)}`);
  }
  const basicReader = responseBytes.enter(Tag['OCTET STRING']);
  responseBytes.end();

  const basic = basicReader.enter(Tag.SEQUENCE);
  basicReader.end();
  const tbs = basic.view(Tag.SEQUENCE);
  const signatureAlgorithm = readAlgorithmIdentifier(basic);
  const signature = basic.wholeBits();
  const certs = basic.done ? [] : readList(enterExplicit(basic, 0), 'certs', readCertificate);
  basic.end();
  return { der, tbs, signatureAlgorithm, signature, certs, ...readResponseData(tbs) };
}

function readResponseData(tbs: Uint8Array): Pick<OcspResponse, 'responderID' | 'producedAt' | 'responses'> {
  const data = new DerReader(tbs).enter(Tag.SEQUENCE);
  // v1 is the only version, and so is never written (X.690 §11.5).
  const responderID = readResponderID(data);
  const producedAt = readGeneralizedTime(data);
  const responses = readList(data.enter(Tag.SEQUENCE), 'responses', readSingleResponse);
  if (responses.length === 0) throw data.error('expected a response about at least one certificate');
  skipExtensions(data);
  data.end();
  return { responderID, producedAt, responses };
}

function readCertificate(certs: DerReader): Certificate {
  return parseCertificate(certs.view(Tag.SEQUENCE));
}

function readResponderID(data: DerReader): ResponderID {
  const isByKey = data.next === constructedContextTag(2);
  const choice = data.enter(constructedContextTag(isByKey ? 2 : 1));
  const responderID: ResponderID = isByKey
    ? { type: 'byKey', keyHash: choice.contents(Tag['OCTET STRING']) }
    : { type: 'byName', name: readName(choice) };
  choice.end();
  return responderID;
}

function readSingleResponse(responses: DerReader): SingleResponse {
  const single = responses.enter(Tag.SEQUENCE);
  const certID = readCertID(single.enter(Tag.SEQUENCE));
  const certStatus = readCertStatus(single);
  const thisUpdate = readGeneralizedTime(single);
  const explicit = single.enterOptional(constructedContextTag(0));
  const nextUpdate = explicit && readGeneralizedTime(explicit);
  explicit?.end();
  skipExtensions(single);
  single.end();
  return { certID, certStatus, thisUpdate, nextUpdate };
}

function readCertID(fields: DerReader): CertID {
  const hashAlgorithm = readAlgorithmIdentifier(fields).oid;
  const issuerNameHash = fields.contents(Tag['OCTET STRING']);
  const issuerKeyHash = fields.contents(Tag['OCTET STRING']);
  const serialNumber = fields.unsigned();
  fields.end();
  return { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber };
}

/** good and unknown are [0] and [2] IMPLICIT NULL, revoked is [1] IMPLICIT RevokedInfo. */
function readCertStatus(single: DerReader): CertStatus {
  if (single.next === constructedContextTag(1))
    return readRevokedInfo(single.enter(constructedContextTag(1)));
  const type = single.next === contextTag(2) ? 'unknown' : 'good';
  if (single.contents(contextTag(type === 'good' ? 0 : 2)).length > 0) {
    throw single.error(`expected the status ${type} to be empty`);
  }
  return { type };
}

function readRevokedInfo(info: DerReader): CertStatus {
  const revocationTime = readGeneralizedTime(info);
  const explicit = info.enterOptional(constructedContextTag(0));
  const revocationReason = explicit && readEnumerated(explicit, revocationReasons);
  explicit?.end();
  info.end();
  return { type: 'revoked', revocationTime, revocationReason };
}

/** None of the extensions is needed to read a response, and one that is critical might be (RFC 6960 §4.4). */
function skipExtensions(fields: DerReader): void {
  const explicit = fields.enterOptional(constructedContextTag(1));
  if (explicit === undefined) return;
  const critical = readExtensions(explicit.enter(Tag.SEQUENCE)).find((extension) => extension.critical);
  if (critical) throw explicit.error(`expected no critical extension, found ${oidName(critical.oid)}`);
  explicit.end();
}

function readList<T>(list: DerReader, name: 'responses' | 'certs', read: (reader: DerReader) => T): T[] {
  const values: T[] = [];
  while (!list.done) {
    if (values.length === ocspLimits[name]) {
      throw list.error(`expected at most ${ocspLimits[name]} ${name}, found more`);
    }
    values.push(read(list));
  }
  return values;
}

/** A reader of the inside of `[number] EXPLICIT SEQUENCE`. */
function enterExplicit(fields: DerReader, number: number): DerReader {
  const explicit = fields.enter(constructedContextTag(number));
  const inside = explicit.enter(Tag.SEQUENCE);
  explicit.end();
  return inside;
}

/** Here GeneralizedTime alone, of the form of RFC 5280 §4.1.2.5.2. */
function readGeneralizedTime(reader: DerReader): number {
  if (reader.next !== Tag.GeneralizedTime) throw reader.error('expected a GeneralizedTime');
  return readTime(reader);
}

const enumerated = 0x0a;

/** An ENUMERATED, of which all values that are in use have one byte. */
function readEnumerated<T>(reader: DerReader, values: Readonly<Record<number, T>>): T {
  const [number = -1, ...more] = reader.contents(enumerated).subarray(0, 2);
  const value = more.length > 0 ? undefined : values[number];
  if (value === undefined) throw reader.error('expected an ENUMERATED with a value that is defined');
  return value;
}
