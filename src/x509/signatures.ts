/**
 * The signatures on certificates and CRLs: an AlgorithmIdentifier (RFC 5280 §4.1.1.2) becomes one of the schemes that
 * TLS signs with, where that is accepted, its parameters checked to the byte (RFC 4055 §3, §5, RFC 5758 §3.2, RFC 8410 §3).
 *
 * MD5 and SHA-1 have no entry: collisions in them made false certificates (RFC 9325 §4.5 forbids both).
 */

import { sha256 } from '../crypto/hash.ts';
import type { PublicKey } from '../crypto/keys.ts';
import type { CryptoProvider, Hash, SignatureScheme } from '../crypto/provider.ts';
import { equal, hex } from '../wire/bytes.ts';
import { Writer } from '../wire/writer.ts';
import type { AlgorithmIdentifier } from './certificate.ts';
import { constructedContextTag, DerError, DerReader, Tag } from './der.ts';
import * as der from './der-writer.ts';
import { oids } from './oids.ts';

/** What a signature is made with, as far as verifying goes. */
export type SignatureAlgorithm = Pick<SignatureScheme, 'keyType' | 'verify'>;

/** Something that was signed, as certificates and CRLs are. */
export interface Signed {
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

/** The key of whoever signed, and the same key as it stands in a certificate. */
export interface SigningKey {
  readonly publicKey: PublicKey;
  readonly subjectPublicKeyInfo: Uint8Array;
}

/**
 * Undefined for an algorithm that nobody should rely on any more, that is unknown or none of `schemes`, or whose
 * parameters are odd.
 */
export function signatureAlgorithm(
  identifier: AlgorithmIdentifier,
  schemes: readonly SignatureScheme[],
): SignatureAlgorithm | undefined {
  const known = identify(identifier);
  const scheme = known && schemes.find(({ id }) => id === known.id);
  return known?.saltLength === undefined ? scheme : scheme?.withSaltLength?.(known.saltLength);
}

/** For messages: what is accepted. */
export function listSchemes(schemes: readonly SignatureScheme[]): string {
  return schemes.map(({ name }) => name).join(', ');
}

/** The number that TLS has for it; undefined where it has none, or the algorithm is not to be relied on. */
export function signatureSchemeId(identifier: AlgorithmIdentifier): SignatureScheme['id'] | undefined {
  const known = identify(identifier);
  return known?.saltLength === undefined ? known?.id : undefined;
}

/**
 * Remembers which signatures held, so that a chain that is seen again costs a hash instead of a verification. What is
 * kept is arithmetic, which time does not change: validity, constraints and revocation are judged anew on every path.
 * Only what held is kept, and the oldest use makes room, so that a stranger can neither fill it nor poison it.
 */
export class SignatureCache {
  readonly #held = new Set<string>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#held.size;
  }

  has(key: string): boolean {
    if (!this.#held.delete(key)) return false;
    this.#held.add(key);
    return true;
  }

  add(key: string): void {
    if (this.#capacity === 0) return;
    const [oldest] = this.#held.size >= this.#capacity ? this.#held : [];
    if (oldest !== undefined) this.#held.delete(oldest);
    this.#held.add(key);
  }
}

/** How signatures are checked: what is remembered, how it is computed, and whether one more may be. */
export interface SignatureChecking {
  readonly cache: SignatureCache;
  /** Those that are accepted, as `crypto` does them. */
  readonly schemes: readonly SignatureScheme[];
  readonly crypto: CryptoProvider | undefined;
  /** Asked before a signature is verified that is not remembered; where it says no, the signature does not hold. */
  readonly admit?: () => boolean;
}

/** Whether the signature is by that key. @throws TlsError on a key that cannot be read */
export function isSignedBy(signed: Signed, signer: SigningKey, checking: SignatureChecking): boolean {
  const { cache, schemes, crypto, admit } = checking;
  const algorithm = signatureAlgorithm(signed.signatureAlgorithm, schemes);
  if (algorithm?.keyType !== signer.publicKey.type) return false;
  const cacheKey = signatureCacheKey(crypto?.hash(sha256) ?? sha256, signer, signed);
  if (cache.has(cacheKey)) return true;
  if (admit?.() === false) return false;
  if (!algorithm.verify(signer.publicKey, signed.tbs, signed.signature)) return false;
  cache.add(cacheKey);
  return true;
}

/** What a signature is remembered under: all that decides whether it holds. */
function signatureCacheKey(hash: Hash, { subjectPublicKeyInfo }: SigningKey, signed: Signed): string {
  const { signatureAlgorithm, signature } = signed;
  const writer = new Writer();
  for (const part of [subjectPublicKeyInfo, tbsDigest(hash, signed), signatureAlgorithm.der, signature]) {
    writer.uint(part.length, 4);
    writer.bytes(part);
  }
  return hex(hash.digest(writer.finish()));
}

/** Made once for each value: a list of revoked certificates may be megabytes long, and is asked on every path. */
const tbsDigests = new WeakMap<Signed, Uint8Array>();

function tbsDigest(hash: Hash, signed: Signed): Uint8Array {
  const digest = tbsDigests.get(signed) ?? hash.digest(signed.tbs);
  tbsDigests.set(signed, digest);
  return digest;
}

/** A signature scheme of TLS, by its number there (RFC 8446 §4.2.3). */
interface Identified {
  readonly id: SignatureScheme['id'];
  /** Of RSASSA-PSS, where the salt is not as long as the hash; in TLS it is. */
  readonly saltLength?: number | undefined;
}

function identify({ oid, parameters }: AlgorithmIdentifier): Identified | undefined {
  if (oid === oids['id-RSASSA-PSS']) return identifyPss(parameters);
  const known = algorithms[oid];
  return known && isFit(parameters, known.parameters) ? known : undefined;
}

interface Algorithm extends Identified {
  readonly parameters: 'absent' | 'null';
}

const algorithms: Readonly<Record<string, Algorithm>> = {
  [oids.sha256WithRSAEncryption]: { id: 0x0401, parameters: 'null' },
  [oids.sha384WithRSAEncryption]: { id: 0x0501, parameters: 'null' },
  [oids.sha512WithRSAEncryption]: { id: 0x0601, parameters: 'null' },
  [oids['ecdsa-with-SHA256']]: { id: 0x0403, parameters: 'absent' },
  [oids['ecdsa-with-SHA384']]: { id: 0x0503, parameters: 'absent' },
  [oids['ecdsa-with-SHA512']]: { id: 0x0603, parameters: 'absent' },
  [oids['id-Ed25519']]: { id: 0x0807, parameters: 'absent' },
};

const nullValue = /* @__PURE__ */ der.nullValue();

/** NULL may be left out as well: RFC 4055 §5 would have it written, and read either way. */
function isFit(parameters: Uint8Array | undefined, expected: Algorithm['parameters']): boolean {
  return parameters === undefined || (expected === 'null' && equal(parameters, nullValue));
}

const pssHashes: Readonly<Record<string, { readonly id: number; readonly hashLength: number }>> = {
  [oids['id-sha256']]: { id: 0x0804, hashLength: 32 },
  [oids['id-sha384']]: { id: 0x0805, hashLength: 48 },
  [oids['id-sha512']]: { id: 0x0806, hashLength: 64 },
};

/**
 * RSASSA-PSS-params (RFC 4055 §3.1). Each default of theirs is SHA-1, so hash and mask generation are written; both use
 * the same hash, as RFC 4055 §3.1 recommends and RFC 8446 §4.2.3 requires.
 */
function identifyPss(parameters: Uint8Array | undefined): Identified | undefined {
  const read = parameters && readPssParameters(parameters);
  const known = read && read.hash === read.maskHash ? pssHashes[read.hash] : undefined;
  if (read === undefined || known === undefined) return undefined;
  const { id, hashLength } = known;
  return { id, saltLength: read.saltLength === hashLength ? undefined : read.saltLength };
}

interface PssParameters {
  readonly hash: string;
  readonly maskHash: string;
  readonly saltLength: number;
}

function readPssParameters(parameters: Uint8Array): PssParameters | undefined {
  try {
    const reader = new DerReader(parameters);
    const fields = reader.enter(Tag.SEQUENCE);
    reader.end();
    const hash = readHash(fields.enter(constructedContextTag(0)));
    const maskGeneration = fields.enter(constructedContextTag(1)).enter(Tag.SEQUENCE);
    if (maskGeneration.oid() !== oids['id-mgf1']) return undefined;
    const maskHash = readHash(maskGeneration);
    const saltLength = fields.enterOptional(constructedContextTag(2))?.small(0x400) ?? 20;
    const trailerField = fields.enterOptional(constructedContextTag(3))?.small(0xff) ?? 1;
    fields.end();
    return trailerField === 1 ? { hash, maskHash, saltLength } : undefined;
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** HashAlgorithm, whose parameters are NULL or absent (RFC 4055 §2.1). */
function readHash(reader: DerReader): string {
  const identifier = reader.enter(Tag.SEQUENCE);
  reader.end();
  const oid = identifier.oid();
  if (!identifier.done) identifier.null();
  identifier.end();
  return oid;
}
