/**
 * Trust anchors: whom the user believes without proof (RFC 5280 §6.1.1 (d)). One is a certificate, or what a
 * certificate would say, as RFC 5914 has it: a name, a key, and the names that they may vouch for.
 */

import { empty, equal, hex } from '../wire/bytes.ts';
import { type Certificate, parseCertificateChain } from './certificate.ts';
import { DerError, DerReader, describe } from './der.ts';
import { comparableName, type Name, readName } from './distinguished-name.ts';
import { type NameConstraints, parseNameConstraints } from './name-constraints.ts';
import { parseSubjectPublicKeyInfo } from './public-keys.ts';
import type { SigningKey } from './signatures.ts';

/** An anchor that is no certificate. Its parts are DER. */
export interface NamedKey {
  /** Name, as the `subject` of the certificate would have it (RFC 5280 §4.1.2.4). */
  readonly name: Uint8Array;
  /** SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). */
  readonly publicKey: Uint8Array;
  /** NameConstraints (RFC 5280 §4.2.1.10). */
  readonly nameConstraints?: Uint8Array;
}

/** PEM with any number of certificates, DER of one, or a name with a key. */
export type TrustAnchorInput = string | Uint8Array | NamedKey;

export interface TrustAnchor extends SigningKey {
  /** All that the anchor says: one part for a certificate, three for a name with a key. */
  readonly encoding: readonly Uint8Array[];
  readonly subject: Name;
  /** The anchor as it was given: what its rules are read from. Undefined for a name with a key. */
  readonly certificate: Certificate | undefined;
  /** Those of a name with a key; a certificate's are read when a path ends in it. */
  readonly nameConstraints: NameConstraints | undefined;
}

/** Anchors by their names, as a path is built: from the name of an issuer. */
export class TrustAnchors {
  /** The encodings of all anchors, for those who must tell one configuration from another. */
  readonly encodings: readonly (readonly Uint8Array[])[];
  readonly #bySubject = new Map<string, TrustAnchor[]>();

  /** @throws TypeError or RangeError on what is no anchor; on none at all, too: nobody would ever be trusted */
  constructor(input: TrustAnchorInput | readonly TrustAnchorInput[]) {
    const inputs = isList(input) ? input : [input];
    const anchors = inputs.flatMap(readAnchors);
    if (anchors.length === 0) throw new RangeError('trustAnchors: expected at least one, got none');
    for (const anchor of anchors) {
      const key = comparableName(anchor.subject);
      this.#bySubject.set(key, [...(this.#bySubject.get(key) ?? []), anchor]);
    }
    this.encodings = anchors.map(({ encoding }) => encoding);
  }

  named(name: Name): readonly TrustAnchor[] {
    return this.#bySubject.get(comparableName(name)) ?? [];
  }

  /** The anchor that is this very certificate. */
  find({ der, subject }: Certificate): TrustAnchor | undefined {
    return this.named(subject).find(({ certificate }) => certificate && equal(certificate.der, der));
  }

  /**
   * The names under which all are issued whom the anchors admit, in DER: for a CertificateRequest (RFC 5246 §7.4.4). Names
   * that compare equal stand there in each of their encodings, for some clients look for the bytes in their certificate.
   */
  get names(): Uint8Array[] {
    const names = [...this.#bySubject.values()].flat().map((anchor) => issuingName(anchor).der);
    return [...new Map(names.map((name) => [hex(name), name])).values()];
  }
}

function isList(input: TrustAnchorInput | readonly TrustAnchorInput[]): input is readonly TrustAnchorInput[] {
  return Array.isArray(input);
}

/** An anchor that is no authority admits itself alone, and was issued under another's name. */
function issuingName({ subject, certificate }: TrustAnchor): Name {
  return certificate === undefined || certificate.basicConstraints?.cA === true
    ? subject
    : certificate.issuer;
}

function isNamedKey(input: TrustAnchorInput): input is NamedKey {
  return typeof input === 'object' && input !== null && 'publicKey' in input && 'name' in input;
}

function readAnchors(input: TrustAnchorInput): TrustAnchor[] {
  if (isNamedKey(input)) return [readNamedKey(input)];
  return certificatesIn(input).map((certificate) => ({
    encoding: [certificate.der],
    subject: certificate.subject,
    // Read when a path needs it: a list of roots may hold some with keys that are not supported.
    get publicKey() {
      return certificate.publicKey;
    },
    subjectPublicKeyInfo: certificate.subjectPublicKeyInfo,
    certificate,
    nameConstraints: undefined,
  }));
}

/** Certificates are read for other options too: what is wrong with them says that it is of this one. */
function certificatesIn(input: string | Uint8Array): Certificate[] {
  try {
    return parseCertificateChain(input);
  } catch (cause) {
    const Kind = cause instanceof TypeError ? TypeError : RangeError;
    throw new Kind(`trustAnchors: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function readNamedKey({ name, publicKey, nameConstraints }: NamedKey): TrustAnchor {
  const subjectPublicKeyInfo = new Uint8Array(publicKey);
  return {
    encoding: [name, publicKey, nameConstraints ?? empty].map((part) => new Uint8Array(part)),
    subject: wellFormed(name, (bytes) => {
      const reader = new DerReader(bytes);
      const subject = readName(reader);
      reader.end();
      return subject;
    }),
    publicKey: wellFormed(subjectPublicKeyInfo, parseSubjectPublicKeyInfo),
    subjectPublicKeyInfo,
    certificate: undefined,
    nameConstraints: nameConstraints && wellFormed(nameConstraints, parseNameConstraints),
  };
}

/** What the user gave is wrong by a mistake, and not by anybody's attack. */
function wellFormed<T>(input: Uint8Array, parse: (bytes: Uint8Array) => T): T {
  const bytes = new Uint8Array(input);
  try {
    return parse(bytes);
  } catch (cause) {
    const sentence = cause instanceof DerError ? describe(cause, bytes) : String(cause);
    throw new RangeError(`trustAnchors: ${sentence}`, { cause });
  }
}
