/** The object identifiers that a key is known by and by which a certificate says what it is for. */

export const keyOids = {
  // RFC 3279 §2.3.1, RFC 4055 §1.2, RFC 5480 §2.1, RFC 8410 §3; some to name what is refused.
  rsaEncryption: '1.2.840.113549.1.1.1',
  'id-RSASSA-PSS': '1.2.840.113549.1.1.10',
  'id-ecPublicKey': '1.2.840.10045.2.1',
  secp256r1: '1.2.840.10045.3.1.7',
  secp384r1: '1.3.132.0.34',
  secp521r1: '1.3.132.0.35',
  'id-X25519': '1.3.101.110',
  'id-Ed25519': '1.3.101.112',
  'id-Ed448': '1.3.101.113',
  'id-dsa': '1.2.840.10040.4.1',
  // RFC 5280 §4.2.1.3
  'id-ce-keyUsage': '2.5.29.15',
} as const;

/** For messages: the ASN.1 name where it is known, else the dotted form. */
export function keyOidName(oid: string): string {
  return Object.entries(keyOids).find(([, known]) => known === oid)?.[0] ?? oid;
}
