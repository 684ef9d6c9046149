/**
 * Private keys as users keep them: PKCS#8 (RFC 5208, RFC 5958), ECPrivateKey (RFC 5915), RSAPrivateKey (RFC 8017
 * Appendix A.1.2), in PEM or DER. They come from the user, so what is wrong with them is a RangeError; its sentence
 * tells of their form alone. Intermediate copies are overwritten.
 */

import type { EcdsaCurve, PrivateKey, PublicKey, RsaPrivateKey } from '../crypto/keys.ts';
import { bitLength } from '../crypto/modular.ts';
import { rsaModulusBits } from '../crypto/rsa.ts';
import { wipe } from '../wire/bytes.ts';
import { constructedContextTag, contextTag, DerError, DerReader, describe, Tag } from './der.ts';
import { oidName, oids } from './oids.ts';
import { looksLikePem, pemText, selectPem } from './pem.ts';
import { curveOf, publicKeyOf, samePublicKey } from './public-keys.ts';

/**
 * The one private key in PEM, given as text or bytes, or in DER.
 * @throws TypeError on what is neither, RangeError on a broken, encrypted or unsupported key
 */
export function parsePrivateKey(input: string | Uint8Array): PrivateKey {
  if (typeof input === 'string') return parsePem(input);
  if (!(input instanceof Uint8Array)) {
    throw new TypeError('private key: expected PEM text or the bytes of PEM or DER');
  }
  if (looksLikePem(input)) return parsePem(pemText(input, 'private key'));
  return parseForm(new Uint8Array(input), readAnyForm);
}

type Form = (reader: DerReader) => PrivateKey;

const forms: Readonly<Record<string, Form>> = {
  'PRIVATE KEY': readPrivateKeyInfo,
  'EC PRIVATE KEY': (reader) => readEcPrivateKey(reader, undefined),
  'RSA PRIVATE KEY': readRsaPrivateKey,
};

function parsePem(text: string): PrivateKey {
  const [block, ...others] = selectPem(text, Object.keys(forms));
  wipe(...others.map(({ bytes }) => bytes));
  const form = forms[block?.label ?? ''];
  if (block === undefined || form === undefined || others.length > 0) {
    wipe(block?.bytes);
    throw new RangeError(`private key: expected one, got ${1 + others.length}`);
  }
  return parseForm(block.bytes, form);
}

/** Reads one key out of bytes that are ours, and overwrites them. */
function parseForm(bytes: Uint8Array, form: Form): PrivateKey {
  try {
    const reader = new DerReader(bytes);
    const key = form(reader);
    reader.end();
    return key;
  } catch (error) {
    if (error instanceof DerError) throw new RangeError(`private key: ${describe(error, bytes)}`);
    throw error;
  } finally {
    wipe(bytes);
  }
}

/** All three forms begin with a version; what follows it tells them apart. */
const formsByTag: Readonly<Record<number, Form>> = {
  [Tag.SEQUENCE]: readPrivateKeyInfo,
  [Tag['OCTET STRING']]: (reader) => readEcPrivateKey(reader, undefined),
  [Tag.INTEGER]: readRsaPrivateKey,
};

function readAnyForm(reader: DerReader): PrivateKey {
  const whole = reader.view(Tag.SEQUENCE);
  const fields = new DerReader(whole).enter(Tag.SEQUENCE);
  fields.integer();
  const form = formsByTag[fields.next ?? 0];
  if (form === undefined) throw fields.error('expected PKCS#8, ECPrivateKey or RSAPrivateKey');
  return form(new DerReader(whole));
}

/** PrivateKeyInfo of RFC 5208 §5, which is version 0 of OneAsymmetricKey (RFC 5958 §2). */
function readPrivateKeyInfo(reader: DerReader): PrivateKey {
  const info = reader.enter(Tag.SEQUENCE);
  const version = info.small(1);
  const algorithm = info.enter(Tag.SEQUENCE);
  const oid = algorithm.oid();
  const privateKey = new DerReader(info.contents(Tag['OCTET STRING']));
  const key = readPrivateKey(oid, algorithm, privateKey);
  algorithm.end();
  privateKey.end();
  if (info.next === constructedContextTag(0)) info.any(); // attributes, which no rule here reads
  const publicKey = version === 1 && info.next === contextTag(1) ? info.wholeBits(contextTag(1)) : undefined;
  info.end();
  if (publicKey !== undefined) demandOwn(key, publicKey);
  return key;
}

function readPrivateKey(oid: string, algorithm: DerReader, privateKey: DerReader): PrivateKey {
  switch (oid) {
    case oids.rsaEncryption:
      algorithm.null();
      return readRsaPrivateKey(privateKey);
    case oids['id-ecPublicKey']:
      return readEcPrivateKey(privateKey, namedCurve(algorithm));
    case oids['id-Ed25519']: {
      const seed = privateKey.contents(Tag['OCTET STRING']); // CurvePrivateKey (RFC 8410 §7)
      if (seed.length !== 32) {
        throw privateKey.error(`expected an Ed25519 seed of 32 bytes, found ${seed.length}`);
      }
      return { type: 'ed25519', seed: Uint8Array.from(seed) };
    }
    default:
      throw new RangeError(`private key: expected RSA, ECDSA or Ed25519, got ${oidName(oid)}`);
  }
}

/** ECPrivateKey (RFC 5915 §3). Inside PKCS#8 the curve stands outside; where both name one they agree. */
function readEcPrivateKey(reader: DerReader, outer: EcdsaCurve | undefined): PrivateKey {
  const fields = reader.enter(Tag.SEQUENCE);
  if (fields.small(1) !== 1) throw fields.error('expected version 1 of ECPrivateKey');
  const scalar = Uint8Array.from(fields.contents(Tag['OCTET STRING']));
  const parameters = fields.enterOptional(constructedContextTag(0));
  const inner = parameters && namedCurve(parameters);
  parameters?.end();
  const curve = inner ?? outer;
  if (curve === undefined) throw fields.error('expected the curve of the key to be named');
  if (outer !== undefined && curve !== outer) {
    throw fields.error(`expected a key of ${outer}, found one of ${curve}`);
  }
  const publicKey = fields.enterOptional(constructedContextTag(1));
  const point = publicKey?.wholeBits();
  publicKey?.end();
  fields.end();
  const key: PrivateKey = { type: 'ecdsa', curve, scalar };
  demandOwn(key, point);
  return key;
}

function namedCurve(parameters: DerReader): EcdsaCurve {
  if (parameters.next !== Tag['OBJECT IDENTIFIER']) {
    throw parameters.error('expected a named curve (RFC 5915 §3)');
  }
  const oid = parameters.oid();
  const curve = curveOf(oid);
  if (curve === undefined) {
    throw new RangeError(`private key: expected P-256, P-384 or P-521, got curve ${oid}`);
  }
  return curve;
}

/** The scalar is in range, and the public key that stands beside it, where one does, belongs to it. */
function demandOwn(key: PrivateKey, point: Uint8Array | undefined): void {
  const own = publicKeyOf(key);
  if (point === undefined || own.type === 'rsa') return;
  const given: PublicKey = { ...own, point };
  if (!samePublicKey(own, given)) {
    throw new RangeError('private key: the public key beside it belongs to another');
  }
}

/** RSAPrivateKey of two primes (RFC 8017 Appendix A.1.2), held to its form and size. */
function readRsaPrivateKey(reader: DerReader): RsaPrivateKey {
  const fields = reader.enter(Tag.SEQUENCE);
  if (fields.small(1) !== 0) throw fields.error('expected RSAPrivateKey version 0, which has two primes');
  const modulus = bounded(fields, rsaModulusBits.max);
  const bits = bitLength(modulus);
  if (bits < rsaModulusBits.min) {
    throw new RangeError(`private key: expected RSA of ${rsaModulusBits.min} bits or more, got ${bits}`);
  }
  const key: RsaPrivateKey = {
    type: 'rsa',
    modulus,
    publicExponent: bounded(fields, 33),
    privateExponent: bounded(fields, bits),
    prime1: bounded(fields, bits),
    prime2: bounded(fields, bits),
    exponent1: bounded(fields, bits),
    exponent2: bounded(fields, bits),
    coefficient: bounded(fields, bits),
  };
  fields.end();
  if (key.prime1 * key.prime2 !== modulus) {
    throw new RangeError('private key: the RSA primes do not give the modulus');
  }
  return key;
}

function bounded(fields: DerReader, maxBits: number): bigint {
  const value = fields.bigint(Math.ceil(maxBits / 8));
  if (value === 0n || bitLength(value) > maxBits) {
    throw fields.error(`expected an INTEGER of 1 to ${maxBits} bits`);
  }
  return value;
}
