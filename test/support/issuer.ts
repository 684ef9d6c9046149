/**
 * A certificate issuer for tests, the demo and benches: authorities, intermediates and end entities after RFC 5280,
 * written with our DER writer and signed by node:crypto.
 *
 * What it issues is valid unless a test says otherwise, and any single thing can be said otherwise: a field of
 * TBSCertificate by its bytes (`fields`), an extension by its kind (`extensions`, `omitExtensions`), the signature.
 */

import { createHash, type KeyObject, type KeyPairKeyObjectResult, randomBytes, sign } from 'node:crypto';
import { DerReader, Tag } from '../../src/x509/der.ts';
import * as der from '../../src/x509/der-writer.ts';
import { type Extension, type KeyUsage, keyUsages } from '../../src/x509/extensions.ts';
import { oids } from '../../src/x509/oids.ts';
import { newEcKeyPair, newEd25519KeyPair, newRsaKeyPair } from './key-pairs.ts';

export type KeyType = 'ecdsa-p256' | 'ecdsa-p384' | 'ecdsa-p521' | 'ed25519' | 'rsa-2048';

export interface CertificateOptions {
  readonly keyType?: KeyType;
  /** A key pair of one's own, in place of a new one of `keyType`. */
  readonly keys?: KeyPairKeyObjectResult;
  readonly commonName?: string;
  readonly dnsNames?: readonly string[];
  /** In text, or as the bytes that are to stand in the certificate. */
  readonly ipAddresses?: readonly (string | Uint8Array)[];
  readonly notBefore?: Date | number;
  readonly notAfter?: Date | number;
  readonly serialNumber?: bigint;
  readonly keyUsage?: readonly KeyUsage[];
  /** Object identifiers. Without it: serverAuth and clientAuth for end entities, none for authorities. */
  readonly extendedKeyUsage?: readonly string[];
  readonly pathLenConstraint?: number;
  /** Each takes the place of the extension of its kind, or comes after the others. */
  readonly extensions?: readonly Extension[];
  readonly omitExtensions?: readonly string[];
  /** Fields of TBSCertificate as whole elements; an empty one is left out. */
  readonly fields?: Partial<Record<TbsField, Uint8Array>>;
  /** AlgorithmIdentifier outside TBSCertificate, where it is to differ from the one inside. */
  readonly signatureAlgorithm?: Uint8Array;
  readonly changeSignature?: (signature: Uint8Array) => Uint8Array;
}

export const tbsFields = [
  'version',
  'serialNumber',
  'signature',
  'issuer',
  'validity',
  'subject',
  'subjectPublicKeyInfo',
  'extensions',
] as const;
export type TbsField = (typeof tbsFields)[number];

/** An end entity with all that it needs to prove itself. */
export interface Credential {
  /** Leaf first, the root left out. */
  readonly chain: Uint8Array[];
  readonly chainPem: string;
  readonly privateKey: KeyObject;
  readonly privateKeyPem: string;
  /** PKCS#8 */
  readonly privateKeyDer: Uint8Array;
}

export interface Authority {
  readonly certificateDer: Uint8Array;
  readonly certificatePem: string;
  /** Its Name, in DER. */
  readonly name: Uint8Array;
  readonly keys: KeyPairKeyObjectResult;
  /** What an end entity shows above its own certificate: none for a root. */
  readonly chain: readonly Uint8Array[];
  issue(options?: CertificateOptions): Credential;
  issueAuthority(options?: AuthorityOptions): Authority;
}

export type AuthorityOptions = Omit<CertificateOptions, 'commonName'> & { readonly name?: string };

/** A root: an authority that signs itself. */
export function createAuthority(options: AuthorityOptions = {}): Authority {
  const keys = options.keys ?? keyPair(options.keyType ?? 'ecdsa-p256', 'authority');
  const name = commonName(options.name ?? 'Test Root');
  return authority(options, keys, name, { keys, name }, []);
}

function authority(
  options: AuthorityOptions,
  keys: KeyPairKeyObjectResult,
  name: Uint8Array,
  issuer: Issuer,
  above: readonly Uint8Array[],
): Authority {
  const certificateDer = certificate(options, keys, name, issuer, authorityExtensions(options));
  const chain = issuer.keys === keys ? [] : [certificateDer, ...above];
  return {
    certificateDer,
    certificatePem: toPem('CERTIFICATE', certificateDer),
    name,
    keys,
    chain,
    issue: (leaf = {}) => issue(leaf, { keys, name }, chain),
    issueAuthority: (below = {}) => {
      const ownKeys = below.keys ?? keyPair(below.keyType ?? 'ecdsa-p256', 'intermediate');
      const ownName = commonName(below.name ?? 'Test Intermediate');
      return authority(below, ownKeys, ownName, { keys, name }, chain);
    },
  };
}

interface Issuer {
  readonly keys: KeyPairKeyObjectResult;
  readonly name: Uint8Array;
}

function issue(options: CertificateOptions, issuer: Issuer, above: readonly Uint8Array[]): Credential {
  const keys = options.keys ?? keyPair(options.keyType ?? 'ecdsa-p256', 'end entity');
  const subject = commonName(options.commonName ?? options.dnsNames?.[0] ?? 'Test End Entity');
  const leaf = certificate(options, keys, subject, issuer, endEntityExtensions(options));
  const chain = [leaf, ...above];
  return {
    chain,
    chainPem: chain.map((encoding) => toPem('CERTIFICATE', encoding)).join(''),
    privateKey: keys.privateKey,
    privateKeyPem: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    privateKeyDer: new Uint8Array(keys.privateKey.export({ type: 'pkcs8', format: 'der' })),
  };
}

/** Certificate (RFC 5280 §4.1). */
function certificate(
  options: CertificateOptions,
  keys: KeyPairKeyObjectResult,
  subject: Uint8Array,
  issuer: Issuer,
  ownExtensions: readonly Extension[],
): Uint8Array {
  const now = Date.now();
  const spki = new Uint8Array(keys.publicKey.export({ type: 'spki', format: 'der' }));
  const algorithm = signatureAlgorithm(issuer.keys.privateKey);
  const common = [
    extension('id-ce-subjectKeyIdentifier', der.octetString(keyIdentifier(keys.publicKey))),
    extension(
      'id-ce-authorityKeyIdentifier',
      der.sequence(der.implicit(0, keyIdentifier(issuer.keys.publicKey))),
    ),
  ];
  const fields: Record<TbsField, Uint8Array> = {
    version: der.explicit(0, der.integer(2)),
    serialNumber: der.integer(options.serialNumber ?? BigInt(`0x40${randomBytes(15).toString('hex')}`)),
    signature: algorithm.identifier,
    issuer: issuer.name,
    validity: der.sequence(time(options.notBefore ?? now - day), time(options.notAfter ?? now + 365 * day)),
    subject,
    subjectPublicKeyInfo: spki,
    extensions: extensionsField(resolve([...ownExtensions, ...common], options)),
    ...options.fields,
  };
  const tbs = der.sequence(...tbsFields.map((field) => fields[field]));
  const signature = new Uint8Array(sign(algorithm.digest, tbs, issuer.keys.privateKey));
  return der.sequence(
    tbs,
    options.signatureAlgorithm ?? algorithm.identifier,
    der.bitString(options.changeSignature?.(signature) ?? signature),
  );
}

function authorityExtensions(options: AuthorityOptions): Extension[] {
  const { pathLenConstraint, extendedKeyUsage } = options;
  const pathLen = pathLenConstraint === undefined ? [] : [der.integer(pathLenConstraint)];
  return [
    critical('id-ce-basicConstraints', der.sequence(der.boolean(true), ...pathLen)),
    critical('id-ce-keyUsage', keyUsageBits(options.keyUsage ?? ['keyCertSign', 'cRLSign'])),
    ...(extendedKeyUsage ? [purposes(extendedKeyUsage)] : []),
    ...subjectAltName(options),
  ];
}

function endEntityExtensions(options: CertificateOptions): Extension[] {
  const { extendedKeyUsage = [oids['id-kp-serverAuth'], oids['id-kp-clientAuth']] } = options;
  return [
    critical('id-ce-basicConstraints', der.sequence()),
    critical('id-ce-keyUsage', keyUsageBits(options.keyUsage ?? ['digitalSignature'])),
    purposes(extendedKeyUsage),
    ...subjectAltName(options),
  ];
}

/** An extension of a known kind, not critical. */
export function extension(kind: keyof typeof oids, value: Uint8Array): Extension {
  return { oid: oids[kind], critical: false, value };
}

/** An extension of a known kind, critical. */
export function critical(kind: keyof typeof oids, value: Uint8Array): Extension {
  return { oid: oids[kind], critical: true, value };
}

function purposes(extendedKeyUsage: readonly string[]): Extension {
  return extension('id-ce-extKeyUsage', der.sequence(...extendedKeyUsage.map(der.oid)));
}

function keyUsageBits(usages: readonly KeyUsage[]): Uint8Array {
  return der.namedBits(usages.map((usage) => keyUsages.indexOf(usage)));
}

function subjectAltName({ dnsNames = [], ipAddresses = [] }: CertificateOptions): Extension[] {
  const names = [
    ...dnsNames.map((name) => der.implicit(2, Buffer.from(name, 'latin1'))),
    ...ipAddresses.map((address) => der.implicit(7, ipBytes(address))),
  ];
  return names.length === 0 ? [] : [extension('id-ce-subjectAltName', der.sequence(...names))];
}

function resolve(own: readonly Extension[], options: CertificateOptions): Extension[] {
  const { extensions = [], omitExtensions = [] } = options;
  const kept = own
    .filter(({ oid }) => !omitExtensions.includes(oid))
    .map((standard) => extensions.find(({ oid }) => oid === standard.oid) ?? standard);
  return [...kept, ...extensions.filter((given) => !kept.includes(given))];
}

/** Extensions as TBSCertificate has them; nothing at all where there are none. */
export function extensionsField(extensions: readonly Extension[]): Uint8Array {
  if (extensions.length === 0) return new Uint8Array(0);
  const elements = extensions.map(({ oid, critical, value }) => {
    const flag = critical ? [der.boolean(true)] : [];
    return der.sequence(der.oid(oid), ...flag, der.octetString(value));
  });
  return der.explicit(3, der.sequence(...elements));
}

/** A Name of one attribute. */
export function commonName(text: string): Uint8Array {
  return der.sequence(der.setOf(der.sequence(der.oid(oids['id-at-commonName']), der.utf8String(text))));
}

const day = 86_400_000;

/** UTCTime through 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). */
export function time(moment: Date | number): Uint8Array {
  const [digits = ''] = new Date(moment).toISOString().replace(/[-:T]/g, '').split('.');
  const year = Number(digits.slice(0, 4));
  const short = year >= 1950 && year < 2050;
  const text = `${short ? digits.slice(2) : digits}Z`;
  return der.element(short ? Tag.UTCTime : Tag.GeneralizedTime, Buffer.from(text));
}

/** SHA-1 of the subjectPublicKey's bits: method 1 of RFC 5280 §4.2.1.2. */
function keyIdentifier(key: KeyObject): Uint8Array {
  const info = new DerReader(key.export({ type: 'spki', format: 'der' })).enter(Tag.SEQUENCE);
  info.view(Tag.SEQUENCE);
  return new Uint8Array(createHash('sha1').update(info.wholeBits()).digest());
}

const ecdsaDigests: Readonly<Record<string, readonly [digest: string, oid: string]>> = {
  prime256v1: ['sha256', oids['ecdsa-with-SHA256']],
  secp384r1: ['sha384', oids['ecdsa-with-SHA384']],
  secp521r1: ['sha512', oids['ecdsa-with-SHA512']],
};

function signatureAlgorithm(key: KeyObject): { digest: string | null; identifier: Uint8Array } {
  if (key.asymmetricKeyType === 'ed25519') {
    return { digest: null, identifier: der.sequence(der.oid(oids['id-Ed25519'])) };
  }
  if (key.asymmetricKeyType === 'rsa') {
    const identifier = der.sequence(der.oid(oids.sha256WithRSAEncryption), der.nullValue());
    return { digest: 'sha256', identifier };
  }
  const ecdsa = ecdsaDigests[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (ecdsa === undefined) throw new RangeError(`no signature algorithm for ${key.asymmetricKeyType}`);
  return { digest: ecdsa[0], identifier: der.sequence(der.oid(ecdsa[1])) };
}

/** RSA keys are slow to make: one for each role and process. The others are new each time. */
const rsaKeys = new Map<string, KeyPairKeyObjectResult>();

export function keyPair(type: KeyType, role: string): KeyPairKeyObjectResult {
  switch (type) {
    case 'ecdsa-p256':
      return newEcKeyPair('P-256');
    case 'ecdsa-p384':
      return newEcKeyPair('P-384');
    case 'ecdsa-p521':
      return newEcKeyPair('P-521');
    case 'ed25519':
      return newEd25519KeyPair();
    case 'rsa-2048': {
      const keys = rsaKeys.get(role) ?? newRsaKeyPair(2048);
      rsaKeys.set(role, keys);
      return keys;
    }
  }
}

/** An IP address in text as 4 or 16 bytes. */
function ipBytes(address: string | Uint8Array): Uint8Array {
  if (typeof address !== 'string') return address;
  if (!address.includes(':')) return Uint8Array.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (text: string) =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  return Uint8Array.from([...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}

export function toPem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
