/**
 * What only a whole path can be asked: signatures, revocation and name constraints (RFC 5280 §6.1.3, §6.3), and the
 * status that a server stapled (RFC 6066 §8).
 *
 * A path is validated from the anchor down and signatures come first, so that nothing is computed on the word of an
 * issuer that was never certified: neither the constraints of a forged authority, nor the signature of one.
 */

import { TlsError } from '../wire/error.ts';
import { type Certificate, findExtension } from './certificate.ts';
import { type CertificateList, checkRevocation } from './crl.ts';
import { DerError, describe } from './der.ts';
import { isSelfIssued } from './distinguished-name.ts';
import { keyIdentifierHint } from './key-identifiers.ts';
import { type NameConstraints, nameConstraintsBreach, parseNameConstraints } from './name-constraints.ts';
import { checkOcspResponse, parseOcspResponse } from './ocsp.ts';
import { oids } from './oids.ts';
import type { PathBudget } from './path-limits.ts';
import { type Refusal, refuse, refuseStatus } from './refusals.ts';
import { isSignedBy, type SignatureChecking, type Signed, type SigningKey } from './signatures.ts';
import { mustStaple } from './tls-feature.ts';
import type { TrustAnchor } from './trust-anchors.ts';

export interface Path {
  /** The leaf first, the anchor left out. */
  readonly certificates: readonly [Certificate, ...Certificate[]];
  readonly anchor: TrustAnchor;
}

/** Who issued a certificate of the path: the anchor that it ends in, or the certificate above. */
export type Issuer = Certificate | TrustAnchor;

export interface Validation extends SignatureChecking {
  readonly time: number;
  readonly purpose: 'serverAuth' | 'clientAuth';
  readonly crls: readonly CertificateList[];
  /** What the server stapled to its certificate (RFC 6066 §8); undefined where it stapled nothing. */
  readonly ocspResponse: Uint8Array | undefined;
}

/** Validates the paths that one search comes to. */
export class PathValidator {
  readonly #validation: Validation;
  readonly #budget: PathBudget;
  /** What the stapled response comes to, by the issuer that it is held against. */
  readonly #statuses = new Map<Issuer, Refusal | undefined>();
  /** What was found out about pairs of signed and signer in this search. */
  readonly #signatures = new Map<Signed, Map<SigningKey, boolean>>();

  constructor(validation: Validation, budget: PathBudget) {
    this.#validation = validation;
    this.#budget = budget;
  }

  /** The first rule that the path breaks. Where the budget ran out, the caller finds that in the budget. */
  refusal({ certificates, anchor }: Path): Refusal | undefined {
    const issuers: readonly Issuer[] = [...certificates.slice(1), anchor];
    for (const [issuer, certificate] of pairsFromTheTop(issuers, certificates)) {
      const refusal = this.#signatureRefusal(certificate, issuer) ?? this.#revocation(certificate, issuer);
      if (refusal !== undefined) return refusal;
    }
    for (const [issuer, certificate] of constrainedPairs(issuers, certificates)) {
      const refusal = this.#constraintsRefusal(issuer, certificate);
      if (refusal !== undefined) return refusal;
    }
    return this.#statusRefusal({ certificates, anchor });
  }

  /** Whether it is known by now that this issuer did not sign the certificate. */
  isRefuted(certificate: Certificate, issuer: Issuer): boolean {
    return this.#signatures.get(certificate)?.get(issuer) === false;
  }

  #signatureRefusal(certificate: Certificate, issuer: Issuer): Refusal | undefined {
    const wasRefuted = this.isRefuted(certificate, issuer);
    if (this.#isSigned(certificate, issuer)) return undefined;
    if (!wasRefuted) this.#budget.spend('signatures', costOfForgery - 1);
    const sentence = `expected a signature by the key of ${issuer.subject}, found one that does not hold`;
    return refuse('signature', certificate, sentence);
  }

  #isSigned(signed: Signed, issuer: SigningKey): boolean {
    const results = this.#signatures.get(signed) ?? new Map<SigningKey, boolean>();
    const known = results.get(issuer);
    if (known !== undefined) return known;
    const holds = isSignedBy(signed, issuer, this.#checking);
    this.#signatures.set(signed, results.set(issuer, holds));
    return holds;
  }

  get #checking(): SignatureChecking {
    const { cache, schemes, crypto } = this.#validation;
    return { cache, schemes, crypto, admit: () => this.#budget.spend('signatures') };
  }

  #revocation(certificate: Certificate, issuer: Issuer): Refusal | undefined {
    const { crls, time } = this.#validation;
    if (crls.length === 0) return undefined;
    const stated = certificateOf(issuer);
    const crlIssuer = {
      subject: issuer.subject,
      keyUsage: stated?.keyUsage,
      keyIdentifier: stated && keyIdentifierHint(stated),
      signed: (list: CertificateList) => this.#isSigned(list, issuer),
    };
    return checkRevocation(certificate, crlIssuer, crls, time);
  }

  /** Only servers staple. What an issuer demands binds all that stands below it (RFC 7633 §4.2.2). */
  #statusRefusal({ certificates, anchor }: Path): Refusal | undefined {
    const { purpose, ocspResponse } = this.#validation;
    if (purpose !== 'serverAuth') return undefined;
    const [leaf, issuer = anchor] = certificates;
    if (ocspResponse === undefined) {
      const demander = [...certificates, certificateOf(anchor)].find((one) => one && mustStaple(one));
      if (demander === undefined) return undefined;
      const who = demander === leaf ? 'it' : demander.subject;
      return refuse('must-staple', leaf, `expected a stapled OCSP response, as ${who} demands, found none`);
    }
    if (!this.#statuses.has(issuer)) this.#statuses.set(issuer, this.#status(leaf, issuer, ocspResponse));
    return this.#statuses.get(issuer);
  }

  /** Of the leaf alone: what TLS 1.2 staples is about it. */
  #status(leaf: Certificate, issuer: Issuer, ocspResponse: Uint8Array): Refusal | undefined {
    try {
      const question = { certificate: leaf, issuer, time: this.#validation.time, ...this.#checking };
      const { delegate } = checkOcspResponse(parseOcspResponse(ocspResponse), question);
      return delegate && this.#revocation(delegate, issuer);
    } catch (error) {
      if (error instanceof TlsError) return refuseStatus(leaf, error);
      throw error;
    }
  }

  #constraintsRefusal(issuer: Issuer, certificate: Certificate): Refusal | undefined {
    const constraints = readConstraints(issuer);
    if (constraints === undefined) return undefined;
    if ('rule' in constraints) return constraints;
    const breach = nameConstraintsBreach(constraints, certificate, (comparisons) =>
      this.#budget.spend('comparisons', comparisons),
    );
    return breach === undefined ? undefined : refuse('name-constraints', certificate, breach);
  }
}

/** A certificate with a false signature counts as several with true ones: a stranger can make any number of them. */
const costOfForgery = 4;

/** Each issuer with what it issued, the anchor first. */
function* pairsFromTheTop(
  issuers: readonly Issuer[],
  certificates: readonly Certificate[],
): Generator<readonly [Issuer, Certificate]> {
  for (let i = issuers.length - 1; i >= 0; i--) {
    const [issuer, certificate] = [issuers[i], certificates[i]];
    if (issuer !== undefined && certificate !== undefined) yield [issuer, certificate];
  }
}

/** Each issuer with all that stands below it, save what is self-issued and not the leaf (RFC 5280 §6.1.3 (b), (c)). */
function* constrainedPairs(
  issuers: readonly Issuer[],
  certificates: readonly Certificate[],
): Generator<readonly [Issuer, Certificate]> {
  for (const [i, issuer] of issuers.entries()) {
    for (const [j, certificate] of certificates.slice(0, i + 1).entries()) {
      if (j === 0 || !isSelfIssued(certificate)) yield [issuer, certificate];
    }
  }
}

function certificateOf(issuer: Issuer): Certificate | undefined {
  return 'certificate' in issuer ? issuer.certificate : issuer;
}

const constraintsRead = new WeakMap<Certificate, NameConstraints | Refusal>();

function readConstraints(issuer: Issuer): NameConstraints | Refusal | undefined {
  const certificate = certificateOf(issuer);
  if (certificate === undefined) return 'certificate' in issuer ? issuer.nameConstraints : undefined;
  const extension = findExtension(certificate, oids['id-ce-nameConstraints']);
  if (extension === undefined) return undefined;
  const known = constraintsRead.get(certificate) ?? parseConstraints(certificate, extension.value);
  constraintsRead.set(certificate, known);
  return known;
}

function parseConstraints(certificate: Certificate, value: Uint8Array): NameConstraints | Refusal {
  try {
    return parseNameConstraints(value);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return refuse('malformed', certificate, describe(error, certificate.der), 'RFC 5280 §4.2.1.10');
  }
}
