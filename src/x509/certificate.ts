/**
 * Certificate, version 3 and the two before it (RFC 5280 §4.1): bytes of the peer made into a value, once, strictly
 * and in bounded time. Nothing here trusts or refuses anyone: that is path validation, which builds on this.
 *
 * The value holds views into the bytes that it was given, so those must not change after.
 */

import type { PublicKey } from '../crypto/keys.ts';
import { equal } from '../wire/bytes.ts';
import { fault } from '../wire/error.ts';
import { constructedContextTag, contextTag, DerError, DerReader, describe, Tag } from './der.ts';
import { type Name, readName } from './distinguished-name.ts';
import {
  type BasicConstraints,
  type Extension,
  type GeneralName,
  type KeyUsage,
  parseBasicConstraints,
  parseExtendedKeyUsage,
  parseKeyUsage,
  parseSubjectAltName,
  readExtensions,
} from './extensions.ts';
import { oids } from './oids.ts';
import { selectEncodings } from './pem.ts';
import { parseSubjectPublicKeyInfo } from './public-keys.ts';
import { readTime } from './time.ts';

export interface Certificate {
  /** All of it. */
  readonly der: Uint8Array;
  /** TBSCertificate: what the signature is over. */
  readonly tbs: Uint8Array;
  readonly version: 1 | 2 | 3;
  /** The magnitude, big-endian, of 1 to 20 bytes; some roots bear zero. */
  readonly serialNumber: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly issuer: Name;
  readonly subject: Name;
  /** Both moments belong to the validity; milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly subjectPublicKeyInfo: Uint8Array;
  /**
   * Read when it is first asked for: a chain may hold certificates whose keys nobody needs.
   * @throws TlsError `bad_certificate` on a broken key, `unsupported_certificate` on one of another kind or size
   */
  readonly publicKey: PublicKey;
  readonly extensions: readonly Extension[];
  /** Those extensions that TLS looks at; undefined where the certificate has none of the kind. */
  readonly basicConstraints: BasicConstraints | undefined;
  readonly keyUsage: readonly KeyUsage[] | undefined;
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly subjectAltNames: readonly GeneralName[] | undefined;
}

/** RFC 5280 §4.1.1.2 */
export interface AlgorithmIdentifier {
  readonly der: Uint8Array;
  readonly oid: string;
  /** The element as it stands; undefined where it is absent, which is not the same as NULL. */
  readonly parameters: Uint8Array | undefined;
}

/** Far more than certificates are long, and little enough to read at once. */
export const maxCertificateLength = 0x10000;

/** @throws TlsError `bad_certificate`, and nothing else whatever the bytes are */
export function parseCertificate(bytes: Uint8Array): Certificate {
  if (bytes.length > maxCertificateLength) {
    const limit = `expected at most ${maxCertificateLength} bytes, found ${bytes.length}`;
    throw fault('bad_certificate', `certificate: ${limit}`);
  }
  try {
    const reader = new DerReader(bytes);
    const certificate = readCertificate(reader, bytes);
    reader.end();
    return certificate;
  } catch (error) {
    if (error instanceof DerError) throw fault('bad_certificate', `certificate: ${describe(error, bytes)}`);
    throw error;
  }
}

/**
 * Certificates that the user gives, in their order: PEM with any number of them, DER with one, or a list of such.
 * The bytes are copied. @throws TypeError on another type, RangeError on what is no certificate
 */
export function parseCertificateChain(
  input: string | Uint8Array | readonly (string | Uint8Array)[],
): Certificate[] {
  const encodings = selectEncodings(input, 'certificate chain', 'CERTIFICATE'); // RFC 7468 §5.1
  if (encodings.length === 0) throw new RangeError('certificate chain: expected at least one certificate');
  return encodings.map((encoding, index) => {
    try {
      return parseCertificate(encoding);
    } catch (cause) {
      const sentence = cause instanceof Error ? cause.message : String(cause);
      throw new RangeError(`certificate chain: number ${index + 1}: ${sentence}`, { cause });
    }
  });
}

/** The extension of that kind, where the certificate has it. */
export function findExtension(certificate: Certificate, oid: string): Extension | undefined {
  return find(certificate.extensions, oid);
}

function readCertificate(reader: DerReader, der: Uint8Array): Certificate {
  const certificate = reader.enter(Tag.SEQUENCE);
  const tbs = certificate.view(Tag.SEQUENCE);
  const signatureAlgorithm = readAlgorithmIdentifier(certificate);
  const signature = certificate.wholeBits();
  certificate.end();

  const fields = new DerReader(tbs).enter(Tag.SEQUENCE);
  const version = readVersion(fields);
  const serialNumber = readSerialNumber(fields);
  const inner = readAlgorithmIdentifier(fields);
  if (!equal(inner.der, signatureAlgorithm.der)) {
    throw fields.error('expected the signature algorithm inside to be that outside (RFC 5280 §4.1.1.2)');
  }
  const issuer = readName(fields);
  const validity = fields.enter(Tag.SEQUENCE);
  const notBefore = readTime(validity);
  const notAfter = readTime(validity);
  validity.end();
  const subject = readName(fields);
  const subjectPublicKeyInfo = readSubjectPublicKeyInfo(fields);
  skipUniqueIdentifiers(fields, version);
  const extensions = readOptionalExtensions(fields, version);
  fields.end();

  let publicKey: PublicKey | undefined;
  return {
    der,
    tbs,
    version,
    serialNumber,
    signatureAlgorithm,
    signature,
    issuer,
    subject,
    notBefore,
    notAfter,
    subjectPublicKeyInfo,
    get publicKey() {
      publicKey ??= parseSubjectPublicKeyInfo(subjectPublicKeyInfo);
      return publicKey;
    },
    extensions,
    basicConstraints: parsed(extensions, oids['id-ce-basicConstraints'], parseBasicConstraints),
    keyUsage: parsed(extensions, oids['id-ce-keyUsage'], parseKeyUsage),
    extendedKeyUsage: parsed(extensions, oids['id-ce-extKeyUsage'], parseExtendedKeyUsage),
    subjectAltNames: parsed(extensions, oids['id-ce-subjectAltName'], parseSubjectAltName),
  };
}

/** v1 is the default and so is never written (RFC 5280 §4.1.2.1, X.690 §11.5). */
function readVersion(fields: DerReader): 1 | 2 | 3 {
  const explicit = fields.enterOptional(constructedContextTag(0));
  if (explicit === undefined) return 1;
  const version = explicit.small(2);
  explicit.end();
  if (version === 0) throw explicit.error('expected version 1 to be left out');
  return version === 1 ? 2 : 3;
}

/** RFC 5280 §4.1.2.2: never negative, and no longer than 20 bytes. */
function readSerialNumber(fields: DerReader): Uint8Array {
  const serialNumber = fields.unsigned();
  if (serialNumber.length > 20) throw fields.error('expected a serial number of at most 20 bytes');
  return serialNumber;
}

/** @throws DerError */
export function readAlgorithmIdentifier(reader: DerReader): AlgorithmIdentifier {
  const der = reader.view(Tag.SEQUENCE);
  const fields = new DerReader(der).enter(Tag.SEQUENCE);
  const oid = fields.oid();
  const parameters = fields.done ? undefined : fields.any();
  fields.end();
  return { der, oid, parameters };
}

/** Its form alone: what the key is comes out when it is asked for. */
function readSubjectPublicKeyInfo(reader: DerReader): Uint8Array {
  const der = reader.view(Tag.SEQUENCE);
  const fields = new DerReader(der).enter(Tag.SEQUENCE);
  readAlgorithmIdentifier(fields);
  fields.bits();
  fields.end();
  return der;
}

/** issuerUniqueID and subjectUniqueID, of version 2 and 3 (RFC 5280 §4.1.2.8); nobody uses them. */
function skipUniqueIdentifiers(fields: DerReader, version: number): void {
  for (const tag of [contextTag(1), contextTag(2)]) {
    if (fields.next !== tag) continue;
    if (version === 1) throw fields.error('expected no unique identifier in version 1');
    fields.bits(tag);
  }
}

function readOptionalExtensions(fields: DerReader, version: number): Extension[] {
  const explicit = fields.enterOptional(constructedContextTag(3));
  if (explicit === undefined) return [];
  if (version !== 3) throw fields.error(`expected no extensions in version ${version} (RFC 5280 §4.1.2.9)`);
  const extensions = readExtensions(explicit.enter(Tag.SEQUENCE));
  explicit.end();
  return extensions;
}

function parsed<T>(
  extensions: readonly Extension[],
  oid: string,
  parse: (value: Uint8Array) => T,
): T | undefined {
  const extension = find(extensions, oid);
  return extension && parse(extension.value);
}

function find(extensions: readonly Extension[], oid: string): Extension | undefined {
  return extensions.find((extension) => extension.oid === oid);
}
