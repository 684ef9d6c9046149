/**
 * A stapled OCSP response and the certificate that it is to vouch for (RFC 6066 §8): the conditions of RFC 6960 §3.2
 * under which it is believed, and then what it says.
 */

import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '../crypto/hash.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import { equal, hex } from '../wire/bytes.ts';
import { fault, TlsError } from '../wire/error.ts';
import type { Certificate } from './certificate.ts';
import { DerReader, Tag } from './der.ts';
import { comparableName, type Name } from './distinguished-name.ts';
import type { OcspResponse, ResponderID, SingleResponse } from './ocsp-response.ts';
import { oidName, oids } from './oids.ts';
import {
  isSignedBy,
  listSchemes,
  type SignatureChecking,
  type Signed,
  type SigningKey,
  signatureAlgorithm,
} from './signatures.ts';
import { formatTime, isValidAt } from './time.ts';

export { type OcspResponse, parseOcspResponse } from './ocsp-response.ts';

/** Of delegates (RFC 6960 §4.2.2.2), of a CertID's hash (RFC 4055 §2.1). */
export const ocspOids = {
  'id-kp-OCSPSigning': '1.3.6.1.5.5.7.3.9',
  'id-pkix-ocsp-nocheck': '1.3.6.1.5.5.7.48.1.5',
  'id-sha1': '1.3.14.3.2.26',
} as const;

/** What a response is asked about. */
export interface OcspQuestion extends SignatureChecking {
  readonly certificate: Certificate;
  /** Who issued it: the next certificate of a valid path, or its trust anchor. */
  readonly issuer: OcspIssuer;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

export interface OcspIssuer extends SigningKey {
  readonly subject: Name;
}

/** A certificate that is good, as long as the response lasts. */
export interface OcspVerdict {
  /** The response is good before this moment; milliseconds since the epoch. */
  readonly expiresAt: number;
  /** The responder's certificate, for whoever can tell whether it was revoked; undefined where the issuer signed. */
  readonly delegate: Certificate | undefined;
}

/** How far a responder's clock may be ahead of ours. Past nextUpdate there is no grace: servers staple well before. */
export const ocspClockSkew = 5 * 60_000;

/**
 * How long a response without nextUpdate is good. Its responder has newer information at any time (RFC 6960 §4.2.2.1),
 * so a server that holds on to it shows what may have changed since: a day is enough to fetch a new one, and a thief of
 * the key has the server's last good response no longer than that.
 */
export const maxAgeWithoutNextUpdate = 24 * 60 * 60_000;

/**
 * The conditions of RFC 6960 §3.2 in their order, and then the status itself: only `good` passes.
 * @throws TlsError `certificate_revoked` where the response is sound and says so, else `bad_certificate_status_response`
 */
export function checkOcspResponse(response: OcspResponse, question: OcspQuestion): OcspVerdict {
  const { time } = question;
  if (!Number.isFinite(time)) throw new RangeError(`time: expected a moment in milliseconds, got ${time}`);
  const matching = response.responses.filter(({ certID }) => isAbout(certID, question));
  if (matching.length === 0) {
    const serialNumber = hex(question.certificate.serialNumber);
    throw refused(`expected a response about the certificate with serial number ${serialNumber}`, '§3.2 (1)');
  }
  const delegate = findSigner(response, question);
  if (response.producedAt > time + ocspClockSkew) {
    throw refused(`expected a response of the past, found one of ${formatTime(response.producedAt)}`, '§2.4');
  }
  // A response may name a certificate by both hashes: then it must say nothing against it under either.
  const expiries = matching.map((single) => {
    const expiresAt = checkFreshness(single, time);
    checkStatus(single);
    return expiresAt;
  });
  return { expiresAt: Math.min(...expiries), delegate };
}

/** SHA-1 identifies here and proves nothing: whoever makes a collision still needs the issuer's signature. */
const certIDHashes: Readonly<
  Record<string, (message: Uint8Array, crypto: CryptoProvider | undefined) => Uint8Array>
> = {
  [ocspOids['id-sha1']]: (message) => sha1(message),
  [oids['id-sha256']]: (message, crypto) => (crypto?.hash(sha256) ?? sha256).digest(message),
};

function isAbout(certID: SingleResponse['certID'], { certificate, issuer, crypto }: OcspQuestion): boolean {
  if (!equal(certID.serialNumber, certificate.serialNumber)) return false;
  const hash = certIDHashes[certID.hashAlgorithm];
  return (
    hash !== undefined &&
    equal(certID.issuerNameHash, hash(certificate.issuer.der, crypto)) &&
    equal(certID.issuerKeyHash, hash(keyBits(issuer), crypto))
  );
}

/** The delegate whose signature holds, or undefined for the issuer's own. @throws TlsError where it is nobody's */
function findSigner(response: OcspResponse, question: OcspQuestion): Certificate | undefined {
  const { issuer, schemes } = question;
  if (signatureAlgorithm(response.signatureAlgorithm, schemes) === undefined) {
    const found = oidName(response.signatureAlgorithm.oid);
    throw refused(`expected a signature as of ${listSchemes(schemes)}, found ${found}`, '§3.2 (2)');
  }
  const { responderID } = response;
  let refusal: TlsError | undefined;
  if (isIdentifiedBy(responderID, issuer)) {
    if (isSigned(response, issuer, question)) return undefined;
    refusal = unsigned(issuer);
  }
  for (const delegate of response.certs) {
    if (!isIdentifiedBy(responderID, delegate)) continue;
    const breach = delegateBreach(delegate, question);
    if (breach === undefined && isSigned(response, delegate, question)) return delegate;
    refusal ??= breach ?? unsigned(delegate);
  }
  const { subject } = issuer;
  throw refusal ?? refused(`expected ${subject} or its delegate to respond, found neither`, '§3.2 (3)');
}

/**
 * What keeps a certificate from responding in its issuer's stead (RFC 6960 §4.2.2.2). Whether it was revoked nobody can
 * ask here, where nothing is fetched; id-pkix-ocsp-nocheck says that nobody need ask, and its absence proves nothing.
 */
function delegateBreach(delegate: Certificate, question: OcspQuestion): TlsError | undefined {
  const { certificate, issuer, time } = question;
  const refuse = (sentence: string) => refused(`responder ${delegate.subject}: ${sentence}`, '§4.2.2.2');
  if (comparableName(delegate.issuer) !== comparableName(issuer.subject)) {
    return refuse(`expected a delegate of ${issuer.subject}, found one of ${delegate.issuer}`);
  }
  if (delegate.extendedKeyUsage?.includes(ocspOids['id-kp-OCSPSigning']) !== true) {
    return refuse('expected the purpose id-kp-OCSPSigning');
  }
  if (equal(delegate.serialNumber, certificate.serialNumber)) {
    return refuse('expected another to vouch for a certificate than itself');
  }
  if (delegate.basicConstraints?.cA === true) {
    // Authorities that bore the purpose by mistake could have cleared whatever their own issuer revoked.
    return refuse('expected an end entity, found a CA');
  }
  const { keyUsage } = delegate;
  if (keyUsage?.some((usage) => usage === 'digitalSignature' || usage === 'nonRepudiation') === false) {
    return refuse('expected a keyUsage with digitalSignature or nonRepudiation');
  }
  const unknown = delegate.extensions.find(({ oid, critical }) => critical && !processed.has(oid));
  if (unknown !== undefined) {
    return refuse(`expected critical extensions that are processed, found ${oidName(unknown.oid)}`);
  }
  if (!isValidAt(delegate, time)) {
    const found = `found one for ${formatTime(delegate.notBefore)} to ${formatTime(delegate.notAfter)}`;
    return refuse(`expected a certificate valid at ${formatTime(time)}, ${found}`);
  }
  if (!isSigned(delegate, issuer, question)) {
    return refuse(`expected a signature by the key of ${issuer.subject}, found one that does not hold`);
  }
  return undefined;
}

/** The extensions of a delegate's certificate that are processed, or say nothing that matters here. */
const processed: ReadonlySet<string> = new Set([
  oids['id-ce-keyUsage'],
  oids['id-ce-extKeyUsage'],
  oids['id-ce-basicConstraints'],
  oids['id-ce-subjectAltName'],
  ocspOids['id-pkix-ocsp-nocheck'],
]);

function isIdentifiedBy(responderID: ResponderID, responder: OcspIssuer): boolean {
  if (responderID.type === 'byKey') return equal(responderID.keyHash, sha1(keyBits(responder)));
  return comparableName(responderID.name) === comparableName(responder.subject);
}

/** A key that cannot be read has signed nothing. */
function isSigned(signed: Signed, signer: SigningKey, checking: SignatureChecking): boolean {
  try {
    return isSignedBy(signed, signer, checking);
  } catch (error) {
    if (error instanceof TlsError) return false;
    throw error;
  }
}

/** The value of subjectPublicKey, without tag, length and count of unused bits (RFC 6960 §4.1.1). */
function keyBits({ subjectPublicKeyInfo }: SigningKey): Uint8Array {
  const info = new DerReader(subjectPublicKeyInfo).enter(Tag.SEQUENCE);
  info.view(Tag.SEQUENCE);
  return info.bits().bytes;
}

/** Conditions 5 and 6 of RFC 6960 §3.2; returns when the response is no longer good. */
function checkFreshness({ thisUpdate, nextUpdate }: SingleResponse, time: number): number {
  if (thisUpdate > time + ocspClockSkew) {
    throw refused(
      `expected a response for ${formatTime(time)}, found one from ${formatTime(thisUpdate)} on`,
      '§3.2 (5)',
    );
  }
  if (nextUpdate !== undefined && nextUpdate < thisUpdate) {
    throw refused('expected nextUpdate after thisUpdate, found it before', '§2.4');
  }
  const expiresAt = nextUpdate ?? thisUpdate + maxAgeWithoutNextUpdate;
  if (time >= expiresAt) {
    throw refused(
      `expected a response for ${formatTime(time)}, found one until ${formatTime(expiresAt)}`,
      '§3.2 (6)',
    );
  }
  return expiresAt;
}

function checkStatus({ certStatus }: SingleResponse): void {
  switch (certStatus.type) {
    case 'good':
      return;
    case 'unknown':
      throw refused('expected a good certificate, found one that its responder does not know', '§2.2');
    case 'revoked': {
      const { revocationTime, revocationReason: reason } = certStatus;
      const found = `revoked at ${formatTime(revocationTime)}${reason === undefined ? '' : ` (${reason})`}`;
      throw fault('certificate_revoked', `OCSP response: expected a good certificate, found one ${found}`);
    }
  }
}

function unsigned({ subject }: OcspIssuer): TlsError {
  return refused(`expected a signature by the key of ${subject}, found one that does not hold`, '§3.2 (2)');
}

function refused(sentence: string, section: string): TlsError {
  return fault('bad_certificate_status_response', `OCSP response: ${sentence} (RFC 6960 ${section})`);
}
