/**
 * The extensions about certificate policies (RFC 5280 §4.2.1.4, §4.2.1.5, §4.2.1.11, §4.2.1.14).
 *
 * No policy is asked for here, so what they say decides nothing (RFC 5280 §6.1.5 (g)) unless one of them requires that
 * some policy be there. They are read all the same: an extension that is critical is to be understood or refused.
 */

import { type Certificate, findExtension } from './certificate.ts';
import { contextTag, DerReader, Tag } from './der.ts';
import { oidName, oids } from './oids.ts';

/**
 * Whether the certificate requires an explicit policy, now or further down.
 * @throws DerError where one of its policy extensions is malformed, or maps what may not be mapped
 */
export function requiresExplicitPolicy(certificate: Certificate): boolean {
  checkCertificatePolicies(certificate);
  checkPolicyMappings(certificate);
  checkInhibitAnyPolicy(certificate);
  const reader = extensionReader(certificate, 'id-ce-policyConstraints');
  if (reader === undefined) return false;
  const constraints = reader.enter(Tag.SEQUENCE);
  reader.end();
  if (constraints.done) throw constraints.error('expected a policy constraint at least');
  const required = constraints.next === contextTag(0);
  if (required) constraints.small(maxSkipCerts, contextTag(0));
  if (constraints.next === contextTag(1)) constraints.small(maxSkipCerts, contextTag(1));
  constraints.end();
  return required;
}

/** SkipCerts: certificates that may follow before it counts. */
const maxSkipCerts = 0x7fff_ffff;

/** Where the extension is critical its qualifiers must be understood (RFC 5280 §4.2.1.4); both kinds are for people. */
function checkCertificatePolicies(certificate: Certificate): void {
  const reader = extensionReader(certificate, 'id-ce-certificatePolicies');
  if (reader === undefined) return;
  const isCritical = findExtension(certificate, oids['id-ce-certificatePolicies'])?.critical;
  const policies = reader.enter(Tag.SEQUENCE);
  reader.end();
  do {
    const information = policies.enter(Tag.SEQUENCE);
    information.oid();
    const qualifiers = information.enterOptional(Tag.SEQUENCE);
    information.end();
    while (qualifiers && !qualifiers.done) {
      const qualifier = qualifiers.enter(Tag.SEQUENCE);
      const kind = qualifier.oid();
      qualifier.any();
      qualifier.end();
      if (isCritical && kind !== oids['id-qt-cps'] && kind !== oids['id-qt-unotice']) {
        throw qualifier.error(`expected a policy qualifier that is known, found ${oidName(kind)}`);
      }
    }
  } while (!policies.done);
}

/** RFC 5280 §6.1.4 (a) */
function checkPolicyMappings(certificate: Certificate): void {
  const reader = extensionReader(certificate, 'id-ce-policyMappings');
  if (reader === undefined) return;
  const mappings = reader.enter(Tag.SEQUENCE);
  reader.end();
  do {
    const mapping = mappings.enter(Tag.SEQUENCE);
    const policies = [mapping.oid(), mapping.oid()];
    mapping.end();
    if (policies.includes(oids.anyPolicy)) throw mapping.error('expected anyPolicy not to be mapped');
  } while (!mappings.done);
}

function checkInhibitAnyPolicy(certificate: Certificate): void {
  const reader = extensionReader(certificate, 'id-ce-inhibitAnyPolicy');
  reader?.small(maxSkipCerts);
  reader?.end();
}

function extensionReader(certificate: Certificate, kind: keyof typeof oids): DerReader | undefined {
  const extension = findExtension(certificate, oids[kind]);
  return extension && new DerReader(extension.value);
}
