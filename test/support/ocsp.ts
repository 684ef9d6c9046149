/**
 * An OCSP responder for tests: it answers for an authority of the issuer in this folder, with the authority's own key
 * or a delegate's, written with our DER writer and signed by node:crypto (RFC 6960 §4.2.1).
 *
 * What it says is sound and good for an hour unless a test says otherwise, and any single thing can be said otherwise:
 * an element of any of the structures by its bytes (`fields`), the signature, the certificates beside it.
 */

import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { DerReader, Tag } from '../../src/x509/der.ts';
import * as der from '../../src/x509/der-writer.ts';
import { ocspOids } from '../../src/x509/ocsp.ts';
import { idPkixOcspBasic } from '../../src/x509/ocsp-response.ts';
import { oids } from '../../src/x509/oids.ts';
import type { Authority, CertificateOptions, Credential } from './issuer.ts';

const hour = 3_600_000;

export interface OcspOptions {
  /** Who signs: the issuer, unless there is a delegate. */
  readonly delegate?: Credential;
  readonly responderID?: 'byName' | 'byKey';
  readonly hash?: 'sha1' | 'sha256';
  readonly status?: CertStatus;
  readonly producedAt?: number;
  readonly thisUpdate?: number;
  readonly nextUpdate?: number | undefined;
  /** What is said of other certificates: whole elements before that of this one. */
  readonly otherResponses?: readonly Uint8Array[];
  /** Without it: the delegate's certificate, where there is one. */
  readonly certs?: readonly Uint8Array[];
  /** Whole elements in the place of those that would stand there; an empty one is left out. */
  readonly fields?: Partial<Record<OcspField, Uint8Array>>;
  /** The key that signs, where it is not the responder's. */
  readonly signingKey?: KeyObject;
  readonly changeSignature?: (signature: Uint8Array) => Uint8Array;
}

export type CertStatus = 'good' | 'unknown' | { readonly revokedAt: number; readonly reason?: number };

/** The elements of the structures, of which no two share a name. */
export type OcspField =
  | 'responseStatus'
  | 'responseBytes'
  | 'responseType'
  | 'version'
  | 'responderID'
  | 'producedAt'
  | 'responses'
  | 'responseExtensions'
  | 'signatureAlgorithm'
  | 'signature'
  | 'certs'
  | 'hashAlgorithm'
  | 'issuerNameHash'
  | 'issuerKeyHash'
  | 'serialNumber'
  | 'certStatus'
  | 'thisUpdate'
  | 'nextUpdate'
  | 'singleExtensions';

/** An OCSPResponse about a certificate that the authority has issued. */
export function ocspResponse(
  issuer: Authority,
  certificate: Uint8Array,
  options: OcspOptions = {},
): Uint8Array {
  const { delegate, fields = {} } = options;
  const field = (name: OcspField, make: () => Uint8Array) => fields[name] ?? make();
  const responderKey = delegate?.privateKey ?? issuer.keys.privateKey;
  const [delegateCertificate] = delegate?.chain ?? [];
  const tbs = der.sequence(
    field('version', () => none),
    field('responderID', () =>
      options.responderID === 'byKey'
        ? der.explicit(2, der.octetString(digest('sha1', keyBits(responderKey))))
        : der.explicit(
            1,
            delegateCertificate ? parseCertificate(delegateCertificate).subject.der : issuer.name,
          ),
    ),
    field('producedAt', () => generalizedTime(options.producedAt ?? Date.now() - hour)),
    field('responses', () =>
      der.sequence(...(options.otherResponses ?? []), singleResponse(issuer, certificate, options)),
    ),
    field('responseExtensions', () => none),
  );
  const { privateKey, hash, identifier } = signer(options.signingKey ?? responderKey);
  const signature = new Uint8Array(sign(hash, tbs, privateKey));
  const certs = options.certs ?? (delegateCertificate ? [delegateCertificate] : []);
  const basic = der.sequence(
    tbs,
    field('signatureAlgorithm', () => identifier),
    field('signature', () => der.bitString(options.changeSignature?.(signature) ?? signature)),
    field('certs', () => (certs.length === 0 ? none : der.explicit(0, der.sequence(...certs)))),
  );
  const responseType = field('responseType', () => der.oid(idPkixOcspBasic));
  return der.sequence(
    field('responseStatus', () => enumerated(0)),
    field('responseBytes', () => der.explicit(0, der.sequence(responseType, der.octetString(basic)))),
  );
}

/** One SingleResponse, for those who say several things at once. */
export function singleResponse(
  issuer: Authority,
  certificate: Uint8Array,
  options: OcspOptions = {},
): Uint8Array {
  const { hash = 'sha1', status = 'good', fields = {} } = options;
  const field = (name: OcspField, make: () => Uint8Array) => fields[name] ?? make();
  const { serialNumber } = parseCertificate(certificate);
  const nextUpdate = 'nextUpdate' in options ? options.nextUpdate : Date.now() + hour;
  return der.sequence(
    der.sequence(
      field('hashAlgorithm', () => der.sequence(der.oid(hashOids[hash]), der.nullValue())),
      field('issuerNameHash', () => der.octetString(digest(hash, issuer.name))),
      field('issuerKeyHash', () => der.octetString(digest(hash, keyBits(issuer.keys.privateKey)))),
      field('serialNumber', () => der.integer(BigInt(`0x${Buffer.from(serialNumber).toString('hex')}`))),
    ),
    field('certStatus', () => certStatus(status)),
    field('thisUpdate', () => generalizedTime(options.thisUpdate ?? Date.now() - hour)),
    field('nextUpdate', () =>
      nextUpdate === undefined ? none : der.explicit(0, generalizedTime(nextUpdate)),
    ),
    field('singleExtensions', () => none),
  );
}

/** A responder in the issuer's stead (RFC 6960 §4.2.2.2). */
export function issueDelegate(issuer: Authority, options: CertificateOptions = {}): Credential {
  return issuer.issue({
    commonName: 'Test OCSP Responder',
    extendedKeyUsage: [ocspOids['id-kp-OCSPSigning']],
    ...options,
    extensions: [
      { oid: ocspOids['id-pkix-ocsp-nocheck'], critical: false, value: der.nullValue() },
      ...(options.extensions ?? []),
    ],
  });
}

/** A responder's key of any kind with the name of its hash and its AlgorithmIdentifier. */
function signer(privateKey: KeyObject): {
  readonly privateKey: KeyObject;
  readonly hash: string | null;
  readonly identifier: Uint8Array;
} {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = privateKey;
  const algorithm = algorithms[details?.namedCurve ?? type ?? ''];
  if (algorithm === undefined) throw new RangeError(`no signature algorithm for ${type}`);
  const [hash, oid] = algorithm;
  const parameters = type === 'rsa' ? [der.nullValue()] : [];
  return { privateKey, hash, identifier: der.sequence(der.oid(oids[oid]), ...parameters) };
}

const algorithms: Readonly<Record<string, readonly [hash: string | null, oid: keyof typeof oids]>> = {
  prime256v1: ['sha256', 'ecdsa-with-SHA256'],
  secp384r1: ['sha384', 'ecdsa-with-SHA384'],
  secp521r1: ['sha512', 'ecdsa-with-SHA512'],
  ed25519: [null, 'id-Ed25519'],
  rsa: ['sha256', 'sha256WithRSAEncryption'],
};

const hashOids = { sha1: ocspOids['id-sha1'], sha256: oids['id-sha256'] } as const;

const none = new Uint8Array(0);

/** The same bytes but for one. */
export function changed(bytes: Uint8Array, index: number, difference = 1): Uint8Array {
  return bytes.map((byte, i) => (i === index ? byte ^ difference : byte));
}

export function enumerated(value: number): Uint8Array {
  return der.element(0x0a, Uint8Array.of(value));
}

/** RFC 5280 §4.1.2.5.2 */
export function generalizedTime(moment: number): Uint8Array {
  const [digits = ''] = new Date(moment).toISOString().replace(/[-:T]/g, '').split('.');
  return der.element(Tag.GeneralizedTime, Buffer.from(`${digits}Z`));
}

function certStatus(status: CertStatus): Uint8Array {
  if (status === 'good') return der.implicit(0, none);
  if (status === 'unknown') return der.implicit(2, none);
  const { revokedAt, reason } = status;
  const reasons = reason === undefined ? [] : [der.explicit(0, enumerated(reason))];
  return der.element(0xa1, generalizedTime(revokedAt), ...reasons);
}

/** The bits of subjectPublicKey (RFC 6960 §4.1.1). */
function keyBits(key: KeyObject): Uint8Array {
  const info = new DerReader(createPublicKey(key).export({ type: 'spki', format: 'der' })).enter(
    Tag.SEQUENCE,
  );
  info.view(Tag.SEQUENCE);
  return info.wholeBits();
}

function digest(hash: string, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(hash).update(bytes).digest());
}
