/**
 * What TLS 1.2 derives and how it protects, once more, on OpenSSL and after the RFCs' formulas alone: the known answers
 * are computed here, so that the library is held against something that it is not.
 *
 * Sources: RFC 5246 §6.2.3.3, §6.3, §7.4.9, §8.1; RFC 5288 §3; RFC 5705 §4; RFC 7627 §4; RFC 7905 §2.
 */

import { type CipherGCMTypes, createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { referencePrf } from './prf-reference.ts';

export type HashName = 'SHA-256' | 'SHA-384';
export type Side = 'client' | 'server';

/** A suite, read from its IANA name. */
export interface SuiteFacts {
  readonly hash: HashName;
  /** The AEAD's name in OpenSSL. */
  readonly algorithm: string;
  readonly keyLength: number;
  readonly fixedIvLength: number;
}

const aeads: Readonly<Record<string, Omit<SuiteFacts, 'hash'>>> = {
  AES_128_GCM: { algorithm: 'aes-128-gcm', keyLength: 16, fixedIvLength: 4 },
  AES_256_GCM: { algorithm: 'aes-256-gcm', keyLength: 32, fixedIvLength: 4 },
  CHACHA20_POLY1305: { algorithm: 'chacha20-poly1305', keyLength: 32, fixedIvLength: 12 },
};

export const suiteNumbers = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 0xc02b,
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 0xc02c,
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 0xc02f,
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 0xc030,
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 0xcca8,
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 0xcca9,
} as const;
export type SuiteName = keyof typeof suiteNumbers;
export const suiteNames = Object.keys(suiteNumbers) as SuiteName[];

/** @throws RangeError on a number that is no suite of ours */
export function suiteNumbered(number: number): SuiteName {
  const name = suiteNames.find((each) => suiteNumbers[each] === number);
  if (name === undefined) throw new RangeError(`expected a known cipher suite, got 0x${number.toString(16)}`);
  return name;
}

export function suiteFacts(name: SuiteName): SuiteFacts {
  const [, aead = '', bits] = /_WITH_(.+)_SHA(256|384)$/.exec(name) ?? [];
  const facts = aeads[aead];
  if (facts === undefined) throw new RangeError(`expected a known AEAD, got ${aead}`);
  return { ...facts, hash: bits === '384' ? 'SHA-384' : 'SHA-256' };
}

export function digest(hash: HashName, ...parts: readonly Uint8Array[]): Uint8Array {
  const state = createHash(hash.replace('-', ''));
  for (const part of parts) state.update(part);
  return new Uint8Array(state.digest());
}

export function masterSecret(
  hash: HashName,
  preMasterSecret: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): Uint8Array {
  return referencePrf(hash, preMasterSecret, 'master secret', join(clientRandom, serverRandom), 48);
}

export function extendedMasterSecret(
  hash: HashName,
  preMasterSecret: Uint8Array,
  sessionHash: Uint8Array,
): Uint8Array {
  return referencePrf(hash, preMasterSecret, 'extended master secret', sessionHash, 48);
}

export interface WriteKeys {
  readonly writeKey: Uint8Array;
  readonly fixedIv: Uint8Array;
}

export interface KeyBlock extends Readonly<Record<Side, WriteKeys>> {
  readonly keyBlock: Uint8Array;
}

export function keyBlock(
  suite: SuiteName,
  secret: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): KeyBlock {
  const { hash, keyLength, fixedIvLength } = suiteFacts(suite);
  const length = 2 * (keyLength + fixedIvLength);
  const block = referencePrf(hash, secret, 'key expansion', join(serverRandom, clientRandom), length);
  const ivs = block.subarray(2 * keyLength);
  return {
    keyBlock: block,
    client: { writeKey: block.slice(0, keyLength), fixedIv: ivs.slice(0, fixedIvLength) },
    server: { writeKey: block.slice(keyLength, 2 * keyLength), fixedIv: ivs.slice(fixedIvLength) },
  };
}

export function verifyData(hash: HashName, secret: Uint8Array, sender: Side, handshakeHash: Uint8Array) {
  return referencePrf(hash, secret, `${sender} finished`, handshakeHash, 12);
}

export function exporter(
  hash: HashName,
  secret: Uint8Array,
  randoms: readonly [client: Uint8Array, server: Uint8Array],
  label: string,
  length: number,
  context: Uint8Array | undefined,
): Uint8Array {
  const ending = context === undefined ? [] : [uint(context.length, 2), context];
  return referencePrf(hash, secret, label, join(...randoms, ...ending), length);
}

/** What names a record to the AEAD beside its content. */
export interface RecordFacts {
  readonly type: number;
  readonly sequenceNumber: number;
}

export function nonceOf(keys: WriteKeys, { sequenceNumber }: RecordFacts, nonceExplicit: Uint8Array) {
  if (keys.fixedIv.length === 4) return join(keys.fixedIv, nonceExplicit);
  const padded = uint(sequenceNumber, 12);
  return keys.fixedIv.map((byte, i) => byte ^ (padded[i] ?? 0));
}

export function additionalData({ type, sequenceNumber }: RecordFacts, length: number): Uint8Array {
  return join(uint(sequenceNumber, 8), Uint8Array.of(type, 3, 3), uint(length, 2));
}

/** The fragment of a protected record. `nonceExplicit`: 8 bytes for AES-GCM, none for ChaCha20-Poly1305. */
export function seal(
  suite: SuiteName,
  keys: WriteKeys,
  record: RecordFacts,
  plaintext: Uint8Array,
  nonceExplicit: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv(gcm(suite), keys.writeKey, nonceOf(keys, record, nonceExplicit), tag);
  cipher.setAAD(additionalData(record, plaintext.length), { plaintextLength: plaintext.length });
  const ciphertext = join(cipher.update(plaintext), cipher.final());
  return join(nonceExplicit, ciphertext, cipher.getAuthTag());
}

/** @throws Error where the record does not authenticate */
export function open(
  suite: SuiteName,
  keys: WriteKeys,
  record: RecordFacts,
  fragment: Uint8Array,
): Uint8Array {
  const start = keys.fixedIv.length === 4 ? 8 : 0;
  const end = fragment.length - tag.authTagLength;
  const nonce = nonceOf(keys, record, fragment.subarray(0, start));
  const decipher = createDecipheriv(gcm(suite), keys.writeKey, nonce, tag);
  decipher.setAAD(additionalData(record, end - start), { plaintextLength: end - start });
  decipher.setAuthTag(fragment.subarray(end));
  return join(decipher.update(fragment.subarray(start, end)), decipher.final());
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export function uint(value: number, length: number): Uint8Array {
  return join(Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex'));
}

const tag = { authTagLength: 16 } as const;

/** OpenSSL's AEADs all work as its types say of GCM. */
function gcm(suite: SuiteName): CipherGCMTypes {
  return suiteFacts(suite).algorithm as CipherGCMTypes;
}
