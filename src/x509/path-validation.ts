/**
 * What only a whole path can be asked: signatures, revocation and name constraints (RFC 5280 §6.1.3, §6.3).
 *
 * A path is validated from the anchor down and signatures come first, so that nothing is computed on the word of an
 * issuer that was never certified: neither the constraints of a forged authority, nor the signature of one.
 */

import { sha256 } from '../crypto/hash.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import { type Certificate, findExtension } from './certificate.ts';
import { type CertificateList, checkRevocation } from './crl.ts';
import { DerError, describe } from './der.ts';
import { isSelfIssued } from './distinguished-name.ts';
import { keyIdentifierHint } from './key-identifiers.ts';
import { type NameConstraints, nameConstraintsBreach, parseNameConstraints } from './name-constraints.ts';
import { oids } from './oids.ts';
import type { PathBudget } from './path-limits.ts';
import { type Refusal, refuse } from './refusals.ts';
import {
  type SignatureCache,
  type Signed,
  type SigningKey,
  signatureAlgorithm,
  signatureCacheKey,
} from './signatures.ts';
import type { TrustAnchor } from './trust-anchors.ts';

export interface Path {
  /** The leaf first, the anchor left out. */
  readonly certificates: readonly [Certificate, ...Certificate[]];
  readonly anchor: TrustAnchor;
}

/** Who issued a certificate of the path: the anchor that it ends in, or the certificate above. */
export type Issuer = Certificate | TrustAnchor;

export interface Validation {
  readonly time: number;
  readonly crls: readonly CertificateList[];
  readonly cache: SignatureCache;
  readonly crypto: CryptoProvider | undefined;
}

/** Validates the paths that one search comes to. */
export class PathValidator {
  readonly #validation: Validation;
  readonly #budget: PathBudget;
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
    return undefined;
  }

  /** Whether it is known by now that this issuer did not sign the certificate. */
  isRefuted(certificate: Certificate, issuer: Issuer): boolean {
    return this.#signatures.get(certificate)?.get(issuer) === false;
  }

  #signatureRefusal(certificate: Certificate, issuer: Issuer): Refusal | undefined {
    if (this.#isSigned(certificate, issuer)) return undefined;
    const sentence = `expected a signature by the key of ${issuer.subject}, found one that does not hold`;
    return refuse('signature', certificate, sentence);
  }

  #isSigned(signed: Signed, issuer: SigningKey): boolean {
    const results = this.#signatures.get(signed) ?? new Map<SigningKey, boolean>();
    const known = results.get(issuer);
    if (known !== undefined) return known;
    const holds = this.#verify(signed, issuer);
    this.#signatures.set(signed, results.set(issuer, holds));
    return holds;
  }

  #verify(signed: Signed, issuer: SigningKey): boolean {
    const { cache, crypto } = this.#validation;
    const algorithm = signatureAlgorithm(signed.signatureAlgorithm, crypto);
    if (algorithm?.keyType !== issuer.publicKey.type) return false;
    const cacheKey = signatureCacheKey(crypto?.hash(sha256) ?? sha256, issuer, signed);
    if (cache.has(cacheKey)) return true;
    if (!this.#budget.spend('signatures')) return false;
    if (!algorithm.verify(issuer.publicKey, signed.tbs, signed.signature)) return false;
    cache.add(cacheKey);
    return true;
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

  #constraintsRefusal(issuer: Issuer, certificate: Certificate): Refusal | undefined {
    const constraints = readConstraints(issuer);
    if (constraints === undefined) return undefined;
    if ('rule' in constraints) return constraints;
    try {
      const breach = nameConstraintsBreach(constraints, certificate, (comparisons) =>
        this.#budget.spend('comparisons', comparisons),
      );
      return breach === undefined ? undefined : refuse('name-constraints', certificate, breach);
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      return refuse('malformed', certificate, describe(error, certificate.der), 'RFC 5280 §4.2.1.6');
    }
  }
}

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
