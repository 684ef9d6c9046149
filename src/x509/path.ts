/**
 * Path building: from the peer's certificate to a trust anchor (RFC 4158, for the validation of RFC 5280 §6).
 *
 * What a peer shows is a heap and not a chain: in any order, with some too many, cross-signed, in circles. A depth-first
 * search goes from the leaf upwards by the names of the issuers, which costs little, and drops whoever may not issue; a
 * path that arrives at an anchor is validated as a whole. All of it is counted against a budget.
 */

import { equal } from '../wire/bytes.ts';
import type { Certificate } from './certificate.ts';
import { comparableName, isSelfIssued } from './distinguished-name.ts';
import { authorityKeyIdentifierHint, keyIdentifierHint } from './key-identifiers.ts';
import { PathBudget, type PathLimits } from './path-limits.ts';
import { anchorBreach, type Demands, issuerBreach, leafBreach } from './path-rules.ts';
import { type Path, PathValidator, type Validation } from './path-validation.ts';
import { moreTelling, type Refusal, refuse } from './refusals.ts';
import type { TrustAnchor, TrustAnchors } from './trust-anchors.ts';

export interface PathRequest extends Demands, Validation {
  readonly leaf: Certificate;
  /** What the peer showed beside its own, in any order. */
  readonly others: readonly Certificate[];
  readonly anchors: TrustAnchors;
  readonly limits: PathLimits;
}

/** A valid path, or the most telling of the reasons why there is none. */
export function findPath(request: PathRequest): Path | Refusal {
  return leafBreach(request.leaf, request) ?? new Search(request).run();
}

class Search {
  readonly #request: PathRequest;
  readonly #budget: PathBudget;
  readonly #validator: PathValidator;
  readonly #bySubject = new Map<string, Certificate[]>();
  /** Certificates that are fit to issue, and what is against the others. */
  readonly #breaches = new Map<Certificate, Refusal | undefined>();
  #refusal: Refusal | undefined;

  constructor(request: PathRequest) {
    this.#request = request;
    this.#budget = new PathBudget(request.limits);
    this.#validator = new PathValidator(request, this.#budget);
    for (const certificate of request.others) {
      const subject = comparableName(certificate.subject);
      this.#bySubject.set(subject, [...(this.#bySubject.get(subject) ?? []), certificate]);
    }
  }

  run(): Path | Refusal {
    const { leaf, anchors } = this.#request;
    const itself = anchors.find(leaf); // Trusted by its bytes: there is no issuer to ask.
    if (itself !== undefined) return { certificates: [leaf], anchor: itself };
    const path = this.#extend([leaf], 0);
    if (path !== undefined) return path;
    const { exceeded } = this.#budget;
    if (exceeded !== undefined) return refuse('work', leaf, exceeded);
    return this.#refusal ?? untrusted(leaf);
  }

  /** `below` counts the issuers in the path that are not self-issued: what a pathLenConstraint above them is about. */
  #extend(certificates: Path['certificates'], below: number): Path | undefined {
    const last = certificates[certificates.length - 1] ?? certificates[0];
    const anchors = this.#request.anchors.named(last.issuer);
    for (const anchor of likelyFirst(last, anchors, ({ certificate }) => certificate)) {
      if (!this.#budget.spend('candidates')) return undefined;
      const path = { certificates, anchor };
      const refusal = this.#anchorRefusal(anchor, below) ?? this.#validator.refusal(path);
      if (this.#budget.exceeded !== undefined) return undefined;
      if (refusal === undefined) return path;
      this.#refusal = moreTelling(this.#refusal, refusal);
    }
    for (const issuer of this.#candidates(last)) {
      if (!this.#budget.spend('candidates')) return undefined;
      if (this.#validator.isRefuted(last, issuer)) continue;
      if (certificates.some((certificate) => isSameEntity(certificate, issuer))) continue;
      const path = this.#extendBy(issuer, certificates, below);
      if (path !== undefined || this.#budget.exceeded !== undefined) return path;
    }
    return undefined;
  }

  #extendBy(issuer: Certificate, certificates: Path['certificates'], below: number): Path | undefined {
    const counted = below + (isSelfIssued(issuer) ? 0 : 1);
    const refusal = this.#issuerRefusal(issuer, below, counted);
    if (refusal === undefined) return this.#extend([...certificates, issuer], counted);
    this.#refusal = moreTelling(this.#refusal, refusal);
    return undefined;
  }

  #candidates(certificate: Certificate): readonly Certificate[] {
    const named = this.#bySubject.get(comparableName(certificate.issuer)) ?? [];
    return likelyFirst(certificate, named, (candidate) => candidate);
  }

  #anchorRefusal({ certificate }: TrustAnchor, below: number): Refusal | undefined {
    if (certificate === undefined) return undefined;
    const breach = this.#once(certificate, () => anchorBreach(certificate, this.#request));
    return breach ?? pathLengthBreach(certificate, below);
  }

  #issuerRefusal(issuer: Certificate, below: number, counted: number): Refusal | undefined {
    const { intermediates } = this.#request.limits;
    if (counted > intermediates) {
      return refuse('path-length', issuer, `expected at most ${intermediates} intermediates, found one more`);
    }
    return this.#once(issuer, () => issuerBreach(issuer, this.#request)) ?? pathLengthBreach(issuer, below);
  }

  #once(certificate: Certificate, breach: () => Refusal | undefined): Refusal | undefined {
    if (!this.#breaches.has(certificate)) this.#breaches.set(certificate, breach());
    return this.#breaches.get(certificate);
  }
}

/** Of those that bear the issuer's name first the ones with the key that the certificate says it is signed with. */
function likelyFirst<T>(
  certificate: Certificate,
  named: readonly T[],
  certificateOf: (issuer: T) => Certificate | undefined,
): readonly T[] {
  const wanted = named.length > 1 ? authorityKeyIdentifierHint(certificate) : undefined;
  if (wanted === undefined) return named;
  const fits = (issuer: T) => {
    const stated = certificateOf(issuer);
    const own = stated && keyIdentifierHint(stated);
    return own !== undefined && equal(own, wanted);
  };
  return [...named.filter(fits), ...named.filter((issuer) => !fits(issuer))];
}

/** One name with one key stands in a path but once, whatever certificates it has (RFC 4158 §5.2). */
function isSameEntity(a: Certificate, b: Certificate): boolean {
  return (
    equal(a.subjectPublicKeyInfo, b.subjectPublicKeyInfo) &&
    comparableName(a.subject) === comparableName(b.subject)
  );
}

/** The leaf does not count, nor does who is self-issued (RFC 5280 §4.2.1.9). */
function pathLengthBreach(issuer: Certificate, below: number): Refusal | undefined {
  const limit = issuer.basicConstraints?.pathLenConstraint;
  if (limit === undefined || below <= limit) return undefined;
  return refuse('path-length', issuer, `expected at most ${limit} intermediates below, found ${below}`);
}

function untrusted(leaf: Certificate): Refusal {
  const issuer = isSelfIssued(leaf) ? 'itself' : `${leaf.issuer}`;
  return refuse(
    'trust-anchor',
    leaf,
    `expected a path to a trust anchor, found none; it is issued by ${issuer}`,
  );
}
