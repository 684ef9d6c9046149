/**
 * What a certificate must be to stand in a path, each on its own: the checks of RFC 5280 §6.1.3 and §6.1.4 that need
 * nothing but the certificate, the time and the purpose. What goes on between certificates is in path.ts.
 */

import type { SignatureScheme } from '../crypto/provider.ts';
import { TlsError } from '../wire/error.ts';
import type { Certificate } from './certificate.ts';
import { DerError, describe } from './der.ts';
import { oidName, oids } from './oids.ts';
import { requiresExplicitPolicy } from './policies.ts';
import { type Position, type Profile, profileBreach } from './profile.ts';
import { type Refusal, refuse, refuseUnreadable } from './refusals.ts';
import { listSchemes, signatureAlgorithm } from './signatures.ts';
import { formatTime, isValidAt } from './time.ts';
import { mustStaple } from './tls-feature.ts';

/** What a path is to be valid for. */
export interface Demands {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly purpose: 'serverAuth' | 'clientAuth';
  readonly profile: Profile;
  /** How certificates may be signed. */
  readonly schemes: readonly SignatureScheme[];
}

/** The first rule that the peer's own certificate breaks. */
export function leafBreach(leaf: Certificate, demands: Demands): Refusal | undefined {
  return (
    validityBreach(leaf, demands) ??
    commonBreach(leaf, 'leaf', demands) ??
    algorithmBreach(leaf, demands) ??
    purposeBreach(leaf, demands)
  );
}

/** The first rule that a certificate breaks which issued another in the path. */
export function issuerBreach(issuer: Certificate, demands: Demands): Refusal | undefined {
  return authorityBreach(issuer, 'issuer', demands) ?? algorithmBreach(issuer, demands);
}

/**
 * The first rule that a certificate breaks which is an anchor. RFC 5280 §6.1 asks nothing of anchors but a name and a
 * key; here what one says of itself holds, as browsers have it.
 */
export function anchorBreach(anchor: Certificate, demands: Demands): Refusal | undefined {
  return authorityBreach(anchor, 'anchor', demands);
}

function authorityBreach(issuer: Certificate, position: Position, demands: Demands): Refusal | undefined {
  const { basicConstraints, keyUsage } = issuer;
  if (basicConstraints?.cA !== true) {
    return refuse('basic-constraints', issuer, 'expected a CA, found basicConstraints that do not say so');
  }
  if (keyUsage?.includes('keyCertSign') === false) {
    return refuse('key-usage', issuer, 'expected keyCertSign in the keyUsage of a CA');
  }
  return (
    validityBreach(issuer, demands) ??
    commonBreach(issuer, position, demands) ??
    purposeBreach(issuer, demands)
  );
}

function commonBreach(
  certificate: Certificate,
  position: Position,
  { purpose, profile }: Demands,
): Refusal | undefined {
  // The Baseline Requirements are about servers.
  const applicable = purpose === 'clientAuth' && profile === 'webpki' ? 'rfc5280' : profile;
  return (
    criticalExtensionBreach(certificate) ??
    readabilityBreach(certificate) ??
    profileBreach(certificate, position, applicable)
  );
}

function validityBreach(certificate: Certificate, { time }: Demands): Refusal | undefined {
  if (isValidAt(certificate, time)) return undefined;
  const period = `${formatTime(certificate.notBefore)} to ${formatTime(certificate.notAfter)}`;
  return refuse(
    'validity',
    certificate,
    `expected a certificate valid at ${formatTime(time)}, found one for ${period}`,
  );
}

/**
 * The extensions that are processed, here or where a path is put together. Some others are known and never critical by
 * their own rules (RFC 5280 §4.2.1.1, §4.2.1.2, §4.2.2.1): where one is, it is like an unknown one.
 */
const processed: ReadonlySet<string> = new Set([
  oids['id-ce-keyUsage'],
  oids['id-ce-subjectAltName'],
  oids['id-ce-basicConstraints'],
  oids['id-ce-nameConstraints'],
  oids['id-ce-certificatePolicies'],
  oids['id-ce-policyMappings'],
  oids['id-ce-policyConstraints'],
  oids['id-ce-extKeyUsage'],
  oids['id-ce-inhibitAnyPolicy'],
  oids['id-pe-tlsfeature'],
]);

function criticalExtensionBreach(certificate: Certificate): Refusal | undefined {
  const unknown = certificate.extensions.find(({ oid, critical }) => critical && !processed.has(oid));
  if (unknown === undefined) return undefined;
  const found = `found ${oidName(unknown.oid)}`;
  return refuse(
    'critical-extension',
    certificate,
    `expected critical extensions that are processed, ${found}`,
  );
}

/** What is read late: the key, what is demanded of servers, and whether a policy must be explicit. */
function readabilityBreach(certificate: Certificate): Refusal | undefined {
  try {
    mustStaple(certificate);
    if (certificate.publicKey && !requiresExplicitPolicy(certificate)) return undefined;
  } catch (error) {
    if (error instanceof DerError) return refuse('malformed', certificate, describe(error, certificate.der));
    if (error instanceof TlsError) return refuseUnreadable(certificate, error);
    throw error;
  }
  return refuse('policy', certificate, 'expected no explicit policy to be required: none is asked for');
}

function algorithmBreach(certificate: Certificate, { schemes }: Demands): Refusal | undefined {
  if (signatureAlgorithm(certificate.signatureAlgorithm, schemes) !== undefined) return undefined;
  const found = oidName(certificate.signatureAlgorithm.oid);
  return refuse(
    'signature-algorithm',
    certificate,
    `expected a signature as of ${listSchemes(schemes)}, found ${found}`,
  );
}

/** An issuer without purposes has all of them; one that has some may issue for no other, as browsers have it. */
function purposeBreach(certificate: Certificate, { purpose }: Demands): Refusal | undefined {
  const { extendedKeyUsage } = certificate;
  const fits = [oids[`id-kp-${purpose}`], oids.anyExtendedKeyUsage];
  if (extendedKeyUsage === undefined || extendedKeyUsage.some((oid) => fits.some((fit) => fit === oid))) {
    return undefined;
  }
  const found = extendedKeyUsage.slice(0, 4).map(oidName).join(', ');
  return refuse('extended-key-usage', certificate, `expected the purpose id-kp-${purpose}, found ${found}`);
}
