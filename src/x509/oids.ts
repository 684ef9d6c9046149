/** Object identifiers under their ASN.1 names, and where each comes from. Those of keys are in `key-oids.ts`. */

import { keyOids } from './key-oids.ts';

export const oids = {
  ...keyOids,
  // Signatures: RFC 4055 §5, RFC 5758 §3.2; the first three to name what is refused.
  md5WithRSAEncryption: '1.2.840.113549.1.1.4',
  sha1WithRSAEncryption: '1.2.840.113549.1.1.5',
  'ecdsa-with-SHA1': '1.2.840.10045.4.1',
  sha256WithRSAEncryption: '1.2.840.113549.1.1.11',
  sha384WithRSAEncryption: '1.2.840.113549.1.1.12',
  sha512WithRSAEncryption: '1.2.840.113549.1.1.13',
  'ecdsa-with-SHA256': '1.2.840.10045.4.3.2',
  'ecdsa-with-SHA384': '1.2.840.10045.4.3.3',
  'ecdsa-with-SHA512': '1.2.840.10045.4.3.4',
  // What RSASSA-PSS is made of: RFC 4055 §2.
  'id-mgf1': '1.2.840.113549.1.1.8',
  'id-sha256': '2.16.840.1.101.3.4.2.1',
  'id-sha384': '2.16.840.1.101.3.4.2.2',
  'id-sha512': '2.16.840.1.101.3.4.2.3',
  // Extensions: RFC 5280 §4.2, §5.2.
  'id-ce-subjectKeyIdentifier': '2.5.29.14',
  'id-ce-subjectAltName': '2.5.29.17',
  'id-ce-basicConstraints': '2.5.29.19',
  'id-ce-cRLNumber': '2.5.29.20',
  'id-ce-cRLReasons': '2.5.29.21',
  'id-ce-deltaCRLIndicator': '2.5.29.27',
  'id-ce-issuingDistributionPoint': '2.5.29.28',
  'id-ce-certificateIssuer': '2.5.29.29',
  'id-ce-nameConstraints': '2.5.29.30',
  'id-ce-certificatePolicies': '2.5.29.32',
  'id-ce-policyMappings': '2.5.29.33',
  'id-ce-authorityKeyIdentifier': '2.5.29.35',
  'id-ce-policyConstraints': '2.5.29.36',
  'id-ce-extKeyUsage': '2.5.29.37',
  'id-ce-inhibitAnyPolicy': '2.5.29.54',
  'id-pe-authorityInfoAccess': '1.3.6.1.5.5.7.1.1',
  // The features that a server must have: RFC 7633 §4.
  'id-pe-tlsfeature': '1.3.6.1.5.5.7.1.24',
  // Purposes: RFC 5280 §4.2.1.12.
  'id-kp-serverAuth': '1.3.6.1.5.5.7.3.1',
  'id-kp-clientAuth': '1.3.6.1.5.5.7.3.2',
  anyExtendedKeyUsage: '2.5.29.37.0',
  // Policies and their qualifiers: RFC 5280 §4.2.1.4.
  anyPolicy: '2.5.29.32.0',
  'id-qt-cps': '1.3.6.1.5.5.7.2.1',
  'id-qt-unotice': '1.3.6.1.5.5.7.2.2',
  // Attributes of names: RFC 4519, RFC 2985.
  'id-at-commonName': '2.5.4.3',
  emailAddress: '1.2.840.113549.1.9.1',
} as const;

const names = new Map<string, string>(Object.entries(oids).map(([name, oid]) => [oid, name]));

/** For messages: the ASN.1 name where it is known, else the dotted form. */
export function oidName(oid: string): string {
  return names.get(oid) ?? oid;
}
